package gpu.kerf.extender.admission;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.wire.PodReader;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.WireException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The manifest of a pod, with the parts that Kerf reads and extends. A part that has another type
 * than in the API makes the pod unreadable.
 *
 * @param view the pod as placing it needs it
 * @param containers the containers that start with the pod, init containers first
 */
record PodTree(
    JsonNode json,
    PodView view,
    List<Box> containers,
    List<Box> ephemeral,
    List<JsonNode> volumes) {

  /** One container and where it stands. */
  record Box(String kind, String path, String name, JsonNode json) {

    private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

    /** Whether its name is one that the API would take; it becomes part of annotations' names. */
    boolean isNamed() {
      return NAME.matcher(name).matches();
    }

    List<JsonNode> env() throws WireException {
      return objects(json, "env", this);
    }

    List<JsonNode> mounts() throws WireException {
      return objects(json, "volumeMounts", this);
    }

    @Override
    public String toString() {
      return kind + " " + SafeText.of(name);
    }
  }

  static PodTree of(JsonNode pod) throws WireException {
    JsonNode spec = pod.path("spec");
    if (!spec.isObject() || !pod.path("metadata").isObject()) {
      throw new WireException("The review has no pod with metadata and a spec.");
    }
    List<Box> containers = new ArrayList<>(boxes(spec, "initContainers", "init container"));
    containers.addAll(boxes(spec, "containers", "container"));
    return new PodTree(
        pod,
        view(pod),
        containers,
        boxes(spec, "ephemeralContainers", "ephemeral container"),
        objects(spec, "volumes", "pod"));
  }

  private static PodView view(JsonNode pod) throws WireException {
    try (JsonParser parser = pod.traverse()) {
      return PodReader.readDocument(parser);
    } catch (IOException e) {
      throw new WireException("The pod cannot be read: " + e.getMessage());
    }
  }

  private static List<Box> boxes(JsonNode spec, String field, String kind) throws WireException {
    List<JsonNode> found = objects(spec, field, "spec");
    List<Box> boxes = new ArrayList<>(found.size());
    for (int i = 0; i < found.size(); i++) {
      JsonNode json = found.get(i);
      boxes.add(new Box(kind, "/spec/" + field + "/" + i, text(json, "name"), json));
    }
    return boxes;
  }

  JsonNode spec() {
    return json.path("spec");
  }

  JsonNode metadata() {
    return json.path("metadata");
  }

  /** A field that is an object; an empty one where it is missing. */
  static JsonNode object(JsonNode parent, String field) throws WireException {
    JsonNode value = parent.path(field);
    if (!isNothing(value) && !value.isObject()) {
      throw new WireException("The " + field + " of the pod is no object.");
    }
    return value;
  }

  /** A field that is a list of objects; an empty one where it is missing. */
  static List<JsonNode> objects(JsonNode parent, String field, Object whose) throws WireException {
    JsonNode list = parent.path(field);
    if (isNothing(list)) {
      return List.of();
    }
    List<JsonNode> elements = new ArrayList<>(list.size());
    for (JsonNode element : list) {
      elements.add(element);
    }
    if (!list.isArray() || !elements.stream().allMatch(JsonNode::isObject)) {
      throw new WireException("The " + field + " of the " + whose + " is no list of objects.");
    }
    return elements;
  }

  /** A field that is a text; an empty one where it is missing. */
  static String text(JsonNode parent, String field) throws WireException {
    JsonNode value = parent.path(field);
    if (isNothing(value)) {
      return "";
    }
    if (!value.isTextual()) {
      throw new WireException("A " + field + " of the pod is no text.");
    }
    return value.textValue();
  }

  /** A field that is true or false; false where it is missing. */
  static boolean truth(JsonNode parent, String field) throws WireException {
    JsonNode value = parent.path(field);
    if (!isNothing(value) && !value.isBoolean()) {
      throw new WireException("The " + field + " of the pod is neither true nor false.");
    }
    return value.asBoolean(false);
  }

  static boolean isNothing(JsonNode value) {
    return value.isMissingNode() || value.isNull();
  }
}
