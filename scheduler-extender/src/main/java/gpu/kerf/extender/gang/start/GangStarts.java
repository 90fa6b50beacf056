package gpu.kerf.extender.gang.start;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.gang.Gang;
import gpu.kerf.extender.gang.GangKey;
import gpu.kerf.extender.gang.GangSize;
import gpu.kerf.extender.gang.GangTimes;
import gpu.kerf.extender.gang.Gangs;
import gpu.kerf.extender.gang.Membership;
import gpu.kerf.extender.gang.MembershipReader;
import gpu.kerf.extender.state.HeldPlaces;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Ledger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Starts gangs: whole, or not at all.
 *
 * <pre>
 *   not all pods exist     filter refuses each pod with one constant reason
 *   all exist, no room     the same; tried again when room may have come
 *   room for all           the places are held as one set; filter names each pod's held node alone
 *   each pod's bind call   waits for the others, then all slots are taken and all Bindings are sent
 *   one did not come       nothing was written; the places are given back, and a pause follows
 * </pre>
 *
 * <p>A gang holds all of its places or none, for a limited time, so two gangs that do not fit
 * together cannot block each other. When a pod of a gang is bound, or being bound, the others start
 * one by one: they are what is left of a start, more than the minimum, or replace pods that ended.
 */
public final class GangStarts implements HeldPlaces.Listener {

  private static final long RETRY_MILLIS = 5_000;
  private static final long CALL_AGAIN_MILLIS = 5_000;
  private static final long SLICE_NANOS = 4_000_000;

  /** What filter answers a pod. */
  public enum Verdict {
    /** What it would answer without gangs. */
    FREE,
    /** The held node alone. */
    HELD,
    /** The other pods are not there, or there is no room for all. */
    WAITS,
    /** What the pod says of its gang is invalid: {@link #problem}. */
    REFUSED
  }

  private final Scheduling scheduling;
  private final HeldPlaces held;
  private final Cluster cluster;
  private final Gangs gangs;
  private final BooleanSupplier mayDecide;
  private final GangPlanner planner;
  private final TornGangs torn;
  private final Map<GangKey, Attempt> attempts = new HashMap<>();
  private GangTurns turns = GangTurns.AT_ONCE;
  private long room;
  private boolean lookComes;

  /**
   * @param mayDecide whether the cluster is known well enough to decide anything
   */
  public GangStarts(
      Scheduling scheduling, Cluster cluster, Gangs gangs, BooleanSupplier mayDecide) {
    this.scheduling = scheduling;
    this.held = scheduling.held();
    this.cluster = cluster;
    this.gangs = gangs;
    this.mayDecide = mayDecide;
    this.planner = new GangPlanner(scheduling);
    this.torn = new TornGangs(scheduling, cluster, gangs);
    held.listen(this);
  }

  /** Has something else decide when some gangs start. */
  public void use(GangTurns decider) {
    turns = decider;
  }

  private GangTimes times() {
    return scheduling.policy().gangs();
  }

  /** What filter answers a pod; it remembers only which pods to call when there is room. */
  public Verdict verdict(PodView pod) {
    Gang gang = gangs.of(pod.uid());
    if (held.of(pod.uid()) != null) {
      return Verdict.HELD;
    }
    if (gang == null) {
      return unknown(pod);
    }
    if (!gang.problem(pod.uid()).isEmpty()) {
      return Verdict.REFUSED;
    }
    boolean withoutGpus = held.has(gang.key().id()) && !wantsGpus(pod.uid());
    if (gang.isLoose() || withoutGpus || taken(gang) > 0) {
      return Verdict.FREE;
    }
    return waits(gang.key(), pod.uid());
  }

  /** The watch has not told of the pod yet, or it is in no gang. */
  private Verdict unknown(PodView pod) {
    Membership says = MembershipReader.read(pod);
    if (says == null) {
      return Verdict.FREE;
    }
    if (says.isRefused()) {
      return Verdict.REFUSED;
    }
    GangSize size = says.size() == null ? gangs.size(says.gang()) : says.size();
    return size != null && size.minimum() == 1 ? Verdict.FREE : waits(says.gang(), pod.uid());
  }

  private Verdict waits(GangKey gang, String uid) {
    attempt(gang).asked(uid);
    return Verdict.WAITS;
  }

