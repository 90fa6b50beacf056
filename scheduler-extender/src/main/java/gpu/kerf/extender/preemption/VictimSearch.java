package gpu.kerf.extender.preemption;

import gpu.kerf.model.eviction.FleetPlan;
import gpu.kerf.model.eviction.FleetSearch;
import gpu.kerf.model.eviction.PlanOutcome;
import gpu.kerf.model.eviction.Request;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The search for one pod's victims: first on the nodes that filter offered it, then on the nodes of
 * plans for pods of lower priority, one after the other ({@link Takeover}).
 *
 * <p>The search can pause and continue; its result is valid at the moment at which it ends.
 */
final class VictimSearch {

  private final Supplier<Request> request;
  private final Takeover takeover;
  private @Nullable FleetSearch current;
  private FleetPlan onNodes = new FleetPlan(List.of());
  private boolean over;
  private boolean paused;
  private @Nullable FleetSearch successful;
  private PlanOutcome.@Nullable Plan found;

  /**
   * @param nodes the search over the nodes; null if no more plans may begin
   * @param request the request with the time and the budgets of now
   */
  VictimSearch(@Nullable FleetSearch nodes, Supplier<Request> request, Takeover takeover) {
    this.current = nodes;
    this.request = request;
    this.takeover = takeover;
  }

  /** Searches on; whether the search is over. */
  boolean goOn(BooleanSupplier mayGoOn) {
    if (over && successful != null) {
      // It was found in an earlier call.
      over = false;
      current = successful;
      found = null;
    }
    while (!over) {
      if (current == null) {
        current = takeover.next();
        over = current == null;
      } else if (current.goOn(mayGoOn)) {
        conclude(current);
      }
      if (!mayGoOn.getAsBoolean()) {
        break;
      }
    }
    paused |= !over;
    return over;
  }

  private void conclude(FleetSearch search) {
    PlanOutcome.Plan plan = search.confirmed(request.get());
    if (plan != null && (takeover.isUnderWay() || frees(plan))) {
      found = plan;
      successful = search;
      over = true;
    } else if (search.isOver()) {
      onNodes = takeover.isUnderWay() ? onNodes : search.result();
      current = null;
    }
  }

  /** Whether a pod has to go at all. */
  static boolean frees(PlanOutcome.Plan plan) {
    return !plan.victims().isEmpty() || !plan.awaited().isEmpty();
  }

  /** The plan that was found, if it stands now; null if there is none. */
  PlanOutcome.@Nullable Plan found() {
    return found;
  }

  /** The plan that was found, and those on other nodes if the search was looking for them. */
  List<PlanOutcome.Plan> all() {
    if (found == null || successful == null) {
      return List.of();
    }
    // What was found before a pause was looked at again for the best plan alone.
    return paused ? List.of(found) : successful.result().plans();
  }

  /** The plan of a lower pod that the one found takes the place of; null if there is none. */
  Plan.@Nullable Found insteadOf() {
    return found == null ? null : takeover.current();
  }

  /** What eviction can do on the nodes that the pod was offered, when the search is over. */
  FleetPlan onNodes() {
    return onNodes;
  }
}
