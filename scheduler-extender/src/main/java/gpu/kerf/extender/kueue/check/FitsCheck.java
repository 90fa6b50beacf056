package gpu.kerf.extender.kueue.check;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.kueue.AdmissionCheck;
import gpu.kerf.extender.kueue.CheckAnswer;
import gpu.kerf.extender.kueue.Flavor;
import gpu.kerf.extender.kueue.KueueListener;
import gpu.kerf.extender.kueue.KueueStatus;
import gpu.kerf.extender.kueue.Workload;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.model.fleet.Entry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers the AdmissionCheck {@code kerf.gpu/fits} of Kueue: whether real GPUs have room for all
 * pods of a workload at the same time, which Kueue's quota does not say.
 *
 * <pre>
 *   room for all pods           Ready; the room is promised until the pods are bound
 *   no room now                 Pending with the reason; looked at again when room comes
 *   no room for so long         Retry: the quota is given back, and Kueue tries again later
 *   no GPU could ever hold it   Rejected, or as above where nodes are made for waiting pods
 *   the demand is invalid       Rejected
 * </pre>
 *
 * <p>One replica answers: the one that gives turns. It learns from the watches alone, and a write
 * stands on the version of the Workload that was judged, so an answer that is out of date is
 * refused by the API server.
 *
 * <p>Used on the thread that owns the scheduling.
 */
public final class FitsCheck implements KueueListener {

  private static final long SLICE_NANOS = 4_000_000;
  private static final int MOST_WRITES = 16;

  /** What no event tells, such as a node's new label, is seen after so long. */
  private static final long RELOOK_MILLIS = 5_000;

  /** A reason that changes is written so often at most. */
  private static final long TEXT_MILLIS = 5_000;

  private static final long RETRY_SECONDS = 30;
  private static final long MOST_RETRY_SECONDS = 900;
  private static final int MOST_DOUBLINGS = 5;

  private static final Comparator<Workload> OLDEST_FIRST =
      Comparator.comparingLong(Workload::reservedMillis).thenComparing(Workload::key);

  private final Scheduling scheduling;
  private final Cluster cluster;
  private final BooleanSupplier mayDecide;
  private final BooleanSupplier fleetComplete;
  private final FitsOptions options;
  private final Metrics metrics;
  private final WorkloadJudge judge;
  private final Promises promises = new Promises();

  /** Workloads that have quota and wait for a check. */
  private final Map<String, Workload> waiting = new HashMap<>();

  private final Map<String, AdmissionCheck> checks = new LinkedHashMap<>();
  private final Map<String, Flavor> flavors = new HashMap<>();
  private final Map<String, Attempt> attempts = new HashMap<>();
  private final Map<String, Long> activated = new HashMap<>();

  /** Workloads that are still to be looked at in this round, by uid. */
  private final Deque<String> round = new ArrayDeque<>();

  private @Nullable KueueStatus status;
  private int writes;
  private int nodes;
  private long room;
  private boolean lookComes;

  /** What is remembered of the looks at one workload. */
  private static final class Attempt {
    private final long since;
    private long room = -1;
    private long looked;
    private long wrote;
    private boolean writing;

    /** The version on which an answer stands that was taken; the watch will tell of a later one. */
    private String answered = "";

    Attempt(long now) {
      this.since = now;
      this.wrote = now - TEXT_MILLIS;
    }

    boolean isDue(Workload workload, long current, long now) {
      return !writing
          && !workload.resourceVersion().equals(answered)
          && (room != current || now - looked >= RELOOK_MILLIS);
    }
  }

  /**
   * @param mayDecide whether the cluster is known well enough to decide anything
   * @param fleetComplete whether every managed node is known with its GPUs
   */
  public FitsCheck(
      Scheduling scheduling,
      Cluster cluster,
      BooleanSupplier mayDecide,
      BooleanSupplier fleetComplete,
      FitsOptions options,
      Metrics metrics) {
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.mayDecide = mayDecide;
    this.fleetComplete = fleetComplete;
    this.options = options;
    this.metrics = metrics;
    this.judge = new WorkloadJudge(scheduling);
    scheduling.ledger().observe(this::entryChanged);
    for (CheckAnswer.State state : CheckAnswer.State.values()) {
      metrics.zero(Metric.KUEUE_ANSWERS, word(state));
    }
    metrics.zero(Metric.KUEUE_ANSWERS, "failed");
    metrics.set(Metric.KUEUE_WAITING, 0);
  }

