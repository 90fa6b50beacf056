package gpu.kerf.model.hardware;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A node as it was inventoried: its GPUs in index order, how they are linked, its CPU and its
 * memory.
 *
 * @param cpuMilli allocatable CPU in thousandths; {@link #UNKNOWN} where it is not counted
 * @param hostMemoryMiB allocatable memory; {@link #UNKNOWN} where it is not counted
 * @param delivery how its containers receive their devices
 * @param devices the devices by which a DRA driver, or HAMi's plugin in MIG mode, hands out its
 *     GPUs; null where GPUs are handed out by their own names
 */
public record NodeSpec(
    String name,
    List<GpuSpec> gpus,
    Topology topology,
    int cpuMilli,
    int hostMemoryMiB,
    DeliveryWay delivery,
    @Nullable DriverDevices devices) {

  /** More than any node has: a resource that is not counted never refuses a pod. */
  public static final int UNKNOWN = 1 << 30;

  /** Sets of GPUs of one node are the bits of a long. */
  public static final int MOST_GPUS = 64;

  public NodeSpec {
    gpus = List.copyOf(gpus);
    if (name.isBlank()) {
      throw new IllegalArgumentException(
          "The node's name (" + name + ") is blank.\nMaybe it was read from the wrong field.");
    }
    if (gpus.size() > MOST_GPUS) {
      throw new IllegalArgumentException(
          "The number of GPUs of node "
              + name
              + " ("
              + gpus.size()
              + ") is more than "
              + MOST_GPUS
              + ".\nMaybe two nodes were taken for one.");
    }
    refuseTwins(name, gpus);
    if (topology.size() != gpus.size()) {
      throw new IllegalArgumentException(
          "The topology of node "
              + name
              + " has ("
              + topology.size()
              + ") GPUs, but the node has "
              + gpus.size()
              + ".\nMaybe a GPU was added or removed: take the inventory again.");
    }
    refuseOtherDevices(name, gpus, delivery, devices);
    if (cpuMilli < 0 || hostMemoryMiB < 0 || cpuMilli > UNKNOWN || hostMemoryMiB > UNKNOWN) {
      throw new IllegalArgumentException(
          "The CPU ("
              + cpuMilli
              + "m) and memory ("
              + hostMemoryMiB
              + "Mi) of node "
              + name
              + " must be between 0 and "
              + UNKNOWN
              + ".\nMaybe they were written in other units.");
    }
  }

  private static void refuseOtherDevices(
      String name, List<GpuSpec> gpus, DeliveryWay delivery, @Nullable DriverDevices devices) {
    if (delivery.namesDevices() != (devices != null)
        || (devices != null && devices.gpus().size() != gpus.size())) {
      throw new IllegalArgumentException(
          "The delivery of node "
              + name
              + " is ("
              + delivery.word()
              + "), and the number of its GPUs with devices of that program is "
              + (devices == null ? 0 : devices.gpus().size())
              + " of "
              + gpus.size()
              + ".\nMaybe the devices are of another inventory.");
    }
  }

  private static void refuseTwins(String name, List<GpuSpec> gpus) {
    Set<String> uuids = new HashSet<>();
    for (GpuSpec gpu : gpus) {
      refuseSecond(name, gpu.uuid(), uuids);
      gpu.instances().forEach(instance -> refuseSecond(name, instance.uuid(), uuids));
    }
  }

  private static void refuseSecond(String name, @Nullable String uuid, Set<String> uuids) {
    if (uuid != null && !uuids.add(uuid)) {
      throw new IllegalArgumentException(
          "The UUID ("
              + uuid
              + ") stands twice in the inventory of node "
              + name
              + ".\nEvery GPU and every MIG instance has its own: take the inventory again.");
    }
  }

  /**
   * Whether a GPU can be given whole. A DRA driver may offer that also of one that it cuts on
   * demand; HAMi's plugin in MIG mode does not.
   */
  public boolean givesWhole(int gpu) {
    return devices == null
        ? gpus.get(gpu).mode() == GpuMode.PLAIN
        : gpus.get(gpu).mode() != GpuMode.MIG && devices.of(gpu).whole() != null;
  }

  /** Whether a GPU can be shared by MPS, or by what a DRA driver offers in its place. */
  public boolean givesShares(int gpu) {
    return gpus.get(gpu).mode() == GpuMode.PLAIN
        && (devices == null || devices.of(gpu).share() != null);
  }

  /** The index of the GPU with this UUID, or -1. */
  public int indexOfGpu(String uuid) {
    for (int i = 0; i < gpus.size(); i++) {
      if (uuid.equals(gpus.get(i).uuid())) {
        return i;
      }
    }
    return -1;
  }

  /** The index of the GPU that has the MIG instance with this UUID, or -1. */
  public int indexOfInstance(String uuid) {
    for (int i = 0; i < gpus.size(); i++) {
      for (MigInstance instance : gpus.get(i).instances()) {
        if (uuid.equals(instance.uuid())) {
          return i;
        }
      }
    }
    return -1;
  }

  /** The GPUs of which no UUID is known, as bits. */
  public long unnamedGpus() {
    long unnamed = 0;
    for (int i = 0; i < gpus.size(); i++) {
      unnamed |= gpus.get(i).uuid() == null ? 1L << i : 0;
    }
    return unnamed;
  }

  /**
   * How many GPUs of which model stand in which order, such as {@code 4xA100-40GB,4xH100-80GB}.
   * Where no UUIDs are known this is all that tells whether the GPUs are still the same.
   */
  public String composition() {
    StringBuilder text = new StringBuilder();
    int count = 0;
    for (int i = 0; i < gpus.size(); i++) {
      count++;
      String model = gpus.get(i).model().name();
      if (i + 1 == gpus.size() || !model.equals(gpus.get(i + 1).model().name())) {
        text.append(text.isEmpty() ? "" : ",").append(count).append('x').append(model);
        count = 0;
      }
    }
    return text.toString();
  }

  /** A node whose GPUs are not handed out by a DRA driver. */
  public NodeSpec(
      String name,
      List<GpuSpec> gpus,
      Topology topology,
      int cpuMilli,
      int hostMemoryMiB,
      DeliveryWay delivery) {
    this(name, gpus, topology, cpuMilli, hostMemoryMiB, delivery, null);
  }

  /** A node whose containers learn from their environment what they got. */
  public NodeSpec(
      String name, List<GpuSpec> gpus, Topology topology, int cpuMilli, int hostMemoryMiB) {
    this(name, gpus, topology, cpuMilli, hostMemoryMiB, DeliveryWay.ENV);
  }

  /** A node whose CPU and memory are not counted, with all GPUs equally far from each other. */
  public static NodeSpec of(String name, List<GpuSpec> gpus) {
    return new NodeSpec(name, gpus, Topology.uniform(gpus.size()), UNKNOWN, UNKNOWN);
  }

  public NodeSpec withHost(int cpu, int memoryMiB) {
    return new NodeSpec(name, gpus, topology, cpu, memoryMiB, delivery, devices);
  }

  public NodeSpec withTopology(Topology links) {
    return new NodeSpec(name, gpus, links, cpuMilli, hostMemoryMiB, delivery, devices);
  }

  /** The same node handed out in a way that names no devices of its own. */
  public NodeSpec deliveredBy(DeliveryWay way) {
    return new NodeSpec(name, gpus, topology, cpuMilli, hostMemoryMiB, way);
  }

  /** The same node handed out by a DRA driver. */
  public NodeSpec deliveredBy(DriverDevices driver) {
    return deliveredBy(DeliveryWay.DRA, driver);
  }

  /** The same node handed out by a program that has names of its own for the devices. */
  public NodeSpec deliveredBy(DeliveryWay way, DriverDevices named) {
    return new NodeSpec(name, gpus, topology, cpuMilli, hostMemoryMiB, way, named);
  }
}
