package gpu.kerf.extender.delivery;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Placement;

/** The input of a delivery at bind: a pod, its grant, and its node. */
public record DeliveryRequest(PodView.Ref pod, Placement placement, NodeSpec node) {

  /** Whether it got any part of a GPU. */
  boolean hasGpus() {
    return !placement.containers().isEmpty();
  }
}
