package gpu.kerf.bench.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.bench.load.Caller.Verb;
import gpu.kerf.bench.replay.Output;
import gpu.kerf.bench.replay.TextTable;
import gpu.kerf.extender.client.HttpConnection;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kerf load}: sends pods to any extender over HTTP, and measures the times of the calls. */
@Command(
    name = "load",
    description = {
      "Drives any scheduler extender as kube-scheduler does, and measures it.",
      "",
      "Calls filter, then prioritize if several nodes are left, then bind, and prints latencies and "
          + "rates per verb. To measure Kerf itself, start it with"
          + " kerf demo --pods 0 --fleet FILE.",
      ""
    },
    mixinStandardHelpOptions = true)
public final class LoadCommand implements Callable<Integer> {

  private static final int TIMEOUT_MILLIS = 5_000;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Output output = new Output();

  @Option(
      names = "--url",
      paramLabel = "URL",
      required = true,
      description = "The extender's urlPrefix in kube-scheduler's configuration.")
  private URI url = URI.create("http://127.0.0.1:8880");

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "1000",
      description = "How many nodes each request names. Default: ${DEFAULT-VALUE}.")
  private int nodes;

  @Option(
      names = "--pods",
      paramLabel = "N",
      defaultValue = "1000",
      description = "How many pods arrive. Default: ${DEFAULT-VALUE}.")
  private int pods;

  @Option(
      names = "--verbs",
      paramLabel = "VERB",
      split = ",",
      defaultValue = "filter,prioritize,bind",
      description = "Which verbs to call. Default: ${DEFAULT-VALUE}.")
  private List<String> verbs = List.of();

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "The same seed gives the same pods. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      defaultValue = "1",
      description = "How many connections are open at one time. Default: ${DEFAULT-VALUE}.")
  private int concurrency;

  @Option(
      names = "--full-nodes",
      description = "Send whole node objects, for extenders without a cache.")
  private boolean fullNodes;

  @Option(
      names = "--node-names",
      paramLabel = "FILE",
      description = "A file with node names, one per line. Default: the names that Kerf answers.")
  private @Nullable Path nodeNames;

  @Option(
      names = "--limits",
      split = ",",
      paramLabel = "KEY=VALUE",
      description =
          "The limits of every pod, such as nvidia.com/gpu=1. Default: a mix of Kerf's words.")
  private Map<String, String> limits = new LinkedHashMap<>();

  @Override
  public Integer call() throws IOException, InterruptedException {
    check();
    List<String> names = names();
    NodeSet.Form form = fullNodes ? NodeSet.Form.FULL : NodeSet.Form.NAMES;
    RequestSet load =
        new RequestSet(
            seed,
            pods,
            verbs(),
            names,
            new NodeSet(names, form),
            new PodBody(seed, "kerf", limits));
    List<Caller> callers = new ArrayList<>();
    long nanos = drive(load, callers);
    Map<String, Object> results = results(load, callers, nanos);
    if (output.isJson()) {
      output.printJson(results);
    } else {
      print(results);
    }
    boolean answered =
        callers.stream()
            .anyMatch(one -> load.verbs().stream().anyMatch(verb -> one.times(verb).calls() > 0));
    return answered ? 0 : 1;
  }

  private void check() {
    if (nodes < 1 || pods < 1 || concurrency < 1 || concurrency > 1024) {
      throw new ParameterException(
          spec.commandLine(),
          "--nodes (%d), --pods (%d) and --concurrency (%d) must be at least 1, the last at most 1024."
              .formatted(nodes, pods, concurrency));
    }
    try (HttpConnection connection = connection()) {
      connection.length();
    } catch (IllegalArgumentException | IOException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private Set<Verb> verbs() {
    Set<Verb> chosen = EnumSet.noneOf(Verb.class);
    for (String word : verbs) {
      try {
        chosen.add(Verb.valueOf(word.strip().toUpperCase(Locale.ROOT)));
      } catch (IllegalArgumentException e) {
        throw new ParameterException(
            spec.commandLine(),
            "The verb (" + word + ") is not known.\nWrite some of filter,prioritize,bind.",
            e);
      }
    }
    return chosen;
  }

  private HttpConnection connection() {
    return new HttpConnection(url, TIMEOUT_MILLIS);
  }

  private List<String> names() throws IOException {
    List<String> all = new ArrayList<>();
    if (nodeNames != null) {
      Files.readAllLines(nodeNames).stream()
          .map(String::strip)
          .filter(line -> !line.isEmpty())
          .forEach(all::add);
    } else {
      all.addAll(kerfsOwn());
    }
    if (all.isEmpty()) {
      output.progress(url + " is no Kerf that names its nodes: they are called node-1 and so on");
      for (int i = 1; i <= nodes; i++) {
        all.add("node-" + i);
      }
    }
    if (all.size() < nodes) {
      output.progress("there are only " + all.size() + " nodes");
    }
    return all.subList(0, Math.min(nodes, all.size()));
  }

  private List<String> kerfsOwn() throws IOException {
    List<String> names = new ArrayList<>();
    try (HttpConnection connection = connection()) {
      if (connection.get("/api/v1/fleet") == 200) {
        JsonNode fleet = new ObjectMapper().readTree(connection.body(), 0, connection.length());
        fleet.path("nodes").forEach(node -> names.add(node.path("name").asText()));
      }
    } catch (ConnectException e) {
      throw new IOException(
          "No extender answers at " + url + ".\nMaybe start kerf demo --pods 0.", e);
    } catch (JsonProcessingException e) {
      return List.of();
    }
    return names;
  }

  private long drive(RequestSet load, List<Caller> callers)
      throws IOException, InterruptedException {
    AtomicInteger next = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    List<HttpConnection> connections = new ArrayList<>();
    for (int i = 0; i < concurrency; i++) {
      connections.add(connection());
      callers.add(new Caller(load, connections.get(i), next));
      threads.add(new Thread(callers.get(i), "caller-" + i));
    }
    long begun = System.nanoTime();
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    long nanos = System.nanoTime() - begun;
    for (HttpConnection connection : connections) {
      connection.close();
    }
    return nanos;
  }

  private Map<String, Object> results(RequestSet load, List<Caller> callers, long nanos) {
    Map<String, Object> results = new LinkedHashMap<>();
    results.put("url", url.toString());
    results.put("nodes", load.nodes().size());
    results.put("pods", load.pods());
    results.put("concurrency", concurrency);
    results.put("seed", seed);
    results.put("seconds", Math.round(nanos / 1e6) / 1e3);
    results.put("podsPerSecond", Math.round(load.pods() * 1e10 / nanos) / 10.0);
    results.put("placed", Caller.placed(callers));
    results.put("unplaced", callers.stream().mapToInt(Caller::unplaced).sum());
    Map<String, Object> byVerb = new LinkedHashMap<>();
    for (Verb verb : load.verbs()) {
      List<VerbTimes> times = callers.stream().map(caller -> caller.times(verb)).toList();
      byVerb.put(verb.name().toLowerCase(Locale.ROOT), VerbTimes.figures(times));
    }
    results.put("verbs", byVerb);
    Map<String, Integer> errors = new TreeMap<>();
    callers.forEach(one -> one.errors().forEach((kind, n) -> errors.merge(kind, n, Integer::sum)));
    results.put("errors", errors);
    return results;
  }

  private void print(Map<String, Object> results) {
    TextTable table =
        new TextTable(List.of("", "calls", "p50 µs", "p90 µs", "p99 µs", "max µs", "a second"));
    ((Map<?, ?>) results.getOrDefault("verbs", Map.of()))
        .forEach((verb, figures) -> table.add(row(verb, (Map<?, ?>) figures)));
    table.print(output.results());
    output
        .results()
        .println(
            "%s pods in %s s: %s a second; %s placed, %s found no room"
                .formatted(
                    results.get("pods"),
                    results.get("seconds"),
                    results.get("podsPerSecond"),
                    results.get("placed"),
                    results.get("unplaced")));
    ((Map<?, ?>) results.getOrDefault("errors", Map.of()))
        .forEach((kind, n) -> output.results().println(n + " x " + kind));
    output.results().flush();
  }

  private static List<String> row(Object verb, Map<?, ?> figures) {
    List<String> row = new ArrayList<>();
    row.add(String.valueOf(verb));
    for (String key :
        List.of("calls", "p50Micros", "p90Micros", "p99Micros", "maxMicros", "perSecond")) {
      row.add(String.valueOf(figures.get(key)));
    }
    return row;
  }
}
