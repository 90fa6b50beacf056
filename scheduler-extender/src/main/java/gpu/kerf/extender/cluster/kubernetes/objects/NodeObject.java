package gpu.kerf.extender.cluster.kubernetes.objects;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.cluster.NodeRules;
import gpu.kerf.extender.cluster.kubernetes.inventory.HamiInventory;
import gpu.kerf.extender.cluster.kubernetes.inventory.NodeFacts;
import gpu.kerf.extender.dialect.Quantity;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The parts of a node object that Kerf keeps.
 *
 * @param managed whether Kerf hands out its GPUs
 * @param kubelet what is known of the kubelet
 * @param devicePlugin whether a device plugin has registered NVIDIA's resources
 * @param givesGpus whether the kubelet has devices of {@code nvidia.com/gpu} to give to pods
 * @param rules of a node that is managed; those of others are empty
 * @param advertised the amounts of Kerf's and gpushare's resources that it advertises, by name, as
 *     they are written
 */
public record NodeObject(
    NodeFacts facts,
    boolean managed,
    Kubelet kubelet,
    boolean devicePlugin,
    boolean givesGpus,
    int cpuMilli,
    int memoryMiB,
    NodeRules rules,
    Map<String, String> advertised) {

  private static final NodeRules NO_RULES = new NodeRules(Map.of(), List.of(), false);
  static final String MANAGED = "kerf.gpu/managed";

  /**
   * The kubelet of a node.
   *
   * @param silent whether the control plane has not heard of it for a while
   * @param bootId which start of the machine it is; empty if it does not say
   * @param version such as {@code v1.36.3}; empty if it does not say
   */
  public record Kubelet(boolean silent, String bootId, String version) {
    static final Kubelet UNKNOWN = new Kubelet(false, "", "");

    private static final Pattern VERSION = Pattern.compile("v?([0-9]{1,3})\\.([0-9]{1,3}).*");

    /** Older ones start a pod without the devices of the claim that Kerf writes for it. */
    private static final int FIRST_MINOR_WITH_DRA = 36;

    Kubelet(boolean silent, String bootId) {
      this(silent, bootId, "");
    }

    /** Whether it is 1.36 or newer. */
    boolean handsOutByDra() {
      Matcher parts = VERSION.matcher(version);
      return parts.matches()
          && (Integer.parseInt(parts.group(1)) > 1
              || (Integer.parseInt(parts.group(1)) == 1
                  && Integer.parseInt(parts.group(2)) >= FIRST_MINOR_WITH_DRA));
    }

    static Kubelet read(JsonNode status) {
      boolean silent = false;
      for (JsonNode condition : status.path("conditions")) {
        silent |=
            condition.path("type").asText("").equals("Ready")
                && condition.path("status").asText("").equals("Unknown");
      }
      JsonNode info = status.path("nodeInfo");
      return new Kubelet(
          silent, info.path("bootID").asText(""), info.path("kubeletVersion").asText(""));
    }
  }

  static NodeObject read(String name, JsonNode object) throws WireException {
    JsonNode metadata = object.path("metadata");
    Map<String, String> labels =
        texts(
            metadata.path("labels"),
            key -> key.startsWith("nvidia.com/") || key.equals(NodeDelivery.LABEL));
    Map<String, String> annotations =
        texts(
            metadata.path("annotations"),
            key -> key.equals(Annotations.INVENTORY) || key.equals(HamiInventory.ANNOTATION));
    boolean managed = metadata.path("labels").path(MANAGED).asText("").equals("true");
    JsonNode status = object.path("status");
    JsonNode allocatable = status.path("allocatable");
    return new NodeObject(
        managed
            ? new NodeFacts(name, labels, annotations)
            : new NodeFacts(name, Map.of(), Map.of()),
        managed,
        Kubelet.read(status),
        hasDevicePlugin(status.path("capacity")),
        !allocatable.path("nvidia.com/gpu").asText("0").equals("0"),
        amount(allocatable, "cpu", Quantity::cpuMilli),
        amount(allocatable, "memory", Quantity::memoryMiB),
        managed ? rules(metadata.path("labels"), object.path("spec")) : NO_RULES,
        texts(
            status.path("capacity"),
            key -> key.startsWith("kerf.gpu/") || key.equals(NodeDelivery.GPUSHARE_MEMORY)));
  }

  /** A resource of a plugin that has gone stays, with the amount 0. */
  private static boolean hasDevicePlugin(JsonNode capacity) {
    for (Map.Entry<String, JsonNode> each : capacity.properties()) {
      if (each.getKey().startsWith("nvidia.com/") && !each.getValue().asText("").equals("0")) {
        return true;
      }
    }
    return false;
  }

  private static NodeRules rules(JsonNode labels, JsonNode spec) {
    List<NodeRules.Taint> taints = new ArrayList<>();
    for (JsonNode taint : spec.path("taints")) {
      taints.add(
          new NodeRules.Taint(
              taint.path("key").asText(""),
              taint.path("value").asText(""),
              taint.path("effect").asText("")));
    }
    // Most nodes have the same values as the next one, and there are many labels on each.
    Map<String, String> shared = new HashMap<>(texts(labels, key -> true));
    shared.replaceAll((key, value) -> value.intern());
    return new NodeRules(shared, taints, spec.path("unschedulable").asBoolean(false));
  }

  private static Map<String, String> texts(JsonNode object, Predicate<String> wanted) {
    Map<String, String> texts = new HashMap<>();
    for (Map.Entry<String, JsonNode> each : object.properties()) {
      if (wanted.test(each.getKey())) {
        texts.put(each.getKey(), each.getValue().asText(""));
      }
    }
    return Map.copyOf(texts);
  }

  /** Reads an amount. */
  private interface Unit {
    long of(String written);
  }

  private static int amount(JsonNode resources, String key, Unit unit) throws WireException {
    String written = resources.path(key).asText("");
    try {
      return written.isEmpty()
          ? NodeSpec.UNKNOWN
          : (int) Math.min(unit.of(written), NodeSpec.UNKNOWN);
    } catch (IllegalArgumentException e) {
      throw new WireException("The allocatable " + key + ": " + e.getMessage());
    }
  }
}
