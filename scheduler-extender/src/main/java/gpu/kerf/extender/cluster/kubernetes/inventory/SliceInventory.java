package gpu.kerf.extender.cluster.kubernetes.inventory;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.hardware.Topology;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the ResourceSlices of NVIDIA's DRA driver ({@code gpu.nvidia.com}).
 *
 * <p>A GPU is a device of the type {@code gpu}. A MIG instance that exists is one of the type
 * {@code mig} with a uuid of its own and a capacity {@code memorySliceN} for every memory slice it
 * lies on. A {@code mig} device without uuid is one that could be created; Kerf skips it, because
 * no program creates instances for Kerf yet.
 *
 * <p>A pool is published slice by slice, so that for a while some slices are of the new generation
 * and some of the old one. Only a complete generation counts; until the new one is complete, the
 * last complete one stays valid.
 *
 * <p>Used on the thread that owns the ledger.
 */
public final class SliceInventory implements InventorySource {
  private static final Pattern SLICE = Pattern.compile("memory-?[sS]lice-?([0-9]{1,2})");
  private static final Pattern MINOR = Pattern.compile("gpu-([0-9]{1,2})");

  private final GpuCatalog catalog;
  private final Map<String, Slice> slices = new LinkedHashMap<>();
  private final Map<Pool, Generation> whole = new LinkedHashMap<>();

  /** A pool of a node. */
  private record Pool(String node, String name) {}

  /** All devices of a pool as one generation lists them. */
  private record Generation(long number, List<Device> devices) {}

  public SliceInventory(GpuCatalog catalog) {
    this.catalog = catalog;
  }

  /**
   * A slice: of which node, which generation of its pool, of how many slices that consists, and the
   * devices in it. A number of 0 is not said; then the newest generation counts as it is.
   */
  public record Slice(
      String node, String pool, long generation, int ofSlices, List<Device> devices) {}

  /** A device with its attributes as texts; of its capacity, the memory and the memory slices. */
  public record Device(
      String name, Map<String, String> attributes, String memory, List<Integer> memorySlices) {

    String attribute(String key) {
      return attributes.getOrDefault(key, "");
    }
  }

  /** Reads a ResourceSlice of any version of the API since v1beta1. */
  public static Slice read(JsonNode object) {
    JsonNode spec = object.path("spec");
    List<Device> devices = new ArrayList<>();
    for (JsonNode device : spec.path("devices")) {
      JsonNode body = device.has("basic") ? device.path("basic") : device;
      devices.add(device(device.path("name").asText(""), body));
    }
    JsonNode pool = spec.path("pool");
    return new Slice(
        spec.path("nodeName").asText(""),
        pool.path("name").asText(""),
        pool.path("generation").asLong(0),
        pool.path("resourceSliceCount").asInt(0),
        devices);
  }

  private static Device device(String name, JsonNode body) {
    Map<String, String> attributes = new HashMap<>();
    for (Map.Entry<String, JsonNode> each : body.path("attributes").properties()) {
      for (JsonNode value : each.getValue()) {
        attributes.put(each.getKey(), value.asText(""));
      }
    }
    List<Integer> lies = new ArrayList<>();
    for (Map.Entry<String, JsonNode> each : body.path("capacity").properties()) {
      Matcher slice = SLICE.matcher(each.getKey());
      if (slice.matches()) {
        lies.add(Integer.parseInt(slice.group(1)));
      }
    }
    String memory = body.path("capacity").path("memory").path("value").asText("");
    return new Device(name, Map.copyOf(attributes), memory, lies.stream().sorted().toList());
  }

  /** A slice is there or has changed; the node it was of before, if it was known. */
  public @Nullable String put(String name, Slice slice) {
    Slice before = slices.put(name, slice);
    if (before != null) {
      publish(before);
    }
    publish(slice);
    return before == null ? null : before.node;
  }

  /** A slice is gone; the node it was of, if it was known. */
  public @Nullable String remove(String name) {
    Slice slice = slices.remove(name);
    if (slice == null) {
      return null;
    }
    publish(slice);
    return slice.node;
  }

  /** Looks at the pool of a slice again: its newest generation counts as soon as it is whole. */
  private void publish(Slice changed) {
    Pool pool = new Pool(changed.node, changed.pool);
    List<Slice> there =
        slices.values().stream()
            .filter(slice -> slice.node.equals(pool.node) && slice.pool.equals(pool.name))
            .toList();
    if (there.isEmpty()) {
      whole.remove(pool);
      return;
    }
    long newest = there.stream().mapToLong(Slice::generation).max().orElse(0);
    List<Slice> current = there.stream().filter(slice -> slice.generation == newest).toList();
    int expected = current.stream().mapToInt(Slice::ofSlices).max().orElse(0);
    if (expected == 0 || current.size() == expected) {
      List<Device> devices = current.stream().flatMap(slice -> slice.devices.stream()).toList();
      whole.put(pool, new Generation(newest, devices));
    }
  }

  /** The node of a pool; empty if it is not known. */
  public String nodeOf(String pool) {
    for (Slice slice : slices.values()) {
      if (slice.pool.equals(pool)) {
        return slice.node;
      }
    }
    return "";
  }

