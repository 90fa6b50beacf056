package gpu.kerf.extender.cluster.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.BindReadiness;
import gpu.kerf.extender.cluster.BindResult;
import gpu.kerf.extender.cluster.Binding;
import gpu.kerf.extender.cluster.LockResult;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.wire.PodView;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A replica that has not bound for a while first hears of what another one has bound. */
class BindFenceTest {
  private static final long SECOND = 1_000_000_000L;

  private final ExecutorService loop = Executors.newSingleThreadExecutor();
  private final Metrics metrics = new Metrics();
  private final RecordingListener listener = new RecordingListener();
  private final AtomicLong nanos = new AtomicLong();
  private final AtomicLong wall = new AtomicLong(1_000_000);
  @RegisterExtension private final FakeApiServerExtension fake = new FakeApiServerExtension();

  private final FakeApiServer api = fake.api();
  private KubernetesCluster cluster;

  @BeforeEach
  void follow() {
    api.put("nodes", Manifests.node("a", Manifests.INVENTORY));
    api.put("pods", Manifests.pod("p", "kerf.gpu/memory", "8Gi"));
    ApiServer server = fake.connect(Duration.ofSeconds(2), Duration.ofSeconds(60));
    KubernetesCluster.Options options = TestOptions.with(Duration.ofMinutes(10));
    Clocks clocks = new Clocks(() -> Instant.ofEpochMilli(wall.get()), nanos::get);
    cluster = new KubernetesCluster(server, options, clocks, metrics);
    cluster.start(loop, listener);
    Await.until("it is synced", cluster::synced);
  }

