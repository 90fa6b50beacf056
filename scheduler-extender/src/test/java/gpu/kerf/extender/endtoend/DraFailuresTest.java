package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.DraTest;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Failures of a node with a DRA driver that the kubelet gets over after a minute or more. Takes
 * about five minutes, so it runs on demand.
 */
@DraTest
final class DraFailuresTest {
  private static final String DEMAND = "kerf.dra.failures";

  /** Some of the kubelet's periods are a minute, and its back-off may be longer. */
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private static DraCluster cluster;

  @BeforeAll
  static void start() {
    Assumptions.assumeTrue(
        Boolean.getBoolean(DEMAND), "only on demand: -D" + DEMAND + "=true, which takes 5 minutes");
    cluster = DraCluster.start("dynamic");
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @AfterEach
  void leaveNothing() {
    cluster.clear();
  }

  /** A pod that wants all of the only GPU. */
  private static Pod all(String name) {
    return DraCluster.pod(name).wall("mig").memory("70Gi");
  }

  /**
   * The API server removes the claim at once; the container runs on, and the driver holds the
   * instance until the kubelet is back and has noticed.
   */
  @Test
  void anInstanceOfAPodDeletedByForceIsGivenAgainOnlyWhenTheDriverHasLetGo() {
    int before = events().size();
    cluster.create(all("old"));
    cluster.awaitRunning("old");
    cluster.create(all("next"));

    cluster.dra().node().killKubelet();
    deleteByForce("old");
    Await.until("the claim is gone", () -> cluster.claims().isEmpty());
    assertThat(cluster.dra().created()).hasSize(1);
    assertThat(cluster.lives("old")).isTrue();
    assertThat(cluster.isBound("next")).isFalse();

    cluster.dra().node().startKubelet();
    await(
        "the next one is bound",
        () -> {
          boolean bound = cluster.isBound("next");
          // Asked in this order: what was held after the binding was held at the binding.
          if (bound) {
            assertThat(events().subList(before, events().size()))
                .as("the driver let go before")
                .contains("destroy");
          }
          return bound;
        });
    cluster.awaitRunning("next");
    assertThat(events().subList(before, before + 3)).containsExactly("create", "destroy", "create");
  }

  @Test
  void aPodWhoseDriverIsDeadWaitsSaysWhyAndStartsWhenTheDriverIsBack() {
    int before = cluster.dra().journal().size();
    cluster.dra().killDriver();
    cluster.create(all("one"));
    Await.until("it is bound", () -> cluster.isBound("one"));
    await("it says why", () -> reasons("one").contains("FailedPrepareDynamicResources"));
    assertThat(cluster.pod("one", "/status/phase").asText()).isEqualTo("Pending");
    assertThat(cluster.dra().journal()).hasSize(before);

    cluster.dra().startDriver();
    await("it runs", () -> cluster.pod("one", "/status/phase").asText().equals("Running"));
    assertThat(cluster.seen("one", "main")).isEqualTo(DraCluster.Seen.only("gpu-0-mig-7g80gb-0-0"));
  }

  private static Stream<String> events(String pod) {
    return TestCluster.each(
            cluster
                .api()
                .get("/api/v1/namespaces/default/events?fieldSelector=involvedObject.name=" + pod)
                .path("items"))
        .map(event -> event.path("reason").asText());
  }

  private static String reasons(String pod) {
    return String.join(",", events(pod).toList());
  }

  private static List<String> events() {
    return cluster.dra().journal().stream().map(entry -> entry.event()).toList();
  }

  private static void deleteByForce(String pod) {
    cluster.plane().kubectl("delete", "pod", pod, "--force", "--grace-period=0", "--wait=false");
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("not within " + PATIENCE + ": " + what).isLessThan(deadline);
    }
  }
}
