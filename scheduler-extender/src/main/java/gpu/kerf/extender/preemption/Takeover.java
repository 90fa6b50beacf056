package gpu.kerf.extender.preemption;

import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.model.eviction.FleetSearch;
import gpu.kerf.model.eviction.NodeCandidates;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Gives the plan of a pod of lower priority to a pod of higher priority, if the plan helps it: the
 * pod takes the plan over and waits for the same victims.
 *
 * <p>The plans are tried one after the other, the lowest priority first; each is left alone until
 * it is clear that taking it over helps.
 */
final class Takeover {

  private final Plans plans;
  private final Scheduling scheduling;
  private final PlanSearch search;
  private final KnownPod pod;
  private final Set<String> offered;
  private @Nullable Deque<Plan.Found> left;
  private Plan.@Nullable Found current;

  /**
   * @param offered the nodes to which the pod may go
   */
  Takeover(
      Plans plans, Scheduling scheduling, PlanSearch search, KnownPod pod, Set<String> offered) {
    this.plans = plans;
    this.scheduling = scheduling;
    this.search = search;
    this.pod = pod;
    this.offered = offered;
  }

  /** The search on the node of the next plan; null if none is left. */
  @Nullable FleetSearch next() {
    if (left == null) {
      left = new ArrayDeque<>(plans.lowerThan(pod.holder().priority()));
    }
    for (current = left.poll(); current != null; current = left.poll()) {
      Plan.Found lower = current;
      if (isThere(lower) && offered.contains(lower.node())) {
        return search.on(List.of(lower.node()), pod, sites(lower));
      }
    }
    return null;
  }

  private boolean isThere(Plan.Found lower) {
    Plan now = plans.of(lower.uid());
    return now instanceof Plan.Found && !(now instanceof Plan.Ready);
  }

  /** The node as it would be if nothing were reserved for the lower pod. */
  private Function<String, @Nullable NodeCandidates> sites(Plan.Found lower) {
    return node -> {
      if (!isThere(lower)) {
        return search.site(node, pod);
      }
      scheduling.unreserve(lower.uid());
      NodeCandidates cluster = search.site(node, pod);
      NodeCandidates copy =
          cluster == null ? null : new NodeCandidates(cluster.node().copy(), cluster.candidates());
      if (!(plans.of(lower.uid()) instanceof Plan.Decided)) {
        scheduling.reserve(lower.uid(), lower.placement());
      }
      return copy;
    };
  }

  /** Whether plans of others are being tried by now. */
  boolean isUnderWay() {
    return left != null;
  }

  /** The plan that is being tried; null if none is, or if it has ended meanwhile. */
  Plan.@Nullable Found current() {
    return current != null && plans.of(current.uid()) instanceof Plan.Found now ? now : null;
  }
}
