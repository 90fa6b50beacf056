package gpu.kerf.extender.cluster;

import gpu.kerf.extender.wire.PodView;

/** A pod that must go, and the words for those who wonder why. */
public record Eviction(PodView.Ref pod, String message) {}
