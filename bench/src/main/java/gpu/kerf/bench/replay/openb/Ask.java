package gpu.kerf.bench.replay.openb;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.demand.WallChoice;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placement.ContainerSlots;
import gpu.kerf.model.placement.Slot;
import java.util.ArrayList;
import java.util.List;

/**
 * The demand of a pod of an openb trace.
 *
 * <p>A GPU of the trace has one dimension, which is called memory here: every card has {@value
 * #WHOLE} units.
 *
 * @param gpus on how many GPUs; 0 for a pod that needs none
 * @param milli how many units of each; {@value #WHOLE} means all of it
 * @param models the GPU models it may run on, or empty for any
 */
record Ask(int cpuMilli, int memoryMiB, int gpus, int milli, List<String> models) {

  static final int WHOLE = 1000;

  Ask {
    models = List.copyOf(models);
  }

  /** Reads back what {@link #demand} says. */
  static Ask of(PodDemand pod) {
    if (pod.containers().isEmpty()) {
      return new Ask(pod.cpuMilli(), pod.hostMemoryMiB(), 0, 0, List.of());
    }
    Demand demand = pod.containers().get(0).demand();
    int milli = demand.size() instanceof Size.Memory memory ? memory.amount().value() : WHOLE;
    return new Ask(pod.cpuMilli(), pod.hostMemoryMiB(), demand.gpus(), milli, demand.models());
  }

  PodDemand demand() {
    if (gpus == 0) {
      return new PodDemand(List.of(), cpuMilli, memoryMiB);
    }
    Size size = milli == WHOLE ? new Size.Whole() : new Size.Memory(new MemoryMiB(milli));
    return PodDemand.of(new Demand(size, gpus, WallChoice.ANY, null, models))
        .withCpuMilli(cpuMilli)
        .withHostMemoryMiB(memoryMiB);
  }

  /** The units it asks for on all GPUs together. */
  int total() {
    return gpus * milli;
  }

  boolean accepts(String model) {
    return models.isEmpty() || models.contains(model);
  }

  boolean fits(NodeState node) {
    if (cpuMilli > node.freeCpuMilli() || memoryMiB > node.freeHostMiB()) {
      return false;
    }
    int found = 0;
    for (int gpu = 0; gpu < node.gpus() && found < gpus; gpu++) {
      found += fitsOn(node, gpu) ? 1 : 0;
    }
    return found == gpus;
  }

  boolean fitsOn(NodeState node, int gpu) {
    return node.freeMiB(gpu) >= milli && accepts(node.gpuModel(gpu).name());
  }

  /** Its placement on some GPUs of a node. */
  Placement on(NodeState node, List<Integer> chosen) {
    if (gpus == 0) {
      return new Placement(node.name(), List.of(), cpuMilli, memoryMiB);
    }
    List<Slot> slots = new ArrayList<>();
    for (int gpu : chosen) {
      slots.add(milli == WHOLE ? new Slot.Whole(gpu, WHOLE) : new Slot.Share(gpu, milli, 0));
    }
    return new Placement(
        node.name(), List.of(new ContainerSlots("main", slots)), cpuMilli, memoryMiB);
  }
}
