package gpu.kerf.extender.measure;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Floor;
import gpu.kerf.extender.controlplane.KubeScheduler;
import gpu.kerf.extender.controlplane.Options;
import gpu.kerf.extender.controlplane.SlotChecker;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * How many pods a second a real kube-scheduler binds with Kerf, with the extender that does
 * nothing, and with none; and what Kerf takes to start. Not run with the tests: {@code
 * -Dtest=ClusterMeasurement}.
 */
@ClusterTest
final class ClusterMeasurement {
  private static final int NODES = Integer.getInteger("kerf.measure.nodes", 1000);
  private static final int PODS = Integer.getInteger("kerf.measure.pods", 3000);
  private static final int ROUNDS = Integer.getInteger("kerf.measure.rounds", 2);

  /** Who is asked besides kube-scheduler itself. */
  private enum With {
    NOBODY,
    FLOOR,
    KERF
  }

  private static void tell(String format, Object... values) {
    System.out.println("MEASURED " + String.format(Locale.ROOT, format, values));
  }

  @Test
  void podsBoundASecond() throws Exception {
    Map<With, List<Double>> rates = new TreeMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      for (With with : With.values()) {
        double rate = rate(with);
        rates.computeIfAbsent(with, key -> new ArrayList<>()).add(rate);
        tell("%s: %,d nodes, %,d pods: %.0f pods/s", with, NODES, PODS, rate);
      }
    }
    double kerf = mean(rates.getOrDefault(With.KERF, List.of()));
    tell(
        "ratio to the extender that does nothing %.2f, to none %.2f (%s)",
        kerf / mean(rates.getOrDefault(With.FLOOR, List.of())),
        kerf / mean(rates.getOrDefault(With.NOBODY, List.of())),
        text(rates));
  }

  private static String text(Map<With, List<Double>> rates) {
    return rates.entrySet().stream()
        .map(entry -> entry.getKey() + " " + entry.getValue())
        .collect(Collectors.joining(", "));
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(value -> value).average().orElseThrow();
  }

  private static ControlPlane plane() {
    return ControlPlane.start(
        Options.defaults()
            .apiServerFlag("--max-requests-inflight=2000")
            .apiServerFlag("--max-mutating-requests-inflight=1000"));
  }

  private double rate(With with) throws Exception {
    try (ControlPlane plane = plane()) {
      Crowd.nodes(plane, NODES);
      return switch (with) {
        case NOBODY -> bind(plane, plane.scheduler(), "default-scheduler");
        case FLOOR ->
            bind(plane, plane.scheduler(plane.floor(Floor.Answer.ONE)), "default-scheduler");
        case KERF -> withKerf(plane);
      };
    }
  }

  private double withKerf(ControlPlane plane) throws Exception {
    try (ServingKerf kerf = new ServingKerf(plane)) {
      double rate = bind(plane, plane.scheduler(kerf.schedulerConfig()), "kerf");
      tell("kerf: ready after %.1f s, at most %d MiB", kerf.readyAfter(), kerf.residentMiB());
      assertThat(SlotChecker.check(plane).problems()).isEmpty();
      return rate;
    }
  }

  /** Queues all pods, starts the scheduler, and counts from the first one that is bound. */
  private static double bind(ControlPlane plane, KubeScheduler scheduler, String name)
      throws Exception {
    Crowd.pods(plane, "p", PODS, name);
    try (KubeScheduler running = scheduler.start()) {
      SchedulerMetrics metrics = new SchedulerMetrics(running, name);
      long first = 0;
      while (first == 0) {
        Thread.sleep(20);
        first = metrics.bound();
      }
      long start = System.nanoTime();
      long last = first;
      while (last < PODS) {
        Thread.sleep(100);
        last = metrics.bound();
        assertThat(System.nanoTime() - start).isLessThan(300_000_000_000L);
      }
      return (PODS - first) / ((System.nanoTime() - start) / 1e9);
    }
  }

  /** Start to ready with many bound pods, and the memory it takes. */
  @Test
  void startsWithManyBoundPods() throws Exception {
    int nodes = Integer.getInteger("kerf.measure.manyNodes", 5000);
    int pods = Integer.getInteger("kerf.measure.manyPods", 20_000);
    try (ControlPlane plane = plane()) {
      Crowd.nodes(plane, nodes);
      Crowd.bound(plane, pods, nodes);
      double[] ready = new double[3];
      for (int i = 0; i < ready.length; i++) {
        try (ServingKerf kerf = new ServingKerf(plane)) {
          ready[i] = kerf.readyAfter();
          tell(
              "start %d with %,d nodes and %,d bound pods: ready after %.1f s, %d MiB",
              i, nodes, pods, ready[i], kerf.residentMiB());
        }
      }
      assertThat(Arrays.stream(ready).max().orElseThrow()).isPositive();
    }
  }
}
