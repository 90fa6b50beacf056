package gpu.kerf.extender.cluster.kubernetes.objects;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.cluster.kubernetes.watching.Sink;
import gpu.kerf.extender.wire.WireException;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** Keeps the labels of namespaces, by which teams select them. */
public final class NamespaceSink implements Sink<Map<String, String>> {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Runnable changed;
  private final Map<String, Map<String, String>> labels = new HashMap<>();

  public NamespaceSink(Runnable changed) {
    this.changed = changed;
  }

  @Override
  public Map<String, String> read(Meta meta, JsonSlice json) throws WireException {
    try {
      JsonNode namespace = JSON.readTree(json.bytes(), json.offset(), json.length());
      Map<String, String> read = new HashMap<>();
      namespace
          .path("metadata")
          .path("labels")
          .properties()
          .forEach(label -> read.put(label.getKey(), label.getValue().asText("")));
      return Map.copyOf(read);
    } catch (IOException e) {
      throw new WireException("The namespace cannot be read: " + e.getMessage());
    }
  }

  @Override
  public void put(Meta meta, Map<String, String> now) {
    if (!now.equals(labels.put(meta.name(), now))) {
      changed.run();
    }
  }

  /** What was known of it stands. */
  @Override
  public void unreadable(Meta meta, String problem) {}

  @Override
  public void deleted(Meta meta) {
    if (labels.remove(meta.name()) != null) {
      changed.run();
    }
  }

  /** The labels of each namespace. */
  public Map<String, Map<String, String>> labels() {
    return labels;
  }
}