  @AfterEach
  void stop() throws InterruptedException {
    cluster.close();
    loop.shutdown();
    assertThat(loop.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
  }

  private <T> T onLoop(Supplier<T> action) {
    return CompletableFuture.supplyAsync(action, loop).join();
  }

  private CompletableFuture<Boolean> catchUp() {
    String uid = uid();
    return onLoop(() -> cluster.catchUp("a", new PodView.Ref("ml", "p", uid)))
        .thenApply(BindReadiness.READY::equals)
        .toCompletableFuture();
  }

  private String uid() {
    return api.get("pods", "ml/p").path("metadata").path("uid").asText();
  }

  private boolean upToDate() {
    return onLoop(cluster::upToDate);
  }

  private void bind() throws Exception {
    Binding binding = new Binding(new PodView.Ref("ml", "p", uid()), "a", Map.of());
    assertThat(cluster.bind(binding).toCompletableFuture().get(5, TimeUnit.SECONDS).kind())
        .isEqualTo(BindResult.Kind.BOUND);
  }

  /** The requests for what is on node a. */
  private List<String> reads() {
    return api.requests().stream()
        .filter(each -> each.contains("Name%3Da") || each.contains("name%3Da"))
        .filter(each -> !each.contains("watch"))
        .toList();
  }

  /** Time goes by, and the service is there. */
  private void pass(int seconds) {
    for (int second = 0; second < seconds; second++) {
      nanos.addAndGet(SECOND);
      wall.addAndGet(1_000);
      onLoop(
          () -> {
            cluster.tick();
            return true;
          });
    }
  }

  private void leaseIsHeldBy(String holder) {
    ObjectNode lease = api.get("leases", "kerf-system/kerf-binding");
    lease.withObject("/spec").put("holderIdentity", holder);
    api.put("leases", lease.toString());
  }

  private List<String> patches() {
    return api.requests().stream()
        .filter(each -> each.startsWith("PATCH "))
        .filter(each -> each.contains("/leases/") || each.contains("/pods/"))
        .toList();
  }

  /** What the holder of the Lease binds after a read is not in it. */
  @Test
  void nothingIsWrittenOnThePodOrReadBeforeTheLeaseIsHeld() {
    leaseIsHeldBy("another");
    assertThat(catchUp().join()).isFalse();
    assertThat(patches()).isEmpty();
    assertThat(reads()).isEmpty();
    leaseIsHeldBy("");
    assertThat(catchUp().join()).isTrue();
    assertThat(patches()).hasSize(2);
    assertThat(patches().get(0)).contains("/leases/kerf-binding");
    assertThat(patches().get(1)).contains("/pods/p/status");
    assertThat(reads()).hasSize(2);
  }

  @Test
  void whatAnotherReplicaHasBoundIsHeardOfBeforeTheFirstBinding() {
    api.delay(true);
    api.put("pods", Manifests.foreign("theirs", "a", "nvidia.com/gpu"));
    assertThat(upToDate()).isFalse();
    CompletableFuture<Boolean> known = catchUp();
    Await.until("the node is read", () -> reads().size() == 2);
    onLoop(() -> true);
    assertThat(known).as("the watch is delayed").isNotCompleted();
    CompletableFuture<Boolean> heard =
        known.thenApply(done -> listener.lines.contains("pod other/theirs on a"));
    api.delay(false);
    assertThat(heard.join()).as("the pod is told before the replica is up to date").isTrue();
    assertThat(known.join()).isTrue();
  }

  @Test
  void whatIsNotHeardOfInTimeIsNotWaitedFor() {
    api.delay(true);
    api.put("pods", Manifests.foreign("theirs", "a", "nvidia.com/gpu"));
    CompletableFuture<Boolean> known = catchUp();
    Await.until("the node is read", () -> reads().size() == 2);
    Await.until(
        "it is given up",
        () -> {
          pass(1);
          return known.isDone();
        });
    assertThat(known.join()).isFalse();
    assertThat(upToDate()).isFalse();
  }

  /** Something happens of which the watch of pods does not tell. */
  private void anotherKindChanges() {
    api.put("nodes", Manifests.node("z", Manifests.INVENTORY));
  }

  @Test
  void aNodeIsReadOnceAndNothingMoreOnceTheWatchHasPassedWhatWasWrittenBefore() throws Exception {
    anotherKindChanges();
    assertThat(upToDate()).isFalse();
    assertThat(catchUp().join()).isTrue();
    assertThat(catchUp().join()).isTrue();
    assertThat(upToDate()).isTrue();
    bind();
    pass(2);
    assertThat(upToDate()).isTrue();
    assertThat(reads()).hasSize(2);
  }

  /** No list shows it any more, and its containers may run. */
  @Test
  void aPodThatAnotherReplicaHasBoundAndThatWasDeletedByForceIsHeardOfBeforeTheFirstBinding() {
    api.delay(true);
    api.put("pods", Manifests.foreign("theirs", "a", "nvidia.com/gpu"));
    String uid = api.get("pods", "other/theirs").at("/metadata/uid").asText();
    api.delete("pods", "other/theirs");
    CompletableFuture<Boolean> known = catchUp();
    Await.until("the node is read", () -> reads().size() == 2);
    onLoop(() -> true);
    assertThat(known).as("the watch is delayed").isNotCompleted();
    CompletableFuture<Boolean> heard =
        known.thenApply(done -> listener.lines.contains("quarantined " + uid));
    api.delay(false);
    assertThat(heard.join()).isTrue();
    assertThat(known.join()).isTrue();
  }

  @Test
  void aClaimOfWhichTheWatchHasNotToldIsWaitedFor() {
    api.delay(true);
    api.put(
        "claims",
        """
        {"metadata":{"name":"c","namespace":"other"},"spec":{},"status":{"allocation":{"devices":
         {"results":[{"driver":"gpu.example.com","pool":"a","device":"gpu-0"}]}}}}
        """);
    CompletableFuture<Boolean> known = catchUp();
    Await.until(
        "claims are read",
        () ->
            api.requests().stream()
                .anyMatch(each -> each.endsWith("/apis/resource.k8s.io/v1/resourceclaims")));
    onLoop(() -> true);
    assertThat(known).as("the watch is delayed").isNotCompleted();
    CompletableFuture<Boolean> heard =
        known.thenApply(
            done -> listener.lines.stream().anyMatch(line -> line.startsWith("foreign a ")));
    api.delay(false);
    assertThat(heard.join()).isTrue();
  }

  @Test
  void afterAPauseItIsReadAgain() throws Exception {
    catchUp().join();
    bind();
    Await.until("the event of the binding is heard of", this::upToDate);
    pass(4);
    assertThat(upToDate()).isFalse();
    assertThat(catchUp().join()).isTrue();
    assertThat(reads()).hasSize(4);
  }

  @Test
  void aStepOfTheWallClockCostsOneReadAndNoList() throws Exception {
    catchUp().join();
    bind();
    Await.until("the event of the binding is heard of", this::upToDate);
    long lists = api.requests().stream().filter(each -> each.contains("limit=")).count();
    wall.addAndGet(3_600_000);
    pass(1);
    assertThat(cluster.synced()).isTrue();
    assertThat(upToDate()).isFalse();
    assertThat(catchUp().join()).isTrue();
    assertThat(api.requests().stream().filter(each -> each.contains("limit=")))
        .hasSize((int) lists);
  }

  @Test
  void aPodThatWaitsForTheLockOfItsNodeKeepsTheLease() {
    api.put("pods", Manifests.pod("theirs", "nvidia.com/gpu", "1").replace("\"kerf\"", "\"hami\""));
    ObjectNode node = api.get("nodes", "a");
    node.withObject("/metadata/annotations")
        .put("hami.io/mutex.lock", Instant.ofEpochMilli(wall.get()) + ",ml,theirs");
    api.put("nodes", node.toString());
    assertThat(catchUp().join()).isTrue();

    for (int attempt = 0; attempt < 5; attempt++) {
      assertThat(cluster.lock("a", new PodView.Ref("ml", "p", uid())).toCompletableFuture())
          .as("after %d s", attempt)
          .succeedsWithin(Duration.ofSeconds(5))
          .isEqualTo(LockResult.BUSY);
      pass(1);
    }

    Await.until(
        "it is given back, because no pod waits any more",
        () -> {
          pass(1);
          JsonNode spec = api.get("leases", "kerf-system/kerf-binding").path("spec");
          return spec.path("holderIdentity").asText("").isEmpty();
        });
  }

  @Test
  void whatCannotBeReadIsNoReasonToBind() {
    api.plan(new FakeApiServer.Answer("GET", "/api/v1/nodes", 503, "{}", false));
    assertThat(catchUp().join()).isFalse();
    assertThat(catchUp().join()).as("it is tried again").isTrue();
  }
}
