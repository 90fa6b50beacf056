package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.dialect.Quantity;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * One quota of a real API server over small and large cards, with the shipped scheduler's settings.
 */
@ClusterTest
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class QuotaOnMixedCardsTest {
  private static final String RESOURCE = "requests.kerf.gpu/quota-memory";
  private static final int H100_MIB = 81_559;
  private static final String A10S = Inventory.of("a10s").plain("A10", 23_028, 2).manifest();
  private static final String H100 =
      Inventory.of("h100").plain("H100-80GB", H100_MIB, 1).manifest();

  private TestCluster cluster;

  @BeforeAll
  void start(@TempDir Path folder) {
    Webhook webhook = new Webhook(folder);
    cluster = TestCluster.start(webhook.settings("admission.quotaMemory=true"));
    cluster.plane().apply(webhook.manifests("kerf"));
    TestCluster.await("the API server asks", this::isAsked);
  }

  private boolean isAsked() {
    Pod probe = Pod.named("probe").spec("{schedulerName: kerf}");
    Api.Answer answer = cluster.api().send("POST", TestCluster.PODS + "?dryRun=All", probe.json());
    return answer.body().at("/spec/containers/0/env/0/value").asText().equals("void");
  }

  @AfterAll
  void stop() {
    cluster.close();
  }

  @AfterEach
  void clear() {
    cluster.clear();
  }

  private static Pod half(String name) {
    return Pod.named(name).annotated("gpu-fraction", "0.5");
  }

  private JsonNode quota() {
    return cluster.api().get("/api/v1/namespaces/default/resourcequotas/gpus");
  }

  private long usedMiB() {
    return Quantity.memoryMiB(quota().path("status").path("used").path(RESOURCE).asText("0"));
  }

  private long heldMiB() {
    return cluster.pods().stream()
        .flatMap(pod -> TestCluster.each(TestCluster.placement(pod).path("containers")))
        .flatMap(container -> TestCluster.each(container.path("slots")))
        .mapToLong(slot -> slot.path("memoryMiB").asLong())
        .sum();
  }

  @Test
  void noMoreIsHeldThanTheQuotaSaysOnAnyNode() {
    cluster.nodes(A10S, H100);
    cluster
        .api()
        .post(
            "/api/v1/namespaces/default/resourcequotas",
            "{\"metadata\":{\"name\":\"gpus\"},\"spec\":{\"hard\":{\""
                + RESOURCE
                + "\":\"80Gi\"}}}");
    try {
      TestCluster.await("the quota counts", () -> quota().at("/status/used").has(RESOURCE));
      cluster.create(half("on-h100").spec("{nodeSelector: {kubernetes.io/hostname: h100}}"));
      cluster.create(half("on-a10").spec("{nodeSelector: {kubernetes.io/hostname: a10s}}"));
      cluster.awaitRunning("on-h100", "on-a10");
      // Both count as half of an H100, of whose memory 81152 MiB are lent.
      TestCluster.await("both are counted", () -> usedMiB() == 2 * 40_576);
      assertThat(heldMiB()).isLessThanOrEqualTo(usedMiB());
      for (Pod more :
          new Pod[] {
            half("more"),
            Pod.named("whole").whole(1),
            Pod.named("memory").memory("8Gi"),
            Pod.named("small").whole(1).annotated("kerf.gpu/models", "A10")
          }) {
        Api.Answer answer = cluster.api().send("POST", TestCluster.PODS, more.json());
        assertThat(answer.body().path("message").asText())
            .contains("exceeded quota: gpus", RESOURCE);
      }
      // 81920 MiB less what is used
      cluster.create(Pod.named("last").memory("768Mi"));
      cluster.awaitRunning("last");
    } finally {
      cluster.api().delete("/api/v1/namespaces/default/resourcequotas/gpus");
    }
  }

  @Test
  void aPodThatWasCountedOnSmallCardsDoesNotLandOnALargeOneThatJoinsLater() {
    cluster.nodes(A10S);
    cluster.create(Pod.named("first").whole(2));
    cluster.awaitRunning("first");
    cluster.create(half("waiting"));
    cluster.awaitComplaint("waiting", "not enough GPU memory");
    cluster.nodes(H100);
    cluster.awaitComplaint("waiting", "more GPU memory than the quota has counted for it");
    cluster.create(half("after").spec("{nodeSelector: {kubernetes.io/hostname: h100}}"));
    cluster.awaitRunning("after");
    assertThat(cluster.nodeOf("waiting")).isEmpty();
    cluster.delete("first");
    cluster.awaitRunning("waiting");
    assertThat(cluster.nodeOf("waiting")).isEqualTo("a10s");
  }
}
