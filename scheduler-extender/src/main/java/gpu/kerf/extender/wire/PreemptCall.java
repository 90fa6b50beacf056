package gpu.kerf.extender.wire;

import java.util.List;

/** What preempt is asked: a pod, and whom in-tree preemption would evict on which node. */
public record PreemptCall(PodView pod, List<Candidate> candidates) {

  /** A node, the uids of its proposed victims (possibly none) and the budgets they violate. */
  public record Candidate(String node, List<String> victims, int violations) {}
}
