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
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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
  private static final int WARM = Integer.getInteger("kerf.measure.warm", 2000);
  private static final long PATIENCE_NANOS = 300_000_000_000L;
  private static final int ROUNDS = Integer.getInteger("kerf.measure.rounds", 2);

  /** Who is asked besides kube-scheduler itself. */
  private enum With {
    NONE,
    FLOOR,
    KERF
  }

  /** All of them, or those that {@code -Dkerf.measure.with=FLOOR,KERF} names. */
  private static final List<With> VARIANTS =
      Arrays.stream(System.getProperty("kerf.measure.with", "NONE,FLOOR,KERF").split(",", -1))
          .map(With::valueOf)
          .toList();

  private static void tell(String format, Object... values) {
    System.out.println("MEASURED " + String.format(Locale.ROOT, format, values));
  }

  @Test
  void podsBoundASecond() throws Exception {
    Map<With, List<Double>> rates = new TreeMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      for (With with : VARIANTS) {
        double rate = rate(with);
        rates.computeIfAbsent(with, key -> new ArrayList<>()).add(rate);
        tell("%s: %,d nodes, %,d pods: %.0f pods/s", with, NODES, PODS, rate);
      }
    }
    if (!VARIANTS.equals(List.of(With.values()))) {
      return;
    }
    double kerf = mean(rates.getOrDefault(With.KERF, List.of()));
    tell(
        "ratio to the extender that does nothing %.2f, to none %.2f (%s)",
        kerf / mean(rates.getOrDefault(With.FLOOR, List.of())),
        kerf / mean(rates.getOrDefault(With.NONE, List.of())),
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
      ManyPods.nodes(plane, NODES);
      return switch (with) {
        case NONE -> bind(plane, plane.scheduler(), "default-scheduler", () -> 0);
        case FLOOR ->
            bind(
                plane,
                plane.scheduler(plane.floor(Floor.Answer.ONE)),
                "default-scheduler",
                () -> 0);
        case KERF -> withKerf(plane);
      };
    }
  }

  private double withKerf(ControlPlane plane) throws Exception {
    try (ServingKerf kerf = new ServingKerf(plane)) {
      double rate = bind(plane, plane.scheduler(kerf.schedulerConfig()), "kerf", kerf::cpuMillis);
      tell("kerf: ready after %.1f s, at most %d MiB", kerf.readyAfter(), kerf.residentMiB());
      assertThat(SlotChecker.check(plane).problems()).isEmpty();
      return rate;
    }
  }

  /**
   * Binds some pods that do not count, for just-in-time compilers and caches; then queues the
   * others, starts the scheduler, and counts from the first one that is bound.
   */
  private static double bind(
      ControlPlane plane, KubeScheduler scheduler, String name, DoubleSupplier cpuMillis)
      throws Exception {
    try (PodWatch watch = new PodWatch(plane)) {
      ManyPods.pods(plane, "warm", WARM, name);
      try (KubeScheduler running = scheduler.start()) {
        await(() -> watch.bound() >= WARM);
        assertThat(running.address()).isNotEmpty();
      }
      ManyPods.pods(plane, "p", PODS, name);
      await(() -> watch.created() >= WARM + PODS);
      try (KubeScheduler running = scheduler.start()) {
        await(() -> watch.bound() > WARM);
        int first = watch.bound();
        long start = System.nanoTime();
        double before = cpuMillis.getAsDouble();
        await(() -> watch.bound() >= WARM + PODS);
        assertThat(running.address()).isNotEmpty();
        tell("a pod costs %.2f ms of CPU", (cpuMillis.getAsDouble() - before) / PODS);
        return (WARM + PODS - first) / ((System.nanoTime() - start) / 1e9);
      }
    }
  }

  /**
   * What the first minute costs: all pods wait already when Kerf starts, and no pod was bound
   * before.
   */
  @Test
  void freshStart() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      try (ControlPlane plane = plane()) {
        ManyPods.nodes(plane, NODES);
        try (PodWatch watch = new PodWatch(plane)) {
          ManyPods.pods(plane, "p", PODS, "kerf");
          await(() -> watch.created() >= PODS);
          try (ServingKerf kerf = new ServingKerf(plane)) {
            double ready = kerf.cpuMillis();
            KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig());
            double rate = bindAll(scheduler, watch);
            tell(
                "fresh start, %,d nodes, %,d pods: ready after %.1f s and %.1f s of CPU;"
                    + " %.1f s of CPU at the last pod, %.0f pods/s, at most %d MiB",
                NODES,
                PODS,
                kerf.readyAfter(),
                ready / 1e3,
                kerf.cpuMillis() / 1e3,
                rate,
                kerf.residentMiB());
            assertThat(SlotChecker.check(plane).problems()).isEmpty();
          }
        }
      }
    }
  }

  private static double bindAll(KubeScheduler scheduler, PodWatch watch) throws Exception {
    try (KubeScheduler running = scheduler.start()) {
      await(() -> watch.bound() > 0);
      int first = watch.bound();
      long start = System.nanoTime();
      await(() -> watch.bound() >= PODS);
      assertThat(running.address()).isNotEmpty();
      return (PODS - first) / ((System.nanoTime() - start) / 1e9);
    }
  }

  /** How long a pod waits when fifty come a second. */
  @Test
  void latencyAtFiftyPodsASecond() throws Exception {
    for (With with : new With[] {With.NONE, With.FLOOR, With.KERF, With.NONE, With.KERF}) {
      try (ControlPlane plane = plane()) {
        ManyPods.nodes(plane, NODES);
        switch (with) {
          case NONE -> arrive(with, plane, plane.scheduler(), "default-scheduler");
          case FLOOR ->
              arrive(
                  with, plane, plane.scheduler(plane.floor(Floor.Answer.ONE)), "default-scheduler");
          case KERF -> {
            try (ServingKerf kerf = new ServingKerf(plane)) {
              arrive(with, plane, plane.scheduler(kerf.schedulerConfig()), "kerf");
            }
          }
        }
      }
    }
  }

  private static void arrive(With with, ControlPlane plane, KubeScheduler scheduler, String name)
      throws Exception {
    int pods = Integer.getInteger("kerf.measure.arrivals", 1000);
    try (KubeScheduler running = scheduler.start();
        PodWatch watch = new PodWatch(plane)) {
      ManyPods.pods(plane, "warm", WARM, name);
      await(() -> watch.bound() >= WARM);
      long start = System.nanoTime();
      for (int i = 0; i < pods; i++) {
        TimeUnit.NANOSECONDS.sleep(start + i * 20_000_000L - System.nanoTime());
        ManyPods.pods(plane, "p" + i + "-", 1, name);
      }
      await(() -> watch.bound() >= WARM + pods);
      double[] millis =
          IntStream.range(0, pods).mapToDouble(i -> watch.latency("p" + i + "-0")).toArray();
      tell("%s: %,d nodes, 50 pods/s: %s from there to bound", with, NODES, percentiles(millis));
      assertThat(running.address()).isNotEmpty();
    }
  }

  /** From a victim's going to the binding of the pod for which it had to go. */
  @Test
  void victimsGoingToPreemptorsBinding() throws Exception {
    int rounds = Integer.getInteger("kerf.measure.preemptions", 100);
    try (ControlPlane plane = plane();
        ServingKerf kerf = new ServingKerf(plane);
        KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig()).start();
        PodWatch watch = new PodWatch(plane)) {
      plane.apply(ManyPods.URGENT);
      ManyPods.pairsOfA100(plane, rounds);
      for (int i = 0; i < 2 * rounds; i++) {
        ManyPods.low(plane, "low" + i);
      }
      await(() -> watch.bound() >= 2 * rounds);
      double[] millis = new double[rounds];
      for (int i = 0; i < rounds; i++) {
        String urgent = "urgent" + i;
        Set<String> before = watch.gone();
        ManyPods.urgent(plane, urgent);
        await(() -> watch.isBound(urgent));
        Set<String> victims = watch.gone();
        victims.removeAll(before);
        assertThat(victims).as("who had to go for " + urgent).hasSize(1);
        millis[i] = watch.afterGoing(victims.iterator().next(), urgent);
      }
      tell("%d evictions: %s from gone to bound", rounds, percentiles(millis));
      assertThat(scheduler.address()).isNotEmpty();
    }
  }

  private static String percentiles(double[] millis) {
    Arrays.sort(millis);
    return String.format(
        Locale.ROOT,
        "p50 %.1f, p90 %.1f, p99 %.1f, max %.1f ms",
        millis[millis.length / 2],
        millis[millis.length * 9 / 10],
        millis[millis.length * 99 / 100],
        millis[millis.length - 1]);
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      Thread.sleep(2);
      assertThat(System.nanoTime() - start).as("patience").isLessThan(PATIENCE_NANOS);
    }
  }

  /** Start to ready with many bound pods, and the memory it takes. */
  @Test
  void startsWithManyBoundPods() throws Exception {
    int nodes = Integer.getInteger("kerf.measure.manyNodes", 5000);
    int pods = Integer.getInteger("kerf.measure.manyPods", 20_000);
    try (ControlPlane plane = plane()) {
      ManyPods.nodes(plane, nodes);
      ManyPods.bound(plane, pods, nodes);
      double[] ready = new double[Integer.getInteger("kerf.measure.starts", 3)];
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
