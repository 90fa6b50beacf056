package gpu.kerf.extender.cluster.kubernetes.writing;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.BindReadiness;
import gpu.kerf.extender.cluster.kubernetes.FakeApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.Access;
import gpu.kerf.extender.cluster.kubernetes.calling.AccessException;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.JvmThreads;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One replica binds at a time, also if others fail or the Lease is deleted. */
class BindingLeaseTest {
  private static final String LEASE = "kerf-system/kerf-binding";
  private static final String FORBIDDEN =
      """
      {"kind":"Status","message":"leases.coordination.k8s.io \\"kerf-binding\\" is forbidden"}""";

  @TempDir Path folder;
  private final ExecutorService loop = Executors.newSingleThreadExecutor();
  private final AtomicLong wall = new AtomicLong(1_000_000);
  private final List<Replica> replicas = new ArrayList<>();
  private FakeApiServer api;

  /** A lease as one process sees it, with a monotonic clock of its own. */
  private final class Replica {
    private final AtomicLong nanos = new AtomicLong(replicas.size() * 1_000_000_000_000L);
    private final Metrics metrics = new Metrics();
    private final ApiServer server;
    private final RequestPool calls;
    private final BindingLease lease;
    private int changedHands;

    Replica(String name) throws AccessException {
      server =
          new Access(Map.of(), folder)
              .connect(
                  api.kubeconfig(folder).toString(), new Access.Patience(Await.LONG, Await.LONG));
      calls = new RequestPool(server, new JvmThreads(), 1, "lease-" + name);
      Clocks clocks = new Clocks(() -> Instant.ofEpochMilli(wall.get()), nanos::get);
      LeaseRequests requests = LeaseRequests.toBind("kerf-system", name, clocks);
      lease = new BindingLease(calls, loop, clocks, metrics, requests, () -> changedHands++);
      // The first request loads classes, and those of a lease have no time for that.
      value(calls.start(each -> each.send(ApiRequest.get("/version", Map.of()))));
      replicas.add(this);
    }

    BindReadiness take() {
      return value(onLoop(lease::take));
    }

    /** Whether a Binding that is decided now may be sent now. */
    boolean maySend() {
      return lease.covers(lease.term());
    }

    /** Lets its ticks do what they do, and waits for the answers. */
    void tick() {
      long before = api.requests().size();
      onLoop(
          () -> {
            lease.tick();
            return true;
          });
      // The thread of the calls takes what comes after the request.
      value(calls.start(server -> server.address()));
      onLoop(() -> before);
    }

    String changes(String how) {
      return metrics
          .scrape("")
          .text()
          .lines()
          .filter(
              line -> line.startsWith("kerf_binding_lease_changes_total{change=\"" + how + "\""))
          .map(line -> line.substring(line.lastIndexOf(' ') + 1))
          .findFirst()
          .orElse("");
    }
  }

  @BeforeEach
  void start() throws IOException {
    api = new FakeApiServer();
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
    return CompletableFuture.supplyAsync(action, loop).join();
  }

