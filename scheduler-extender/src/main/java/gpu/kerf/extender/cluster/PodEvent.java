package gpu.kerf.extender.cluster;

import gpu.kerf.extender.wire.PodView;

/** An event on a pod, which users see with {@code kubectl describe pod}. */
public record PodEvent(PodView.Ref pod, boolean warning, String reason, String message) {}
