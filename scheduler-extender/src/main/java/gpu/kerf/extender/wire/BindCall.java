package gpu.kerf.extender.wire;

/** A call of bind: the pod and the node to bind it to. */
public record BindCall(PodView.Ref pod, String node) {}