  private static <T> T value(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(Await.LONG.toSeconds(), TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Time goes by for all, and their ticks run, two a second, but for those that stand still. */
  private void pass(Duration time, Replica... awake) {
    for (long millis = 0; millis < time.toMillis(); millis += 500) {
      wall.addAndGet(500);
      replicas.forEach(each -> each.nanos.addAndGet(500_000_000));
      for (Replica each : awake) {
        each.tick();
      }
    }
  }

  private String holder() {
    return api.get("leases", LEASE).at("/spec/holderIdentity").asText("");
  }

  private long writes() {
    return api.requests().stream().filter(each -> each.startsWith("PATCH ")).count();
  }

  @Test
  void aFreeLeaseIsTakenByOneWriteAndCoversBindingsFromThenOn() throws Exception {
    Replica one = new Replica("one");
    assertThat(one.maySend()).as("before it is taken").isFalse();
    assertThat(one.take()).isEqualTo(BindReadiness.READY);
    assertThat(holder()).isEqualTo("one");
    assertThat(one.maySend()).isTrue();
    assertThat(one.take()).as("again").isEqualTo(BindReadiness.READY);
    assertThat(writes()).isEqualTo(1);
    assertThat(one.changedHands).as("nothing is known of who had it before").isEqualTo(1);
  }

  @Test
  void whileItBindsItIsRenewedEveryTwoSecondsAndTheTermStays() throws Exception {
    Replica one = new Replica("one");
    one.take();
    long term = one.lease.term();
    for (int second = 0; second < 20; second++) {
      pass(Duration.ofSeconds(1), one);
      assertThat(one.take()).isEqualTo(BindReadiness.READY);
      assertThat(one.lease.covers(term)).as("second " + second).isTrue();
    }
    // One write took it, one every 2 of the 20 s renewed it.
    assertThat(writes()).isBetween(10L, 11L);
  }

  @Test
  void anIdleReplicaGivesItBackByOneWriteAndTheNextOneTakesItWithoutWaiting() throws Exception {
    Replica one = new Replica("one");
    Replica two = new Replica("two");
    one.take();
    pass(Duration.ofSeconds(3), one);
    assertThat(holder()).isEmpty();
    assertThat(one.maySend()).isFalse();
    long before = writes();
    pass(Duration.ofSeconds(60), one);
    assertThat(writes()).as("nothing is written while it is idle").isEqualTo(before);
    assertThat(two.take()).isEqualTo(BindReadiness.READY);
    assertThat(two.changedHands).isEqualTo(1);
  }

  @Test
  void aReplicaThatTakesItAgainWithNoOtherInBetweenNeedsNoFreshRead() throws Exception {
    Replica one = new Replica("one");
    one.take();
    long term = one.lease.term();
    pass(Duration.ofSeconds(3), one);
    assertThat(one.take()).isEqualTo(BindReadiness.READY);
    assertThat(one.lease.term()).isEqualTo(term);
    assertThat(one.changedHands).isEqualTo(1);
    Replica two = new Replica("two");
    pass(Duration.ofSeconds(3), one);
    two.take();
    pass(Duration.ofSeconds(3), one, two);
    assertThat(one.take()).isEqualTo(BindReadiness.READY);
    assertThat(one.changedHands).as("the other one had it").isEqualTo(2);
    assertThat(one.lease.covers(term)).as("a binding decided before that").isFalse();
  }

  @Test
  void whatAnotherOneHoldsIsNotTaken() throws Exception {
    Replica one = new Replica("one");
    Replica two = new Replica("two");
    one.take();
    for (int second = 0; second < 30; second++) {
      assertThat(two.take()).isEqualTo(BindReadiness.ANOTHER_BINDS);
      one.take();
      pass(Duration.ofSeconds(1), one, two);
    }
    assertThat(holder()).isEqualTo("one");
    assertThat(two.maySend()).isFalse();
  }

  @Test
  void aDeadHoldersLeaseIsTakenOverAndNothingIsSentBeforeItsLastBindingHasSettled()
      throws Exception {
    Replica dead = new Replica("dead");
    Replica two = new Replica("two");
    dead.take();
    assertThat(two.take()).isEqualTo(BindReadiness.ANOTHER_BINDS);
    Duration waited = Duration.ZERO;
    while (two.take() != BindReadiness.READY) {
      pass(Duration.ofMillis(500), two);
      waited = waited.plusMillis(500);
      assertThat(dead.maySend() && two.maySend()).isFalse();
    }
    Duration least = BindingLease.DURATION.plus(BindingLease.SETTLING);
    assertThat(waited).isBetween(least, least.plusSeconds(1));
    assertThat(two.changes("taken-over")).isEqualTo("1.0");
    assertThat(two.changedHands).isEqualTo(1);
  }

  @Test
  void aFollowerThatWaitsForNothingFreesWhatADeadOneHeld() throws Exception {
    Replica dead = new Replica("dead");
    Replica two = new Replica("two");
    dead.take();
    pass(Duration.ofSeconds(20), two);
    assertThat(holder()).isEmpty();
    assertThat(two.take()).as("at once, by then").isEqualTo(BindReadiness.READY);
  }

  @Test
  void aHolderThatCannotRenewStopsBeforeAnotherOneMayBegin() throws Exception {
    Replica one = new Replica("one");
    one.take();
    pass(BindingLease.DURATION.minus(BindingLease.MARGIN));
    assertThat(one.maySend()).as("the whole margin is left").isTrue();
    one.nanos.addAndGet(1);
    assertThat(one.maySend()).isFalse();
  }

  @Test
  void aHolderThatStoodStillSendsNothingWhenItGoesOn() throws Exception {
    Replica one = new Replica("one");
    Replica two = new Replica("two");
    one.take();
    long term = one.lease.term();
    two.take();
    pass(Duration.ofSeconds(20), two);
    assertThat(one.lease.covers(term)).as("the check before the send").isFalse();
    two.take();
    assertThat(one.take()).isEqualTo(BindReadiness.ANOTHER_BINDS);
    assertThat(one.changes("lost")).isEqualTo("1.0");
    assertThat(one.lease.covers(term)).isFalse();
  }

  @Test
  void aHolderWhoseMachineWasSuspendedSendsNothingThoughItsClockStoodStill() throws Exception {
    Replica one = new Replica("one");
    one.take();
    wall.addAndGet(BindingLease.DURATION.toMillis());
    assertThat(one.maySend()).isFalse();
    assertThat(one.take())
        .as("one write shows that it still has it")
        .isEqualTo(BindReadiness.READY);
    assertThat(one.changedHands).isEqualTo(1);
  }

  @Test
  void anotherOnesChangeOfTheObjectCostsAConflictAndNothingElse() throws Exception {
    Replica one = new Replica("one");
    one.take();
    long term = one.lease.term();
    api.put("leases", api.get("leases", LEASE).toString());
    for (int second = 0; second < 10; second++) {
      pass(Duration.ofSeconds(1), one);
      assertThat(one.take()).isEqualTo(BindReadiness.READY);
    }
    assertThat(one.lease.covers(term)).isTrue();
    assertThat(one.changes("lost")).isEqualTo("0.0");
  }

  @Test
  void aLeaseThatAnotherTookMeanwhileIsLostWithTheNextRenewal() throws Exception {
    Replica one = new Replica("one");
    one.take();
    var theirs = api.get("leases", LEASE);
    theirs.withObject("/spec").put("holderIdentity", "an administrator");
    api.put("leases", theirs.toString());
    pass(Duration.ofSeconds(3), one);
    assertThat(one.maySend()).isFalse();
    assertThat(one.changes("lost")).isEqualTo("1.0");
    assertThat(one.take()).isEqualTo(BindReadiness.ANOTHER_BINDS);
  }

  @Test
  void aDeletedLeaseIsMadeAgainAndNoReplicaBindsUntilItsHolderWouldHaveStopped() throws Exception {
    Replica one = new Replica("one");
    Replica two = new Replica("two");
    one.take();
    api.delete("leases", LEASE);
    Duration waited = Duration.ZERO;
    while (two.take() != BindReadiness.READY) {
      pass(Duration.ofMillis(500), two);
      waited = waited.plusMillis(500);
      assertThat(one.maySend() && two.maySend()).isFalse();
    }
    assertThat(waited).isGreaterThanOrEqualTo(BindingLease.DURATION.plus(BindingLease.SETTLING));
    assertThat(holder()).isEqualTo("two");
  }

  @Test
  void itsHolderNoticesThatItWasDeleted() throws Exception {
    Replica one = new Replica("one");
    one.take();
    api.delete("leases", LEASE);
    pass(Duration.ofSeconds(3), one);
    assertThat(one.maySend()).isFalse();
    assertThat(one.changes("lost")).isEqualTo("1.0");
  }

  @Test
  void withoutTheRightNothingIsBoundAndTheReasonIsToldUntilItIsGranted() throws Exception {
    Replica one = new Replica("one");
    api.plan(new FakeApiServer.Answer("GET", "/kerf-binding", 403, FORBIDDEN, false));
    one.tick();
    assertThat(one.lease.problem())
        .startsWith("The Lease kerf-system/kerf-binding cannot be used")
        .contains("is forbidden");
    api.plan(new FakeApiServer.Answer("GET", "/kerf-binding", 403, FORBIDDEN, false));
    assertThat(one.take()).isEqualTo(BindReadiness.NO_LEASE);
    assertThat(one.take()).as("granted").isEqualTo(BindReadiness.READY);
    assertThat(one.lease.problem()).isEmpty();
  }

  @Test
  void theRightToReadAloneIsNotEnough() throws Exception {
    Replica one = new Replica("one");
    api.plan(new FakeApiServer.Answer("PATCH", "/kerf-binding", 403, FORBIDDEN, false));
    assertThat(one.take()).isEqualTo(BindReadiness.NO_LEASE);
    assertThat(one.maySend()).isFalse();
    assertThat(one.lease.problem()).contains("is forbidden");
  }

  @Test
  void anAnswerThatIsLostIsReadAndTheTermGoesOn() throws Exception {
    Replica one = new Replica("one");
    one.take();
    long term = one.lease.term();
    pass(Duration.ofSeconds(1), one);
    api.plan(new FakeApiServer.Answer("PATCH", "/kerf-binding", 0, "", true));
    for (int second = 0; second < 10; second++) {
      pass(Duration.ofSeconds(1), one);
      one.take();
      assertThat(one.lease.covers(term)).as("second " + second).isTrue();
    }
  }

  @Test
  void anAnswerThatIsLostWhenItIsTakenOverCostsTheWholeWait() throws Exception {
    Replica dead = new Replica("dead");
    Replica two = new Replica("two");
    dead.take();
    two.take();
    pass(BindingLease.DURATION);
    api.plan(new FakeApiServer.Answer("PATCH", "/kerf-binding", 0, "", true));
    two.take();
    assertThat(holder()).isEqualTo("two");
    two.take();
    two.take();
    assertThat(two.maySend()).isFalse();
    pass(BindingLease.SETTLING, two);
    assertThat(two.take()).isEqualTo(BindReadiness.READY);
  }

  @Test
  void anAnswerThatIsLostWhenItIsMadeCostsTheWholeWait() throws Exception {
    Replica one = new Replica("one");
    api.delete("leases", LEASE);
    one.tick();
    api.plan(new FakeApiServer.Answer("POST", "/leases", 0, "", true));
    one.take();
    assertThat(holder()).isEqualTo("one");
    Duration waited = Duration.ZERO;
    while (one.take() != BindReadiness.READY) {
      pass(Duration.ofMillis(500), one);
      waited = waited.plusMillis(500);
    }
    assertThat(waited).isGreaterThanOrEqualTo(BindingLease.DURATION.plus(BindingLease.SETTLING));
  }

  @Test
  void itIsNotGivenBackWhileABindingIsUnderWayOrMayStillArrive() throws Exception {
    Replica one = new Replica("one");
    one.take();
    one.lease.begun();
    pass(Duration.ofSeconds(20), one);
    assertThat(holder()).as("under way").isEqualTo("one");
    one.lease.ended(false);
    pass(BindingLease.MARGIN.plus(BindingLease.SETTLING), one);
    assertThat(holder()).as("without an answer").isEqualTo("one");
    pass(Duration.ofSeconds(1), one);
    assertThat(holder()).isEmpty();
  }

  @Test
  void aReplicaThatStopsGivesItBack() throws Exception {
    Replica one = new Replica("one");
    one.take();
    one.lease.close(one.server);
    assertThat(holder()).isEmpty();
    assertThat(one.maySend()).isFalse();
  }

  @Test
  void aReplicaThatStopsKeepsItWhileABindingMayStillArrive() throws Exception {
    Replica one = new Replica("one");
    one.take();
    one.lease.begun();
    one.lease.ended(false);
    one.lease.close(one.server);
    assertThat(holder()).isEqualTo("one");
  }

  @Test
  void ofTwoThatTakeItAtOnceOneGetsIt() throws Exception {
    Replica one = new Replica("one");
    Replica two = new Replica("two");
    one.tick();
    two.tick();
    List<CompletionStage<BindReadiness>> both =
        onLoop(() -> List.of(one.lease.take(), two.lease.take()));
    assertThat(both.stream().map(BindingLeaseTest::value))
        .containsExactlyInAnyOrder(BindReadiness.READY, BindReadiness.ANOTHER_BINDS);
    Await.until("one may send", () -> one.maySend() != two.maySend());
  }
}
