package gpu.kerf.extender.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.extender.Await;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What tests use to fill a cluster and to look at it. */
@ClusterTest
final class ClusterToolsTest {
  @Test
  void checkerReadsWhatTheApiServerHas(ControlPlane plane) {
    plane.create("/api/v1/nodes", List.of(Inventory.eightH100("gpus").manifest()));
    plane.apply(shareOnGpus("one", 50_000));
    SlotChecker checker = SlotChecker.check(plane);
    assertThat(checker.problems()).isEmpty();
    assertThat(checker.slots()).isEqualTo(1);

    plane.apply(shareOnGpus("two", 40_000));
    assertThat(SlotChecker.check(plane).problems())
        .containsExactly("gpus GPU 5: 90000 MiB are held of 81559");
  }

  @Test
  void manyNodesBecomeReadyAtOnce(ControlPlane plane) {
    plane.kwok();
    plane.create(
        "/api/v1/nodes",
        IntStream.range(0, 200).mapToObj(i -> Inventory.mixed("many-" + i).manifest()).toList());
    Await.until("200 nodes are ready", () -> readyNodes(plane) == 200);
  }

  @Test
  void objectThatIsNotCreatedIsAnError(ControlPlane plane) {
    List<String> twice = List.of(Manifests.node("same"), Manifests.node("same"));
    assertThatThrownBy(() -> plane.create("/api/v1/nodes", twice))
        .hasMessageContaining("nodes \\\"same\\\" already exists");
  }

  private static long readyNodes(ControlPlane plane) {
    return plane
        .kubectl("get", "nodes", "--no-headers")
        .lines()
        .filter(line -> line.matches("many-\\d+ +Ready .*"))
        .count();
  }

  private static String shareOnGpus(String pod, int memoryMiB) {
    return """
        apiVersion: v1
        kind: Pod
        metadata:
          name: %s
          namespace: default
          annotations:
            kerf.gpu/placement: '{"v":1,"node":"gpus","containers":[{"name":"main","wall":"mps",
              "slots":[{"gpu":5,"uuid":"GPU-gpus-5","mps":{"smMilli":0},"memoryMiB":%d}]}]}'
        spec: {nodeName: gpus, containers: [{name: main, image: app}]}
        """
        .formatted(pod, memoryMiB);
  }
}
