package gpu.kerf.extender.endtoend;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.controlplane.Inventory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The inventories of the nodes, which change as those of real nodes do: two GPUs change places
 * after a reboot, one falls off the bus and comes back. A GPU keeps its uuid.
 */
final class SoakInventories {
  private final Api api;
  private final Map<String, List<ObjectNode>> gpus = new TreeMap<>();

  SoakInventories(Api api, Map<String, Inventory> nodes) {
    this.api = api;
    nodes.forEach((node, inventory) -> gpus.put(node, parse(inventory)));
  }

  private static List<ObjectNode> parse(Inventory inventory) {
    try {
      List<ObjectNode> gpus = new ArrayList<>();
      for (JsonNode gpu : Api.JSON.readTree(inventory.json()).path("gpus")) {
        gpus.add((ObjectNode) gpu);
      }
      return gpus;
    } catch (JsonProcessingException wrong) {
      throw new IllegalArgumentException(wrong);
    }
  }

  private String node(int pick) {
    return List.copyOf(gpus.keySet()).get(pick % gpus.size());
  }

  private List<ObjectNode> gpusOf(String node) {
    return Objects.requireNonNull(gpus.get(node));
  }

  /** Two GPUs of a node change places; which ones. */
  String swap(int pick) {
    String node = node(pick);
    List<ObjectNode> there = gpusOf(node);
    int one = pick / 7 % there.size();
    int other = pick / 61 % there.size();
    Collections.swap(there, one, other);
    publish(node, there);
    return "GPUs %d and %d of %s".formatted(one, other, node);
  }

  /** A GPU of a node is not listed any more; those behind it move up. */
  String lose(int pick) {
    String node = node(pick);
    List<ObjectNode> left = new ArrayList<>(gpusOf(node));
    ObjectNode lost = left.remove(pick / 7 % left.size());
    publish(node, left);
    return "%s of %s".formatted(lost.path("uuid").asText(), node);
  }

  /** Every GPU is listed. */
  void restore() {
    gpus.forEach(this::publish);
  }

  private void publish(String node, List<ObjectNode> listed) {
    ObjectNode inventory = Api.JSON.createObjectNode().put("v", 1);
    ArrayNode array = inventory.putArray("gpus");
    for (ObjectNode gpu : listed) {
      array.add(gpu.deepCopy().put("index", array.size()));
    }
    ObjectNode patch = Api.JSON.createObjectNode();
    patch
        .withObject("/metadata")
        .withObject("/annotations")
        .put(Inventory.ANNOTATION, inventory.toString());
    api.patch("/api/v1/nodes/" + node, patch.toString());
  }
}
