package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.Inventory;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Pods come and go, and nothing of them is left. */
@ClusterTest
final class ChurnTest {
  /** {@code -Dkerf.churn=10000} is the long run. */
  private static final int PODS = Integer.getInteger("kerf.churn", 600);

  private static final int AT_ONCE = 200;

  private static TestCluster cluster;

  @BeforeAll
  static void start() {
    cluster = TestCluster.start();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @Test
  void podsThatCameAndWentLeaveAnEmptyLedger() {
    cluster.nodes(TestCluster.manifests(32, i -> Inventory.mixed("node-" + i)));
    Deque<String> waves = new ArrayDeque<>();
    for (int made = 0; made < PODS; made += AT_ONCE) {
      String wave = "wave-" + made / AT_ONCE;
      cluster.create(IntStream.range(0, AT_ONCE).mapToObj(i -> pod(wave, i)).toArray(Pod[]::new));
      waves.add(wave);
      // One wave ends while the next one begins.
      if (waves.size() == 2) {
        end(waves.remove());
      }
    }
    cluster.awaitRunning(AT_ONCE);
    cluster.assertSlots(AT_ONCE);
    end(waves.remove());
    TestCluster.await("all pods are gone", () -> cluster.pods().isEmpty());
    TestCluster.await("the ledger is empty", () -> cluster.kerf().placements() == 0);
    JsonNode fleet = cluster.kerf().get("/api/v1/fleet").path("totals");
    assertThat(fleet.path("heldMiB").asLong()).isZero();
    assertThat(fleet.path("pods").asLong()).isZero();
    assertThat(fleet.path("pending").asLong()).isZero();
    assertThat(cluster.kerf().metric("kerf_ledger_conflicts")).isZero();
  }

  private static void end(String wave) {
    TestCluster.await(wave + " runs", () -> waiting(wave) == 0);
    cluster.api().delete(TestCluster.PODS + "?labelSelector=wave=" + wave);
  }

  private static int waiting(String wave) {
    String selector = "?labelSelector=wave=" + wave + "&fieldSelector=status.phase!=Running";
    return cluster.api().get(TestCluster.PODS + selector).path("items").size();
  }

  private static Pod pod(String wave, int number) {
    Pod pod = Pod.named(wave + "-" + number).labelled("wave", wave);
    return number % 4 == 0 ? pod.memory("20Gi").wall("mps") : pod.memory("4Gi").wall("mig");
  }
}
