package gpu.kerf.extender.verb;

import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Placement;
import java.util.Map;

/**
 * How the containers of a pod learn what they got: annotations that are written when it is bound.
 */
@FunctionalInterface
public interface Delivery {

  Map<String, String> annotations(Placement placement, NodeSpec node);
}
