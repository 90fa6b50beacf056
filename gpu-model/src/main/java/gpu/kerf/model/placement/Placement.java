package gpu.kerf.model.placement;

import gpu.kerf.model.demand.Wall;
import java.util.ArrayList;
import java.util.List;

/**
 * A node and the slots for every container of one pod, with the CPU and memory that the pod takes
 * of the node.
 */
public record Placement(
    String node, List<ContainerSlots> containers, int cpuMilli, int hostMemoryMiB) {

  /** The slots of one container, all behind the same kind of wall. */
  public record ContainerSlots(String container, List<Slot> slots) {
    public ContainerSlots {
      slots = List.copyOf(slots);
      if (slots.isEmpty()) {
        throw new IllegalArgumentException(
            "The container ("
                + container
                + ") is placed on no slot.\nLeave out containers without a demand.");
      }
      Wall wall = slots.get(0).wall();
      for (Slot slot : slots) {
        if (slot.wall() != wall) {
          throw new IllegalArgumentException(
              "The container "
                  + container
                  + " has slots behind different walls ("
                  + wall.word()
                  + ", "
                  + slot.wall().word()
                  + ").\nMaybe two containers were taken for one.");
        }
      }
    }

    public Wall wall() {
      return slots.get(0).wall();
    }
  }

  public Placement {
    containers = List.copyOf(containers);
    if (cpuMilli < 0 || hostMemoryMiB < 0) {
      throw new IllegalArgumentException(
          "The placement's CPU ("
              + cpuMilli
              + "m) and memory ("
              + hostMemoryMiB
              + "Mi) must not be negative.\nMaybe a sum of requests overflowed.");
    }
  }

  /** Every slot of every container, in order. */
  public List<Slot> slots() {
    if (containers.size() == 1) {
      return containers.get(0).slots();
    }
    List<Slot> all = new ArrayList<>();
    for (ContainerSlots container : containers) {
      all.addAll(container.slots());
    }
    return all;
  }

  /** The GPU memory that the pod holds, in MiB. */
  public long memoryMiB() {
    long sum = 0;
    for (Slot slot : slots()) {
      sum += slot.memoryMiB();
    }
    return sum;
  }
}
