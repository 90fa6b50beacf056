package gpu.kerf.extender.cluster.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.controlplane.KubeScheduler;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pods as other projects' users write them, through a real kube-scheduler. */
@ClusterTest
final class DialectsOnAClusterTest {
  @TempDir Path folder;

  private static String pod(String name, String annotations, String limits) {
    return """
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: default, annotations: {%s}}
        spec:
          schedulerName: kerf
          terminationGracePeriodSeconds: 0
          containers:
          - {name: main, image: app, resources: {limits: {%s}}}
        """
        .formatted(name, annotations, limits);
  }

  @Test
  void podsOfSeveralDialectsGetSlotsOfOneNode() {
    try (ControlPlane plane = ControlPlane.start()) {
      plane.kwok();
      plane.apply(Inventory.of("a").plain("A100-40GB", 40_960, 3).manifest());
      try (RunningKerf kerf = RunningKerf.on(plane)) {
        Await.until(
            "the node advertises",
            () ->
                !plane
                    .kubectl(
                        "get", "node", "a", "-o", "jsonpath={.status.capacity.kerf\\.gpu/memory}")
                    .isEmpty());
        try (KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig(folder)).start()) {
          // First, for kube-scheduler has no order among pods that were there before it.
          plane.apply(pod("nvidia", "", "nvidia.com/gpu: 1"));
          assertThat(record(plane, "nvidia")).contains("\"whole\":true");
          plane.apply(
              pod("hami", "", "nvidia.com/gpu: 2, nvidia.com/gpumem: 3000")
                  + pod("kai", "gpu-fraction: \"0.25\"", "")
                  + pod("gpushare", "", "aliyun.com/gpu-mem: 3"));
          // The API server stores 3000 as 3k; a quarter of 40960 MiB is what the node can share.
          assertThat(record(plane, "hami")).contains("\"memoryMiB\":3000");
          assertThat(record(plane, "kai")).contains("\"mps\"");
          assertThat(record(plane, "gpushare")).contains("\"memoryMiB\":3072");
          assertThat(plane.kubectl("get", "pod", "hami", "-o", "yaml")).contains("gpumem: 3k");
          assertThat(scheduler.running()).isTrue();
        }
      }
    }
  }

  private static String record(ControlPlane plane, String pod) {
    plane.kubectl("wait", "--for=jsonpath={.status.phase}=Running", "pod/" + pod, "--timeout=60s");
    return plane.kubectl(
        "get", "pod", pod, "-o", "jsonpath={.metadata.annotations.kerf\\.gpu/placement}");
  }
}
