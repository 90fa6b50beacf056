package gpu.kerf.model.eviction;

import gpu.kerf.model.placement.Placer;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds the pods that must be evicted so that a request fits, with the least {@link Harm}.
 *
 * <p>A plan never contains a pod of equal or higher priority or a pod whose eviction does not help,
 * and there is no plan where eviction cannot help. The planner checks whether the request fits
 * without a pod on the node's real state, with every slot in its place: two free slices in the
 * wrong halves of a GPU are no room for a {@code 3g}. Of equally harmful plans the first found
 * counts, and the search goes over GPUs by index and over pods by harm, age and uid: the same input
 * gives the same plan.
 *
 * <p>Limits of the search: a plan says with {@link PlanOutcome.Search} whether every better one is
 * ruled out. It always is for a request of one slot for which CPU and memory of the node suffice,
 * as long as no GPU carries more than fourteen pods that may go. For other requests, such as
 * several GPUs, several containers or too little CPU, it always is up to twelve such pods on the
 * node; beyond, the search may be broken off.
 *
 * <p>Works on copies, and leaves the node and the ledger as they are. One thread at a time, the one
 * that owns the placer.
 */
public final class EvictionPlanner {

  private final Placer placer;

  public EvictionPlanner(Placer placer) {
    this.placer = placer;
  }

  /** What eviction can do on one node. */
  public PlanOutcome plan(Request request, NodeCandidates cluster) {
    NodeSearch search = new NodeSearch(placer, request, cluster);
    PlanOutcome clear = search.survey();
    if (clear != null) {
      return clear;
    }
    search.begin(NodeSearch.Effort.FULL, null, false);
    boolean more = true;
    while (more) {
      more = search.step();
    }
    return search.outcome();
  }

  /**
   * Prepares to search several nodes for the least harmful plan of all.
   *
   * @param sites a node as it is when the search comes to it; null if it is not known
   */
  public FleetSearch search(
      Request request, List<String> nodes, Function<String, @Nullable NodeCandidates> sites) {
    return new FleetSearch(placer, request, nodes, sites, true);
  }

  /** Prepares to search each of several nodes for the least harmful plan on it. */
  public FleetSearch searchEach(
      Request request, List<String> nodes, Function<String, @Nullable NodeCandidates> sites) {
    return new FleetSearch(placer, request, nodes, sites, false);
  }

  /**
   * Makes a plan although kube-scheduler has proposed victims, possibly none, and says how the two
   * differ. The proposal does not influence the plan: kube-scheduler knows sums, not the positions
   * of slots.
   */
  public Recheck recheck(Request request, NodeCandidates cluster, List<String> proposed) {
    return Recheck.of(plan(request, cluster), cluster.candidates(), proposed);
  }
}
