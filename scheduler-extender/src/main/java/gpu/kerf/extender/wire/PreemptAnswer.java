package gpu.kerf.extender.wire;

import java.util.List;

/** The answer of preempt: the nodes on which eviction helps, and the victims there. */
public record PreemptAnswer(List<Victims> nodes) {

  /** The uids of those to be evicted from a node, the highest priority first; never empty. */
  public record Victims(String node, List<String> uids, int violations) {
    public Victims {
      uids = List.copyOf(uids);
      if (uids.isEmpty()) {
        throw new IllegalArgumentException(
            "Node " + node + " has no victims.\nLeave it out: kube-scheduler fails on it.");
      }
    }
  }

  public PreemptAnswer {
    nodes = List.copyOf(nodes);
  }

  public static final PreemptAnswer NONE = new PreemptAnswer(List.of());
}
