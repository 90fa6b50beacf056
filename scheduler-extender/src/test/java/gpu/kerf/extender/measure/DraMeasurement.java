package gpu.kerf.extender.measure;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.DriverNode;
import gpu.kerf.extender.controlplane.KubeScheduler;
import gpu.kerf.extender.controlplane.Options;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/**
 * How many pods a second a real kube-scheduler binds with Kerf where a DRA driver hands out the
 * devices, and on the same nodes where variables do; how long one bind takes, and a freed slice
 * stays free. Not run with the tests: {@code -Dtest=DraMeasurement}.
 */
@ClusterTest
final class DraMeasurement {
  private static final int NODES = Integer.getInteger("kerf.measure.nodes", 1000);
  private static final int PODS = Integer.getInteger("kerf.measure.pods", 3000);
  private static final int WARM = Integer.getInteger("kerf.measure.warm", 1000);
  private static final int ROUNDS = Integer.getInteger("kerf.measure.rounds", 2);

  private static final int IN_TURN = Integer.getInteger("kerf.measure.inTurn", 200);
  private static final int FREED = Integer.getInteger("kerf.measure.freed", 20);

  /** How many of the pods fill a GPU of seven slices. */
  private static final int FULL = 7;

  private static final ObjectMapper JSON = new ObjectMapper();

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

  /** Kerf's answer to a bind of kube-scheduler, when one pod comes after the other. */
  @Test
  void bindsInTurn() throws Exception {
    try (ControlPlane plane = ControlPlane.start()) {
      plane.apply(DriverNode.CLASSES);
      nodes(plane, "dra", "dra-", IN_TURN);
      nodes(plane, "env", "env-", IN_TURN);
      try (ServingKerf kerf = new ServingKerf(plane)) {
        Map<String, double[]> millis =
            Map.of("env", new double[IN_TURN], "dra", new double[IN_TURN]);
        // Twice, and the first time does not count: compilers and connections warm up.
        for (int i = 0; i < 2 * IN_TURN; i++) {
          for (String way : List.of("env", "dra")) {
            double took = bind(plane, kerf, way + i, "%s-%05d".formatted(way, i % IN_TURN));
            millis.getOrDefault(way, new double[0])[i % IN_TURN] = took;
          }
        }
        double[] env = millis.getOrDefault("env", new double[0]);
        double[] dra = millis.getOrDefault("dra", new double[0]);
        Arrays.sort(env);
        Arrays.sort(dra);
        int p50 = IN_TURN / 2;
        int p99 = IN_TURN * 99 / 100;
        tell("binds in turn, env: p50 %.1f, p99 %.1f ms", env[p50], env[p99]);
        tell("binds in turn, dra: p50 %.1f, p99 %.1f ms", dra[p50], dra[p99]);
        tell("dra to env: p50 %.1f, p99 %.1f", dra[p50] / env[p50], dra[p99] / env[p99]);
      }
    }
  }

  /** Makes a pod, and returns the milliseconds that its bind took. */
  private static double bind(ControlPlane plane, ServingKerf kerf, String name, String node)
      throws Exception {
    plane.create("/api/v1/namespaces/default/pods", List.of(ManyPods.pod(name, "kerf", 8, "")));
    JsonNode pod = JSON.readTree(plane.kubectl("get", "pod", name, "-o", "json"));
    ObjectNode question = JSON.createObjectNode();
    question.set("Pod", pod);
    question.putArray("NodeNames").add(node);
    assertThat(kerf.ask("filter", question).path("NodeNames"))
        .as(name)
        .isEqualTo(question.path("NodeNames"));
    ObjectNode binding =
        JSON.createObjectNode()
            .put("PodName", name)
            .put("PodNamespace", "default")
            .put("PodUID", pod.at("/metadata/uid").asText())
            .put("Node", node);
    long start = System.nanoTime();
    JsonNode answer = kerf.ask("bind", binding);
    double took = (System.nanoTime() - start) / 1e6;
    assertThat(answer.path("Error").asText("")).as(name).isEmpty();
    return took;
  }

  /**
   * From a pod's end on the only GPU, which is full, to the binding of the pod that waits for its
   * slice. The ended pod's claim is still there: the controller manager takes its time to remove
   * it.
   */
  @Test
  void freedSliceToNextBinding() throws Exception {
    for (String way : List.of("env", "dra")) {
      try (ControlPlane plane = ControlPlane.start()) {
        plane.apply(DriverNode.CLASSES);
        nodes(plane, way, "node-", 1);
        try (ServingKerf kerf = new ServingKerf(plane);
            PodWatch watch = new PodWatch(plane);
            KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig()).start()) {
          pods(plane, "p", FULL);
          await(() -> watch.bound() == FULL);
          double[] millis = new double[FREED];
          for (int i = 0; i < FREED; i++) {
            String next = "p" + (FULL + i);
            plane.create(
                "/api/v1/namespaces/default/pods", List.of(ManyPods.pod(next, "kerf", 8, "")));
            awaitRefused(plane, next);
            plane.kubectl(
                "patch",
                "pod",
                "p" + i,
                "--subresource=status",
                "--patch={\"status\":{\"phase\":\"Succeeded\"}}");
            await(() -> watch.isBound(next));
            millis[i] = watch.afterGoing("p" + i, next);
          }
          Arrays.sort(millis);
          tell(
              "%s: from a pod's end to the next binding, %d times: p50 %.0f, max %.0f ms",
              way, FREED, millis[FREED / 2], millis[FREED - 1]);
          assertThat(scheduler.address()).isNotEmpty();
        }
      }
    }
  }

  private static void awaitRefused(ControlPlane plane, String pod) throws InterruptedException {
    await(
        () ->
            plane
                .kubectl("get", "pod", pod, "-o", "jsonpath={.status.conditions[*].reason}")
                .contains("Unschedulable"));
  }

  private static double rate(String way) throws Exception {
    Options options =
        Options.defaults()
            .apiServerFlag("--max-requests-inflight=2000")
            .apiServerFlag("--max-mutating-requests-inflight=1000");
    try (ControlPlane plane = ControlPlane.start(options)) {
      plane.apply(DriverNode.CLASSES);
      nodes(plane, way, "node-", NODES);
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

  private static void nodes(ControlPlane plane, String way, String prefix, int count) {
    List<String> nodes = new ArrayList<>();
    List<String> slices = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String name = prefix + "%05d".formatted(i);
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
