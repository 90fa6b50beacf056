package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How many thousandths of GPUs a pod counts as, at least and at most: the oracle does not know how
 * much of a card Kerf leaves for shares, so it asks for nothing between the two.
 */
final class GpuParts {
  private static final long WHOLE = 1000;

  /** Kerf never leaves less of a card's memory for shares, in percent. */
  private static final long SHAREABLE = 85;

  private final Map<String, Gpu.Model> models = new HashMap<>();

  GpuParts(List<SimulatedNode> nodes) {
    for (SimulatedNode node : nodes) {
      models.put(node.name(), node.gpus().get(0).model());
    }
  }

  /** What a bound pod holds at least by its record; nothing if it has none. */
  long least(PodObject pod) {
    long sum = 0;
    for (JsonNode slot : slots(pod)) {
      sum += least(slot, model(pod.node()));
    }
    return sum;
  }

  private static long least(JsonNode slot, Gpu.Model model) {
    if (slot.has("mig")) {
      return ofProfile(slot.path("mig").path("profile").asText(""), model);
    }
    long memory = slot.path("memoryMiB").asLong() * WHOLE / model.memoryMiB;
    return slot.has("mps")
        ? Math.min(WHOLE, Math.max(memory, slot.path("mps").path("smMilli").asLong()))
        : WHOLE;
  }

  private static long ofProfile(String profile, Gpu.Model model) {
    String gigabytes = profile.substring(profile.indexOf('.') + 1, profile.indexOf("gb"));
    return Long.parseLong(gigabytes) * WHOLE / (model.memoryMiB / 1000);
  }

  /** What a pod holds at most, or would on any node. */
  long most(PodObject pod) {
    long bound = 0;
    for (JsonNode slot : slots(pod)) {
      boolean share = slot.has("mps");
      long least = least(slot, model(pod.node()));
      bound += share ? Math.min(WHOLE, least * 100 / SHAREABLE + 1) : least + 1;
    }
    return pod.isBound() ? bound : mostAsked(pod);
  }

  /** A share of a card, an instance or a whole card for each container. */
  private static long mostAsked(PodObject pod) {
    Amounts asked = pod.amounts();
    return asked.whole() * WHOLE + (asked.memoryMiB() > 0 ? WHOLE * pod.containers().size() : 0);
  }

  private Gpu.Model model(String node) {
    return models.getOrDefault(node, Gpu.Model.H100);
  }

  private static List<JsonNode> slots(PodObject pod) {
    String record = pod.annotation("kerf.gpu/placement");
    List<JsonNode> slots = new java.util.ArrayList<>();
    try {
      for (JsonNode container : Stored.JSON.readTree(record).path("containers")) {
        container.path("slots").forEach(slots::add);
      }
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(record, e);
    }
    return slots;
  }
}
