package gpu.kerf.bench.replay.teams;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.team.GpuHolding;
import gpu.kerf.model.team.GpuMeasure;
import gpu.kerf.model.team.Places.Answer;
import gpu.kerf.model.team.TeamNumbers;
import gpu.kerf.model.team.Work;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** One line of all waiting jobs, for the policies that know no teams. */
final class WaitingInOrder {

  private static final Comparator<TeamJob> BY_ARRIVAL =
      Comparator.comparingLong(TeamJob::arrivalMs).thenComparing(TeamJob::id);

  private final ReplayedCluster cluster;
  private final TeamPolicy policy;
  private final TreeSet<TeamJob> line;

  WaitingInOrder(ReplayedCluster cluster, TeamPolicy policy) {
    this.cluster = cluster;
    this.policy = policy;
    this.line =
        new TreeSet<>(
            policy == TeamPolicy.FIFO
                ? BY_ARRIVAL
                : Comparator.comparingInt(TeamJob::priority).reversed().thenComparing(BY_ARRIVAL));
  }

  void add(TeamJob job) {
    if (policy != TeamPolicy.KERF) {
      line.add(job);
    }
  }

  /** Starts what the policy lets start; whether anything did. */
  boolean startWhatMay(long now) {
    boolean any = false;
    Set<List<PodDemand>> refused = new HashSet<>();
    Iterator<TeamJob> jobs = line.iterator();
    while (jobs.hasNext()) {
      TeamJob job = jobs.next();
      Work work = job.asWork();
      List<PodDemand> demands = work.members().stream().map(Work.Member::demand).toList();
      if (refused.contains(demands) || !isWithinGuarantee(job, leastMilli(job))) {
        continue;
      }
      Answer answer = cluster.places.place(work);
      if (answer instanceof Answer.Found found && isWithinGuarantee(job, milli(found.places()))) {
        cluster.start(work, found.places(), now);
        cluster.book.starts(work, found.places(), now);
        jobs.remove();
        any = true;
      } else if (policy == TeamPolicy.FIFO && !(answer instanceof Answer.Impossible)) {
        return any;
      } else if (!(answer instanceof Answer.Found)) {
        refused.add(demands);
      }
    }
    return any;
  }

  private long leastMilli(TeamJob job) {
    return job.pods()
        * Math.max(0, GpuMeasure.least(job.demand(), cluster.ledger.fleet().models()));
  }

  private long milli(List<Ledger.Claim> places) {
    return GpuHolding.of(places, cluster.ledger.fleet()).milli();
  }

  private boolean isWithinGuarantee(TeamJob job, long milli) {
    if (policy != TeamPolicy.STATIC) {
      return true;
    }
    TeamNumbers team = cluster.book.numbers(job.team());
    return team != null && team.held().milli() + milli <= team.guarantee().milli();
  }
}
