package gpu.kerf.extender.audit;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads objects of the API server, in any order, and keeps what an audit needs of them.
 *
 * <p>A pod holds from its binding until its containers are over; one that is being deleted holds as
 * long as its object is there.
 */
public final class ClusterReader {
  private static final String HAMI_DEVICES = "hami.io/vgpu-devices-allocated";
  private static final String HAMI_INSTANCES = "hami.io/vgpu-mig-allocations";
  private static final String GPUSHARE_INDEX = "ALIYUN_COM_GPU_MEM_IDX";
  private static final Set<String> DEVICE_PLUGIN = Set.of("nvidia.com/gpu", "nvidia.com/mig-");

  private final Map<String, NodeGpus> inventories = new LinkedHashMap<>();
  private final Map<String, NodeGpus> others = new LinkedHashMap<>();
  private final DeviceSlices slices = new DeviceSlices();
  private final DeviceClaims claims = new DeviceClaims();
  private final List<Holding> holdings = new ArrayList<>();
  private final Set<String> alive = new HashSet<>();

  /** Nodes whose label says that a DRA driver hands out their GPUs. */
  private final Set<String> byDriver = new HashSet<>();

  /** Nodes whose label says that HAMi's device plugin makes MIG instances. */
  private final Set<String> byHami = new HashSet<>();

  private final Map<Claimant, String> unnamed = new LinkedHashMap<>();
  private final List<Finding> findings = new ArrayList<>();

  /**
   * Reads one object.
   *
   * @param kind such as {@code Pod}
   * @return false if objects of this kind say nothing of GPUs
   */
  public boolean add(String kind, JsonNode object) {
    switch (kind) {
      case "Pod" -> pod(object);
      case "Node" -> node(object);
      case "ResourceSlice" -> slices.add(object);
      case "ResourceClaim" -> claims.add(object);
      default -> {
        return false;
      }
    }
    return true;
  }

  private void node(JsonNode node) {
    String name = Texts.name(node);
    switch (Texts.label(node, "kerf.gpu/delivery")) {
      case "dra" -> byDriver.add(name);
      case "hami-mig" -> byHami.add(name);
      default -> {
        // What says most of the node's GPUs counts.
      }
    }
    try {
      others.put(name, ReportedGpus.none(name));
      inventories.put(name, ReportedGpus.ofInventory(node));
      others.put(name, ReportedGpus.ofOthers(node));
    } catch (UnreadableException e) {
      inventories.putIfAbsent(name, new NodeGpus(name, "", false, List.of()));
      String text = "The inventory of node " + name + " cannot be read: " + e.why() + ".";
      findings.add(new Finding(Rule.UNREADABLE, name, -1, "", List.of(), text));
    }
  }

  private void pod(JsonNode pod) {
    String node = pod.at("/spec/nodeName").asText("");
    String phase = pod.at("/status/phase").asText("");
    boolean over = phase.equals("Succeeded") || phase.equals("Failed");
    if (!over) {
      alive.add(pod.at("/metadata/uid").asText(""));
    }
    if (node.isEmpty() || over) {
      return;
    }
    JsonNode meta = pod.path("metadata");
    Claimant holder =
        Claimant.pod(
            meta.path("namespace").asText(""),
            meta.path("name").asText(""),
            meta.path("uid").asText(""));
    String record = Texts.annotation(pod, PlacementAnnotation.NAME);
    if (record.isEmpty()) {
      ofOtherScheduler(pod, holder, node);
    } else {
      placed(PlacementAnnotation.read(record), holder, node);
    }
  }

  private void placed(PlacementAnnotation record, Claimant holder, String node) {
    for (String problem : record.problems()) {
      String text = "The placement of " + holder + " cannot be read: " + problem + ".";
      findings.add(new Finding(Rule.UNREADABLE, node, -1, "", List.of(holder), text));
    }
    if (!record.node().isEmpty() && !record.node().equals(node)) {
      String text =
          "%s is bound to node %s, and its placement is of node %s."
              .formatted(holder, node, record.node());
      findings.add(new Finding(Rule.OTHER_NODE, node, -1, "", List.of(holder), text));
    }
    holdings.add(new Holding(holder, node, record.slots()));
  }

