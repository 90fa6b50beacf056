package gpu.kerf.extender.cluster.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.KubeScheduler;
import java.nio.file.Path;
import java.time.Instant;
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
            {"id":"GPU-h-1","index":1,"count":5,"devmem":40960,"devcore":100,"type":"NVIDIA-NVIDIA A100-SXM4-40GB","numa":0,"mode":"hami-core","health":true}]'""",
          "",
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
        %s"""
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
