package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.manifests.Shipped;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Teams on a real control plane: a real kube-scheduler, gates, turns, reclaim and the Team's
 * status.
 */
@ClusterTest
final class TeamsTest {
  private TestCluster cluster;

  @BeforeEach
  void startWithTwoTeamsAndFourGpus() {
    cluster = TestCluster.start();
    cluster.plane().apply(Shipped.text("base/teams.yaml"));
    cluster
        .plane()
        .kubectl("wait", "--for=condition=Established", "crd/teams.kerf.gpu", "--timeout=60s");
    cluster.nodes(Inventory.of("a").plain("H100-80GB", 81_559, 4).manifest());
    team("fraud", "guarantee: \"2\"");
    team("research", "guarantee: \"2\"");
    TestCluster.await("the teams are accepted", () -> accepted("fraud") && accepted("research"));
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  private void team(String name, String spec) {
    cluster
        .plane()
        .apply(
            """
            apiVersion: v1
            kind: Namespace
            metadata: {name: %1$s}
            ---
            apiVersion: kerf.gpu/v1alpha1
            kind: Team
            metadata: {name: %1$s}
            spec: {namespaces: {names: [%1$s]}, %2$s}
            """
                .formatted(name, spec));
  }

  private JsonNode team(String name) {
    return cluster.api().get("/apis/kerf.gpu/v1alpha1/teams/" + name);
  }

  private boolean accepted(String name) {
    return team(name).at("/status/conditions/0/status").asText().equals("True");
  }

  private static String pods(String namespace) {
    return "/api/v1/namespaces/" + namespace + "/pods";
  }

  /** A pod that asks for a GPU and has the gate that the webhook adds. */
  private void gated(String namespace, String name) {
    Pod pod = Pod.named(name).whole(1).spec("schedulingGates: [{name: kerf.gpu/turn}]");
    cluster.plane().create(pods(namespace), List.of(pod.json()));
  }

  private JsonNode pod(String namespace, String name) {
    return cluster.api().get(pods(namespace) + "/" + name);
  }

  private boolean runs(String namespace, String name) {
    return pod(namespace, name).at("/status/phase").asText().equals("Running");
  }

  private String turn(String namespace, String name) {
    Map<String, String> messages = new TreeMap<>();
    pod(namespace, name)
        .at("/status/conditions")
        .forEach(
            condition ->
                messages.put(condition.path("type").asText(), condition.path("message").asText()));
    return messages.getOrDefault("kerf.gpu/Turn", "");
  }

  private void fill() {
    for (int i = 0; i < 4; i++) {
      String name = "r" + i;
      gated("research", name);
      TestCluster.await(name + " runs", () -> runs("research", name));
    }
  }

  @Test
  void aTeamGetsItsGuaranteeBackAndEveryoneIsToldWhy() {
    fill();
    gated("research", "waits");
    TestCluster.await(
        "the pod that waits says why",
        () -> turn("research", "waits").startsWith("team research holds 4 of 2 guaranteed"),
        () -> turn("research", "waits"));
    assertThat(pod("research", "waits").at("/spec/schedulingGates/0/name").asText())
        .isEqualTo("kerf.gpu/turn");

    gated("fraud", "urgent");
    TestCluster.await("the urgent pod runs", () -> runs("fraud", "urgent"));
    assertThat(cluster.api().get(pods("research")).path("items")).hasSize(4);
    TestCluster.await(
        "the status has the numbers",
        () ->
            team("fraud").at("/status/held").asText().equals("1.000")
                && team("research").at("/status/held").asText().equals("3.000")
                && team("research").at("/status/borrowed").asText().equals("1.000"),
        () -> team("research").path("status").toString());
    assertThat(cluster.plane().kubectl("get", "teams"))
        .contains("NAME", "GUARANTEE", "HELD", "research");
    assertThat(runs("research", "waits")).isFalse();
    TestCluster.await(
        "the victim's event says why",
        () ->
            cluster
                .plane()
                .kubectl("get", "events", "-n", "research")
                .contains("team fraud takes back its guarantee"));
  }

  @Test
  void whileKerfIsDownGatedPodsWaitAndAfterItsStartTheyGetTheirTurn() {
    fill();
    gated("research", "waits");
    TestCluster.await("it is told to wait", () -> !turn("research", "waits").isEmpty());
    cluster.kerf().kill();
    cluster.api().delete(pods("research") + "/r0");
    gated("fraud", "urgent");
    cluster.kerf().start();
    TestCluster.await("the urgent pod runs", () -> runs("fraud", "urgent"));
    assertThat(runs("research", "waits")).isFalse();
    assertThat(cluster.api().get(pods("research")).path("items")).hasSize(4);
  }

  @Test
  void deletingTheTeamsTakesAllGatesOff() {
    fill();
    gated("research", "waits");
    TestCluster.await("it is told to wait", () -> !turn("research", "waits").isEmpty());
    cluster.plane().kubectl("delete", "teams", "--all");
    TestCluster.await(
        "its gate comes off",
        () -> pod("research", "waits").at("/spec/schedulingGates").isMissingNode());
    cluster.api().delete(pods("research") + "/r0");
    TestCluster.await("it runs", () -> runs("research", "waits"));
  }
}
