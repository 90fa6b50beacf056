package gpu.kerf.extender.cluster.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.KubeScheduler;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes whose GPUs are handed out by device plugins of others, through a real kube-scheduler and a
 * real API server. No kubelet plays there, so that bound pods wait for their devices.
 */
@ClusterTest
final class DeliveriesOnAClusterTest {
  private static final String LOCK = "hami.io/mutex.lock";

  @TempDir Path folder;

  /** As HAMi's device plugin registers two A100 of 40 GB, for five containers each. */
  private static final String HAMI_NODE =
      node(
          "h",
          """
          hami.io/node-nvidia-register: '[
            {"id":"GPU-h-0","index":0,"count":5,"devmem":40960,"devcore":100,"type":"NVIDIA-NVIDIA A100-SXM4-40GB","numa":0,"mode":"hami-core","health":true},
            {"id":"GPU-h-1","index":1,"count":5,"devmem":40960,"devcore":100,"type":"NVIDIA-NVIDIA A100-SXM4-40GB","numa":0,"mode":"hami-core","health":true}]'\
          """,
          "",
          "nvidia.com/gpu: 10");

  /** As HAMi 2.10 registers an A100 of 40 GB that it cuts, with two profiles on its allow-list. */
  private static final String HAMI_MIG_NODE =
      node(
          "m",
          """
          hami.io/node-nvidia-register: '[
            {"id":"GPU-m-0","count":7,"devmem":40960,"devcore":100,"type":"NVIDIA A100-SXM4-40GB","mode":"mig","health":true,"migProfiles":[
              {"name":"1g.5gb","memoryMB":4864,"core":15,"sliceCount":1,"placements":[
                {"start":0,"size":1},{"start":1,"size":1},{"start":2,"size":1},{"start":3,"size":1},{"start":4,"size":1},{"start":5,"size":1},{"start":6,"size":1}]},
              {"name":"3g.20gb","memoryMB":19968,"core":43,"sliceCount":3,"placements":[{"start":0,"size":4},{"start":4,"size":4}]}]}]'\
          """,
          "kerf.gpu/delivery: hami-mig",
          "nvidia.com/gpu: 10");

  private static final String GPUSHARE_NODE =
      node(
          "g",
          "",
          "nvidia.com/gpu.product: NVIDIA-A100-SXM4-40GB, nvidia.com/gpu.count: \"2\"",
          "aliyun.com/gpu-mem: 80");

  private static String node(String name, String annotations, String labels, String devices) {
    return """
    ---
    apiVersion: v1
    kind: Node
    metadata:
      name: %1$s
      annotations: {%2$s}
      labels: {kubernetes.io/hostname: %1$s, kerf.gpu/managed: "true"%3$s}
    status:
      capacity: {cpu: "64", memory: 256Gi, pods: "110", %4$s}
      allocatable: {cpu: "64", memory: 256Gi, pods: "110", %4$s}
    """
        .formatted(name, annotations, labels.isEmpty() ? "" : ", " + labels, devices);
  }

  private static String pod(String name, String... limits) {
    StringBuilder containers = new StringBuilder();
    for (int i = 0; i < limits.length; i++) {
      containers.append(
          "  - {name: c%d, image: app, resources: {limits: {%s}}}\n".formatted(i, limits[i]));
    }
    return """
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: %s, namespace: default}
    spec:
      schedulerName: kerf
      terminationGracePeriodSeconds: 0
      containers:
    %s\
    """
        .formatted(name, containers);
  }

