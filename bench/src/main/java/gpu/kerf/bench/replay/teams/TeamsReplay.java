package gpu.kerf.bench.replay.teams;

import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.team.DrainedPlace;
import gpu.kerf.model.team.Reclaim;
import gpu.kerf.model.team.Surroundings;
import gpu.kerf.model.team.TeamTerms;
import gpu.kerf.model.team.TurnRound;
import gpu.kerf.model.team.TurnRules;
import gpu.kerf.model.team.TurnSink;
import gpu.kerf.model.team.WaitReason;
import gpu.kerf.model.team.Work;
import java.util.List;
import java.util.function.Consumer;

/**
 * Plays jobs in virtual time. At each moment at which jobs arrive or end, or a minute begins, jobs
 * that end give their GPUs back, then those that arrive join the line, then the policy decides. An
 * eviction takes no time.
 */
final class TeamsReplay {

  static final long MINUTE = 60_000;

  private final TeamFile teams;
  private final List<TeamJob> jobs;
  private final TeamPolicy policy;
  private final TurnRules rules;
  private final Consumer<String> progress;
  private final ReplayedCluster cluster;
  private final TeamsResult result;
  private final WaitingInOrder inOrder;
  private List<TeamTerms> terms = List.of();
  private int arrived;
  private long now;
  private boolean acted;

  TeamsReplay(
      List<NodeSpec> fleet,
      TeamFile teams,
      List<TeamJob> jobs,
      TeamPolicy policy,
      TurnRules rules,
      Consumer<String> progress) {
    this.teams = teams;
    this.jobs = jobs;
    this.policy = policy;
    this.rules = rules;
    this.progress = progress;
    JobRecords records = new JobRecords();
    this.cluster = new ReplayedCluster(fleet, records, teams.leaves());
    this.inOrder = new WaitingInOrder(cluster, policy);
    this.result = new TeamsResult(cluster, records, jobs.get(jobs.size() - 1).arrivalMs());
    useTerms();
  }

  TeamsResult run() {
    long nextMinute = 0;
    while (true) {
      long next = Math.min(nextArrival(), cluster.nextEnd());
      if (next == Long.MAX_VALUE && !canStillChange(nextMinute)) {
        return result;
      }
      next = Math.min(next, nextMinute);
      result.passTo(next);
      now = next;
      boolean changed = cluster.endUntil(now);
      changed |= arriveUntil(now);
      boolean minute = now == nextMinute;
      if (minute) {
        nextMinute += MINUTE;
        changed |= teams.hasWindows() && useTerms();
      }
      if (changed || (minute && cluster.isAnyWaiting())) {
        decide();
      }
      if (minute) {
        result.sample(now);
        tell();
      }
    }
  }

  /** Whether waiting jobs may start although none arrives or ends: a window may open. */
  private boolean canStillChange(long nextMinute) {
    return cluster.isAnyWaiting()
        && nextMinute < jobs.get(jobs.size() - 1).arrivalMs() + 8 * 24 * 60 * MINUTE
        && (teams.hasWindows() || acted);
  }

  private void tell() {
    if (now % (24 * 60 * MINUTE) == 0 && now > 0) {
      progress.accept(
          "%s: day %d, %,d of %,d jobs have come, %,d wait"
              .formatted(
                  policy.word(),
                  now / (24 * 60 * MINUTE),
                  arrived,
                  jobs.size(),
                  cluster.waiting()));
    }
  }

  private long nextArrival() {
    return arrived == jobs.size() ? Long.MAX_VALUE : jobs.get(arrived).arrivalMs();
  }

  private boolean arriveUntil(long moment) {
    boolean any = false;
    while (nextArrival() <= moment) {
      TeamJob job = jobs.get(arrived++);
      cluster.arrive(job);
      inOrder.add(job);
      any = true;
    }
    return any;
  }

  /** Whether other terms hold now than before. */
  private boolean useTerms() {
    List<TeamTerms> current = teams.at(now);
    if (current.equals(terms)) {
      return false;
    }
    terms = current;
    cluster.book.use(terms);
    return true;
  }

  private void decide() {
    acted = false;
    if (policy != TeamPolicy.KERF) {
      acted = inOrder.startWhatMay(now);
      return;
    }
    Turns turns = new Turns();
    do {
      turns.changed = false;
      new TurnRound(
              cluster.book,
              cluster.places,
              cluster.drained,
              turns,
              rules,
              Surroundings.of(cluster.ledger, cluster.chooser, now))
          .goOn(() -> true);
      acted |= turns.changed;
    } while (turns.changed);
  }

  /** Does what a round decides. After an eviction another round follows. */
  private final class Turns implements TurnSink {
    private boolean changed;

    @Override
    public boolean starts(Work work, List<Ledger.Claim> places) {
      return cluster.start(work, places, now);
    }

    @Override
    public void waits(Work work, WaitReason reason) {
      if (reason instanceof WaitReason.Never) {
        result.impossible(work.id());
      }
    }

    @Override
    public void reclaims(Reclaim reclaim) {
      changed = true;
      reclaim.victims().forEach(victim -> cluster.evict(victim.work(), now));
    }

    @Override
    public void drains(Work work, DrainedPlace place) {
      result.drained();
    }

    @Override
    public void shrinks(Reclaim.Victim victim, WaitReason.Limit limit) {
      changed = true;
      cluster.evict(victim.work(), now);
    }

    @Override
    public void overspends(Reclaim.Victim victim, WaitReason.Budget budget) {
      changed = true;
      cluster.evict(victim.work(), now);
    }
  }
}
