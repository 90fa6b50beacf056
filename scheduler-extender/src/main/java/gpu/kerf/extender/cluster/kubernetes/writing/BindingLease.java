package gpu.kerf.extender.cluster.kubernetes.writing;

import gpu.kerf.extender.cluster.BindReadiness;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Lease that lets one replica bind at a time. kube-scheduler's own lease does not: a
 * kube-scheduler that slept past it goes on binding until its renewDeadline is over.
 *
 * <pre>
 *   free                  taken with the next binding, by one write
 *   held, and binding     renewed every {@link #RENEWAL}
 *   held, and idle        given back: the next replica takes it without waiting
 *   held by another       no binding; looked at every {@link #LOOK}
 *   not renewed by it     taken over after {@link #DURATION}; the first binding is sent
 *                         {@link #SETTLING} later
 * </pre>
 *
 * <p>Every write names the resourceVersion that it stands on, so of two writers one fails. No
 * replica compares its clock with another one's: the holder counts from before it sent its last
 * renewal, the others from after they saw it.
 *
 * <pre>
 *   holder   |-- sends a renewal ------------- DURATION -------------|
 *            |        may send a Binding        |-- MARGIN (3 s) ----|
 *   others        |-- see the renewal ------------- DURATION ------------|-- SETTLING (3 s) --| bind
 * </pre>
 *
 * <p>A machine that was suspended did not count meanwhile, so the holder's wall clock must not have
 * gone on for longer either.
 *
 * <p>So at least MARGIN and SETTLING lie between the last Binding of one replica and the first of
 * the next. The API server gives up a Binding {@link #CALL} after it came.
 *
 * <p>Used on the thread that owns the ledger, but for what says otherwise.
 */
public final class BindingLease implements ClaimQueue.Lease {
  private static final Logger LOG = LoggerFactory.getLogger(BindingLease.class);

  /** How long it lasts after a renewal. The same for all replicas, so it is no setting. */
  public static final Duration DURATION = Duration.ofSeconds(8);

  /** How long the API server may work on a Binding, and a replica wait for its answer. */
  static final Duration CALL = Duration.ofSeconds(2);

  /** How much longer the lease must last for a Binding to be sent. */
  static final Duration MARGIN = Duration.ofSeconds(3);

  /** How long a replica that took over waits for what the former holder may have sent. */
  public static final Duration SETTLING = Duration.ofSeconds(3);

  static final Duration RENEWAL = Duration.ofSeconds(2);

  /** Without a binding for so long, it is given back. */
  static final Duration IDLE = Duration.ofSeconds(2);

  /** How often others look at it, so that they know for how long it was not renewed. */
  static final Duration LOOK = Duration.ofSeconds(4);

  private final RequestPool calls;
  private final Executor loop;
  private final Clocks clocks;
  private final Metrics metrics;
  private final LeaseRequests requests;
  private final Runnable changedHands;
  private final AtomicInteger underWay = new AtomicInteger();

  /** Nothing is known before the first look, and after a request without an answer. */
  private State state = State.UNKNOWN;

  private String version = "";
  private String holder = "";
  private Duration lasts = DURATION;

  /** When this version was first seen. */
  private long since;

  /** Whether no other replica has written it since this one did. */
  private boolean unbroken;

  /** How long the first binding waits once it is taken, also if the answer to that is lost. */
  private Duration owed = Duration.ZERO;

  private long from;
  private long asked;
  private volatile long term;
  private volatile long used;
  private volatile long unanswered;
  private volatile @Nullable Hold hold;
  private volatile String problem = "";
  private @Nullable CompletionStage<Void> request;

  private enum State {
    UNKNOWN,
    MISSING,
    FOUND
  }

  /**
   * This replica holds it for sure, on its monotonic clock.
   *
   * @param term another one whenever another replica may have bound in between
   * @param wall when it was renewed, on the wall clock
   */
  private record Hold(long term, long from, long until, long wall, String version) {}

  /**
   * @param changedHands runs when this replica begins to hold it after another one may have
   */
  public BindingLease(
      RequestPool calls,
      Executor loop,
      Clocks clocks,
      Metrics metrics,
      LeaseRequests requests,
      Runnable changedHands) {
    this.calls = calls;
    this.loop = loop;
    this.clocks = clocks;
    this.metrics = metrics;
    this.requests = requests;
    this.changedHands = changedHands;
    long now = now();
    this.asked = now - LOOK.toNanos();
    this.used = now - IDLE.toNanos();
    this.unanswered = now - settled() - 1;
    List.of("taken", "taken-over", "given-back", "lost")
        .forEach(how -> metrics.zero(Metric.LEASE_CHANGES, how));
    metrics.set(Metric.LEASE_HELD, 0);
  }

  private long now() {
    return clocks.nanos().getAsLong();
  }

  private static long settled() {
    return MARGIN.plus(SETTLING).toNanos();
  }

  // ---- what the bindings ask

  /** Another number whenever another replica may have bound in between; on any thread. */
  public long term() {
    return term;
  }

  /**
   * Whether a Binding that was decided in a term may be sent now; on any thread, and immediately
   * before it is sent: the process may have been stopped since it was decided.
   */
  @Override
  public boolean covers(long decidedIn) {
    Hold mine = hold;
    long now = now();
    return mine != null
        && mine.term == decidedIn
        && now - mine.from >= 0
        && mine.until - now >= MARGIN.toNanos()
        && clocks.wall().millis() - mine.wall <= DURATION.minus(MARGIN).toMillis();
  }

  /** Whether a binding may be decided now. */
  public boolean isHeld() {
    used = now();
    return covers(term);
  }

  /** Tries to hold it. */
  public CompletionStage<BindReadiness> take() {
    if (isHeld()) {
      return CompletableFuture.completedStage(BindReadiness.READY);
    }
    return step()
        .thenComposeAsync(
            done -> isFree() ? step() : CompletableFuture.<Void>completedStage(null), loop)
        .thenApplyAsync(done -> answer(), loop);
  }

  private BindReadiness answer() {
    if (covers(term)) {
      return BindReadiness.READY;
    }
    return problem.isEmpty() ? BindReadiness.ANOTHER_BINDS : BindReadiness.NO_LEASE;
  }

  /** A binding begins; in which term. On any thread. */
  @Override
  public long begun() {
    underWay.incrementAndGet();
    used = now();
    return term;
  }

  /** The same binding has ended, or got no answer and may still be carried out; on any thread. */
  @Override
  public void ended(boolean answered) {
    used = now();
    if (!answered) {
      unanswered = now();
    }
    underWay.decrementAndGet();
  }

  /** Why it cannot be used at all; empty if it can. On any thread. */
  public String problem() {
    return problem;
  }

  // ---- what it does by itself

  /** To be called now and then. */
  public void tick() {
    if (request != null) {
      return;
    }
    long now = now();
    if (isMine() && isIdle(now)) {
      giveBack();
    } else if (now - asked >= pause().toNanos() || isOver(now)) {
      // A free one is taken when there is something to bind.
      look();
    }
  }

  private void look() {
    if (isFree()) {
      ask(requests::read);
    } else {
      step();
    }
  }

  /** How long to wait between two requests. */
  private Duration pause() {
    if (isMine()) {
      return RENEWAL;
    }
    return hold == null && state != State.MISSING ? LOOK : Duration.ZERO;
  }

  private boolean isMine() {
    return state == State.FOUND && holder.equals(requests.identity());
  }

  private boolean isFree() {
    return state == State.FOUND && holder.isEmpty();
  }

  /** Its holder has not renewed it for as long as it lasts. */
  private boolean isOver(long now) {
    return state == State.FOUND && !isMine() && !isFree() && now - since >= lasts.toNanos();
  }

  private boolean isIdle(long now) {
    return underWay.get() == 0
        && now - used > IDLE.toNanos()
        && now - from > IDLE.toNanos()
        && now - unanswered > settled();
  }

  /** Does what is next, one request at a time. */
  private CompletionStage<Void> step() {
    CompletionStage<Void> running = request;
    if (running != null) {
      return running;
    }
    return switch (state) {
      case UNKNOWN -> ask(requests::read);
      case MISSING -> take(DURATION.plus(SETTLING), requests::create);
      case FOUND -> {
        String known = version;
        RequestPool.Work<LeaseRequests.Seen> write =
            server -> requests.write(server, known, requests.identity());
        if (isMine()) {
          yield ask(write);
        }
        if (isFree()) {
          yield take(Duration.ZERO, write);
        }
        yield isOver(now()) ? take(SETTLING, write) : ask(requests::read);
      }
    };
  }

  /**
   * @param wait until the first binding, for what the holder before may have sent
   */
  private CompletionStage<Void> take(Duration wait, RequestPool.Work<LeaseRequests.Seen> write) {
    owed = wait;
    return ask(write);
  }

  private void giveBack() {
    hold = null;
    metrics.set(Metric.LEASE_HELD, 0);
    String known = version;
    ask(server -> requests.write(server, known, ""));
  }

  private CompletionStage<Void> ask(RequestPool.Work<LeaseRequests.Seen> work) {
    asked = now();
    CompletionStage<Void> running =
        calls
            .start(work)
            .handleAsync(
                (seen, failure) -> {
                  request = null;
                  takeIn(seen);
                  return null;
                },
                loop);
    request = running;
    return running;
  }

  // ---- what it hears

  private void takeIn(LeaseRequests.@Nullable Seen seen) {
    if (seen == null) {
      // Whether it was carried out will be read.
      state = State.UNKNOWN;
      return;
    }
    switch (seen.outcome()) {
      case FOUND -> found(seen);
      case MISSING -> missing();
      case WRITTEN -> written(seen);
      case CREATED -> {
        // One that was deleted may have had a holder.
        holder = "";
        unbroken = false;
        written(seen);
      }
      case REFUSED -> refused(seen.problem());
    }
  }

  private void found(LeaseRequests.Seen seen) {
    problem = "";
    boolean same = seen.version().equals(version);
    state = State.FOUND;
    holder = seen.holder();
    lasts = Duration.ofSeconds(Math.max(DURATION.toSeconds(), seen.seconds()));
    if (!same) {
      version = seen.version();
      since = now();
    }
    if (!isMine()) {
      unbroken = unbroken && same;
      lose();
    }
  }

  private void missing() {
    problem = "";
    state = State.MISSING;
    unbroken = false;
    lose();
  }

  private void lose() {
    if (hold != null) {
      hold = null;
      metrics.count(Metric.LEASE_CHANGES, "lost");
      metrics.set(Metric.LEASE_HELD, 0);
      LOG.atWarn().addKeyValue(LogKeys.HOLDER, holder).log("The lease to bind was lost.");
    }
  }

  private void written(LeaseRequests.Seen seen) {
    problem = "";
    boolean wasMine = unbroken;
    String before = holder;
    state = State.FOUND;
    version = seen.version();
    holder = seen.holder();
    since = now();
    unbroken = true;
    if (holder.isEmpty()) {
      metrics.count(Metric.LEASE_CHANGES, "given-back");
      return;
    }
    if (!wasMine) {
      long last = term;
      term = last + 1;
      from = now() + owed.toNanos();
      changedHands.run();
    }
    if (hold == null) {
      taken(before);
    }
    hold =
        new Hold(term, from, seen.sent().nanos() + DURATION.toNanos(), seen.sent().wall(), version);
  }

  private void taken(String before) {
    boolean given = before.isEmpty() || before.equals(requests.identity());
    metrics.count(Metric.LEASE_CHANGES, given ? "taken" : "taken-over");
    metrics.set(Metric.LEASE_HELD, 1);
    if (!given) {
      LOG.atWarn()
          .addKeyValue(LogKeys.HOLDER, before)
          .log("The lease to bind was taken over: its holder has not renewed it.");
    }
  }

  private void refused(String text) {
    state = State.UNKNOWN;
    if (!text.equals(problem)) {
      problem = text;
      LOG.atError()
          .addKeyValue(LogKeys.PROBLEM, text)
          .log("The lease to bind cannot be used; no pod is bound without it.");
    }
  }

  /** Gives it back once no binding is under way any more; blocks. */
  public void close(ApiServer server) {
    Hold last = hold;
    hold = null;
    if (last == null || now() - unanswered <= settled()) {
      return;
    }
    try {
      requests.write(server, last.version, "");
    } catch (IOException e) {
      LOG.atInfo()
          .addKeyValue(LogKeys.PROBLEM, String.valueOf(e.getMessage()))
          .log("The lease to bind could not be given back; it ends by itself.");
    }
  }
}
