package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the limit that a Binding names keeps a real API server from. */
@ClusterTest
final class BindingLimitTest {
  private static final Duration HELD_UP = Duration.ofSeconds(5);

  @TempDir Path folder;
  private ControlPlane plane;
  private Api api;

  @BeforeEach
  void start() {
    plane = ControlPlane.start();
    api = Api.of(plane.kubeconfig());
    plane.create("/api/v1/nodes", List.of(Inventory.eightH100("a").manifest()));
    plane.create(TestCluster.PODS, List.of(Pod.named("p").memory("8Gi").json()));
  }

  @AfterEach
  void stop() {
    plane.close();
  }

  private Api.Answer bind(String query) {
    String binding =
        """
        {"apiVersion":"v1","kind":"Binding","metadata":{"name":"p","namespace":"default"},
         "target":{"apiVersion":"v1","kind":"Node","name":"a"}}""";
    return api.send("POST", TestCluster.PODS + "/p/binding" + query, binding);
  }

  private String node() {
    return api.get(TestCluster.PODS + "/p").at("/spec/nodeName").asText("");
  }

  private static double secondsSince(long began) {
    return (System.nanoTime() - began) / 1e9;
  }

  @Test
  void aBindingThatWaitsForLongerThanItsLimitIsNeverCarriedOut() {
    try (SlowWebhook slow = new SlowWebhook(folder, HELD_UP)) {
      plane.apply(slow.manifest());
      TestCluster.await("the API server asks the webhook", () -> takes(Duration.ofSeconds(2)));
      long began = System.nanoTime();
      assertThat(bind("?timeout=2000ms").status()).isGreaterThanOrEqualTo(500);
      assertThat(secondsSince(began)).as("until it is given up").isBetween(1.5, 3.5);
      // That it does not come can only be seen by letting the time pass.
      LockSupport.parkNanos(HELD_UP.toNanos());
      assertThat(node()).isEmpty();
    }
  }

  /** A webhook configuration counts some time after it was made. */
  private boolean takes(Duration least) {
    long began = System.nanoTime();
    bind("?timeout=2000ms&dryRun=All");
    return secondsSince(began) >= least.toMillis() / 1e3 - 0.2;
  }

  @Test
  void aBindingWithoutALimitIsCarriedOutLate() {
    try (SlowWebhook slow = new SlowWebhook(folder, HELD_UP)) {
      plane.apply(slow.manifest());
      TestCluster.await("the API server asks the webhook", () -> takes(Duration.ofSeconds(2)));
      long began = System.nanoTime();
      assertThat(bind("").status()).isEqualTo(201);
      assertThat(secondsSince(began)).isGreaterThan(HELD_UP.toSeconds() - 0.5);
      assertThat(node()).isEqualTo("a");
    }
  }

  @Test
  void aBindingThatEtcdDoesNotTakeInTimeIsGivenUpInTime() {
    plane.pauseStore();
    try {
      long began = System.nanoTime();
      assertThat(bind("?timeout=2000ms").status()).isGreaterThanOrEqualTo(500);
      assertThat(secondsSince(began)).as("until it is given up").isBetween(1.5, 3.5);
    } finally {
      plane.resumeStore();
    }
  }
}
