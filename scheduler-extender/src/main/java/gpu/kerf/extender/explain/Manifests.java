package gpu.kerf.extender.explain;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the pods in a file of manifests, YAML or JSON: several documents, lists, and the pod
 * templates of Jobs, Deployments and other kinds.
 */
public final class Manifests {

  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
  private static final int MOST_PODS = 1_000;
  private static final int DEEPEST_LIST = 4;

  /** A pod, and the object it comes from: {@code Deployment/chat}. */
  public record Found(String from, ObjectNode pod) {}

  private final List<Found> found = new ArrayList<>();
  private final List<String> skipped = new ArrayList<>();

  private Manifests() {}

  /** Reads all pods of a text; throws with a hint if it is no YAML. */
  public static Manifests parse(String file, String text) throws IOException {
    Manifests manifests = new Manifests();
    try (MappingIterator<JsonNode> documents = YAML.readerFor(JsonNode.class).readValues(text)) {
      while (documents.hasNextValue()) {
        manifests.add(documents.nextValue(), DEEPEST_LIST);
      }
    } catch (JsonProcessingException e) {
      throw new IOException(file + " is not YAML: " + e.getOriginalMessage(), e);
    }
    return manifests;
  }

  private void add(JsonNode object, int depth) {
    if (object == null || object.isNull() || object.isMissingNode()) {
      return;
    }
    String kind = object.path("kind").asText("");
    String name = kind + "/" + object.path("metadata").path("name").asText("?");
    if (kind.endsWith("List") && object.path("items").isArray() && depth > 0) {
      object.path("items").forEach(item -> add(item, depth - 1));
    } else if (found.size() >= MOST_PODS || !(template(kind, object) instanceof ObjectNode pod)) {
      skipped.add(name);
    } else {
      found.add(new Found(name, named(pod, object)));
    }
  }

  private static JsonNode template(String kind, JsonNode object) {
    return switch (kind) {
      case "Pod", "" -> object.path("spec").path("containers").isArray() ? object : missing();
      case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job" ->
          object.path("spec").path("template");
      case "PodTemplate" -> object.path("template");
      case "CronJob" -> object.at("/spec/jobTemplate/spec/template");
      default -> missing();
    };
  }

  private static JsonNode missing() {
    return YAML.missingNode();
  }

  /** A template has no name; it gets that of its owner, so that what is said of it has one. */
  private static ObjectNode named(ObjectNode pod, JsonNode owner) {
    ObjectNode copy = pod.deepCopy();
    ObjectNode metadata = copy.withObject("/metadata");
    for (String key : new String[] {"name", "namespace"}) {
      String given = owner.path("metadata").path(key).asText("");
      if (!metadata.has(key) && !given.isEmpty()) {
        metadata.put(key, given);
      }
    }
    return copy;
  }

  public List<Found> found() {
    return found;
  }

  /** Objects that make no pods. */
  public List<String> skipped() {
    return skipped;
  }
}
