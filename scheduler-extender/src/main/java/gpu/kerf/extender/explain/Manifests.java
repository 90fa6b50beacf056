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
 * templates inside objects of any kind.
 */
public final class Manifests {

  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
  private static final int MOST_PODS = 1_000;
  private static final int DEEPEST_LIST = 4;

  /**
   * A pod, and the object it comes from: {@code Deployment/chat}, with the path of the template
   * where the object has several.
   */
  public record Found(String from, ObjectNode pod) {}

  private final List<Found> found = new ArrayList<>();
  private final List<String> skipped = new ArrayList<>();
  private final List<String> unread = new ArrayList<>();

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
    } else if (object instanceof ObjectNode one) {
      add(name, one);
    } else {
      skipped.add(name);
    }
  }

  private void add(String name, ObjectNode object) {
    PodTemplates templates = PodTemplates.of(object);
    List<PodTemplates.Template> pods = templates.found();
    templates.unread().forEach(path -> unread.add(name + ": " + path));
    boolean none = pods.isEmpty() && templates.unread().isEmpty();
    if (none || found.size() + pods.size() > MOST_PODS) {
      skipped.add(name);
      return;
    }
    for (PodTemplates.Template each : pods) {
      String from = pods.size() == 1 ? name : name + " (" + each.path() + ")";
      found.add(new Found(from, named(each.pod(), object)));
    }
  }

  /** A template has no name; it gets that of its owner, so that what is said of it has one. */
  private static ObjectNode named(ObjectNode pod, JsonNode owner) {
    ObjectNode metadata = pod.withObject("/metadata");
    for (String key : new String[] {"name", "namespace"}) {
      String given = owner.path("metadata").path(key).asText("");
      if (!metadata.has(key) && !given.isEmpty()) {
        metadata.put(key, given);
      }
    }
    return pod;
  }

  public List<Found> found() {
    return found;
  }

  /** Objects that make no pods. */
  public List<String> skipped() {
    return skipped;
  }

  /**
   * What asks for resources in a form that is none of a pod: {@code SparkApplication/a: spec.x}.
   */
  public List<String> unread() {
    return unread;
  }
}
