package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.Inventory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A running pod is resized in place by the API server's own subresource. The node of 128 CPUs is
 * simulated: what a kubelet would say of the resize the test says.
 */
@ClusterTest
final class ResizeTest {
  private static TestCluster cluster;

  @BeforeAll
  static void start() {
    cluster = TestCluster.start();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @AfterEach
  void leaveNothing() {
    cluster.clear();
  }

  private static void resize(String pod, int cpus) {
    String patch =
        "{\"spec\":{\"containers\":[{\"name\":\"main\",\"resources\":"
            + "{\"requests\":{\"cpu\":\"%1$d\"},\"limits\":{\"cpu\":\"%1$d\"}}}]}}";
    cluster
        .plane()
        .kubectl("patch", "pod", pod, "--subresource", "resize", "-p", patch.formatted(cpus));
  }

  /** The kubelet says that the container runs with so many CPUs. */
  private static void runsWith(String pod, int cpus) {
    ObjectNode patch = Api.JSON.createObjectNode();
    ObjectNode status = cluster.pod(pod).at("/status/containerStatuses/0").deepCopy();
    assertThat(status.path("name").asText()).isEqualTo("main");
    status.withObject("/allocatedResources").put("cpu", "" + cpus);
    status.withObject("/resources").withObject("/requests").put("cpu", "" + cpus);
    patch.withObject("/status").withArray("containerStatuses").add(status);
    cluster
        .plane()
        .kubectl(
            "patch", "pod", pod, "--subresource", "status", "--type", "merge", "-p", "" + patch);
  }

  private static JsonNode node() {
    return cluster.kerf().get("/api/v1/nodes/a");
  }

  private static void awaitFreeCpus(int cpus) {
    TestCluster.await(
        cpus + " CPUs are free",
        () -> node().path("freeCpuMilli").asInt() == 1000 * cpus,
        () -> node().toString());
  }

  @Test
  void theCpuThatKerfHoldsFollowsAResizeUpAndDown() {
    cluster.nodes(Inventory.of("a").plain("H100-80GB", 81_559, 1).manifest());
    cluster.create(Pod.named("grows").memory("8Gi").limit("cpu", "4"));
    cluster.awaitRunning("grows");
    awaitFreeCpus(124);
    // The API server resizes a pod only where the kubelet says what its containers run with.
    runsWith("grows", 4);
    JsonNode slot = cluster.slotOf("grows");

    resize("grows", 100);
    awaitFreeCpus(28);
    runsWith("grows", 100);
    cluster.create(Pod.named("large").memory("8Gi").limit("cpu", "64"));
    cluster.awaitComplaint("large", "Insufficient cpu");

    resize("grows", 2);
    TestCluster.await(
        "the API server has the resize",
        () ->
            cluster
                .pod("grows")
                .at("/spec/containers/0/resources/requests/cpu")
                .asText()
                .equals("2"));
    assertThat(cluster.nodeOf("large")).as("the container still runs with 100").isEmpty();
    assertThat(node().path("freeCpuMilli").asInt()).isEqualTo(28_000);
    runsWith("grows", 2);
    cluster.awaitRunning("large");
    awaitFreeCpus(62);
    assertThat(cluster.slotOf("grows")).isEqualTo(slot);
    cluster.assertSlots(2);
    cluster.assertLedgerIsWhatFreshOneFinds();
  }
}