  private boolean wantsGpus(String uid) {
    KnownPod pod = scheduling.pods().get(uid);
    return pod != null && !pod.demand().containers().isEmpty();
  }

  /** Why what a pod says of its gang is invalid; empty if it is not. */
  public String problem(PodView pod) {
    String problem = gangs.problem(pod.uid());
    Membership says = problem.isEmpty() ? MembershipReader.read(pod) : null;
    return says == null ? problem : says.problem();
  }

  /** The gang for whose other pods a bind call has to wait; null if it need not wait. */
  public @Nullable Gang waitsFor(String uid) {
    Gang gang = gangs.of(uid);
    return gang == null || gang.isLoose() || taken(gang) > 0 ? null : gang;
  }

  /** How many pods of a gang are bound or being bound. */
  public int taken(Gang gang) {
    int taken = 0;
    for (Gang.Member member : gang.members()) {
      taken += isTaken(member) ? 1 : 0;
    }
    return taken;
  }

  private boolean isTaken(Gang.Member member) {
    Entry entry = scheduling.ledger().entry(member.uid());
    return member.bound() || (entry != null && entry.state() != Entry.State.PROPOSED);
  }

  /** Pods of a gang came or changed. */
  public void changed(Gang gang) {
    if (gang.isComplete() && !gang.isLoose() && !held.has(gang.key().id())) {
      lookSoon();
    }
  }

  /** Slots may have come free, or a node may have come. */
  public void roomChanged() {
    room++;
    if (!attempts.isEmpty()) {
      lookSoon();
    }
  }

  private void lookSoon() {
    if (!lookComes) {
      lookComes = true;
      scheduling
          .loop()
          .execute(
              () -> {
                lookComes = false;
                if (mayDecide.getAsBoolean()) {
                  startDue();
                }
              });
    }
  }

  /** Looks what became of places and gangs; to be called now and then. */
  public void look() {
    held.look();
    torn.look();
    attempts.keySet().removeIf(key -> !gangs.has(key));
    gangs.all().forEach(this::callAgain);
    startDue();
  }

  private void startDue() {
    long end = scheduling.elapsedNanos() + SLICE_NANOS;
    for (Gang gang : due()) {
      if (scheduling.elapsedNanos() - end > 0) {
        lookSoon();
        return;
      }
      start(gang);
    }
  }

  private List<Gang> due() {
    List<Gang> due = new ArrayList<>();
    for (Gang gang : gangs.all()) {
      if (isDue(gang)) {
        due.add(gang);
      }
    }
    due.sort(Comparator.comparingInt(this::priority).reversed().thenComparing(Gang::since));
    return due;
  }

  private int priority(Gang gang) {
    int priority = Integer.MIN_VALUE;
    for (Gang.Member member : gang.members()) {
      KnownPod pod = scheduling.pods().get(member.uid());
      priority = Math.max(priority, pod == null ? priority : pod.holder().priority());
    }
    return priority;
  }

  private boolean isDue(Gang gang) {
    if (gang.isLoose() || held.has(gang.key().id()) || !(gang.isComplete() || gang.isTorn())) {
      return false;
    }
    boolean mayStart = taken(gang) == 0 ? turns.mayStart(gang) : gang.isTorn();
    long now = scheduling.elapsedMillis();
    return mayStart && attempt(gang.key()).isDue(room, now, RETRY_MILLIS);
  }

  private void start(Gang gang) {
    Attempt attempt = attempt(gang.key());
    int taken = taken(gang);
    List<KnownPod> pods = new ArrayList<>();
    int without = 0;
    for (Gang.Member member : gang.waiting()) {
      KnownPod pod = isTaken(member) ? null : scheduling.pods().get(member.uid());
      if (pod != null && !pod.isNonsense() && gang.problem(member.uid()).isEmpty()) {
        boolean gpus = !pod.demand().containers().isEmpty();
        without += gpus ? 0 : 1;
        if (gpus) {
          pods.add(pod);
        }
      }
    }
    int needed = taken > 0 ? 1 : needed(gang) - without;
    List<Ledger.Claim> claims =
        pods.size() < needed ? null : planner.plan(pods, needed, uid -> offered(attempt, uid));
    if (claims == null || !held.hold(gang.key().id(), claims, millis(gang, taken))) {
      attempt.foundNoRoom(room, scheduling.elapsedMillis());
      if (attempt.forgetOffers()) {
        // What was not offered may be offered by now.
        attempt.failed(scheduling.elapsedMillis(), 0);
      }
      return;
    }
    attempt.takeAsked().forEach(this::call);
    attempt.called(scheduling.elapsedMillis());
  }

