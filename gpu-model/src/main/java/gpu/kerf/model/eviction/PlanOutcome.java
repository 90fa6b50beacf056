package gpu.kerf.model.eviction;

import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Verdict;
import java.util.List;

/** What eviction can do for a request on one node. */
public sealed interface PlanOutcome {

  String node();

  /**
   * It helps.
   *
   * @param victims who must be evicted, by descending priority, then by uid; none if the request
   *     only has to wait, or fits already
   * @param awaited who goes or yields by itself and must be gone too; not to be evicted
   * @param placements where the preemptors go once all those are gone, in the request's order
   * @param search whether a less harmful plan is ruled out
   */
  record Plan(
      String node,
      List<Candidate> victims,
      List<Candidate> awaited,
      List<Placement> placements,
      Harm harm,
      Search search)
      implements PlanOutcome {
    public Plan {
      victims = List.copyOf(victims);
      awaited = List.copyOf(awaited);
      placements = List.copyOf(placements);
    }

    public List<String> victimUids() {
      return victims.stream().map(Candidate::uid).toList();
    }
  }

  /** It does not help: the verdict is the one without every pod that may go. */
  record NoHelp(String node, Verdict verdict, Obstacle obstacle) implements PlanOutcome {}

  /** How far a plan was searched for. */
  enum Search {
    /** Every other plan is at least as harmful. */
    PROVEN,
    /**
     * The search was cut short: no victim of the plan is superfluous, but a better plan may exist.
     */
    BROKEN_OFF
  }

  /** What eviction cannot overcome. */
  enum Obstacle {
    /** The node itself: the request would not fit even if the node were empty. */
    NODE,
    /** Pods of equal or higher priority, pods that Kerf does not know, or GPUs out of use. */
    HELD,
    /** The budgets: the pods that would have to go may not. */
    BUDGETS
  }
}
