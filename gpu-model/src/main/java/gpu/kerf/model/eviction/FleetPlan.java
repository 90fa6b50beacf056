package gpu.kerf.model.eviction;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What eviction can do for a request on each of several nodes, in the order of the nodes. */
public record FleetPlan(List<PlanOutcome> outcomes) {

  public FleetPlan {
    outcomes = List.copyOf(outcomes);
  }

  /** The nodes where it helps. */
  public List<PlanOutcome.Plan> plans() {
    List<PlanOutcome.Plan> plans = new ArrayList<>();
    for (PlanOutcome outcome : outcomes) {
      if (outcome instanceof PlanOutcome.Plan plan) {
        plans.add(plan);
      }
    }
    return plans;
  }

  /** The plan of least harm; of equally harmful ones the first node's. Null if none helps. */
  public PlanOutcome.@Nullable Plan best() {
    PlanOutcome.Plan best = null;
    for (PlanOutcome.Plan plan : plans()) {
      if (best == null || plan.harm().isLessThan(best.harm())) {
        best = plan;
      }
    }
    return best;
  }
}
