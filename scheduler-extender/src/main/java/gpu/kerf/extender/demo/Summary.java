package gpu.kerf.extender.demo;

import gpu.kerf.model.hardware.NodeSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The summary that a demo prints at its end. */
final class Summary {

  private final Map<String, Object> json = new LinkedHashMap<>();
  private final Map<String, Object> kerf;
  private final Map<String, Object> whole;
  private final List<String> violations;

  /**
   * What was played.
   *
   * @param until when it was broken off, in milliseconds since its start; otherwise the largest
   *     number
   */
  record Played(
      List<NodeSpec> fleet,
      List<Work> works,
      DemoStatistics statistics,
      SlotAudit audit,
      long until) {}

  Summary(Demo.Plan plan, Played played, double seconds, Extender extender, long begun) {
    List<NodeSpec> fleet = played.fleet();
    DemoStatistics statistics = played.statistics();
    this.violations = List.copyOf(played.audit().violations());
    long capacity = capacity(fleet);
    this.kerf = kerf(statistics, capacity);
    this.whole = whole(played);
    json.put("v", 1);
    json.put("seed", plan.seed());
    json.put("pods", statistics.arrived);
    json.put("rate", plan.rate());
    json.put("seconds", Figures.rounded(seconds, 3));
    json.put("finished", statistics.finished);
    json.put("unfinished", statistics.arrived - statistics.finished - statistics.turnedAway);
    json.put("turnedAway", statistics.turnedAway);
    json.put("fleet", fleet(fleet, capacity));
    json.put("kerf", kerf);
    json.put("onePodPerGpu", whole);
    json.put("doubleAllocations", violations.size());
    json.put("measured", measured(statistics, extender, System.nanoTime() - begun));
  }

  static long capacity(List<NodeSpec> fleet) {
    return fleet.stream()
        .flatMap(node -> node.gpus().stream())
        .mapToLong(gpu -> gpu.memoryMiB())
        .sum();
  }

  static Map<String, Object> fleet(List<NodeSpec> fleet, long capacity) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("nodes", fleet.size());
    json.put("gpus", gpus(fleet));
    json.put("capacityMiB", capacity);
    return json;
  }

  static int gpus(List<NodeSpec> fleet) {
    return fleet.stream().mapToInt(node -> node.gpus().size()).sum();
  }

  private static Map<String, Object> kerf(DemoStatistics statistics, long capacity) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("gpusNeeded", statistics.mostGpusInUse);
    json.put("meanGpusInUse", Figures.rounded(statistics.meanGpusInUse(statistics.lastArrival), 2));
    double held = statistics.meanHeldMiB(statistics.lastArrival);
    json.put("utilisationPercent", percent(held, capacity));
    json.put("strandedPercent", percent(statistics.meanStrandedMiB(), capacity));
    waits(json, statistics.waits());
    json.put("preemptions", statistics.preempted);
    return json;
  }

  static double percent(double part, long whole) {
    return whole == 0 ? 0 : Figures.rounded(100 * part / whole, 2);
  }

  private static void waits(Map<String, Object> json, List<Long> waits) {
    json.put("waitMsMean", Figures.rounded(Figures.mean(waits), 1));
    json.put("waitMsP50", Figures.percentile(waits, 50));
    json.put("waitMsP95", Figures.percentile(waits, 95));
  }

  private static Map<String, Object> whole(Played played) {
    Map<String, Object> json = new LinkedHashMap<>();
    WholeGpus replay = new WholeGpus(played.fleet(), played.works(), played.until());
    json.put("gpusNeeded", replay.withWaitsOf(played.statistics().waits()).mostInUse());
    WholeGpus.Result same = replay.play(played.fleet().size());
    Map<String, Object> here = new LinkedHashMap<>();
    waits(here, same.waits());
    here.put("neverFits", same.neverFits());
    json.put("onTheSameFleet", here);
    return json;
  }

  static Map<String, Object> measured(DemoStatistics statistics, Extender extender, long nanos) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("wallMs", nanos / 1_000_000);
    json.put("decisions", statistics.filterCalls);
    json.put("verbCalls", extender.calls());
    double inVerbs = Math.max(1, extender.nanos()) / 1e9;
    json.put("decisionsPerSecond", Math.round(statistics.filterCalls / inVerbs));
    json.put("meanCallMicros", Math.round(inVerbs * 1e6 / Math.max(1, extender.calls())));
    return json;
  }

  /** Everything; what differs from run to run stands under {@code measured}. */
  Map<String, Object> json() {
    return json;
  }

  /** What should not be: slots that were given twice. */
  List<String> violations() {
    return violations;
  }

  /** For people, several lines. */
  String text() {
    return """

        %s pods in %s s of the demo: %s finished, %s turned away, %s preempted

                                 with Kerf   one pod per GPU
          GPUs needed       %15s   %15s   so that no pod waits longer
          wait p50 / p95    %15s   %15s   on these %s GPUs
          GPU memory held   %14s%%                     while work arrived
          stranded          %14s%%                     free, but of no use to usual demands

        Kerf ran this on %s GPUs; with one pod per GPU it takes %s.
        %s decisions, %s a second over HTTP; %s slots given twice
        """
        .formatted(
            json.get("pods"),
            json.get("seconds"),
            json.get("finished"),
            json.get("turnedAway"),
            kerf.get("preemptions"),
            kerf.get("gpusNeeded"),
            whole.get("gpusNeeded"),
            wait(kerf),
            wait(sameFleet()),
            ((Map<?, ?>) json.getOrDefault("fleet", Map.of())).get("gpus"),
            kerf.get("utilisationPercent"),
            kerf.get("strandedPercent"),
            kerf.get("gpusNeeded"),
            whole.get("gpusNeeded"),
            measuredValue("decisions"),
            measuredValue("decisionsPerSecond"),
            violations.isEmpty() ? "no" : String.valueOf(violations.size()));
  }

  private Map<?, ?> sameFleet() {
    return (Map<?, ?>) whole.getOrDefault("onTheSameFleet", Map.of());
  }

  private Object measuredValue(String key) {
    return String.valueOf(((Map<?, ?>) json.getOrDefault("measured", Map.of())).get(key));
  }

  private static String wait(Map<?, ?> figures) {
    return seconds(figures.get("waitMsP50")) + " / " + seconds(figures.get("waitMsP95"));
  }

  private static String seconds(@Nullable Object millis) {
    return millis instanceof Number number
        ? String.format(Locale.ROOT, "%.1fs", number.doubleValue() / 1000)
        : "-";
  }
}
