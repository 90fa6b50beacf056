package gpu.kerf.extender.cluster.kubernetes.inventory;

import gpu.kerf.extender.dialect.Quantity;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.DriverDevices;
import gpu.kerf.model.hardware.DriverDevices.Instance;
import gpu.kerf.model.hardware.DriverDevices.OfGpu;
import gpu.kerf.model.hardware.DriverDevices.Share;
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
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a DRA driver hands out on a node: the GPUs with everything that its ResourceSlices offer of
 * them, and the devices to name for it.
 *
 * <pre>
 *   the driver publishes of a GPU                   and Kerf gives
 *   MIG instances with uuids                        these instances
 *   MIG devices without uuids (it creates them)     these places, and the whole GPU if it is published
 *   the GPU, of which claims share the memory       the GPU, and shares of it
 *   the GPU                                         the GPU
 * </pre>
 *
 * <p>Where a MIG device lies is read from the {@code memory-slice} counters that it consumes, never
 * from its name. A place that the driver does not publish is not offered, nor one of which the
 * catalogue says otherwise than the counters.
 */
public final class DriverInventory {
  private static final long MIB = 1L << 20;

  private final GpuCatalog catalog;
  private final DriverPools pools;

  /** What is offered of one GPU. */
  private record Offer(GpuSpec gpu, OfGpu devices, boolean usable) {}

  public DriverInventory(GpuCatalog catalog, DriverPools pools) {
    this.catalog = catalog;
    this.pools = pools;
  }

  /** The GPUs of a node; null if the driver publishes none of it, or not yet all. */
  public @Nullable Inventory of(String node) throws WireException {
    List<DriverPools.Pool> withGpus = new ArrayList<>();
    Map<String, List<PublishedDevice>> byGpu = Map.of();
    for (DriverPools.Pool pool : pools.of(node)) {
      Map<String, List<PublishedDevice>> listed = byGpu(pool);
      if (!listed.isEmpty()) {
        withGpus.add(pool);
        byGpu = listed;
      }
    }
    if (withGpus.size() > 1) {
      refusePools(node, withGpus);
    }
    return withGpus.isEmpty() ? null : of(withGpus.get(0), byGpu);
  }

  /** A claim names the pool of each device, and a pool's counters are no other pool's. */
  private static void refusePools(String node, List<DriverPools.Pool> pools) throws WireException {
    String names =
        pools.stream().map(DriverPools.Pool::name).sorted().collect(Collectors.joining(", "));
    throw new WireException(
        "The ResourceSlices of "
            + Slice.DRIVER
            + " list GPUs of the node "
            + node
            + " in more than one pool ("
            + names
            + "), and Kerf hands out those of one.\n"
            + "If the driver has renamed its pool, delete the ResourceSlices of the old one.");
  }

  private Inventory of(DriverPools.Pool pool, Map<String, List<PublishedDevice>> byGpu)
      throws WireException {
    if (byGpu.size() > NodeSpec.MOST_GPUS) {
      throw new WireException("The ResourceSlices list (" + byGpu.size() + ") GPUs.");
    }
    try {
      return inventory(pool, byGpu);
    } catch (IllegalArgumentException e) {
      throw new WireException("The ResourceSlices: " + e.getMessage());
    }
  }

  private static Map<String, List<PublishedDevice>> byGpu(DriverPools.Pool pool)
      throws WireException {
    Map<String, List<PublishedDevice>> byGpu = new LinkedHashMap<>();
    for (PublishedDevice device :
        pool.devices().stream().sorted(SliceInventory.IN_ORDER).toList()) {
      if (device.isGpu() || device.isMig() || !device.gpu().isEmpty()) {
        String uuid =
            device.gpu().isEmpty()
                ? SliceInventory.uuid(device, device.isGpu() ? "uuid" : "parentUUID")
                : device.gpu();
        byGpu.computeIfAbsent(uuid, gpu -> new ArrayList<>()).add(device);
      }
    }
    return byGpu;
  }

  private Inventory inventory(DriverPools.Pool pool, Map<String, List<PublishedDevice>> byGpu)
      throws WireException {
    List<GpuSpec> gpus = new ArrayList<>();
    List<OfGpu> devices = new ArrayList<>();
    Topology.Builder topology = Topology.of(byGpu.size());
    long unusable = 0;
    for (Map.Entry<String, List<PublishedDevice>> each : byGpu.entrySet()) {
      Offer offer = offer(each.getKey(), each.getValue());
      refuseScarceCounters(offer, pool);
      String numa = each.getValue().get(0).attribute("resource.kubernetes.io/numaNode");
      topology.numa(gpus.size(), numa.matches("[0-9]{1,3}") ? Integer.parseInt(numa) : -1);
      unusable |= offer.usable ? 0 : 1L << gpus.size();
      gpus.add(offer.gpu);
      devices.add(offer.devices);
    }
    return new Inventory(
        gpus, topology.build(), unusable, new DriverDevices(Slice.DRIVER, pool.name(), devices));
  }

