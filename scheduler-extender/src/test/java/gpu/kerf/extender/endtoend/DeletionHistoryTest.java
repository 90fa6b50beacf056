package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.manifests.Shipped;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What an API server can still say of a pod that was deleted by force, and what Kerf makes of it.
 */
@ClusterTest
final class DeletionHistoryTest {
  private static final String CHECKPOINT =
      "/api/v1/namespaces/kerf-system/configmaps/kerf-checkpoint";

  private static final String POD =
      """
      {"metadata":{"name":"%s"},"spec":{"nodeName":"nowhere","terminationGracePeriodSeconds":20,
       "containers":[{"name":"main","image":"app"}]}}
      """;

  private static String version(Api api) {
    return api.get("/api/v1/pods").at("/metadata/resourceVersion").asText();
  }

  private static JsonNode listed(Api api, String version) {
    return api.send("GET", "/api/v1/pods?resourceVersionMatch=Exact&resourceVersion=" + version, "")
        .body();
  }

  @Test
  void aWatchTellsOfADeletionAgainUntilTheApiServerStartsAnew() {
    try (ControlPlane plane = ControlPlane.start()) {
      Api api = Api.of(plane.kubeconfig());
      api.post(TestCluster.PODS, POD.formatted("old"));
      String before = version(api);
      api.delete(TestCluster.PODS + "/old?gracePeriodSeconds=0");
      for (int i = 0; i < 300; i++) {
        api.post(TestCluster.PODS, POD.formatted("other-" + i));
        api.delete(TestCluster.PODS + "/other-" + i + "?gracePeriodSeconds=0");
      }

      // Each deletion is told twice: the object gets a deletion time first.
      List<JsonNode> told =
          api.watch("/api/v1/pods", before).stream()
              .filter(event -> event.path("type").asText().equals("DELETED"))
              .toList();
      assertThat(told).hasSize(301);
      JsonNode last = told.get(0).path("object");
      assertThat(last.at("/metadata/name").asText()).isEqualTo("old");
      assertThat(last.at("/spec/nodeName").asText()).as("as it was last").isEqualTo("nowhere");
      assertThat(last.at("/metadata/resourceVersion").asLong())
          .as("the version of the deletion")
          .isGreaterThan(Long.parseLong(before));
      assertThat(listed(api, before).path("items")).hasSize(1);

      plane.stopApiServer();
      plane.startApiServer();

      List<JsonNode> forgotten = api.watch("/api/v1/pods", before);
      assertThat(forgotten).hasSize(1);
      boolean asEvent = forgotten.get(0).path("type").asText().equals("ERROR");
      JsonNode status = asEvent ? forgotten.get(0).path("object") : forgotten.get(0);
      assertThat(status.path("code").asInt()).isEqualTo(410);
      assertThat(listed(api, before).path("items"))
          .as("etcd still has it, but a list does not show what came and went")
          .hasSize(1);
    }
  }

  @Test
  void kerfPlacesNothingUntilWhatTheApiServerHasForgottenHasEnded() {
    ControlPlane plane = ControlPlane.start();
    plane.apply(Shipped.text("base/namespace.yaml"));
    plane.apply(Shipped.text("base/checkpoint.yaml"));
    plane.apply(Shipped.text("base/lease.yaml"));
    TestCluster.Accounts accounts =
        new TestCluster.Accounts(plane.kubeconfig(), plane.kubeconfig(), "");
    try (TestCluster cluster =
        TestCluster.on(plane, accounts, List.of("cluster.namespace=kerf-system"))) {
      cluster.nodes(Inventory.of("a").plain("A100-40GB", 40_960, 1).manifest());
      cluster.create(Pod.named("old").memory("30Gi").spec("terminationGracePeriodSeconds: 20"));
      cluster.awaitRunning("old");
      long bound = cluster.pod("old").at("/metadata/resourceVersion").asLong();
      TestCluster.await(
          "Kerf has written how far it has heard",
          () -> cluster.api().get(CHECKPOINT).at("/data/podVersion").asLong(-1) >= bound - 1);
      cluster.kerf().kill();
      cluster.api().delete(TestCluster.PODS + "/old?gracePeriodSeconds=0");
      plane.stopApiServer();
      plane.startApiServer();
      long began = System.nanoTime();
      cluster.kerf().start();

      TestCluster.await("it waits", () -> cluster.kerf().metric("kerf_deletions_wait_seconds") > 0);
      assertThat(cluster.kerf().get("/api/v1/status").path("deletionsWaitMs").asLong())
          .isPositive();
      cluster.create(Pod.named("next").memory("30Gi").spec("terminationGracePeriodSeconds: 1"));
      cluster.awaitComplaint("next", "kerf:deletions-unknown");
      cluster.awaitRunning("next");
      assertThat(System.nanoTime() - began).isGreaterThan(20_000_000_000L);
    }
  }
}
