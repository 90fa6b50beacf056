package gpu.kerf.bench.replay.openb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;

/**
 * Makes traces like the openb traces with other mixes, from the pods of the public traces: the name
 * gives the share of each kind, and within a kind every pod is drawn equally often.
 *
 * <p>{@code cpu200}: 200 thousandths of the pods ask for no GPU. {@code gpushare60}: 60 % of the
 * demanded GPUs are demanded as shares. {@code multigpu30}: 30 % of them are demanded by pods with
 * several GPUs. {@code gpuspec33}: 33 % of the pods with GPUs name models, as those of gpuspec10
 * do.
 */
final class LookAlike {

  private static final String NODES = "openb_node_list_gpu_node.csv";
  private static final String PODS = "openb_pod_list_%s.csv";

  /** How a mix is named, and the largest number that makes sense behind the word. */
  private static final Map<String, Integer> WORDS =
      Map.of("cpu", 900, "gpushare", 100, "multigpu", 90, "gpuspec", 90);

  private final Path folder;
  private final Random random;

  LookAlike(Path folder, long seed) {
    this.folder = folder;
    this.random = new Random(seed);
  }

  /** Whether a mix can be made that is named so. */
  static boolean isKnown(String name) {
    String word = word(name);
    Integer most = WORDS.get(word);
    String digits = name.substring(word.length());
    return most != null
        && digits.matches("[0-9]{1,3}")
        && Integer.parseInt(digits) >= 1
        && Integer.parseInt(digits) <= most;
  }

  private static String word(String name) {
    return name.replaceAll("[0-9]+$", "");
  }

  /** Makes a trace of a known name. */
  MadeTrace make(String name) throws IOException {
    Path nodes = folder.resolve(NODES);
    long gpus = 0;
    List<Ask> usual = pods("default");
    for (var node : OpenbTrace.readNodes(nodes)) {
      gpus += node.gpus().size();
    }
    double part = Integer.parseInt(name.substring(word(name).length())) / 100.0;
    List<Ask> pods =
        switch (word(name)) {
          case "cpu" -> withoutGpus(usual, part / 10);
          case "gpushare" -> shares(usual, part);
          case "multigpu" -> several(usual, part);
          default -> typed(part);
        };
    return MadeTrace.arriving(Files.readAllLines(nodes), pods, gpus, random);
  }

  private List<Ask> pods(String trace) throws IOException {
    return OpenbTrace.readPods(folder.resolve(PODS.formatted(trace)));
  }

  private List<Ask> withoutGpus(List<Ask> usual, double part) {
    List<Ask> made = only(usual, pod -> pod.gpus() > 0);
    int wanted = (int) Math.round(part * made.size() / (1 - part));
    made.addAll(sample(only(usual, pod -> pod.gpus() == 0), wanted));
    return made;
  }

  /** As many pods with GPUs as before, of which so many ask for shares that they are the part. */
  private List<Ask> shares(List<Ask> usual, double part) {
    List<Ask> share = only(usual, pod -> pod.gpus() > 0 && pod.milli() < Ask.WHOLE);
    List<Ask> whole = only(usual, pod -> pod.gpus() > 0 && pod.milli() == Ask.WHOLE);
    int pods = share.size() + whole.size();
    double ofShares = part * mean(whole);
    int wanted = (int) Math.round(pods * ofShares / (ofShares + (1 - part) * mean(share)));
    List<Ask> made = only(usual, pod -> pod.gpus() == 0);
    made.addAll(sample(share, wanted));
    made.addAll(sample(whole, pods - wanted));
    return made;
  }

  /** The pods for several GPUs are those of multigpu20, because the default trace has few. */
  private List<Ask> several(List<Ask> usual, double part) throws IOException {
    List<Ask> made = only(usual, pod -> pod.gpus() <= 1);
    List<Ask> large = only(pods("multigpu20"), pod -> pod.gpus() > 1);
    double asked = made.stream().mapToLong(Ask::total).sum();
    int wanted = (int) Math.round(part * asked / (1 - part) / mean(large));
    made.addAll(sample(large, wanted));
    return made;
  }

  /** More pods name models, each the list of a pod of its kind that does so already. */
  private List<Ask> typed(double part) throws IOException {
    List<Ask> made = pods("gpuspec10");
    List<Integer> open = new ArrayList<>();
    Map<Integer, List<Ask>> lists = new HashMap<>();
    int withGpus = 0;
    for (int i = 0; i < made.size(); i++) {
      Ask pod = made.get(i);
      withGpus += pod.gpus() > 0 ? 1 : 0;
      if (!pod.models().isEmpty()) {
        lists.computeIfAbsent(kind(pod), kind -> new ArrayList<>()).add(pod);
      } else if (pod.gpus() > 0) {
        open.add(i);
      }
    }
    open.removeIf(i -> !lists.containsKey(kind(made.get(i))));
    Collections.shuffle(open, random);
    int missing = (int) Math.round(part * withGpus) - (withGpus - untyped(made));
    for (int i : open.subList(0, Math.min(open.size(), Math.max(0, missing)))) {
      Ask pod = made.get(i);
      List<Ask> alike = lists.getOrDefault(kind(pod), List.of());
      List<String> models = alike.get(random.nextInt(alike.size())).models();
      made.set(i, new Ask(pod.cpuMilli(), pod.memoryMiB(), pod.gpus(), pod.milli(), models));
    }
    return made;
  }

  private static int untyped(List<Ask> pods) {
    return (int) pods.stream().filter(pod -> pod.gpus() > 0 && pod.models().isEmpty()).count();
  }

  /** Shares of any size are of one kind; of whole GPUs the number tells. */
  private static int kind(Ask pod) {
    return pod.milli() < Ask.WHOLE ? 0 : pod.gpus();
  }

  private static List<Ask> only(List<Ask> pods, Predicate<Ask> kind) {
    return new ArrayList<>(pods.stream().filter(kind).toList());
  }

  private static double mean(List<Ask> pods) {
    return pods.stream().mapToInt(Ask::total).average().orElse(0);
  }

  /** Every pod as often as it goes, and of what is missing each at most once. */
  private List<Ask> sample(List<Ask> from, int wanted) {
    List<Ask> sample = new ArrayList<>();
    while (wanted - sample.size() >= from.size()) {
      sample.addAll(from);
    }
    List<Ask> rest = new ArrayList<>(from);
    Collections.shuffle(rest, random);
    sample.addAll(rest.subList(0, wanted - sample.size()));
    return sample;
  }
}
