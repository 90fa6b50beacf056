package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.Inventory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two replicas; one has bound, the other is asked next, and its watches are late. */
@ClusterTest
final class LaggingReplicaTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** The first replica is the site's own. */
  private TestCluster cluster;

  private KerfProcess other;

  @BeforeEach
  void start() {
    cluster = TestCluster.start();
    // The test itself plays kube-scheduler's part.
    cluster.scheduler().kill();
    other = new KerfProcess(cluster.plane(), "other-kerf", cluster.plane().kubeconfig(), List.of());
    other.start();
  }

  @AfterEach
  void stop() {
    other.close();
    cluster.close();
  }

  private JsonNode ask(KerfProcess replica, String verb, ObjectNode body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(replica.address() + "/" + verb))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
            .build();
    try {
      var answer = client.send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(verb + ": " + answer.body()).isEqualTo(200);
      return JSON.readTree(answer.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What filter names. */
  private String filter(KerfProcess replica, String pod, String... nodes) {
    ObjectNode body = JSON.createObjectNode();
    body.set("Pod", cluster.pod(pod));
    var names = body.putArray("NodeNames");
    List.of(nodes).forEach(names::add);
    JsonNode answer = ask(replica, "filter", body);
    return answer.path("NodeNames").toString();
  }

  /** The error; empty if it is bound. */
  private String bind(KerfProcess replica, String pod, String node) {
    ObjectNode body = JSON.createObjectNode();
    body.put("PodName", pod).put("PodNamespace", "default").put("Node", node);
    body.put("PodUID", cluster.pod(pod).at("/metadata/uid").asText());
    return ask(replica, "bind", body).path("Error").asText("");
  }

  @Test
  void aReplicaWhoseWatchesAreLateDoesNotGiveASlotThatAnotherOneHasGiven() {
    cluster.nodes(Inventory.of("a").mig("A100-40GB", 40_960, "1g.10gb@0").manifest());
    TestCluster.await(
        "both know the node",
        () -> other.metric("kerf_nodes ") == 1 && cluster.kerf().metric("kerf_nodes ") == 1);
    cluster.create(Pod.named("theirs").memory("8Gi"), Pod.named("mine").memory("8Gi"));
    cluster.toApi().holdWatches(true);
    assertThat(filter(other, "theirs", "a")).isEqualTo("[\"a\"]");
    assertThat(bind(other, "theirs", "a")).isEmpty();

    assertThat(filter(cluster.kerf(), "mine", "a")).as("it knows no better").isEqualTo("[\"a\"]");
    assertThat(bind(cluster.kerf(), "mine", "a")).endsWith("(kerf:another-binds)");
    TestCluster.await(
        "the lease is given back", () -> other.metric("kerf_binding_lease_held") == 0);
    long began = System.nanoTime();
    assertThat(bind(cluster.kerf(), "mine", "a")).endsWith("(kerf:behind)");
    assertThat((System.nanoTime() - began) / 1e9).as("kube-scheduler waits 5 s").isLessThan(4.5);
    assertThat(cluster.nodeOf("mine")).isEmpty();

    cluster.toApi().holdWatches(false);
    TestCluster.await(
        "it hears of the other's pod", () -> cluster.kerf().held().equals(other.held()));
    assertThat(bind(cluster.kerf(), "mine", "a")).endsWith("(kerf:no-slot)");
    cluster.assertSlots(1);
  }

  @Test
  void aFirstBindingCostsOneLookAtItsNodeAndTheNextOnesNothing() {
    cluster.nodes(Inventory.fourCutA100("a").manifest(), Inventory.fourCutA100("b").manifest());
    TestCluster.await("the nodes are known", () -> cluster.kerf().metric("kerf_nodes ") == 2);
    Pod[] pods = new Pod[8];
    for (int i = 0; i < pods.length; i++) {
      pods[i] = Pod.named("p" + i).memory("8Gi").wall("mig");
    }
    cluster.create(pods);
    for (int i = 0; i < pods.length; i++) {
      filter(cluster.kerf(), "p" + i, "a", "b");
      assertThat(bind(cluster.kerf(), "p" + i, i % 2 == 0 ? "a" : "b")).isEmpty();
      TestCluster.await("the watch tells it", () -> cluster.kerf().held().size() >= 1);
    }
    assertThat(cluster.kerf().metric("kerf_fresh_reads_total{outcome=\"passed\""))
        .as("looks, of which the second node may need one")
        .isBetween(1.0, 2.0);
  }
}
