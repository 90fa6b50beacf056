package gpu.kerf.extender.explain;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The pod templates inside an object of any kind, found by their form and not by the kind's name:
 *
 * <ul>
 *   <li>an object with a {@code spec} that has containers is a pod or a pod template, wherever it
 *       stands: a Job's, a RayCluster's groups, the replicas of a PyTorchJob;
 *   <li>an object that has containers itself is the spec of a pod, as in an InferenceService of
 *       KServe, whose controller puts the object's own labels and annotations on the pod;
 *   <li>an object that asks for resources or GPUs in another form is named, and not read.
 * </ul>
 */
final class PodTemplates {

  /** A template, and where it stands: {@code spec.template}; empty for a pod itself. */
  record Template(String path, ObjectNode pod) {}

  private static final int DEEPEST = 24;
  private static final int MOST = 100;
  private static final String SPEC = "spec";
  private static final String CONTAINERS = "containers";

  private static final String STORAGE = "storage";

  /** What holds no pod, or is of a pod that has been found. */
  private static final Set<String> SKIPPED =
      Set.of("metadata", "status", CONTAINERS, "initContainers", "volumes", "ephemeralContainers");

  private final ObjectNode object;
  private final List<Template> found = new ArrayList<>();
  private final List<String> unread = new ArrayList<>();

  private PodTemplates(ObjectNode object) {
    this.object = object;
  }

  static PodTemplates of(ObjectNode object) {
    PodTemplates templates = new PodTemplates(object);
    String kind = object.path("kind").asText("");
    boolean pod = kind.equals("Pod") || kind.isEmpty();
    if (pod && object.path(SPEC).path(CONTAINERS).isArray()) {
      templates.found.add(new Template("", object.deepCopy()));
    } else {
      templates.look(object, "", 0);
    }
    return templates;
  }

  List<Template> found() {
    return found;
  }

  /** The paths of what asks for resources in a form that is none of a pod. */
  List<String> unread() {
    return unread;
  }

  private void look(JsonNode here, String path, int depth) {
    if (depth > DEEPEST || found.size() >= MOST || unread.size() >= MOST) {
      return;
    }
    if (here.isArray()) {
      for (int i = 0; i < here.size(); i++) {
        look(here.get(i), path + "[" + i + "]", depth + 1);
      }
    } else if (here instanceof ObjectNode at) {
      lookAt(at, path, depth);
    }
  }

  private void lookAt(ObjectNode at, String path, int depth) {
    if (isPodSpec(at.path(SPEC))) {
      found.add(new Template(path, at.deepCopy()));
      inside(at.path(SPEC), path + "." + SPEC, depth + 1);
    } else if (isPodSpec(at)) {
      found.add(new Template(path, podOf(at)));
      inside(at, path, depth);
    } else {
      if (asks(at)) {
        unread.add(path);
      }
      inside(at, path, depth);
    }
  }

  private void inside(JsonNode at, String path, int depth) {
    for (Map.Entry<String, JsonNode> field : at.properties()) {
      if (!SKIPPED.contains(field.getKey())) {
        String name = path.isEmpty() ? field.getKey() : path + "." + field.getKey();
        look(field.getValue(), name, depth + 1);
      }
    }
  }

  private static boolean isPodSpec(JsonNode spec) {
    JsonNode first = spec.path(CONTAINERS).path(0);
    return first.has("name") || first.has("image") || first.has("resources");
  }

  private ObjectNode podOf(ObjectNode spec) {
    ObjectNode pod = JsonNodeFactory.instance.objectNode();
    ObjectNode metadata = pod.putObject("metadata");
    for (String key : List.of("labels", "annotations")) {
      JsonNode given = object.path("metadata").path(key);
      if (given.isObject()) {
        metadata.set(key, given.deepCopy());
      }
    }
    pod.set(SPEC, spec.deepCopy());
    return pod;
  }

  /** {@code resources} of a container that is no pod's, or {@code gpu} of Spark's. */
  private static boolean asks(ObjectNode at) {
    JsonNode resources = at.path("resources");
    return asks(resources.path("limits"), STORAGE)
        || asks(resources.path("requests"), STORAGE)
        || at.path("gpu").has("quantity");
  }

  /** Whether amounts have another name than that of what volumes ask for. */
  private static boolean asks(JsonNode amounts, String except) {
    return amounts.properties().stream().anyMatch(each -> !each.getKey().equals(except));
  }
}
