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
  private static Site site;

  @BeforeAll
  static void start() {
    site = Site.start();
  }

  @AfterAll
  static void stop() {
    site.close();
  }

  @AfterEach
  void leaveNothing() {
    site.clear();
  }

  private static void resize(String pod, int cpus) {
    String patch =
        "{\"spec\":{\"containers\":[{\"name\":\"main\",\"resources\":"
            + "{\"requests\":{\"cpu\":\"%1$d\"},\"limits\":{\"cpu\":\"%1$d\"}}}]}}";
    site.plane()
        .kubectl("patch", "pod", pod, "--subresource", "resize", "-p", patch.formatted(cpus));
  }

  /** The kubelet says that the container runs with so many CPUs. */
  private static void runsWith(String pod, int cpus) {
    ObjectNode patch = Api.JSON.createObjectNode();
    ObjectNode status = site.pod(pod).at("/status/containerStatuses/0").deepCopy();
    assertThat(status.path("name").asText()).isEqualTo("main");
    status.withObject("/allocatedResources").put("cpu", "" + cpus);
    status.withObject("/resources").withObject("/requests").put("cpu", "" + cpus);
    patch.withObject("/status").withArray("containerStatuses").add(status);
    site.plane()
        .kubectl(
            "patch", "pod", pod, "--subresource", "status", "--type", "merge", "-p", "" + patch);
  }

  private static JsonNode node() {
    return site.kerf().get("/api/v1/nodes/a");
  }

  private static void awaitFreeCpus(int cpus) {
    Site.await(
        cpus + " CPUs are free",
        () -> node().path("freeCpuMilli").asInt() == 1000 * cpus,
        () -> node().toString());
  }

  @Test
  void theCpuThatKerfHoldsFollowsAResizeUpAndDown() {
    site.nodes(Inventory.of("a").plain("H100-80GB", 81_559, 1).manifest());
    site.create(Pod.named("grows").memory("8Gi").limit("cpu", "4"));
    site.awaitRunning("grows");
    awaitFreeCpus(124);
    // The API server resizes a pod only where the kubelet says what its containers run with.
    runsWith("grows", 4);
    JsonNode slot = site.slotOf("grows");

    resize("grows", 100);
    awaitFreeCpus(28);
    runsWith("grows", 100);
    site.create(Pod.named("large").memory("8Gi").limit("cpu", "64"));
    site.awaitComplaint("large", "Insufficient cpu");

    resize("grows", 2);
    Site.await(
        "the API server has the resize",
        () ->
            site.pod("grows").at("/spec/containers/0/resources/requests/cpu").asText().equals("2"));
    assertThat(site.nodeOf("large")).as("the container still runs with 100").isEmpty();
    assertThat(node().path("freeCpuMilli").asInt()).isEqualTo(28_000);
    runsWith("grows", 2);
    site.awaitRunning("large");
    awaitFreeCpus(62);
    assertThat(site.slotOf("grows")).isEqualTo(slot);
    site.assertSlots(2);
    site.assertLedgerIsWhatFreshOneFinds();
  }
}