  @Test
  void hamisPluginServesThePodsOneAfterTheOther() {
    try (ControlPlane plane = ControlPlane.start()) {
      plane.apply(HAMI_NODE);
      try (RunningKerf kerf = RunningKerf.on(plane);
          KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig(folder)).start()) {
        HamiPlugin plugin = new HamiPlugin(plane, "h");
        plane.apply(
            pod(
                "two",
                "nvidia.com/gpu: 1, nvidia.com/gpumem: 3000",
                "cpu: 1",
                "nvidia.com/gpu: 1"));
        awaitBound(plane, "two");
        assertThat(plugin.lock()).endsWith(",default,two");
        plane.apply(
            pod("next", "nvidia.com/gpu: 1, nvidia.com/gpumem: 3000, nvidia.com/gpucores: 20"));

        assertThat(plugin.allocate(1).get(0)).matches("GPU-h-[01],NVIDIA,3000,0");
        assertThat(plugin.lock()).as("one container is still to come").endsWith(",default,two");
        assertThat(plugin.allocate(1).get(0)).matches("GPU-h-[01],NVIDIA,40960,100");

        awaitBound(plane, "next");
        assertThat(plugin.allocate(1).get(0)).matches("GPU-h-[01],NVIDIA,3000,20");
        assertThat(plugin.lock()).isEmpty();
        assertThat(scheduler.running()).isTrue();
      }
    }
  }

  @Test
  void aPodThatTheNodesPluginWouldNotServeIsToldSo() {
    try (ControlPlane plane = ControlPlane.start()) {
      plane.apply(HAMI_NODE + GPUSHARE_NODE);
      try (RunningKerf kerf = RunningKerf.on(plane);
          KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig(folder)).start()) {
        plane.apply(pod("words", "kerf.gpu/memory: 3Gi"));
        Await.until(
            "kube-scheduler says why",
            () ->
                plane
                    .kubectl("describe", "pod", "words")
                    .contains("only to pods that ask in its own words"));
        assertThat(scheduler.running()).isTrue();
      }
    }
  }

  @Test
  void hamisPluginMakesTheInstancesThatKerfReserves() {
    try (ControlPlane plane = ControlPlane.start()) {
      plane.apply(HAMI_MIG_NODE);
      try (RunningKerf kerf = RunningKerf.on(plane);
          KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig(folder)).start()) {
        HamiMigPlugin plugin = new HamiMigPlugin(plane, "m");
        plane.apply(
            onMig("first", "nvidia.com/gpu: 1, nvidia.com/gpumem: 20000")
                .replace("terminationGracePeriodSeconds: 0", "terminationGracePeriodSeconds: 600"));
        awaitBound(plane, "first");
        List<String> ofFirst = plugin.allocate("first", 0, 1);
        plane.apply(
            onMig(
                "two",
                "nvidia.com/gpu: 1, nvidia.com/gpumem: 5000",
                "cpu: 1",
                "nvidia.com/gpu: 1, nvidia.com/gpumem: 5000"));
        awaitBound(plane, "two");
        plugin.allocate("two", 0, 1);
        plugin.allocate("two", 2, 1);
        assertThat(plugin.instances()).hasSize(3).contains("3g.20gb at 4");
        assertThat(plane.kubectl("get", "pod", "two", "-o", "jsonpath={.metadata.annotations}"))
            .contains("kerf.gpu/placement")
            .doesNotContain("kerf.gpu/visible-devices");

        plane.kubectl("delete", "pod", "first", "--wait=false");
        plane.apply(onMig("small", "nvidia.com/gpu: 1, nvidia.com/gpumem: 5000"));
        Await.until(
            "a place is free, and the plugin would fail",
            () -> plane.kubectl("describe", "pod", "small").contains("kerf:instance-ending"));
        plugin.ended(ofFirst);
        plane.kubectl(
            "patch",
            "pod",
            "first",
            "--subresource=status",
            "-p",
            "{\"status\":{\"phase\":\"Failed\"}}");
        awaitBound(plane, "small");
        plugin.allocate("small", 0, 1);
        assertThat(plugin.instances()).hasSize(3).doesNotContain("3g.20gb at 4");

        plane.apply(onMig("next", "kerf.gpu/memory: 10Gi, nvidia.com/gpu: 1"));
        awaitBound(plane, "next");
        plugin.allocate("next", 0, 1);
        assertThat(plugin.instances()).hasSize(4).contains("3g.20gb at 4");
        assertThat(scheduler.running()).isTrue();
      }
    }
  }

  /** A pod that selects the nodes on which HAMi's plugin makes instances. */
  private static String onMig(String name, String... limits) {
    return pod(name, limits)
        .replace(
            "schedulerName: kerf",
            "schedulerName: kerf\n  nodeSelector: {kerf.gpu/delivery: hami-mig}");
  }

  @Test
  void gpusharesPluginFindsItsAnnotationsAndTheNextPodOfThatAmountWaits() {
    try (ControlPlane plane = ControlPlane.start()) {
      plane.apply(GPUSHARE_NODE);
      try (RunningKerf kerf = RunningKerf.on(plane);
          KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig(folder)).start()) {
        plane.apply(pod("first", "aliyun.com/gpu-mem: 30"));
        awaitBound(plane, "first");
        assertThat(gpushare(plane, "first", "ASSIGNED")).isEqualTo("false");
        assertThat(gpushare(plane, "first", "POD")).isEqualTo("30");
        assertThat(gpushare(plane, "first", "DEV")).isEqualTo("40");
        assertThat(gpushare(plane, "first", "ASSUME_TIME")).matches("[0-9]{19}");
        plane.apply(pod("second", "aliyun.com/gpu-mem: 30"));
        Await.until(
            "the second is told to wait",
            () -> plane.kubectl("describe", "pod", "second").contains("kerf:node-busy"));
        plane.kubectl(
            "annotate", "--overwrite", "pod", "first", "ALIYUN_COM_GPU_MEM_ASSIGNED=true");
        awaitBound(plane, "second");
        assertThat(gpushare(plane, "second", "IDX")).isNotEqualTo(gpushare(plane, "first", "IDX"));
        assertThat(scheduler.running()).isTrue();
      }
    }
  }

  @Test
  void aLockWithoutAnOwnerIsTakenOver() {
    try (ControlPlane plane = ControlPlane.start()) {
      plane.apply(HAMI_NODE);
      try (RunningKerf kerf = RunningKerf.on(plane);
          KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig(folder)).start()) {
        HamiPlugin plugin = new HamiPlugin(plane, "h");
        // Kerf was killed between lock and binding, and the pod is gone since.
        lock(plane, Instant.now() + ",default,gone");
        plane.apply(pod("one", "nvidia.com/gpu: 1, nvidia.com/gpumem: 3000"));
        awaitBound(plane, "one");
        plugin.allocate(1);
        lock(plane, "nonsense");
        plane.apply(pod("two", "nvidia.com/gpu: 1, nvidia.com/gpumem: 3000"));
        awaitBound(plane, "two");
        plugin.allocate(1);
        lock(plane, Instant.now().minusSeconds(301) + ",kube-system,other");
        plane.apply(pod("three", "nvidia.com/gpu: 1, nvidia.com/gpumem: 3000"));
        awaitBound(plane, "three");
        // The plugin has served it, and was killed before it unlocked the node.
        plane.kubectl("annotate", "--overwrite", "pod", "three", "hami.io/bind-phase=success");
        lock(plane, Instant.now().minusSeconds(11) + ",default,three");
        plane.apply(pod("four", "nvidia.com/gpu: 1, nvidia.com/gpumem: 3000"));
        awaitBound(plane, "four");
        assertThat(plugin.lock()).endsWith(",default,four");
        assertThat(scheduler.running()).isTrue();
      }
    }
  }

  @Test
  void aLockOfAnotherSchedulersPodIsRespectedUntilItIsReleased() {
    try (ControlPlane plane = ControlPlane.start()) {
      plane.apply(
          HAMI_NODE
              + pod("theirs", "nvidia.com/gpu: 1")
                  .replace("schedulerName: kerf", "schedulerName: hami-scheduler"));
      try (RunningKerf kerf = RunningKerf.on(plane);
          KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig(folder)).start()) {
        lock(plane, Instant.now() + ",default,theirs");
        plane.apply(pod("ours", "nvidia.com/gpu: 1, nvidia.com/gpumem: 3000"));
        Await.until(
            "ours is told to wait",
            () -> plane.kubectl("describe", "pod", "ours").contains("kerf:node-busy"));
        assertThat(new HamiPlugin(plane, "h").lock()).endsWith(",default,theirs");
        plane.kubectl("annotate", "node", "h", LOCK + "-");
        awaitBound(plane, "ours");
        assertThat(scheduler.running()).isTrue();
      }
    }
  }

  private static void lock(ControlPlane plane, String value) {
    plane.kubectl("annotate", "--overwrite", "node", "h", LOCK + "=" + value);
  }

  private static void awaitBound(ControlPlane plane, String pod) {
    plane.kubectl("wait", "--for=jsonpath={.spec.nodeName}", "pod/" + pod, "--timeout=60s");
  }

  private static String gpushare(ControlPlane plane, String pod, String key) {
    return plane.kubectl(
        "get", "pod", pod, "-o", "jsonpath={.metadata.annotations.ALIYUN_COM_GPU_MEM_" + key + "}");
  }
}
