package gpu.kerf.extender.cluster.embedded;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A pod object as the simulated API server keeps it. Immutable: a change makes a new one.
 *
 * @param manifest metadata and spec as they were created; the fields that the server adds are the
 *     other components
 * @param annotations all of them, with those that a Binding brought
 * @param node where it is bound, or null
 * @param deletion when it was told to end, or null
 */
public record SimPod(
    String uid,
    String namespace,
    String name,
    int priority,
    ObjectNode manifest,
    Map<String, String> annotations,
    long created,
    @Nullable String node,
    @Nullable Long deletion) {

  public SimPod {
    annotations = Map.copyOf(annotations);
  }

  /** Namespace and name, by which the API server finds it. */
  public String key() {
    return namespace + "/" + name;
  }

  public boolean isBound() {
    return node != null;
  }

  public boolean isTerminating() {
    return deletion != null;
  }

  SimPod boundTo(String where, Map<String, String> merged) {
    return new SimPod(uid, namespace, name, priority, manifest, merged, created, where, deletion);
  }

  SimPod terminatingSince(long time) {
    return new SimPod(uid, namespace, name, priority, manifest, annotations, created, node, time);
  }

  /** Whether it has a scheduling gate of this name. */
  public boolean hasGate(String gate) {
    for (JsonNode each : manifest.path("spec").path("schedulingGates")) {
      if (each.path("name").asText().equals(gate)) {
        return true;
      }
    }
    return false;
  }

  SimPod withoutGate(String gate) {
    ObjectNode opened = manifest.deepCopy();
    ArrayNode kept = opened.withObject("/spec").putArray("schedulingGates");
    for (JsonNode each : manifest.path("spec").path("schedulingGates")) {
      if (!each.path("name").asText().equals(gate)) {
        kept.add(each);
      }
    }
    return new SimPod(uid, namespace, name, priority, opened, annotations, created, node, deletion);
  }

  /** The object as a client reads it. */
  public ObjectNode object() {
    ObjectNode object = manifest.deepCopy();
    ObjectNode metadata = object.withObject("/metadata");
    ObjectNode written = metadata.putObject("annotations");
    new TreeMap<>(annotations).forEach(written::put);
    if (deletion != null) {
      metadata.put("deletionTimestamp", Instant.ofEpochMilli(deletion).toString());
    }
    if (node != null) {
      object.withObject("/spec").put("nodeName", node);
    }
    object.putObject("status").put("phase", node == null ? "Pending" : "Running");
    return object;
  }
}
