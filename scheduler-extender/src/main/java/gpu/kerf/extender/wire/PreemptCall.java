package gpu.kerf.extender.wire;

import java.util.List;

/** A call of preempt: a pod, and the victims that in-tree preemption proposes on each node. */
public record PreemptCall(PodView pod, List<Candidate> candidates) {

  /** A node, the uids of its proposed victims (possibly none) and the budgets they violate. */
  public record Candidate(String node, List<String> victims, int violations) {}
}