  private static void refuseScarceCounters(Offer offer, DriverPools.Pool pool)
      throws WireException {
    if (offer.gpu.mode() != GpuMode.MIG_DYNAMIC) {
      return;
    }
    String scarce =
        new CounterCheck(offer.gpu.model(), offer.devices.instances(), pool)
            .scarce(pool.counterSets());
    if (scarce != null) {
      throw new WireException(
          "The counter ("
              + scarce
              + ") of the ResourceSlices is less than MIG instances of a "
              + offer.gpu.model().name()
              + " may consume together, so that Kerf cannot tell what fits.\n"
              + "Maybe the catalogue has other profiles than the card; see"
              + " docs/how-to/add-a-gpu-model.md.");
    }
  }

  private Offer offer(String uuid, List<PublishedDevice> ofGpu) throws WireException {
    PublishedDevice card = ofGpu.stream().filter(PublishedDevice::isGpu).findFirst().orElse(null);
    PublishedDevice any = card == null ? ofGpu.get(0) : card;
    GpuModel model =
        Cards.named(
            catalog, any.attribute("productName"), SliceInventory.memory(any, card != null));
    List<PublishedDevice> healthy = ofGpu.stream().filter(each -> !each.tainted()).toList();
    boolean usable = card == null ? !healthy.isEmpty() : !card.tainted();
    List<PublishedDevice> existing = healthy.stream().filter(PublishedDevice::isInstance).toList();
    if (ofGpu.stream().anyMatch(PublishedDevice::isInstance)) {
      return existing(uuid, model, existing, usable);
    }
    List<Instance> places = places(model, healthy);
    GpuModel offered = model.offering(profile -> starts(profile, places));
    String whole = card == null ? null : card.name();
    if (offered.migCapable() && !places.isEmpty()) {
      GpuSpec gpu = new GpuSpec(uuid, offered, offered.memoryMiB(), GpuMode.MIG_DYNAMIC, List.of());
      return new Offer(gpu, new OfGpu(whole, places(offered, healthy), null), usable);
    }
    Share share = share(healthy);
    int missing = share == null ? 0 : Math.max(0, model.shareableMiB() - share.memoryMiB());
    GpuSpec gpu = new GpuSpec(uuid, model, model.memoryMiB() - missing, GpuMode.PLAIN, List.of());
    return new Offer(gpu, new OfGpu(whole, List.of(), share), usable);
  }

  private static Offer existing(
      String uuid, GpuModel model, List<PublishedDevice> devices, boolean usable)
      throws WireException {
    List<MigInstance> instances = new ArrayList<>();
    List<Instance> named = new ArrayList<>();
    for (PublishedDevice device : devices) {
      MigInstance instance = SliceInventory.instance(device, model);
      instances.add(instance);
      named.add(new Instance(instance.profile(), instance.start(), device.name()));
    }
    instances.sort(Comparator.comparingInt(MigInstance::start));
    GpuSpec gpu = new GpuSpec(uuid, model, model.memoryMiB(), GpuMode.MIG, instances);
    return new Offer(gpu, new OfGpu(null, named, null), usable);
  }

  /** The MIG devices that the driver can create, where they lie as the model says. */
  private static List<Instance> places(GpuModel model, List<PublishedDevice> devices) {
    Map<String, Instance> places = new HashMap<>();
    for (PublishedDevice device : devices) {
      Instance place = device.isMig() ? place(model, device) : null;
      if (place != null) {
        places.putIfAbsent(place.profile().name() + "@" + place.start(), place);
      }
    }
    return places.values().stream()
        .sorted(
            Comparator.comparingInt((Instance place) -> place.profile().index())
                .thenComparingInt(Instance::start))
        .toList();
  }

  /** Where a MIG device lies by its counters; null if that is no place of its profile. */
  public static @Nullable Instance place(GpuModel model, PublishedDevice device) {
    MigProfile profile = model.profile(device.attribute("profile"));
    List<Integer> slices = device.memorySlices();
    if (profile == null || slices.isEmpty()) {
      return null;
    }
    int start = profile.sliceOfDriver(slices.get(0));
    int last = slices.get(slices.size() - 1);
    boolean oneBlock = last - slices.get(0) + 1 == slices.size();
    boolean asLarge = slices.size() == profile.size() * model.placementUnit();
    return start >= 0 && oneBlock && asLarge ? new Instance(profile, start, device.name()) : null;
  }

  private static int starts(MigProfile profile, List<Instance> places) {
    return places.stream()
        .filter(place -> place.profile().equals(profile))
        .mapToInt(place -> 1 << place.start())
        .reduce(0, (one, other) -> one | other);
  }

  private static @Nullable Share share(List<PublishedDevice> devices) {
    for (PublishedDevice device : devices) {
      PublishedDevice.Sharing sharing = device.sharing();
      if (sharing != null && sharing.anyAmount() && !device.memory().isEmpty()) {
        long memory = bytes(device.memory()) / MIB;
        long step = sharing.step().isEmpty() ? 1 : bytes(sharing.step());
        long least = sharing.least().isEmpty() ? step : bytes(sharing.least());
        if (inMebibytes(least, step)) {
          return new Share(
              device.name(),
              (int) memory,
              (int) Math.max(1, least / MIB),
              (int) Math.max(1, step / MIB));
        }
      }
    }
    return null;
  }

  /** Whether some whole numbers of MiB are valid parts, and which can be said in MiB. */
  private static boolean inMebibytes(long least, long step) {
    return step > 0 && least % step == 0 && (MIB % step == 0 || step % MIB == 0);
  }

  private static long bytes(String written) {
    return Quantity.thousandths(written) / 1000;
  }
}
