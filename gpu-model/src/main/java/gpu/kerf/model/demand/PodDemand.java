package gpu.kerf.model.demand;

import gpu.kerf.model.hardware.DeliveryWay;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a pod asks of one node: the demands of its containers, and the node's CPU and memory that
 * they need beside them.
 *
 * <p>Containers without a GPU demand are not listed. A pod that lists none is placed by CPU and
 * memory alone.
 *
 * @param ways the deliveries that can hand the GPUs to this pod, given its resource names
 */
public record PodDemand(
    List<Container> containers, int cpuMilli, int hostMemoryMiB, Set<DeliveryWay> ways) {

  private static final Set<DeliveryWay> ENV_ALONE =
      Collections.unmodifiableSet(EnumSet.of(DeliveryWay.ENV));

  /** One container's demand. */
  public record Container(String name, Demand demand) {
    public Container {
      if (name.isBlank()) {
        throw new IllegalArgumentException(
            "The container's name (" + name + ") is blank.\nEvery container of a pod has one.");
      }
    }
  }

  /** Kubernetes allows many more containers; more than this with GPUs of their own is a mistake. */
  public static final int MOST_CONTAINERS = 32;

  public PodDemand {
    containers = List.copyOf(containers);
    ways = ways.size() == 1 && ways.contains(DeliveryWay.ENV) ? ENV_ALONE : ordered(ways);
    if (cpuMilli < 0 || hostMemoryMiB < 0) {
      throw new IllegalArgumentException(
          "The pod's CPU ("
              + cpuMilli
              + "m) and memory ("
              + hostMemoryMiB
              + "Mi) must not be negative.\nMaybe a sum of requests overflowed.");
    }
    if (containers.size() > MOST_CONTAINERS) {
      throw new IllegalArgumentException(
          "The number of containers with a GPU demand ("
              + containers.size()
              + ") is more than "
              + MOST_CONTAINERS
              + ".\nMaybe split the pod.");
    }
    Set<String> names = new HashSet<>();
    for (Container container : containers) {
      if (!names.add(container.name())) {
        throw new IllegalArgumentException(
            "Two containers have the name ("
                + container.name()
                + ").\nAdd their demands up, or rename one.");
      }
    }
  }

  private static Set<DeliveryWay> ordered(Set<DeliveryWay> ways) {
    if (ways.isEmpty()) {
      throw new IllegalArgumentException(
          "The pod has no (" + ways + ") way to get its GPUs.\nAt least env always works.");
    }
    return Collections.unmodifiableSet(EnumSet.copyOf(ways));
  }

  /** A pod that no device plugin hands anything out to. */
  public PodDemand(List<Container> containers, int cpuMilli, int hostMemoryMiB) {
    this(containers, cpuMilli, hostMemoryMiB, ENV_ALONE);
  }

  /** A pod with one container, named {@code main}. */
  public static PodDemand of(Demand demand) {
    return new PodDemand(List.of(new Container("main", demand)), 0, 0);
  }

  public PodDemand withCpuMilli(int milli) {
    return new PodDemand(containers, milli, hostMemoryMiB, ways);
  }

  public PodDemand withHostMemoryMiB(int mib) {
    return new PodDemand(containers, cpuMilli, mib, ways);
  }

  public PodDemand withContainers(List<Container> others) {
    return new PodDemand(others, cpuMilli, hostMemoryMiB, ways);
  }

  public PodDemand handedOutBy(Set<DeliveryWay> others) {
    return new PodDemand(containers, cpuMilli, hostMemoryMiB, others);
  }

  /** How many slots a placement of this pod has. */
  public int slots() {
    int slots = 0;
    for (Container container : containers) {
      slots += container.demand().gpus();
    }
    return slots;
  }
}
