package gpu.kerf.model.eviction;

import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.placement.PreparedDemand;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request for room: the pods that need it, the disruption budgets, and the time.
 *
 * <p>Several pods are placed on one node together; they may evict only the pods that the one of
 * lowest priority may evict.
 *
 * @param now in milliseconds of the clock that the candidates' times are of
 * @param victims which pods may go, where that is not decided by priority; else null
 */
public record Request(
    List<Preemptor> preemptors, Budgets budgets, long now, @Nullable Victims victims) {

  /** A pod that finds no room. */
  public record Preemptor(Holder holder, PreparedDemand demand) {}

  public Request {
    preemptors = List.copyOf(preemptors);
    if (preemptors.isEmpty()) {
      throw new IllegalArgumentException("The request has no pod.\nName at least one pod.");
    }
  }

  /** Pods of less priority may be evicted. */
  public Request(List<Preemptor> preemptors, Budgets budgets, long now) {
    this(preemptors, budgets, now, null);
  }

  public static Request of(Holder holder, PreparedDemand demand, long now) {
    return new Request(List.of(new Preemptor(holder, demand)), Budgets.none(), now);
  }

  public Request within(Budgets limits) {
    return new Request(preemptors, limits, now, victims);
  }

  /** The same request, where these victims may go, of any priority. */
  public Request from(Victims others) {
    return new Request(preemptors, budgets, now, others);
  }

  /** Only pods of less priority than this may be evicted. */
  int priority() {
    int least = Integer.MAX_VALUE;
    for (Preemptor preemptor : preemptors) {
      least = Math.min(least, preemptor.holder().priority());
    }
    return least;
  }

  /** Whether a candidate goes or yields without being evicted. */
  boolean isAwaited(Candidate candidate) {
    return isOwn(candidate)
        || switch (candidate.standing()) {
          case TERMINATING -> true;
          case PROPOSED -> victims == null && candidate.priority() < priority();
          case RUNNING -> false;
        };
  }

  /** Whether a candidate may be evicted, budgets aside. */
  boolean mayEvict(Candidate candidate) {
    return candidate.standing() == Candidate.Standing.RUNNING
        && (victims == null ? candidate.priority() < priority() : victims.mayGo(candidate))
        && !isOwn(candidate);
  }

  private boolean isOwn(Candidate candidate) {
    return preemptors.stream().anyMatch(one -> one.holder().uid().equals(candidate.uid()));
  }
}