  private static int needed(Gang gang) {
    GangSize size = gang.size();
    return size == null ? Integer.MAX_VALUE : size.minimum();
  }

  private long millis(Gang gang, int taken) {
    return taken > 0 ? times().repair().toMillis() : times().placeMillis(gang.members().size());
  }

  /** Pods of a gang are mostly alike, so what one was offered is tried for the others, too. */
  private @Nullable Set<String> offered(Attempt attempt, String uid) {
    long now = scheduling.elapsedMillis();
    Set<String> own = attempt.offered(uid, now);
    return own == null ? attempt.lastOffered(now) : own;
  }

  // ---- where something else decides when gangs start

  /** Whether the last attempt to start a gang failed so short a time ago that it has to wait. */
  public boolean isPaused(GangKey gang) {
    Attempt attempt = attempts.get(gang);
    return attempt != null && attempt.isPaused(scheduling.elapsedMillis());
  }

  /** Whether kube-scheduler does not offer all nodes to the pods of a gang. */
  public boolean hasOffers(GangKey gang) {
    Attempt attempt = attempts.get(gang);
    return attempt != null && attempt.hasOffers(scheduling.elapsedMillis());
  }

  /** Places for as many of these pods of a gang as have room, if these are enough; else null. */
  public @Nullable List<Ledger.Claim> plan(GangKey gang, List<KnownPod> pods, int needed) {
    Attempt attempt = attempt(gang);
    return planner.plan(pods, needed, uid -> offered(attempt, uid));
  }

  private void call(String uid) {
    KnownPod pod = scheduling.pods().get(uid);
    if (pod != null && pod.isPending()) {
      cluster.nudge(pod.ref());
    }
  }

  /** kube-scheduler may have missed the first call. */
  private void callAgain(Gang gang) {
    Attempt attempt = attempts.get(gang.key());
    if (attempt != null
        && held.has(gang.key().id())
        && attempt.mayCallAgain(scheduling.elapsedMillis(), CALL_AGAIN_MILLIS)) {
      for (Gang.Member member : gang.waiting()) {
        if (held.of(member.uid()) != null) {
          call(member.uid());
        }
      }
    }
  }

  /** All slots of a gang are taken, and its Bindings are on their way. */
  public void begun(Gang gang) {
    attempt(gang.key()).started();
  }

  /** The bind calls of a gang did not come together in time, or could not be carried out. */
  public void failed(Gang gang) {
    held.release(gang.key().id());
    room++;
    long now = scheduling.elapsedMillis();
    boolean oldest =
        gangs.all().stream().noneMatch(other -> other.since() < gang.since() && isWaiting(other));
    // Two gangs that were in each other's way do not come back at the same time.
    double spread = 0.5 + (gang.key().id().hashCode() >>> 1) % 1_000 / 1_000.0;
    attempt(gang.key()).failed(now, oldest ? 0 : spread);
  }

  private boolean isWaiting(Gang gang) {
    return gang.isComplete() && !gang.isLoose() && taken(gang) == 0;
  }

  @Override
  public void timedOut(String workId) {
    gang(workId, gang -> taken(gang) == 0, this::failed);
  }

  @Override
  public void lost(String workId) {
    room++;
    gang(workId, gang -> true, gang -> lookSoon());
  }

  @Override
  public void excluded(String workId, String uid, Set<String> offered) {
    gang(
        workId,
        gang -> true,
        gang -> {
          Attempt attempt = attempt(gang.key());
          attempt.asked(uid);
          held.release(workId);
          if (attempt.misfits(uid, offered, scheduling.elapsedMillis())) {
            lookSoon();
          } else {
            failed(gang);
          }
        });
  }

  private void gang(String workId, Predicate<Gang> which, Consumer<Gang> action) {
    for (Gang gang : List.copyOf(gangs.all())) {
      if (gang.key().id().equals(workId) && which.test(gang)) {
        action.accept(gang);
      }
    }
  }

  private Attempt attempt(GangKey key) {
    return attempts.computeIfAbsent(key, unused -> new Attempt());
  }
}
