package gpu.kerf.model.placement;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.demand.Wall;
import gpu.kerf.model.hardware.DriverDevices;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.price.MigPrices;
import gpu.kerf.model.price.Prices;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The slow, obvious answer that {@link Placer} is compared with: try every slot of every container
 * in every order on a copy of the node, and price what is left by walking over all of it.
 */
public final class NaivePlacer {

  private NaivePlacer() {}

  /** Every way in which a pod could be placed on a node. */
  public static List<Placement> all(PodDemand pod, NodeState node) {
    List<Placement> found = new ArrayList<>();
    boolean cpu = pod.cpuMilli() == 0 || pod.cpuMilli() <= node.freeCpuMilli();
    boolean memory = pod.hostMemoryMiB() == 0 || pod.hostMemoryMiB() <= node.freeHostMiB();
    if (cpu && memory) {
      extend(pod, 0, new ArrayList<>(), node, found);
    }
    return found;
  }

  private static void extend(
      PodDemand pod,
      int container,
      List<Placement.ContainerSlots> done,
      NodeState node,
      List<Placement> found) {
    if (container == pod.containers().size()) {
      found.add(new Placement(node.name(), done, pod.cpuMilli(), pod.hostMemoryMiB()));
      return;
    }
    PodDemand.Container next = pod.containers().get(container);
    for (List<Slot> slots : slotSets(next.demand(), node)) {
      NodeState after = node.copy();
      slots.forEach(after::hold);
      List<Placement.ContainerSlots> longer = new ArrayList<>(done);
      longer.add(new Placement.ContainerSlots(next.name(), slots));
      extend(pod, container + 1, longer, after, found);
    }
  }

  private static List<List<Slot>> slotSets(Demand demand, NodeState node) {
    List<List<Slot>> sets = new ArrayList<>();
    pick(demand, node, 0, new ArrayList<>(), sets);
    return sets;
  }

  private static void pick(
      Demand demand, NodeState node, int from, List<Slot> picked, List<List<Slot>> sets) {
    if (picked.size() == demand.gpus()) {
      sets.add(List.copyOf(picked));
      return;
    }
    for (int gpu = from; gpu < node.gpus(); gpu++) {
      for (Slot slot : slots(demand, node, gpu)) {
        if (node.isFree(slot) && (picked.isEmpty() || picked.get(0).wall() == slot.wall())) {
          picked.add(slot);
          pick(demand, node, gpu + 1, picked, sets);
          picked.remove(picked.size() - 1);
        }
      }
    }
  }

  /** Everything on one GPU that would serve a demand if it were free. */
  private static List<Slot> slots(Demand demand, NodeState node, int gpu) {
    GpuModel model = node.gpuModel(gpu);
    List<Slot> slots = new ArrayList<>();
    if (!demand.models().isEmpty() && !demand.models().contains(model.name())) {
      return slots;
    }
    if (demand.size() instanceof Size.Whole) {
      if (node.spec().givesWhole(gpu)) {
        slots.add(new Slot.Whole(gpu, node.spec().gpus().get(gpu).memoryMiB()));
      }
      return slots;
    }
    int sm = demand.sm() == null ? 0 : demand.sm().value();
    if (node.mode(gpu) == GpuMode.PLAIN) {
      boolean shared = node.spec().givesShares(gpu) && demand.wall().accepts(Wall.MPS);
      if (shared && !(demand.size() instanceof Size.Profile)) {
        slots.add(new Slot.Share(gpu, part(node, gpu, memory(demand, model)), sm));
      }
    } else if (demand.wall().accepts(Wall.MIG)) {
      addInstances(demand, model, gpu, sm, slots);
    }
    return slots;
  }

  /** The smallest part that the node's driver gives of a GPU and that is large enough. */
  private static int part(NodeState node, int gpu, int askedMiB) {
    DriverDevices devices = node.spec().devices();
    DriverDevices.Share share = devices == null ? null : devices.of(gpu).share();
    int part = share == null ? askedMiB : share.leastMiB();
    while (part < askedMiB && share != null) {
      part += share.stepMiB();
    }
    return part;
  }

