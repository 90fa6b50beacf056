package gpu.kerf.model.demand;

import gpu.kerf.model.hardware.DeliveryWay;
import java.util.ArrayList;
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
 * @param containers those that get slots of their own
 * @param reuses those that use the slots of one of these, because the two never run at once
 * @param ways the deliveries that can hand the GPUs to this pod, given its resource names
 */
public record PodDemand(
    List<Container> containers,
    List<Reuse> reuses,
    int cpuMilli,
    int hostMemoryMiB,
    Set<DeliveryWay> ways) {

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

  /**
   * An init container that has no slots of its own.
   *
   * @param of the container whose slots it uses
   * @param enlarges whether these slots are for what it asks, which is more than that container
   *     asks
   */
  public record Reuse(String container, String of, boolean enlarges) {
    public Reuse {
      if (container.isBlank() || container.equals(of)) {
        throw new IllegalArgumentException(
            "The container ("
                + container
                + ") cannot use the slots of ("
                + of
                + ").\nName two containers of the pod.");
      }
    }
  }

  /** Kubernetes allows many more containers; more than this with GPUs of their own is a mistake. */
  public static final int MOST_CONTAINERS = 32;

  public PodDemand {
    containers = List.copyOf(containers);
    reuses = List.copyOf(reuses);
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
      checkNew(names, container.name());
    }
    check(reuses, names);
  }

  private static void checkNew(Set<String> names, String name) {
    if (!names.add(name)) {
      throw new IllegalArgumentException(
          "Two containers have the name (" + name + ").\nAdd their demands up, or rename one.");
    }
  }

  private static void check(List<Reuse> reuses, Set<String> owners) {
    if (reuses.isEmpty()) {
      return;
    }
    Set<String> names = new HashSet<>(owners);
    for (Reuse reuse : reuses) {
      checkNew(names, reuse.container());
      if (!owners.contains(reuse.of())) {
        throw new IllegalArgumentException(
            "The container "
                + reuse.container()
                + " uses the slots of ("
                + reuse.of()
                + "), which has none.\nName a container that has slots of its own.");
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

  /** A pod of which every container that asks has slots of its own. */
  public PodDemand(
      List<Container> containers, int cpuMilli, int hostMemoryMiB, Set<DeliveryWay> ways) {
    this(containers, List.of(), cpuMilli, hostMemoryMiB, ways);
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
    return new PodDemand(containers, reuses, milli, hostMemoryMiB, ways);
  }

  public PodDemand withHostMemoryMiB(int mib) {
    return new PodDemand(containers, reuses, cpuMilli, mib, ways);
  }

  /** With other demands; a container goes on using the slots of one that is still there. */
  public PodDemand withContainers(List<Container> others) {
    List<Reuse> left =
        reuses.stream()
            .filter(each -> others.stream().anyMatch(other -> other.name().equals(each.of())))
            .toList();
    return new PodDemand(others, left, cpuMilli, hostMemoryMiB, ways);
  }

  public PodDemand handedOutBy(Set<DeliveryWay> others) {
    return new PodDemand(containers, reuses, cpuMilli, hostMemoryMiB, others);
  }

  /**
   * Every container that gets devices, with the demand for which the slots are that it gets: of its
   * own, or of the container whose slots it uses.
   */
  public List<Container> served() {
    if (reuses.isEmpty()) {
      return containers;
    }
    List<Container> served = new ArrayList<>(containers);
    for (Reuse reuse : reuses) {
      for (Container container : containers) {
        if (container.name().equals(reuse.of())) {
          served.add(new Container(reuse.container(), container.demand()));
        }
      }
    }
    return List.copyOf(served);
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
