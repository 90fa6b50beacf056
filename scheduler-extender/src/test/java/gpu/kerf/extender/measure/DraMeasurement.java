package gpu.kerf.extender.measure;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.DriverNode;
import gpu.kerf.extender.controlplane.KubeScheduler;
import gpu.kerf.extender.controlplane.Options;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/**
 * How many pods a second a real kube-scheduler binds with Kerf where a DRA driver hands out the
 * devices, and on the same nodes where variables do. Not run with the tests: {@code
 * -Dtest=DraMeasurement}.
 */
@ClusterTest
final class DraMeasurement {
  private static final int NODES = Integer.getInteger("kerf.measure.nodes", 1000);
  private static final int PODS = Integer.getInteger("kerf.measure.pods", 3000);
  private static final int WARM = Integer.getInteger("kerf.measure.warm", 1000);
  private static final int ROUNDS = Integer.getInteger("kerf.measure.rounds", 2);

  private static void tell(String format, Object... values) {
    System.out.println("MEASURED " + String.format(Locale.ROOT, format, values));
  }

  @Test
  void podsBoundASecond() throws Exception {
    Map<String, Double> sums = new TreeMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      for (String way : List.of("env", "dra")) {
        double rate = rate(way);
        sums.merge(way, rate, Double::sum);
        tell("%s: %,d nodes, %,d pods: %.0f pods/s", way, NODES, PODS, rate);
      }
    }
    tell("dra to env: %.2f", sums.getOrDefault("dra", 0.0) / sums.getOrDefault("env", 1.0));
  }

  private static double rate(String way) throws Exception {
    Options options =
        Options.defaults()
            .apiServerFlag("--max-requests-inflight=2000")
            .apiServerFlag("--max-mutating-requests-inflight=1000");
    try (ControlPlane plane = ControlPlane.start(options)) {
      plane.apply(DriverNode.CLASSES);
      nodes(plane, way);
      try (ServingKerf kerf = new ServingKerf(plane, "limits.answer=25s");
          PodWatch watch = new PodWatch(plane)) {
        Path config = kerf.schedulerConfig();
        Files.writeString(
            config, Files.readString(config).replace("httpTimeout: 5s", "httpTimeout: 30s"));
        KubeScheduler scheduler = plane.scheduler(config);
        pods(plane, "warm", WARM);
        try (KubeScheduler running = scheduler.start()) {
          await(() -> watch.bound() >= WARM);
          assertThat(running.address()).isNotEmpty();
        }
        pods(plane, "p", PODS);
        await(() -> watch.created() >= WARM + PODS);
        try (KubeScheduler running = scheduler.start()) {
          await(() -> watch.bound() > WARM);
          int first = watch.bound();
          long start = System.nanoTime();
          double before = kerf.cpuMillis();
          await(() -> watch.bound() >= WARM + PODS);
          double seconds = (System.nanoTime() - start) / 1e9;
          assertThat(running.address()).isNotEmpty();
          tell("%s: a pod costs %.2f ms of CPU", way, (kerf.cpuMillis() - before) / PODS);
          tell(
              "%s: claims written %.0f", way, kerf.metric("kerf_claims_total{outcome=\"written\""));
          return (WARM + PODS - first) / seconds;
        }
      }
    }
  }

  private static void nodes(ControlPlane plane, String way) {
    List<String> nodes = new ArrayList<>();
    List<String> slices = new ArrayList<>();
    for (int i = 0; i < NODES; i++) {
      String name = "node-%05d".formatted(i);
      String node = DriverNode.node(name).replace("---\n", "");
      nodes.add(way.equals("dra") ? node : byVariables(node, name));
      for (String slice : DriverNode.slices(name).split("---\n", -1)) {
        if (!slice.isBlank()) {
          slices.add(slice);
        }
      }
    }
    plane.create("/api/v1/nodes", nodes);
    if (way.equals("dra")) {
      plane.create("/apis/resource.k8s.io/v1/resourceslices", slices);
    }
  }

  private static String byVariables(String node, String name) {
    String inventory =
        "{\"v\":1,\"gpus\":[{\"index\":0,\"uuid\":\"GPU-%s\",\"model\":\"H100-80GB\",\"memoryMiB\":81559,\"mode\":\"mig-dynamic\"}]}"
            .formatted(name);
    return node.replace(", kerf.gpu/delivery: dra", "")
        .replace("kwok.x-k8s.io/node: fake", "kerf.gpu/inventory: '" + inventory + "'");
  }

  private static void pods(ControlPlane plane, String prefix, int count) {
    List<String> manifests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      manifests.add(ManyPods.pod(prefix + i, "kerf", 8, ""));
    }
    plane.create("/api/v1/namespaces/default/pods", manifests);
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      Thread.sleep(5);
    }
  }
}
