package gpu.kerf.extender.turn;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.Disruptions;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.model.eviction.Candidate;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.team.DrainedPlace;
import gpu.kerf.model.team.DrainedPlaces;
import gpu.kerf.model.team.GpuMeasure;
import gpu.kerf.model.team.Reclaim;
import gpu.kerf.model.team.Surroundings;
import gpu.kerf.model.team.TurnRound;
import gpu.kerf.model.team.TurnRules;
import gpu.kerf.model.team.TurnSink;
import gpu.kerf.model.team.WaitReason;
import gpu.kerf.model.team.Work;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs the rounds of turns: one after each change, in slices between which the loop answers others,
 * and never for more than a fifth of the time.
 */
final class TurnLoop {

  private static final long SLICE_NANOS = 4_000_000;

  /**
   * After a round the loop does other work for this many times as long as the round took of its
   * time. How long the round waited for pods on their way does not count.
   */
  private static final long REST = 4;

  /** More gates do not come off until some of these pods are bound: their order would not hold. */
  private static final int MOST_ON_THEIR_WAY = 256;

  private static final int MEMBERS_PER_SECOND = 16;

  /** Time alone may give a turn: patience, the least run time of others, and pauses end. */
  private static final long LOOK_AGAIN_MILLIS = 3_000;

  private final Scheduling scheduling;
  private final Cluster cluster;
  private final Disruptions disruptions;
  private final Lines lines;
  private final GateOpener gates;
  private final DrainedPlaces drained;
  private final OfferedPlaces places;
  private final Reclaims reclaims;
  private final TurnForecast forecast;
  private final BudgetClock budgets;
  private final Map<String, WaitReason> reasons = new HashMap<>();
  private final StartTimes starts = new StartTimes();
  private final Set<String> onTheirWay = new HashSet<>();

  /** Pods that filter refused: kube-scheduler must hear of their turn. */
  private final Set<String> refused = new HashSet<>();

  /** Pods that held something until now. */
  private final Set<String> holdNothing = new HashSet<>();

  private TurnOptions options = TurnOptions.defaults();
  private @Nullable TurnRound round;
  private boolean changed;
  private boolean sliceComes;
  private boolean inRound;
  private long spent;
  private long notBefore;
  private long lookedAgain;

  TurnLoop(
      Scheduling scheduling,
      Cluster cluster,
      Disruptions disruptions,
      Lines lines,
      GateOpener gates,
      TurnForecast forecast,
      TurnCounts counts,
      OfferedPlaces places,
      DrainedPlaces drained,
      BudgetClock budgets) {
    this.budgets = budgets;
    this.places = places;
    this.drained = drained;
    this.forecast = forecast;
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.disruptions = disruptions;
    this.lines = lines;
    this.gates = gates;
    this.reclaims = new Reclaims(scheduling, cluster, lines, this::wake, drained::remove, counts);
    this.notBefore = scheduling.elapsedNanos();
  }

  void use(TurnOptions changedOptions) {
    options = changedOptions;
    wake();
  }

  /** The book is another one: all that was under way ends. */
  void begin() {
    round = null;
    changed = false;
    reasons.clear();
    onTheirWay.clear();
    reclaims.clear();
    for (DrainedPlace place : List.copyOf(drained.all())) {
      drained.remove(place.work());
    }
    fleetChanged();
  }

  void fleetChanged() {
    places.fleetChanged();
    lines.book().fleetChanged();
    lines.book().setTotal(GpuMeasure.usable(scheduling.fleet()));
  }

  /** Something has changed that may give a pod its turn. */
  void wake() {
    changed = true;
    comeSoon();
  }

  private void comeSoon() {
    if (!sliceComes && (round != null || changed) && isRested() && mayAct()) {
      sliceComes = true;
      scheduling
          .loop()
          .execute(
              () -> {
                sliceComes = false;
                slice();
                comeSoon();
              });
    }
  }

  private boolean isRested() {
    return round != null || scheduling.elapsedNanos() - notBefore >= 0;
  }

  private boolean mayAct() {
    return onTheirWay.size() < MOST_ON_THEIR_WAY
        && cluster.synced()
        && cluster.waiting().isZero()
        && cluster.leadsTurns();
  }

