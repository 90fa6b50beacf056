package gpu.kerf.model.hardware;

import java.util.List;

/**
 * A node as it was inventoried: its GPUs in index order, how they are linked, its CPU and its
 * memory.
 *
 * @param cpuMilli allocatable CPU in thousandths; {@link #UNKNOWN} where nobody counts it
 * @param hostMemoryMiB allocatable memory; {@link #UNKNOWN} where nobody counts it
 * @param delivery how its containers learn what they got
 */
public record NodeSpec(
    String name,
    List<GpuSpec> gpus,
    Topology topology,
    int cpuMilli,
    int hostMemoryMiB,
    DeliveryWay delivery) {

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

  /** A node whose containers learn from their environment what they got. */
  public NodeSpec(
      String name, List<GpuSpec> gpus, Topology topology, int cpuMilli, int hostMemoryMiB) {
    this(name, gpus, topology, cpuMilli, hostMemoryMiB, DeliveryWay.ENV);
  }

  /** A node whose CPU and memory nobody counts, all GPUs equally far from each other. */
  public static NodeSpec of(String name, List<GpuSpec> gpus) {
    return new NodeSpec(name, gpus, Topology.uniform(gpus.size()), UNKNOWN, UNKNOWN);
  }

  public NodeSpec withHost(int cpu, int memoryMiB) {
    return new NodeSpec(name, gpus, topology, cpu, memoryMiB, delivery);
  }

  public NodeSpec withTopology(Topology links) {
    return new NodeSpec(name, gpus, links, cpuMilli, hostMemoryMiB, delivery);
  }

  public NodeSpec deliveredBy(DeliveryWay way) {
    return new NodeSpec(name, gpus, topology, cpuMilli, hostMemoryMiB, way);
  }
}
