package gpu.kerf.extender.delivery;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placement.ContainerSlots;
import java.util.ArrayList;
import java.util.List;

/**
 * The input of a delivery at bind: a pod, its grant, and its node.
 *
 * @param reuses the init containers that use the slots of another container
 */
public record DeliveryRequest(
    PodView.Ref pod, Placement placement, List<PodDemand.Reuse> reuses, NodeSpec node) {

  public DeliveryRequest {
    reuses = List.copyOf(reuses);
  }

  /**
   * The slots of every container that gets devices. A slot that two containers use stands twice.
   */
  List<ContainerSlots> served() {
    if (reuses.isEmpty()) {
      return placement.containers();
    }
    List<ContainerSlots> served = new ArrayList<>(placement.containers());
    for (PodDemand.Reuse reuse : reuses) {
      for (ContainerSlots slots : placement.containers()) {
        if (slots.container().equals(reuse.of())) {
          served.add(new ContainerSlots(reuse.container(), slots.slots()));
        }
      }
    }
    return served;
  }

  /** Whether it got any part of a GPU. */
  boolean hasGpus() {
    return !placement.containers().isEmpty();
  }
}
