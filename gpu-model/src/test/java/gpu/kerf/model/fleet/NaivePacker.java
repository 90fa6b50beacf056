package gpu.kerf.model.fleet;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.demand.Wall;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a scheduler does that does not learn: the first place that fits, or the one that leaves
 * least free. For pods with one container.
 */
final class NaivePacker {

  /** A place and what it leaves: on the GPU for a part of one, on the node for whole GPUs. */
  private record Place(NodeState node, List<Slot> slots, int leftMiB) {}

  private final ToIntFunction<Place> worse;

  private NaivePacker(ToIntFunction<Place> worse) {
    this.worse = worse;
  }

  static NaivePacker firstFit() {
    return new NaivePacker(place -> 0);
  }

  static NaivePacker bestFit() {
    return new NaivePacker(Place::leftMiB);
  }

  /** Where a pod goes; null if nowhere. */
  @Nullable Placement place(Fleet fleet, PodDemand pod) {
    Place best = null;
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = Objects.requireNonNull(fleet.at(i));
      if (pod.cpuMilli() <= node.freeCpuMilli()) {
        for (Place place : places(pod.containers().get(0).demand(), node)) {
          boolean better = best == null || worse.applyAsInt(place) < worse.applyAsInt(best);
          best = better ? place : best;
        }
      }
    }
    return best == null ? null : placement(best, pod);
  }

  private static Placement placement(Place place, PodDemand pod) {
    List<Placement.ContainerSlots> containers =
        List.of(new Placement.ContainerSlots("main", place.slots()));
    return new Placement(place.node().name(), containers, pod.cpuMilli(), pod.hostMemoryMiB());
  }

  private static List<Place> places(Demand demand, NodeState node) {
    List<Place> places = new ArrayList<>();
    if (demand.size() instanceof Size.Whole) {
      addWhole(demand, node, places);
      return places;
    }
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      if (accepts(demand, node.gpuModel(gpu))) {
        addParts(demand, node, gpu, places);
      }
    }
    return places;
  }

  private static void addWhole(Demand demand, NodeState node, List<Place> places) {
    List<Slot> slots = new ArrayList<>();
    int left = 0;
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      Slot whole = new Slot.Whole(gpu, node.spec().gpus().get(gpu).memoryMiB());
      if (node.isFree(whole) && accepts(demand, node.gpuModel(gpu))) {
        boolean taken = slots.size() < demand.gpus();
        left += taken ? 0 : whole.memoryMiB();
        slots.addAll(taken ? List.of(whole) : List.of());
      }
    }
    if (slots.size() == demand.gpus()) {
      places.add(new Place(node, slots, left));
    }
  }

  private static void addParts(Demand demand, NodeState node, int gpu, List<Place> places) {
    int mib = memory(demand, node.gpuModel(gpu));
    if (node.mode(gpu) != GpuMode.PLAIN) {
      addInstances(demand, mib, node, gpu, places);
    } else if (demand.wall().accepts(Wall.MPS) && mib > 0) {
      add(new Slot.Share(gpu, mib, 0), node.freeMiB(gpu) - mib, node, places);
    }
  }

  /** The smallest profile that serves, at every start. */
  private static void addInstances(
      Demand demand, int mib, NodeState node, int gpu, List<Place> places) {
    for (MigProfile profile : node.gpuModel(gpu).profiles()) {
      boolean serves =
          demand.size() instanceof Size.Profile named
              ? profile.name().equals(named.name())
              : profile.plain() && profile.memoryMiB() >= mib;
      if (serves && demand.wall().accepts(Wall.MIG)) {
        for (int start = 0; start < Byte.SIZE; start++) {
          if (profile.startsAt(start)) {
            int left = node.freeOn(gpu) - profile.memoryMiB();
            add(new Slot.Mig(gpu, profile, start), left, node, places);
          }
        }
        return;
      }
    }
  }

  private static void add(Slot slot, int left, NodeState node, List<Place> places) {
    if (node.isFree(slot)) {
      places.add(new Place(node, List.of(slot), left));
    }
  }

  private static boolean accepts(Demand demand, GpuModel model) {
    return demand.models().isEmpty() || demand.models().contains(model.name());
  }

  private static int memory(Demand demand, GpuModel model) {
    if (demand.size() instanceof Size.Memory memory) {
      return memory.amount().value();
    }
    return demand.size() instanceof Size.Fraction fraction
        ? fraction.part().of(model.shareableMiB())
        : 0;
  }
}
