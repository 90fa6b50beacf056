package gpu.kerf.extender.dialect;

import gpu.kerf.extender.wire.Mps;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Resources in the domains of the dialects that no dialect knows.
 *
 * <p>kube-scheduler does not look for these domains on the nodes, because Kerf does. A kubelet
 * drops what its node does not have. So a pod that asks for {@code nvidia.com/gpumemory} would run,
 * and without a GPU.
 */
final class UnknownWords {

  /** What device plugins for anything but GPUs of containers advertise in these domains. */
  private static final Pattern OF_OTHER_DEVICES =
      Pattern.compile(
          // Network cards, whole GPUs and vGPUs for virtual machines (named after the card).
          "nvidia\\.com/(hostdev|rdma|sriov|mlnx|resibp|switchdev|nvswitch|cx[0-9]|bf[0-9]).*"
              + "|nvidia\\.com/(pgpu|[A-Z].*)"
              + "|koordinator\\.sh/(rdma|fpga|xpu).*"
              + "|volcano\\.sh/v?npu.*"
              + "|aliyun\\.com/(eni|erdma|ppu).*");

  /** Beyond that, a word has nothing in common with another. */
  private static final int FAR = 24;

  private static final int LETTER = 4;

  private final List<String> domains;
  private final Set<String> keys = new HashSet<>();
  private final List<Word> patterns = new ArrayList<>();
  private final List<Word> words;

  UnknownWords(List<Dialect> dialects) {
    this.words =
        dialects.stream()
            .flatMap(dialect -> dialect.words().stream())
            .filter(word -> word.place() == Word.Place.LIMIT)
            .toList();
    for (Word word : words) {
      if (word.isPattern()) {
        patterns.add(word);
      } else {
        keys.add(word.key());
      }
    }
    keys.add(Mps.RESOURCE);
    this.domains = words.stream().map(word -> domain(word.key())).distinct().toList();
  }

  private static String domain(String key) {
    return key.substring(0, key.indexOf('/') + 1);
  }

  void check(PodView pod, List<String> problems) {
    check(pod.containers(), problems);
    check(pod.initContainers(), problems);
  }

  private void check(List<Container> containers, List<String> problems) {
    for (int i = 0; i < containers.size(); i++) {
      Container container = containers.get(i);
      check(container, container.resources().limits(), Map.of(), problems);
      check(container, container.resources().requests(), container.resources().limits(), problems);
    }
  }

  private void check(
      Container container,
      Map<String, String> amounts,
      Map<String, String> checked,
      List<String> problems) {
    for (Map.Entry<String, String> each : amounts.entrySet()) {
      String key = each.getKey();
      // cpu, memory and the like have no domain.
      if (key.indexOf('/') > 0
          && isUnknown(key)
          && !checked.containsKey(key)
          && !Value.isZero(each.getValue())) {
        problems.add(problem(key, each.getValue(), container));
      }
    }
  }

  private boolean isUnknown(String key) {
    if (keys.contains(key) || !isInDomain(key)) {
      return false;
    }
    for (int i = 0; i < patterns.size(); i++) {
      if (patterns.get(i).matches(key)) {
        return false;
      }
    }
    return !OF_OTHER_DEVICES.matcher(key).matches();
  }

  private boolean isInDomain(String key) {
    for (int i = 0; i < domains.size(); i++) {
      if (key.startsWith(domains.get(i))) {
        return true;
      }
    }
    return false;
  }

  private String problem(String key, String amount, Container container) {
    String nearest = nearest(key);
    return "The resource "
        + RefusedWords.shownKey(key)
        + " ("
        + Quantity.shown(amount)
        + ") of container "
        + container.name()
        + " is none that Kerf knows, and the container would run without it.\n"
        + (nearest == null ? "Kerf's own are kerf.gpu/memory and kerf.gpu/whole" : "Maybe ")
        + (nearest == null ? "" : nearest + " was meant")
        + ".";
  }

  private @Nullable String nearest(String key) {
    String domain = domain(key);
    String written = plain(key.substring(domain.length()));
    String best = null;
    int least = FAR;
    for (Word word : meant(domain).toList()) {
      int distance = distance(written, plain(word.head().substring(domain.length())));
      if (distance < least) {
        least = distance;
        best = word.key();
      }
    }
    return best;
  }

  private Stream<Word> meant(String domain) {
    return words.stream()
        .filter(word -> word.role() != Word.Role.REFUSED && word.key().startsWith(domain));
  }

  private static String plain(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[-_.]", "");
  }

  /** How much has to be changed; what is left out or added at the end weighs least. */
  private static int distance(String written, String known) {
    if (known.startsWith(written)) {
      return 1 + (known.length() - written.length()) / LETTER;
    }
    if (written.startsWith(known)) {
      return written.length() - known.length();
    }
    int[] before = new int[known.length() + 1];
    for (int j = 0; j <= known.length(); j++) {
      before[j] = j * LETTER;
    }
    for (int i = 1; i <= written.length(); i++) {
      int[] now = new int[known.length() + 1];
      now[0] = i * LETTER;
      for (int j = 1; j <= known.length(); j++) {
        int change = written.charAt(i - 1) == known.charAt(j - 1) ? 0 : LETTER;
        now[j] = Math.min(before[j - 1] + change, LETTER + Math.min(before[j], now[j - 1]));
      }
      before = now;
    }
    return before[known.length()];
  }
}
