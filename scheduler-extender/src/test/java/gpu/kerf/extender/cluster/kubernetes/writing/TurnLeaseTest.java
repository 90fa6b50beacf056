package gpu.kerf.extender.cluster.kubernetes.writing;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.kubernetes.FakeApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.Access;
import gpu.kerf.extender.cluster.kubernetes.calling.AccessException;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.JvmThreads;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.time.Clocks;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One replica gives turns at a time: the one that kube-scheduler asks. */
class TurnLeaseTest {
  private static final String LEASE = "kerf-system/kerf-turns";

  @TempDir Path folder;
  private final ExecutorService loop = Executors.newSingleThreadExecutor();
  private final AtomicLong nanos = new AtomicLong(1_000_000_000_000L);
  private final List<Replica> replicas = new ArrayList<>();
  private FakeApiServer api;

  private final class Replica {
    private final ApiServer server;
    private final RequestPool calls;
    private final TurnLease lease;

    Replica(String name) throws AccessException {
      server =
          new Access(Map.of(), folder)
              .connect(
                  api.kubeconfig(folder).toString(), new Access.Patience(Await.LONG, Await.LONG));
      calls = new RequestPool(server, new JvmThreads(), 1, "turns-" + name);
      Clocks clocks = new Clocks(() -> Instant.ofEpochMilli(nanos.get() / 1_000_000), nanos::get);
      lease =
          new TurnLease(
              calls, loop, clocks, LeaseRequests.toGiveTurns("kerf-system", name, clocks));
      // The first request loads classes, and those of a lease have no time for that.
      value(
          calls
              .start(each -> each.send(ApiRequest.get("/version", Map.of())))
              .toCompletableFuture());
      replicas.add(this);
    }

    boolean isHeld() {
      return onLoop(lease::isHeld);
    }

    void asked() {
      onLoop(
          () -> {
            lease.asked();
            return true;
          });
    }

    /** Lets a tick do what it does, and waits for the answer. */
    void tick() {
      onLoop(
          () -> {
            lease.tick();
            return true;
          });
      value(calls.start(ApiServer::address).toCompletableFuture());
      onLoop(() -> true);
    }
  }

  @BeforeEach
  void start() throws IOException {
    api = new FakeApiServer();
    api.put("leases", "{\"metadata\":{\"namespace\":\"kerf-system\",\"name\":\"kerf-turns\"}}");
  }

  @AfterEach
  void stop() throws InterruptedException {
    for (Replica replica : replicas) {
      replica.calls.close();
      replica.server.close();
    }
    api.close();
    loop.shutdown();
    assertThat(loop.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
  }

  private <T> T onLoop(Supplier<T> action) {
    return value(CompletableFuture.supplyAsync(action, loop));
  }

  private static <T> T value(CompletableFuture<T> stage) {
    try {
      return stage.get(Await.LONG.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  /** Time goes by; these replicas have teams, and tick twice a second. */
  private void pass(Duration time, Replica... awake) {
    for (long millis = 0; millis < time.toMillis(); millis += 500) {
      nanos.addAndGet(500_000_000);
      for (Replica each : awake) {
        each.isHeld();
        each.tick();
      }
    }
  }

  private String holder() {
    return api.get("leases", LEASE).at("/spec/holderIdentity").asText("");
  }

  @Test
  void theFirstReplicaTakesItAndKeepsIt() throws Exception {
    Replica one = new Replica("one");
    Replica two = new Replica("two");
    pass(Duration.ofSeconds(2), one);
    assertThat(one.isHeld()).isTrue();
    pass(Duration.ofSeconds(30), one, two);
    assertThat(one.isHeld()).isTrue();
    assertThat(two.isHeld()).isFalse();
  }

  @Test
  void theReplicaThatIsAskedTakesItOverAndTheOtherStopsFirst() throws Exception {
    Replica one = new Replica("one");
    Replica two = new Replica("two");
    pass(Duration.ofSeconds(10), one, two);
    assertThat(one.isHeld()).isTrue();
    two.asked();
    for (int i = 0; i < 40 && !two.isHeld(); i++) {
      pass(Duration.ofMillis(500), one, two);
      assertThat(one.isHeld() && two.isHeld()).as("both at once").isFalse();
    }
    assertThat(holder()).isEqualTo("two");
    assertThat(two.isHeld()).isTrue();
    assertThat(one.isHeld()).isFalse();
  }

  @Test
  void aHolderThatIsGoneIsReplacedWhenItsTimeIsOver() throws Exception {
    Replica one = new Replica("one");
    Replica two = new Replica("two");
    pass(Duration.ofSeconds(6), one, two);
    assertThat(one.isHeld()).isTrue();
    pass(Duration.ofSeconds(10), two);
    assertThat(two.isHeld()).isFalse();
    pass(Duration.ofSeconds(20), two);
    assertThat(two.isHeld()).isTrue();
  }

  @Test
  void aHolderIsAnotherOnesOnlyWhileItIsSeenToRenew() throws Exception {
    Replica one = new Replica("one");
    pass(Duration.ofSeconds(6), one);
    Replica two = new Replica("two");
    pass(Duration.ofSeconds(2), two);
    assertThat(onLoop(two.lease::isAnothers)).as("it may be dead").isFalse();
    pass(Duration.ofSeconds(10), one, two);
    assertThat(onLoop(two.lease::isAnothers)).isTrue();
    assertThat(onLoop(one.lease::isAnothers)).isFalse();
    pass(Duration.ofSeconds(30), two);
    assertThat(two.isHeld()).isTrue();
    assertThat(onLoop(two.lease::isAnothers)).isFalse();
  }

  @Test
  void aReplicaThatCannotRenewItStopsBeforeItRunsOut() throws Exception {
    Replica one = new Replica("one");
    pass(Duration.ofSeconds(4), one);
    assertThat(one.isHeld()).isTrue();
    nanos.addAndGet(TurnLease.DURATION.minusSeconds(1).toNanos());
    assertThat(one.isHeld()).isFalse();
  }

  @Test
  void withoutTeamsItIsNeitherReadNorWritten() throws Exception {
    Replica one = new Replica("one");
    for (int i = 0; i < 20; i++) {
      nanos.addAndGet(5_000_000_000L);
      one.tick();
    }
    assertThat(api.requests()).noneMatch(each -> each.contains("leases"));
  }
}
