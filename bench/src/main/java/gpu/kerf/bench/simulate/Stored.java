package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One version of an object, which never changes. */
final class Stored {
  static final ObjectMapper JSON = new ObjectMapper();

  private final ObjectKind kind;
  private final ObjectNode json;
  private final long version;
  private final String namespace;
  private final String name;
  private final String uid;
  private byte @Nullable [] bytes;
  private @Nullable PodObject pod;

  Stored(ObjectKind kind, ObjectNode json, long version) {
    this.kind = kind;
    this.json = json;
    this.version = version;
    var metadata = json.path("metadata");
    this.namespace = metadata.path("namespace").asText("");
    this.name = metadata.path("name").asText("");
    this.uid = metadata.path("uid").asText("");
  }

  ObjectKind kind() {
    return kind;
  }

  /** Must not be changed. */
  ObjectNode json() {
    return json;
  }

  long version() {
    return version;
  }

  String name() {
    return name;
  }

  String uid() {
    return uid;
  }

  String key() {
    return key(namespace, name);
  }

  static String key(String namespace, String name) {
    return namespace.isEmpty() ? name : namespace + "/" + name;
  }

  byte[] bytes() {
    if (bytes == null) {
      try {
        bytes = JSON.writeValueAsBytes(json);
      } catch (JsonProcessingException e) {
        throw new IllegalStateException(e);
      }
    }
    return Objects.requireNonNull(bytes);
  }

  /** What it says, if it is a pod. */
  PodObject pod() {
    if (pod == null) {
      pod = new PodObject(this);
    }
    return Objects.requireNonNull(pod);
  }
}
