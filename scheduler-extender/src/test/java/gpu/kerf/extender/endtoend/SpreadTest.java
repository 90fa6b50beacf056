package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.docs.Markdown;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What {@code docs/how-to/spread-replicas.md} says, behind a real kube-scheduler. */
@ClusterTest
final class SpreadTest {
  private static final String ANTI_AFFINITY =
      """
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
          - topologyKey: kubernetes.io/hostname
            labelSelector: {matchLabels: {app: apart}}
      """;

  @Test
  void replicasPackUnlessThePodSaysOtherwise() throws IOException {
    String guide = Markdown.yamlBlock(Markdown.root().resolve("docs/how-to/spread-replicas.md"));
    try (TestCluster cluster = TestCluster.start()) {
      cluster.nodes(Inventory.eightH100("a").manifest(), Inventory.eightH100("b").manifest());
      for (String name : List.of("packed-1", "packed-2")) {
        cluster.create(Pod.named(name).memory("8Gi"));
        cluster.awaitRunning(name);
      }
      assertThat(cluster.nodeOf("packed-1")).isEqualTo(cluster.nodeOf("packed-2"));

      for (String name : List.of("apart-1", "apart-2")) {
        cluster.create(Pod.named(name).memory("8Gi").labelled("app", "apart").spec(ANTI_AFFINITY));
        cluster.awaitRunning(name);
      }
      assertThat(cluster.nodeOf("apart-1")).isNotEqualTo(cluster.nodeOf("apart-2"));

      cluster
          .plane()
          .apply(
              guide.replace(
                  "metadata: {name: answers}", "metadata: {name: answers, namespace: default}"));
      TestCluster.await("both replicas run", () -> nodesOfAnswers(cluster).size() == 2);
      assertThat(nodesOfAnswers(cluster)).containsExactlyInAnyOrder("a", "b");
      cluster.plane().kubectl("delete", "deployment", "answers", "--cascade=foreground");
    }
  }

  private static List<String> nodesOfAnswers(TestCluster cluster) {
    return cluster.pods().stream()
        .filter(pod -> pod.at("/metadata/labels/app").asText().equals("answers"))
        .map(SpreadTest::node)
        .filter(node -> !node.isEmpty())
        .toList();
  }

  private static String node(JsonNode pod) {
    return pod.at("/spec/nodeName").asText();
  }
}
