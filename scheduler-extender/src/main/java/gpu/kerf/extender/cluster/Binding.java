package gpu.kerf.extender.cluster;

import gpu.kerf.extender.wire.PodView;
import java.util.Map;

/**
 * A request to bind: the pod, the node, and the annotations that tell its containers their devices.
 */
public record Binding(PodView.Ref pod, String node, Map<String, String> annotations) {}
