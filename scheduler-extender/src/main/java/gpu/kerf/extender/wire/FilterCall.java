package gpu.kerf.extender.wire;

/** What filter and prioritize are asked: a pod, and the nodes that in-tree filters left. */
public record FilterCall(PodView pod, NodeList nodes) {}