  private static String word(CheckAnswer.State state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  /** From now on it answers, by this. */
  public void start(KueueStatus writer) {
    status = writer;
  }

  // ---- what it hears

  private void entryChanged(@Nullable Entry before, @Nullable Entry after) {
    boolean held = before != null && before.state() != Entry.State.PROPOSED;
    if (held && after == null) {
      room++;
    }
    if (!held && after != null && after.state() != Entry.State.PROPOSED) {
      promises.taken(after);
    }
  }

  @Override
  public void workloadChanged(Workload workload) {
    Workload before = waiting.get(workload.uid());
    boolean asks = workload.stage() == Workload.Stage.RESERVED && !workload.podSets().isEmpty();
    if (!asks) {
      forget(workload.uid());
    } else {
      boolean same =
          before != null
              && before.reservedMillis() == workload.reservedMillis()
              && before.podSets().equals(workload.podSets());
      if (!same) {
        attempts.remove(workload.uid());
      }
      waiting.put(workload.uid(), workload);
      lookSoon();
    }
    boolean lost =
        workload.stage() == Workload.Stage.QUEUED || workload.stage() == Workload.Stage.OVER;
    if (lost && promises.end(workload.uid())) {
      room++;
    }
  }

  @Override
  public void workloadGone(String uid) {
    forget(uid);
    if (promises.end(uid)) {
      room++;
    }
  }

  private void forget(String uid) {
    waiting.remove(uid);
    attempts.remove(uid);
  }

  @Override
  public void checkChanged(AdmissionCheck check) {
    checks.put(check.name(), check);
    lookSoon();
  }

  @Override
  public void checkGone(String name) {
    checks.remove(name);
    activated.remove(name);
  }

  @Override
  public void flavorChanged(Flavor flavor) {
    if (!flavor.equals(flavors.put(flavor.name(), flavor))) {
      room++;
      lookSoon();
    }
  }

  @Override
  public void flavorGone(String name) {
    flavors.remove(name);
  }

  // ---- what it does

  private void lookSoon() {
    if (!lookComes) {
      lookComes = true;
      scheduling
          .loop()
          .execute(
              () -> {
                lookComes = false;
                tick();
              });
    }
  }

  /** Answers what can be answered; to be called now and then. */
  public void tick() {
    KueueStatus writer = status;
    if (writer == null) {
      return;
    }
    if (!cluster.leadsTurns() || !writer.isKnown() || !mayDecide.getAsBoolean()) {
      rest();
      return;
    }
    long now = scheduling.elapsedMillis();
    if (promises.expire(now) || scheduling.fleet().size() != nodes) {
      nodes = scheduling.fleet().size();
      room++;
    }
    activate(writer, now);
    lookAtWorkloads(writer, now);
    metrics.set(
        Metric.KUEUE_WAITING, (double) waiting.values().stream().filter(this::asks).count());
  }

  /** Another replica answers, or nothing can be decided. */
  private void rest() {
    if (!cluster.leadsTurns()) {
      attempts.clear();
      round.clear();
      promises.clear();
      metrics.set(Metric.KUEUE_WAITING, 0);
    }
  }

  private void activate(KueueStatus writer, long now) {
    for (AdmissionCheck check : checks.values()) {
      AdmissionCheck.Activity activity = check.activity();
      Long last = activated.get(check.name());
      boolean due = last == null || now - last >= RELOOK_MILLIS;
      if (check.isOfKerf() && !check.says(activity) && due) {
        activated.put(check.name(), now);
        scheduling.whenDone(() -> writer.activate(check, activity), (outcome, failure) -> {});
      }
    }
  }

  private boolean asks(Workload workload) {
    return !pending(workload).isEmpty();
  }

  /** The checks of a workload that Kerf has to answer. */
  private List<Workload.CheckState> pending(Workload workload) {
    List<Workload.CheckState> pending = new ArrayList<>();
    for (Workload.CheckState state : workload.checks()) {
      AdmissionCheck check = checks.get(state.name());
      if (state.isPending() && check != null && check.isOfKerf() && !check.parameters()) {
        pending.add(state);
      }
    }
    return pending;
  }

  /**
   * Looks at all that are due, the oldest first, over several turns of the loop if it takes longer.
   * A round ends before the next one begins, so that the oldest do not keep the others waiting
   * where room changes all the time.
   */
  private void lookAtWorkloads(KueueStatus writer, long now) {
    long end = scheduling.elapsedNanos() + SLICE_NANOS;
    if (round.isEmpty()) {
      due(now).forEach(workload -> round.add(workload.uid()));
    }
    while (!round.isEmpty() && writes < MOST_WRITES) {
      Workload workload = waiting.get(round.remove());
      if (workload != null && isDue(workload, now)) {
        look(writer, workload, now);
        if (scheduling.elapsedNanos() - end > 0) {
          break;
        }
      }
    }
    if (!round.isEmpty() && writes < MOST_WRITES) {
      lookSoon();
    }
  }

  private List<Workload> due(long now) {
    List<Workload> due = new ArrayList<>();
    for (Workload workload : waiting.values()) {
      if (isDue(workload, now)) {
        due.add(workload);
      }
    }
    due.sort(OLDEST_FIRST);
    return due;
  }

  private boolean isDue(Workload workload, long now) {
    return attempts
            .computeIfAbsent(workload.uid(), unused -> new Attempt(now))
            .isDue(workload, room, now)
        && asks(workload);
  }

  private void look(KueueStatus writer, Workload workload, long now) {
    Attempt attempt = Objects.requireNonNull(attempts.get(workload.uid()));
    attempt.room = room;
    attempt.looked = now;
    Judgement judgement = judge.judge(workload, flavors, promises, true);
    for (Workload.CheckState check : pending(workload)) {
      CheckAnswer answer = answer(workload, check, judgement, now - attempt.since);
      boolean news =
          answer.state() != CheckAnswer.State.PENDING
              || (!answer.message().equals(check.message()) && now - attempt.wrote >= TEXT_MILLIS);
      if (news) {
        attempt.wrote = now;
        write(writer, answer, judgement, attempt, now);
        // The answer to another check of the same workload stands on the version after this one.
        return;
      }
    }
  }

  private CheckAnswer answer(
      Workload workload, Workload.CheckState check, Judgement judgement, long waited) {
    CheckAnswer.State state =
        switch (judgement.kind()) {
          case FITS -> CheckAnswer.State.READY;
          case INVALID -> CheckAnswer.State.REJECTED;
          case UNKNOWN -> CheckAnswer.State.PENDING;
          case WAITS -> waits(waited);
          case NEVER ->
              options.rejects() && fleetComplete.getAsBoolean()
                  ? CheckAnswer.State.REJECTED
                  : waits(waited);
        };
    int pause = state == CheckAnswer.State.RETRY ? pause(check.retries()) : 0;
    return new CheckAnswer(workload, check.name(), state, judgement.text(), pause);
  }

  private CheckAnswer.State waits(long waited) {
    return waited >= options.keepQuotaMillis()
        ? CheckAnswer.State.RETRY
        : CheckAnswer.State.PENDING;
  }

  /** Longer each time, so that a workload that fits in vain for hours costs little. */
  private static int pause(int retries) {
    return (int) Math.min(RETRY_SECONDS << Math.min(retries, MOST_DOUBLINGS), MOST_RETRY_SECONDS);
  }

  private void write(
      KueueStatus writer, CheckAnswer answer, Judgement judgement, Attempt attempt, long now) {
    String uid = answer.workload().uid();
    boolean ready = answer.state() == CheckAnswer.State.READY;
    if (ready && !judgement.places().isEmpty()) {
      promises.make(answer.workload(), judgement.places(), now + options.promiseMillis());
    }
    attempt.writing = true;
    writes++;
    scheduling.whenDone(
        () -> writer.answer(answer),
        (outcome, failure) -> {
          writes--;
          attempt.writing = false;
          written(answer, outcome);
          if (outcome == KueueStatus.Outcome.WRITTEN) {
            attempt.answered = answer.workload().resourceVersion();
          } else if (outcome == KueueStatus.Outcome.OUTDATED
              && ready
              && attempts.get(uid) == attempt
              && promises.end(uid)) {
            // After a failure the answer may have arrived all the same.
            room++;
          }
        });
  }

  private void written(CheckAnswer answer, KueueStatus.@Nullable Outcome outcome) {
    if (outcome == KueueStatus.Outcome.WRITTEN) {
      metrics.count(Metric.KUEUE_ANSWERS, word(answer.state()));
    } else if (outcome != KueueStatus.Outcome.OUTDATED) {
      metrics.count(Metric.KUEUE_ANSWERS, "failed");
    }
  }
}
