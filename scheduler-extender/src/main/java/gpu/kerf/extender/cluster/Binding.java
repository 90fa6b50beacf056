package gpu.kerf.extender.cluster;

import gpu.kerf.extender.wire.PodView;
import java.util.Map;

/** A pod, where it goes, and the annotations that tell its containers what they got. */
public record Binding(PodView.Ref pod, String node, Map<String, String> annotations) {}
