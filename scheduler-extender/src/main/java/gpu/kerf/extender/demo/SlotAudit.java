package gpu.kerf.extender.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Checks that no part of a GPU is ever given to two pods, from nothing but the placements that were
 * written on them.
 *
 * <p>It shares no code with the ledger: what is on a GPU is a list, and every newcomer is compared
 * with everybody there.
 */
final class SlotAudit {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** What a pod holds of one GPU. {@code mask} are MIG slices, {@code smMilli} is of a share. */
  record Held(String uid, Kind kind, int memoryMiB, int mask, int smMilli) {}

  /** How it is held. */
  enum Kind {
    WHOLE,
    MIG,
    SHARE
  }

  private final Map<String, List<List<Held>>> nodes = new LinkedHashMap<>();
  private final Map<String, NodeSpec> specs = new LinkedHashMap<>();
  private final List<String> violations = new ArrayList<>();
  private long heldMiB;

  SlotAudit(List<NodeSpec> fleet) {
    for (NodeSpec node : fleet) {
      List<List<Held>> gpus = new ArrayList<>();
      node.gpus().forEach(gpu -> gpus.add(new ArrayList<>()));
      nodes.put(node.name(), gpus);
      specs.put(node.name(), node);
    }
  }

  /** A pod was bound to a node with this placement record. */
  void bound(String uid, String node, String record) {
    JsonNode placement = read(uid, record);
    NodeSpec spec = specs.get(node);
    if (spec == null || !placement.path("node").asText().equals(node)) {
      violations.add(uid + " is bound to " + node + ", but its placement says " + record);
      return;
    }
    for (JsonNode container : placement.path("containers")) {
      for (JsonNode slot : container.path("slots")) {
        hold(uid, spec, slot);
      }
    }
  }

  private JsonNode read(String uid, String record) {
    try {
      return JSON.readTree(record);
    } catch (JsonProcessingException e) {
      violations.add("The placement of " + uid + " is not JSON: " + record);
      return JSON.missingNode();
    }
  }

  private void hold(String uid, NodeSpec node, JsonNode slot) {
    int index = slot.path("gpu").asInt(-1);
    if (index < 0 || index >= node.gpus().size()) {
      violations.add(uid + " holds GPU " + index + " of " + node.name() + ", which is not there");
      return;
    }
    GpuSpec gpu = node.gpus().get(index);
    Held held = held(uid, gpu, slot);
    List<Held> there = gpus(node.name()).get(index);
    String trouble = trouble(gpu, held, there);
    if (!trouble.isEmpty()) {
      violations.add(
          "%s on GPU %d of %s: %s (%s beside %s)"
              .formatted(uid, index, node.name(), trouble, held, there));
    }
    there.add(held);
    heldMiB += held.memoryMiB();
  }

  private List<List<Held>> gpus(String node) {
    return Objects.requireNonNull(nodes.get(node));
  }

  private Held held(String uid, GpuSpec gpu, JsonNode slot) {
    int memory = slot.path("memoryMiB").asInt();
    if (slot.has("mig")) {
      MigProfile profile = gpu.model().profile(slot.at("/mig/profile").asText());
      int mask = profile == null ? 0 : mask(profile, slot.at("/mig/start").asInt(-1));
      if (mask == 0) {
        violations.add(uid + " holds a MIG instance that cannot be: " + slot);
      }
      return new Held(uid, Kind.MIG, memory, mask, 0);
    }
    return slot.path("whole").asBoolean()
        ? new Held(uid, Kind.WHOLE, memory, 0, 0)
        : new Held(uid, Kind.SHARE, memory, 0, slot.at("/mps/smMilli").asInt());
  }

  /** The slices of an instance by the start that the driver gives it; 0 if it gives no such. */
  private static int mask(MigProfile profile, int driverStart) {
    for (int start = 0; start < Byte.SIZE; start++) {
      if (profile.startsAt(start) && profile.driverStart(start) == driverStart) {
        return profile.maskAt(start);
      }
    }
    return 0;
  }

  /** Why a newcomer may not be beside those who are there; empty if it may. */
  private static String trouble(GpuSpec gpu, Held held, List<Held> there) {
    if ((held.kind() == Kind.MIG) != (gpu.mode() != GpuMode.PLAIN)) {
      return "a " + held.kind() + " on a GPU in mode " + gpu.mode().word();
    }
    int memory = held.memoryMiB();
    int sm = held.smMilli();
    for (Held other : there) {
      if (other.kind() != held.kind() || held.kind() == Kind.WHOLE) {
        return "the GPU is held already";
      }
      if ((other.mask() & held.mask()) != 0) {
        return "the slices are held already";
      }
      memory += other.memoryMiB();
      sm += other.smMilli();
    }
    if (memory > gpu.memoryMiB()) {
      return "more memory is promised than there is";
    }
    return sm > 1000 ? "more multiprocessors are promised than there are" : "";
  }

  /** A pod is gone, and holds nothing any more. */
  void gone(String uid, String node) {
    if (nodes.containsKey(node)) {
      for (List<Held> gpu : gpus(node)) {
        for (Held held : gpu) {
          heldMiB -= held.uid().equals(uid) ? held.memoryMiB() : 0;
        }
        gpu.removeIf(held -> held.uid().equals(uid));
      }
    }
  }

  /** What is on the GPUs of a node, by index. */
  List<List<Held>> on(String node) {
    return gpus(node);
  }

  long heldMiB() {
    return heldMiB;
  }

  /** How many GPUs somebody holds a part of. */
  int gpusInUse() {
    int used = 0;
    for (List<List<Held>> gpus : nodes.values()) {
      for (List<Held> gpu : gpus) {
        used += gpu.isEmpty() ? 0 : 1;
      }
    }
    return used;
  }

  /** Everything that should not be. */
  List<String> violations() {
    return violations;
  }
}
