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

  String key() {
    return namespace() + "/" + name();
  }
}