  private void ofOtherScheduler(JsonNode pod, Claimant holder, String node) {
    List<HeldSlot> slots = reserved(Texts.annotation(pod, HAMI_INSTANCES));
    Set<String> cut = new HashSet<>();
    slots.forEach(slot -> cut.add(slot.uuid()));
    for (String word : Texts.annotation(pod, HAMI_DEVICES).split("[,:;\\s]", -1)) {
      if (word.startsWith("GPU-") && !cut.contains(word)) {
        slots.add(HeldSlot.foreign(-1, word));
      }
    }
    String index = Texts.annotation(pod, GPUSHARE_INDEX);
    if (slots.isEmpty() && index.matches("[0-9]{1,3}")) {
      slots.add(HeldSlot.foreign(Integer.parseInt(index), ""));
    }
    if (!slots.isEmpty()) {
      holdings.add(new Holding(holder, node, slots));
    } else if (asksDevicePlugin(pod) && !pod.path("status").has("extendedResourceClaimStatus")) {
      unnamed.put(holder, node);
    }
  }

  /** The instances that HAMi's scheduler says; none if that cannot be read. */
  private static List<HeldSlot> reserved(String text) {
    List<HeldSlot> slots = new ArrayList<>();
    try {
      for (JsonNode each : text.isEmpty() ? List.<JsonNode>of() : Texts.parse(text)) {
        slots.add(
            HeldSlot.reserved(
                each.path("gpuUUID").asText(""),
                each.path("profile").asText(""),
                Texts.number(each.path("placement"), "start"),
                Texts.number(each.path("placement"), "size"),
                each.path("migUUID").asText("")));
      }
      return slots;
    } catch (UnreadableException e) {
      return new ArrayList<>();
    }
  }

  private static boolean asksDevicePlugin(JsonNode pod) {
    for (String kind : List.of("containers", "initContainers")) {
      for (JsonNode container : pod.path("spec").path(kind)) {
        for (var limit : container.at("/resources/limits").properties()) {
          if (DEVICE_PLUGIN.stream().anyMatch(limit.getKey()::startsWith)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /** Everything that was read, in a form that can be compared. */
  public AuditInput input() {
    List<Holding> all = new ArrayList<>(holdings);
    List<Finding> found = new ArrayList<>(findings);
    claims.resolve(slices, alive, all, found);
    Set<String> used = new HashSet<>();
    holdings.forEach(holding -> used.add(holding.node()));
    unnamed.forEach(
        (holder, node) -> {
          if (used.contains(node)) {
            found.add(unnamed(holder, node));
          }
        });
    return new AuditInput(nodes(), all, found);
  }

  private static Finding unnamed(Claimant holder, String node) {
    String text =
        "%s has devices of a device plugin on node %s, where pods of Kerf run; no object names them."
            .formatted(holder, node);
    return new Finding(Rule.UNKNOWN_DEVICES, node, -1, "", List.of(holder), text);
  }

  /**
   * Of every node what says most: Kerf's annotation, ResourceSlices, HAMi, labels. Where a DRA
   * driver hands out the GPUs, its ResourceSlices come first, and where HAMi's device plugin makes
   * MIG instances, what it has registered.
   */
  private List<NodeGpus> nodes() {
    Map<String, NodeGpus> bySlices = slices.nodes();
    List<NodeGpus> nodes = new ArrayList<>();
    for (Map.Entry<String, NodeGpus> each : inventories.entrySet()) {
      NodeGpus own = each.getValue();
      NodeGpus sliced = bySlices.get(each.getKey());
      NodeGpus other = others.getOrDefault(each.getKey(), own);
      if (byHami.contains(each.getKey())) {
        nodes.add(other);
        continue;
      }
      NodeGpus next = sliced != null ? sliced : own.complete() ? other : own;
      boolean slicesFirst = sliced != null && byDriver.contains(each.getKey());
      nodes.add(own.gpus().isEmpty() || slicesFirst ? next : own);
    }
    return nodes;
  }
}
