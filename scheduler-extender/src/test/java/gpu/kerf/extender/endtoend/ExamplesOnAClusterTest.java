package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.manifests.Shipped;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every example, as a user applies it to a cluster with everything that Kerf ships. */
@ClusterTest
final class ExamplesOnAClusterTest {
  @TempDir Path folder;

  @Test
  void everyExamplePassesTheWebhookAndGetsItsPlace() {
    Webhook webhook = new Webhook(folder);
    try (TestCluster cluster = TestCluster.start(webhook.settings())) {
      ControlPlane plane = cluster.plane();
      for (String file : List.of("namespace", "rbac", "priorities")) {
        plane.kubectl("apply", "-f", Shipped.file("base/" + file + ".yaml").toString());
      }
      plane.apply(webhook.manifests("kerf"));
      cluster.nodes(
          Inventory.eightH100("h100").manifest(),
          Inventory.of("a100").plain("A100-80GB", 81_920, 2).manifest(),
          cut("cut-a"),
          cut("cut-b"));
      for (String examples : List.of("examples", "examples/dialects")) {
        String path = Shipped.file(examples).toString();
        plane.kubectl("apply", "--validate=strict", "-f", path);
      }
      // notebook, 2 of inference, training, 12 tasks, the tenant's, and nine dialects
      TestCluster.await("all have a place", () -> placed(cluster) >= 26, () -> waiting(cluster));
      assertThat(cluster.slotOf("nvidia").at("/mig/profile").asText()).isEqualTo("1g.10gb");
      assertThat(cluster.slotOf("hami").path("memoryMiB").asInt()).isGreaterThanOrEqualTo(3000);
      TestCluster.await("the quota has counted", () -> quota(cluster).contains("9Gi"));
      cluster.assertLedgerIsWhatFreshOneFinds();
    }
  }

  private static String cut(String name) {
    return Inventory.of(name)
        .mig("A100-40GB", 40_960, "1g.10gb@0", "1g.10gb@2", "1g.10gb@4")
        .manifest();
  }

  private static long placed(TestCluster cluster) {
    return cluster.pods().stream()
        .filter(pod -> !TestCluster.placement(pod).path("containers").isEmpty())
        .count();
  }

  private static String waiting(TestCluster cluster) {
    StringBuilder text = new StringBuilder(placed(cluster) + " are placed");
    for (JsonNode pod : cluster.pods()) {
      if (pod.at("/spec/nodeName").asText("").isEmpty()) {
        text.append('\n').append(pod.at("/metadata/name")).append(pod.at("/status/conditions"));
      }
    }
    return text
        + "\n"
        + cluster.plane().kubectl("get", "events", "-A", "--field-selector=type=Warning");
  }

  private static String quota(TestCluster cluster) {
    return cluster
        .api()
        .get("/api/v1/namespaces/tenant-a/resourcequotas/gpus")
        .at("/status/used/requests.kerf.gpu~1memory")
        .asText();
  }
}