  /** The uuid of the GPU that a device of a pool is, or lies on; empty if it is not known. */
  public String gpuOf(String pool, String device) {
    String uuid = "";
    long newest = Long.MIN_VALUE;
    for (Slice slice : slices.values()) {
      for (Device each : slice.pool.equals(pool) ? slice.devices : List.<Device>of()) {
        if (each.name.equals(device) && slice.generation >= newest) {
          newest = slice.generation;
          boolean card = each.attribute("type").equals("gpu");
          uuid = each.attribute(card ? "uuid" : "parentUUID");
        }
      }
    }
    return uuid;
  }

  @Override
  public String name() {
    return "ResourceSlices of gpu.nvidia.com";
  }

  @Override
  public @Nullable Inventory of(NodeFacts node) throws WireException {
    List<Device> devices = devices(node.name());
    if (devices.isEmpty()) {
      return null;
    }
    List<Device> cards =
        devices.stream()
            .filter(device -> device.attribute("type").equals("gpu"))
            .sorted(Comparator.comparingInt(SliceInventory::minor).thenComparing(Device::name))
            .toList();
    List<String> parents = parents(cards, devices);
    if (parents.size() > NodeSpec.MOST_GPUS) {
      throw new WireException("The ResourceSlices list (" + parents.size() + ") GPUs.");
    }
    try {
      return inventory(parents, cards, devices);
    } catch (IllegalArgumentException e) {
      throw new WireException("The ResourceSlices: " + e.getMessage());
    }
  }

  /** The devices of a node's pools, each as the last generation lists them that was whole. */
  private List<Device> devices(String node) throws WireException {
    List<Device> devices = new ArrayList<>();
    boolean any = false;
    for (Map.Entry<Pool, Generation> pool : whole.entrySet()) {
      if (pool.getKey().node.equals(node)) {
        any = true;
        devices.addAll(pool.getValue().devices);
      }
    }
    if (!any && slices.values().stream().anyMatch(slice -> slice.node.equals(node))) {
      throw new WireException(
          "The ResourceSlices of the node are not all there yet.\n"
              + "The DRA driver publishes them one after the other; if this lasts, see its log.");
    }
    return devices;
  }

  private static int minor(Device device) {
    Matcher minor = MINOR.matcher(device.name);
    return minor.lookingAt() ? Integer.parseInt(minor.group(1)) : Integer.MAX_VALUE;
  }

  /** A GPU with MIG instances may not be listed itself; its instances name it. */
  private static List<String> parents(List<Device> cards, List<Device> devices)
      throws WireException {
    Map<String, Integer> minors = new LinkedHashMap<>();
    for (Device card : cards) {
      minors.put(uuid(card, "uuid"), minor(card));
    }
    for (Device device : devices) {
      if (isInstance(device)) {
        minors.putIfAbsent(uuid(device, "parentUUID"), minor(device));
      }
    }
    return minors.entrySet().stream()
        .sorted(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey)
        .toList();
  }

  private static String uuid(Device device, String attribute) throws WireException {
    String uuid = device.attribute(attribute);
    if (uuid.isBlank()) {
      throw new WireException(
          "The device " + device.name + " of the ResourceSlices has no " + attribute + ".");
    }
    return uuid;
  }

  private static boolean isInstance(Device device) {
    return device.attribute("type").equals("mig") && !device.attribute("uuid").isEmpty();
  }

  private Inventory inventory(List<String> parents, List<Device> cards, List<Device> devices)
      throws WireException {
    List<GpuSpec> gpus = new ArrayList<>();
    Topology.Builder topology = Topology.of(parents.size());
    for (String uuid : parents) {
      List<Device> instances =
          devices.stream()
              .filter(SliceInventory::isInstance)
              .filter(device -> device.attribute("parentUUID").equals(uuid))
              .toList();
      Device card =
          cards.stream()
              .filter(device -> device.attribute("uuid").equals(uuid))
              .findFirst()
              .orElseGet(() -> instances.get(0));
      String numa = card.attribute("resource.kubernetes.io/numaNode");
      topology.numa(gpus.size(), numa.matches("[0-9]{1,3}") ? Integer.parseInt(numa) : -1);
      gpus.add(gpu(uuid, card, instances));
    }
    return new Inventory(gpus, topology.build(), 0);
  }

  private GpuSpec gpu(String uuid, Device card, List<Device> instances) throws WireException {
    boolean listed = card.attribute("type").equals("gpu");
    // What the driver calls a GPU's memory is the part that can be given away, not what the card
    // has.
    GpuModel model = Cards.named(catalog, card.attribute("productName"), memory(card, listed));
    if (instances.isEmpty()) {
      return new GpuSpec(uuid, model, model.memoryMiB(), GpuMode.PLAIN, List.of());
    }
    List<MigInstance> known = new ArrayList<>();
    for (Device instance : instances) {
      known.add(instance(instance, model));
    }
    known.sort(Comparator.comparingInt(MigInstance::start));
    return new GpuSpec(uuid, model, model.memoryMiB(), GpuMode.MIG, known);
  }

  private static int memory(Device device, boolean listed) {
    return listed && !device.memory.isEmpty() ? MemoryMiB.parse(device.memory).value() : 0;
  }

  private static MigInstance instance(Device device, GpuModel model) throws WireException {
    MigProfile profile = model.profile(device.attribute("profile"));
    if (profile == null || device.memorySlices.isEmpty()) {
      throw new WireException(
          "The device "
              + device.name
              + " does not say which MIG profile of a "
              + model.name()
              + " it is, and on which memory slices it lies.");
    }
    return new MigInstance(
        device.attribute("uuid"), profile, profile.startOfDriver(device.memorySlices.get(0)));
  }
}
