package gpu.kerf.extender.controlplane;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads from the API server alone what the pods of a cluster hold of its GPUs, and says what is
 * given twice. It knows the annotations as they are documented and nothing of Kerf's ledger or
 * model, so that a fault in those cannot hide itself.
 */
public final class SlotChecker {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PLACEMENT = "kerf.gpu/placement";

  private final Map<String, CheckedGpu> gpus = new TreeMap<>();
  private final List<String> problems = new ArrayList<>();
  private int slots;

  private SlotChecker() {}

  /** Checks a cluster as it is now. */
  public static SlotChecker check(ControlPlane plane) {
    // Pods first: a node that comes in between holds nothing that was read before.
    String pods = plane.kubectl("get", "pods", "--all-namespaces", "-o", "json");
    return check(plane.kubectl("get", "nodes", "-o", "json"), pods);
  }

  /** Checks two lists as kubectl prints them. */
  static SlotChecker check(String nodes, String pods) {
    SlotChecker checker = new SlotChecker();
    checker.read(nodes).path("items").forEach(checker::addGpus);
    checker.read(pods).path("items").forEach(checker::addPod);
    checker.gpus.values().forEach(gpu -> checker.problems.addAll(gpu.problems()));
    return checker;
  }

  /** What is wrong, one sentence each; empty when every slot is held once. */
  public List<String> problems() {
    return List.copyOf(problems);
  }

  /** How many slots pods hold: a check of nothing finds no problem either. */
  public int slots() {
    return slots;
  }

  private void addGpus(JsonNode node) {
    JsonNode inventory = annotation(node, Inventory.ANNOTATION);
    String name = node.path("metadata").path("name").asText();
    for (JsonNode gpu : inventory.path("gpus")) {
      String key = key(name, gpu.path("index").asInt());
      gpus.put(key, new CheckedGpu(key, gpu));
    }
  }

  private void addPod(JsonNode pod) {
    String name =
        pod.path("metadata").path("namespace").asText()
            + "/"
            + pod.path("metadata").path("name").asText();
    JsonNode placement = annotation(pod, PLACEMENT);
    if (placement.isMissingNode() || ended(pod)) {
      return;
    }
    String node = pod.path("spec").path("nodeName").asText();
    if (!node.equals(placement.path("node").asText())) {
      problems.add(
          "%s is on node %s, but its placement is of node %s"
              .formatted(name, node, placement.path("node").asText()));
    }
    for (JsonNode container : placement.path("containers")) {
      for (JsonNode slot : container.path("slots")) {
        addSlot(node, name + " " + container.path("name").asText(), slot);
      }
    }
  }

  private void addSlot(String node, String holder, JsonNode slot) {
    slots++;
    CheckedGpu gpu = gpus.get(key(node, slot.path("gpu").asInt(-1)));
    if (gpu == null) {
      problems.add("%s holds a slot of %s, which has no such GPU".formatted(holder, node));
      return;
    }
    problems.addAll(gpu.hold(holder, slot));
  }

  /** Containers of these pods have stopped for good. */
  private static boolean ended(JsonNode pod) {
    String phase = pod.path("status").path("phase").asText();
    return phase.equals("Succeeded") || phase.equals("Failed");
  }

  private JsonNode annotation(JsonNode object, String name) {
    JsonNode text = object.path("metadata").path("annotations").path(name);
    return text.isMissingNode() ? text : read(text.asText());
  }

  private JsonNode read(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException malformed) {
      throw new AssertionError("Not JSON: " + json, malformed);
    }
  }

  private static String key(String node, int gpu) {
    return node + " GPU " + gpu;
  }
}
