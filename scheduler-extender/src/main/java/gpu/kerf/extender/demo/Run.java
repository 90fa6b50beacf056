package gpu.kerf.extender.demo;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * One pod of a piece of work. If it is evicted, the work comes back as another pod, with the rest
 * of its time.
 *
 * @param life how often the work was begun before
 * @param left for how long it still has to run, in milliseconds
 */
record Run(Work work, int life, long left, ObjectNode manifest) {

  String uid() {
    return manifest.path("metadata").path("uid").asText();
  }

  String name() {
    return manifest.path("metadata").path("name").asText();
  }

  String namespace() {
    return work.namespace();
  }

  /** The gang that it starts with; empty if it starts alone. */
  String gang() {
    String name = annotation("kerf.gpu/gang");
    return name.isEmpty() ? "" : namespace() + "/" + name;
  }

  /** How many pods start together. */
  int gangSize() {
    String size = annotation("kerf.gpu/gang-size");
    return size.isEmpty() ? 1 : Integer.parseInt(size);
  }

  private String annotation(String key) {
    return manifest.path("metadata").path("annotations").path(key).asText("");
  }

  String key() {
    return namespace() + "/" + name();
  }
}
