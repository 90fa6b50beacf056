package gpu.kerf.extender.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;

/**
 * A JSON Patch (RFC 6902). Where a list or an object is missing to which something is added, it
 * adds the whole of it.
 */
public final class Patch {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final ArrayNode operations = JSON.arrayNode();

  boolean isEmpty() {
    return operations.isEmpty();
  }

  byte[] bytes() {
    return operations.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  ArrayNode operations() {
    return operations;
  }

  /** Sets one field and replaces its old value. */
  void set(String path, JsonNode value) {
    operations.add(JSON.objectNode().put("op", "add").put("path", path).set("value", value));
  }

  /** Removes a field that is there. */
  void remove(String path) {
    operations.add(JSON.objectNode().put("op", "remove").put("path", path));
  }

  /** Appends to a list that may not be there yet. */
  void append(String path, JsonNode list, List<? extends JsonNode> more) {
    if (more.isEmpty()) {
      return;
    }
    if (PodTree.isNothing(list)) {
      set(path, JSON.arrayNode().addAll(more));
    } else {
      more.forEach(each -> set(path + "/-", each));
    }
  }

  /** Puts texts into an object that may not be there yet. */
  void put(String path, JsonNode object, Map<String, String> more) {
    if (more.isEmpty()) {
      return;
    }
    if (PodTree.isNothing(object)) {
      ObjectNode created = JSON.objectNode();
      more.forEach(created::put);
      set(path, created);
    } else {
      more.forEach((key, value) -> set(path + "/" + escaped(key), JSON.textNode(value)));
    }
  }

  /** Changes a pod as the API server does with this patch. */
  void applyTo(ObjectNode pod) {
    for (JsonNode operation : operations) {
      String path = operation.path("path").asText();
      int slash = path.lastIndexOf('/');
      String last = path.substring(slash + 1).replace("~1", "/").replace("~0", "~");
      JsonNode parent = pod.at(path.substring(0, slash));
      if (operation.path("op").asText().equals("remove")) {
        pod.withObject(path.substring(0, slash)).remove(last);
      } else if (parent instanceof ObjectNode object) {
        object.set(last, operation.path("value"));
      } else if (parent instanceof ArrayNode list && last.equals("-")) {
        list.add(operation.path("value"));
      } else if (parent instanceof ArrayNode list) {
        list.insert(Integer.parseInt(last), operation.path("value"));
      }
    }
  }

  static String escaped(String key) {
    return key.replace("~", "~0").replace("/", "~1");
  }
}
