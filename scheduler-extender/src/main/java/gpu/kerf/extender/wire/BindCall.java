package gpu.kerf.extender.wire;

/** What bind is asked: to put a pod on a node. */
public record BindCall(PodView.Ref pod, String node) {}
