package gpu.kerf.extender.wire;

/** A call of filter or prioritize: a pod, and the nodes that passed the in-tree filters. */
public record FilterCall(PodView pod, NodeList nodes) {}
