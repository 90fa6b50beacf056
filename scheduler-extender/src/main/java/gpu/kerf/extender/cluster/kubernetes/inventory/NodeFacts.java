package gpu.kerf.extender.cluster.kubernetes.inventory;

import java.util.Map;

/** What an inventory is read from; only the labels and annotations that may say something of it. */
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
