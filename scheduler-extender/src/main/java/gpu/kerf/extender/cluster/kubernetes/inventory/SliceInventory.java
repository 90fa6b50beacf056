package gpu.kerf.extender.cluster.kubernetes.inventory;

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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads from the ResourceSlices of NVIDIA's DRA driver ({@code gpu.nvidia.com}) which GPUs and MIG
 * instances exist.
 *
 * <p>A GPU is a device of the type {@code gpu}. A MIG instance that exists is one of the type
 * {@code mig} with a uuid of its own. A {@code mig} device without uuid is one that the driver
 * could create; it counts only where the driver hands the GPUs out ({@link DriverInventory}).
 */
public final class SliceInventory implements InventorySource {
  private static final Pattern MINOR = Pattern.compile("gpu-([0-9]{1,2})");

  static final Comparator<PublishedDevice> IN_ORDER =
      Comparator.comparingInt(SliceInventory::minor).thenComparing(PublishedDevice::name);

  private final GpuCatalog catalog;
  private final DriverPools pools;

  public SliceInventory(GpuCatalog catalog, DriverPools pools) {
    this.catalog = catalog;
    this.pools = pools;
  }

  @Override
  public String name() {
    return "ResourceSlices of gpu.nvidia.com";
  }

  @Override
  public @Nullable Inventory of(NodeFacts node) throws WireException {
    List<PublishedDevice> devices = pools.devices(node.name());
    if (devices.isEmpty()) {
      return null;
    }
    List<PublishedDevice> cards =
        devices.stream().filter(device -> device.isGpu()).sorted(IN_ORDER).toList();
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

  static int minor(PublishedDevice device) {
    Matcher minor = MINOR.matcher(device.name());
    return minor.lookingAt() ? Integer.parseInt(minor.group(1)) : Integer.MAX_VALUE;
  }

  /** A GPU with MIG instances may not be listed itself; its instances name it. */
  private static List<String> parents(List<PublishedDevice> cards, List<PublishedDevice> devices)
      throws WireException {
    Map<String, Integer> minors = new LinkedHashMap<>();
    for (PublishedDevice card : cards) {
      minors.put(uuid(card, "uuid"), minor(card));
    }
    for (PublishedDevice device : devices) {
      if (device.isInstance()) {
        minors.putIfAbsent(uuid(device, "parentUUID"), minor(device));
      }
    }
    return minors.entrySet().stream()
        .sorted(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey)
        .toList();
  }

  static String uuid(PublishedDevice device, String attribute) throws WireException {
    String uuid = device.attribute(attribute);
    if (uuid.isBlank()) {
      throw new WireException(
          "The device " + device.name() + " of the ResourceSlices has no " + attribute + ".");
    }
    return uuid;
  }

  private Inventory inventory(
      List<String> parents, List<PublishedDevice> cards, List<PublishedDevice> devices)
      throws WireException {
    List<GpuSpec> gpus = new ArrayList<>();
    Topology.Builder topology = Topology.of(parents.size());
    for (String uuid : parents) {
      List<PublishedDevice> instances =
          devices.stream()
              .filter(PublishedDevice::isInstance)
              .filter(device -> device.attribute("parentUUID").equals(uuid))
              .toList();
      PublishedDevice card =
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

  private GpuSpec gpu(String uuid, PublishedDevice card, List<PublishedDevice> instances)
      throws WireException {
    boolean listed = card.isGpu();
    // What the driver calls a GPU's memory is the part that can be given away, not what the card
    // has.
    GpuModel model = Cards.named(catalog, card.attribute("productName"), memory(card, listed));
    if (instances.isEmpty()) {
      return new GpuSpec(uuid, model, model.memoryMiB(), GpuMode.PLAIN, List.of());
    }
    List<MigInstance> known = new ArrayList<>();
    for (PublishedDevice instance : instances) {
      known.add(instance(instance, model));
    }
    known.sort(Comparator.comparingInt(MigInstance::start));
    return new GpuSpec(uuid, model, model.memoryMiB(), GpuMode.MIG, known);
  }

  static int memory(PublishedDevice device, boolean listed) {
    return listed && !device.memory().isEmpty() ? MemoryMiB.parse(device.memory()).value() : 0;
  }

  static MigInstance instance(PublishedDevice device, GpuModel model) throws WireException {
    MigProfile profile = model.profile(device.attribute("profile"));
    if (profile == null || device.memorySlices().isEmpty()) {
      throw new WireException(
          "The device "
              + device.name()
              + " does not say which MIG profile of a "
              + model.name()
              + " it is, and on which memory slices it lies.");
    }
    return new MigInstance(
        device.attribute("uuid"), profile, profile.startOfDriver(device.memorySlices().get(0)));
  }
}
