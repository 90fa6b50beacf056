package gpu.kerf.extender.cluster;

import java.util.List;
import java.util.Map;

/**
 * What kube-scheduler's own filters read of a node, beside its resources. Kerf decides nothing by
 * it; it is there to say what becomes of a pod.
 *
 * @param cordoned whether it takes no new pods ({@code spec.unschedulable})
 */
public record NodeRules(Map<String, String> labels, List<Taint> taints, boolean cordoned) {

  public NodeRules {
    labels = Map.copyOf(labels);
    taints = List.copyOf(taints);
  }

  /** A taint; its value may be empty. */
  public record Taint(String key, String value, String effect) {
    @Override
    public String toString() {
      return key + (value.isEmpty() ? "" : "=" + value) + ":" + effect;
    }
  }
}
