package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.manifests.Shipped;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a real Job controller makes of the shipped training after an eviction. */
@ClusterTest
final class EvictedJobTest {
  private static final String FAILED_AS_EVICTED =
      """
      {"status": {"phase": "Failed", "conditions": [{"type": "DisruptionTarget", "status": "True",
        "reason": "PreemptionByScheduler", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}\
      """;

  private ControlPlane plane;

  @BeforeEach
  void start() {
    plane = ControlPlane.start();
    plane.apply(Shipped.text("base/priorities.yaml"));
    plane.apply(Shipped.text("examples/training.yaml"));
  }

  @AfterEach
  void stop() {
    plane.close();
  }

  /** The pods that have not ended, a line each: name, failures that count, those that do not. */
  private String pods() {
    String path =
        "{range .items[*]}{.metadata.name} "
            + "{.metadata.annotations.batch\\.kubernetes\\.io/job-index-failure-count} "
            + "{.metadata.annotations.batch\\.kubernetes\\.io/job-index-ignored-failure-count}"
            + "{\"\\n\"}{end}";
    return plane
        .kubectl("get", "pods", "--field-selector=status.phase=Pending", "-o", "jsonpath=" + path)
        .strip();
  }

  @Test
  void anEvictionBringsAnotherPodAndCountsAsNoFailure() {
    Await.until("the Job has a pod", () -> !pods().isEmpty());
    String evicted = pods().split(" ", -1)[0];

    plane.kubectl("patch", "pod", evicted, "--subresource=status", "--patch=" + FAILED_AS_EVICTED);

    Await.until("another pod comes", () -> !pods().isEmpty());
    assertThat(pods()).doesNotContain(evicted).endsWith(" 0 1");
    assertThat(plane.kubectl("get", "job", "training", "-o", "jsonpath={.status.failedIndexes}"))
        .isEmpty();
  }
}