  private static void addInstances(
      Demand demand, GpuModel model, int gpu, int sm, List<Slot> slots) {
    for (MigProfile profile : model.profiles()) {
      for (int start = 0; start < 8; start++) {
        if (profile.startsAt(start) && profile.smMilli() >= sm && serves(demand, model, profile)) {
          slots.add(new Slot.Mig(gpu, profile, start));
        }
      }
    }
  }

  private static boolean serves(Demand demand, GpuModel model, MigProfile profile) {
    if (demand.size() instanceof Size.Profile named) {
      return named.name().equals(profile.name());
    }
    if (demand.size() instanceof Size.Fraction fraction) {
      double part = fraction.part().value() / 1000.0;
      double slices = part * model.computeSlices();
      boolean computes = demand.sm() != null || profile.computeSlices() >= slices - 0.5;
      return profile.plain() && computes && profile.size() >= part * model.slices();
    }
    return profile.plain()
        && profile.promisesMemory()
        && profile.memoryMiB() >= memory(demand, model);
  }

  private static int memory(Demand demand, GpuModel model) {
    if (demand.size() instanceof Size.Memory memory) {
      return memory.amount().value();
    }
    return Math.max(1, ((Size.Fraction) demand.size()).part().of(model.shareableMiB()));
  }

  /**
   * What a placement takes: by the value of the node before and after; a single MIG instance by its
   * price, which is no difference of values, for it also depends on what the fleet has left.
   */
  static long taken(Placement placement, NodeState node, Prices prices) {
    NodeState after = node.copy();
    after.force(placement);
    if (placement.slots().size() == 1
        && placement.slots().get(0) instanceof Slot.Mig mig
        && node.isDynamic(mig.gpu())) {
      return takenByInstance(mig, node, prices)
          + holes(node, prices)
          - holes(after, prices)
          + strandedMore(node, after, prices);
    }
    return NodeWorth.of(node, prices) - NodeWorth.of(after, prices);
  }

  /**
   * Leaves out instances that would be cut around, or instead of, a smaller one that serves as
   * well.
   */
  static List<Placement> withoutLargerThanNeeded(List<Placement> singles, NodeState node) {
    return singles.stream()
        .filter(
            one ->
                singles.stream()
                    .noneMatch(other -> isSmaller(other.slots().get(0), one.slots().get(0), node)))
        .toList();
  }

  private static boolean isSmaller(Slot other, Slot than, NodeState node) {
    if (!(other instanceof Slot.Mig a)
        || !(than instanceof Slot.Mig b)
        || a.gpu() != b.gpu()
        || !node.isDynamic(a.gpu())) {
      return false;
    }
    boolean inside = (a.mask() & ~b.mask()) == 0;
    return inside && (a.mask() != b.mask() || a.profile().index() < b.profile().index());
  }

  private static long takenByInstance(Slot.Mig mig, NodeState node, Prices prices) {
    MigPrices table = prices.mig(node.model[mig.gpu()]);
    int[] plenty = new int[table.kinds()];
    Arrays.fill(plenty, MigPrices.MOST_SUPPLY);
    return table.taken(mig.profile().index(), node.layout[mig.gpu()], mig.start(), plenty);
  }

  /** What untouched GPUs of one model are worth together. */
  private static long holes(NodeState node, Prices prices) {
    Map<Integer, Integer> untouched = new TreeMap<>();
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      untouched.merge(node.model[gpu], node.isUntouched(gpu) ? 1 : 0, Integer::sum);
    }
    return untouched.entrySet().stream()
        .mapToLong(each -> prices.holes(each.getKey(), each.getValue()))
        .sum();
  }

  private static long strandedMore(NodeState node, NodeState after, Prices prices) {
    return prices.stranded(after.needMilli(prices), after.freeCpuMilli())
        - prices.stranded(node.needMilli(prices), node.freeCpuMilli());
  }
}
