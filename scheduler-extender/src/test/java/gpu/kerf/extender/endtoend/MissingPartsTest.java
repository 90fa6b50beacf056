package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.Inventory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Kerf on a cluster that has nothing of its manifests says what it lacks, and is ready. */
@ClusterTest
final class MissingPartsTest {

  @Test
  void areToldByReadyzTheApiAndTheLogUntilTheyAreThere() {
    try (TestCluster cluster = TestCluster.start()) {
      TestCluster.await(
          "it has looked",
          () -> told(cluster, "/readyz").toString().contains(policy("kerf-words")));
      assertThat(cluster.kerf().status("/readyz")).isEqualTo(200);
      assertThat(told(cluster, "/readyz"))
          .anyMatch(each -> each.startsWith(policy("kerf")))
          .anyMatch(each -> each.startsWith(policy("kerf-gate")))
          .anyMatch(each -> each.startsWith("No node has the label kerf.gpu/managed=true"))
          .isEqualTo(told(cluster, "/api/v1/status"));
      assertThat(cluster.kerf().log())
          .contains("Something is missing in the cluster.", policy("kerf-words"));

      cluster.nodes(Inventory.eightH100("a").manifest());
      cluster.plane().apply(Inventory.eightH100("b").manifest().replace("\"v\":1", "\"v\":2"));
      TestCluster.await(
          "one of two nodes is usable",
          () ->
              told(cluster, "/readyz").stream()
                  .anyMatch(each -> each.startsWith("1 of 2 managed nodes do not say")));
      cluster.plane().kubectl("delete", "node", "b");
      TestCluster.await(
          "nothing is wrong with nodes",
          () -> told(cluster, "/readyz").stream().noneMatch(each -> each.contains("node")));
    }
  }

  private static String policy(String name) {
    return "There is no ValidatingAdmissionPolicy " + name + ", so ";
  }

  private static List<String> told(TestCluster cluster, String path) {
    List<String> told = new ArrayList<>();
    cluster
        .kerf()
        .get(path)
        .path("installation")
        .forEach(each -> told.add(each.path("what").asText()));
    return told;
  }
}
