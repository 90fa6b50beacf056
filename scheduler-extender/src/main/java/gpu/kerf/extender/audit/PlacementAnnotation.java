package gpu.kerf.extender.audit;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.audit.HeldSlot.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * The annotation {@code kerf.gpu/placement} of a pod, as docs/explanation/delivery.md describes it.
 *
 * @param problems the parts that could not be read; the other parts count
 */
record PlacementAnnotation(String node, List<HeldSlot> slots, List<String> problems) {
  static final String NAME = "kerf.gpu/placement";

  static PlacementAnnotation read(String json) {
    List<HeldSlot> slots = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    String node = "";
    try {
      JsonNode record = Texts.parse(json);
      node = record.path("node").asText("");
      if (record.path("v").asInt() != 1 || node.isEmpty()) {
        problems.add("it is not a record of version 1 with a node: " + json);
      }
      for (JsonNode container : record.path("containers")) {
        slots(container, slots, problems);
      }
    } catch (UnreadableException e) {
      problems.add(e.why());
    }
    return new PlacementAnnotation(node, slots, problems);
  }

  private static void slots(JsonNode container, List<HeldSlot> slots, List<String> problems) {
    for (JsonNode slot : container.path("slots")) {
      try {
        slots.add(slot(container.path("name").asText(""), slot));
      } catch (UnreadableException e) {
        problems.add(e.why() + " in " + slot);
      }
    }
  }

  private static HeldSlot slot(String container, JsonNode slot) throws UnreadableException {
    int gpu = Texts.number(slot, "gpu");
    int memory = Texts.number(slot, "memoryMiB");
    String uuid = slot.path("uuid").asText("");
    if (slot.has("mig")) {
      JsonNode mig = slot.path("mig");
      String profile = mig.path("profile").asText("");
      String instance = mig.path("uuid").asText("");
      int start = Texts.number(mig, "start");
      return new HeldSlot(container, gpu, uuid, Kind.MIG, profile, start, 0, instance, memory, 0);
    }
    if (slot.has("mps")) {
      int multiprocessors = slot.path("mps").path("smMilli").asInt(0);
      return HeldSlot.share(container, gpu, uuid, memory, multiprocessors);
    }
    if (!slot.path("whole").asBoolean(false)) {
      throw new UnreadableException("neither whole nor mig nor mps is said");
    }
    return HeldSlot.whole(container, gpu, uuid, memory);
  }
}
