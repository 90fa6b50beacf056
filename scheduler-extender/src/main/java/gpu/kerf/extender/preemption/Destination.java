package gpu.kerf.extender.preemption;

import gpu.kerf.model.eviction.PlanOutcome;
import gpu.kerf.model.fleet.Grant;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Placement;

/**
 * The slots that a pod will take when its victims are gone. It names the GPUs by their UUIDs, so
 * that it stays correct when the node's inventory lists them in another order.
 */
final class Destination {

  private final PlanOutcome.Plan outcome;
  private final Grant grant;
  private Placement placement;

  Destination(PlanOutcome.Plan outcome, NodeSpec node) {
    this.outcome = outcome;
    this.placement = outcome.placements().get(0);
    this.grant = Grant.of(placement, node);
  }

  PlanOutcome.Plan outcome() {
    return outcome;
  }

  Placement placement() {
    return placement;
  }

  /** The node's inventory is another one: goes with its GPUs. False if one of them is gone. */
  boolean follow(NodeSpec now) {
    Placement found = grant.on(now);
    placement = found == null ? placement : found;
    return found != null;
  }
}
