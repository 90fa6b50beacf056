package gpu.kerf.extender.cluster;

import gpu.kerf.extender.wire.PodView;

/** A request to evict a pod, with the texts that tell users why. */
public record Eviction(PodView.Ref pod, String message) {}
