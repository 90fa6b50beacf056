package gpu.kerf.model.eviction;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What eviction can do for a request on each of several nodes, in the order of the nodes. */
public record FleetPlan(List<Outcome> outcomes) {

  public FleetPlan {
    outcomes = List.copyOf(outcomes);
  }

  /** The nodes where it helps. */
  public List<Outcome.Plan> plans() {
    List<Outcome.Plan> plans = new ArrayList<>();
    for (Outcome outcome : outcomes) {
      if (outcome instanceof Outcome.Plan plan) {
        plans.add(plan);
      }
    }
    return plans;
  }

  /** The plan of least harm; of equally harmful ones the first node's. Null if none helps. */
  public Outcome.@Nullable Plan best() {
    Outcome.Plan best = null;
    for (Outcome.Plan plan : plans()) {
      if (best == null || plan.harm().isLessThan(best.harm())) {
        best = plan;
      }
    }
    return best;
  }
}
