package gpu.kerf.extender.delivery;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Placement;

/** What is handed over at bind: a pod, what it got, and the node where it got it. */
public record DeliveryRequest(PodView.Ref pod, Placement placement, NodeSpec node) {

  /** Whether it got any part of a GPU. */
  boolean hasGpus() {
    return !placement.containers().isEmpty();
  }
}
