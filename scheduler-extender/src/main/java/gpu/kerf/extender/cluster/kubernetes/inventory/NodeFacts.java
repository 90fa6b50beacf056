package gpu.kerf.extender.cluster.kubernetes.inventory;

import java.util.Map;

/**
 * The parts of a node object from which an inventory is read: only the labels and annotations that
 * may describe GPUs.
 */
public record NodeFacts(String name, Map<String, String> labels, Map<String, String> annotations) {

  public NodeFacts {
    labels = Map.copyOf(labels);
    annotations = Map.copyOf(annotations);
  }

  public String label(String key) {
    return labels.getOrDefault(key, "");
  }

  public String annotation(String key) {
    return annotations.getOrDefault(key, "");
  }
}