  private void slice() {
    if (!mayAct()) {
      return;
    }
    enterAgain();
    long start = scheduling.elapsedNanos();
    if (round == null && changed) {
      changed = false;
      spent = 0;
      lines.book().spend(budgets.look(scheduling.wallMillis()));
      round =
          new TurnRound(
              lines.book(),
              places,
              drained,
              new Sink(),
              rules(),
              new Surroundings(
                  scheduling.ledger(),
                  scheduling.chooser(),
                  disruptions.budgets(),
                  this::marked,
                  scheduling.wallMillis()));
    }
    BooleanSupplier mayGoOn =
        () ->
            scheduling.elapsedNanos() - start < SLICE_NANOS
                && onTheirWay.size() < MOST_ON_THEIR_WAY;
    boolean over = round != null && goOn(round, mayGoOn);
    if (over) {
      round = null;
      forecast.publish(lines.teams(), lines.book(), scheduling.fleet().models());
    }
    long now = scheduling.elapsedNanos();
    spent += now - start;
    if (over) {
      notBefore = now + REST * spent;
    }
  }

  private boolean goOn(TurnRound running, BooleanSupplier mayGoOn) {
    inRound = true;
    try {
      return running.goOn(mayGoOn);
    } finally {
      inRound = false;
    }
  }

  /** Whether a round changes the ledger just now. */
  boolean isInRound() {
    return inRound;
  }

  private TurnRules rules() {
    return new TurnRules(
        options.reclaimsShares() ? TurnRules.Mode.SHARE : TurnRules.Mode.GUARANTEE,
        Duration.ofMillis(options.patienceMillis()));
  }

  private Candidate marked(Candidate candidate) {
    KnownPod pod = scheduling.pods().get(candidate.uid());
    Candidate known = disruptions.covered(candidate);
    return pod != null && pod.terminating() ? known.terminating() : known;
  }

  /** Does what a round decides. */
  private final class Sink implements TurnSink {
    @Override
    public boolean starts(Work work, List<Ledger.Claim> claims) {
      long seconds = claims.size() / MEMBERS_PER_SECOND;
      if (!scheduling.held().hold(work.id(), claims, options.placeMillis() + seconds * 1000)) {
        return false;
      }
      reasons.remove(work.id());
      starts.started(work.team(), scheduling.wallMillis());
      claims.forEach(claim -> letGo(work, claim.holder().uid()));
      lines.companions(work.id()).forEach(pod -> letGo(work, pod.uid()));
      return true;
    }

    @Override
    public void waits(Work work, WaitReason reason) {
      reasons.put(work.id(), reason);
    }

    @Override
    public void reclaims(Reclaim reclaim) {
      reasons.put(reclaim.work().id(), new WaitReason.Evicting());
      reclaims.begin(reclaim);
    }

    @Override
    public void drains(Work work, DrainedPlace place) {}

    @Override
    public void shrinks(Reclaim.Victim victim, WaitReason.Limit limit) {
      reclaims.shrink(victim, limit);
    }

    @Override
    public void overspends(Reclaim.Victim victim, WaitReason.Budget budget) {
      reclaims.overspend(victim, budget);
    }
  }

  private void letGo(Work work, String uid) {
    WaitingPod pod = lines.get(uid);
    if (pod != null && pod.atGate()) {
      onTheirWay.add(work.id());
      gates.open(pod.ref());
    } else if (pod != null && refused.remove(uid)) {
      cluster.nudge(pod.ref());
    }
  }

  /** A pod holds nothing any more: if it still waits, it stands in its line again. */
  void again(String uid) {
    holdNothing.add(uid);
  }

  private void enterAgain() {
    for (String uid : holdNothing) {
      WaitingPod pod = lines.get(uid);
      if (pod != null) {
        lines.enter(pod.workId());
      }
    }
    holdNothing.clear();
  }

  /** The places of a work are held no more. */
  void landed(String workId) {
    onTheirWay.remove(workId);
    comeSoon();
  }

  /** kube-scheduler offers a pod other nodes than the one that is held for it. */
  void excluded(String uid, Set<String> offered) {
    places.restrict(uid, offered);
  }

  void forget(String uid) {
    refused.remove(uid);
    reasons.remove(uid);
    reclaims.forget(uid);
    places.forget(uid);
  }

  // ---- what verbs ask

  /** Goes on at once for a pod that is asked about, so that it need not be refused. */
  void hurry() {
    slice();
    comeSoon();
  }

  /** Whether nothing is left to decide, so that what waits cannot start. */
  boolean isQuiet() {
    return round == null && !changed;
  }

  void refused(String uid) {
    refused.add(uid);
  }

  DrainedPlaces drained() {
    return drained;
  }

  /** How fast lines move. */
  StartTimes starts() {
    return starts;
  }

  Map<String, WaitReason> reasons() {
    return reasons;
  }

  Reclaims underWay() {
    return reclaims;
  }

  /** To be called now and then. */
  void tick() {
    reclaims.look();
    long now = scheduling.elapsedMillis();
    if (now - lookedAgain >= LOOK_AGAIN_MILLIS) {
      lookedAgain = now;
      changed |= lines.book().waitingWorks() > 0 || lines.book().mustEvict();
    }
    comeSoon();
  }
}
