package gpu.kerf.model.placement;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.demand.Wall;
import gpu.kerf.model.hardware.DeliveryWay;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the reason why a demand does not fit on a node. It checks first what can never change, then
 * what other pods hold.
 */
final class Refusal {

  private Refusal() {}

  static Reason reason(Placer placer, PreparedDemand demand, NodeState node) {
    PodDemand asked = demand.demand();
    NodeSpec spec = node.spec();
    if (node.gpus() == 0 && !demand.needs().isEmpty()) {
      return Reason.NO_GPUS;
    }
    if (!demand.canBeHandedOutOn(node)) {
      boolean byDriverAlone = asked.ways().equals(Set.of(DeliveryWay.DRA));
      return byDriverAlone ? Reason.HAS_CLAIM : Reason.OTHER_DELIVERY;
    }
    if (asked.cpuMilli() > spec.cpuMilli()) {
      return Reason.TOO_MUCH_CPU;
    }
    if (asked.hostMemoryMiB() > spec.hostMemoryMiB()) {
      return Reason.TOO_MUCH_HOST_MEMORY;
    }
    for (Need need : demand.needs()) {
      Reason never = never(need, node);
      if (never != null) {
        return isForItsBound(need, demand, node) ? Reason.MORE_THAN_COUNTED : never;
      }
    }
    if (asked.slots() > 1 && !placer.tryOn(demand, node.emptied())) {
      return Reason.TOO_FEW_GPUS;
    }
    if (!node.hasRoom(asked.cpuMilli(), 0)) {
      return Reason.CPU_TAKEN;
    }
    if (!node.hasRoom(0, asked.hostMemoryMiB())) {
      return Reason.HOST_MEMORY_TAKEN;
    }
    return notNow(placer, demand, node);
  }

  /** Whether the node would serve the need if it could hold as much as it likes. */
  private static boolean isForItsBound(Need need, PreparedDemand demand, NodeState node) {
    return need.demand.mostMiB() > 0 && never(need.unbounded(demand.models()), node) == null;
  }

  /** Null if an empty, healthy node would serve the need. */
  private static @Nullable Reason never(Need need, NodeState node) {
    int ofModel = 0;
    int withWall = 0;
    int serving = 0;
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      boolean accepted = need.demand.accepts(node.gpuModel(gpu));
      ofModel += accepted ? 1 : 0;
      withWall += accepted && offersWall(need, node, gpu) ? 1 : 0;
      serving += serves(need, node, gpu) ? 1 : 0;
    }
    if (serving >= need.count) {
      return null;
    }
    if (ofModel == 0) {
      return Reason.WRONG_MODEL;
    }
    if (withWall == 0) {
      return otherMode(need);
    }
    if (serving > 0 || need.whole) {
      return Reason.TOO_FEW_GPUS;
    }
    return need.demand.size() instanceof Size.Profile ? Reason.NO_SUCH_PROFILE : Reason.TOO_BIG;
  }

  /** No GPU is in the mode that the need takes, be it for a wall or for what it asks for. */
  private static Reason otherMode(Need need) {
    if (need.whole) {
      return Reason.NO_WHOLE_GPUS;
    }
    return need.demand.size() instanceof Size.Profile ? Reason.NO_SUCH_PROFILE : Reason.WRONG_WALL;
  }

  private static boolean offersWall(Need need, NodeState node, int gpu) {
    if (need.whole) {
      return node.isWholeable(gpu);
    }
    return node.isPlain(gpu)
        ? node.isSharable(gpu) && need.demand.wall().accepts(Wall.MPS)
        : need.demand.wall().accepts(Wall.MIG);
  }

  /** Whether an unused GPU would serve one part of the need. */
  private static boolean serves(Need need, NodeState node, int gpu) {
    int model = node.model[gpu];
    GpuSpec spec = node.spec().gpus().get(gpu);
    if (need.wholeOn(model)) {
      return node.isWholeable(gpu);
    }
    return switch (spec.mode()) {
      case PLAIN ->
          node.isSharable(gpu)
              && need.shareMiB(node, gpu) > 0
              && need.shareMiB(node, gpu) <= node.shareable(gpu);
      case MIG_DYNAMIC -> need.cuttable(model).length > 0;
      case MIG -> hasInstance(need.acceptable(model), spec);
    };
  }

  private static boolean hasInstance(int[] acceptable, GpuSpec spec) {
    for (MigInstance instance : spec.instances()) {
      for (int profile : acceptable) {
        if (instance.profile().index() == profile) {
          return true;
        }
      }
    }
    return false;
  }

  private static Reason notNow(Placer placer, PreparedDemand demand, NodeState node) {
    Choice scratch = new Choice();
    for (Need need : demand.needs()) {
      if (!placer.choose(need, node, new PodDemand(List.of(), 0, 0), scratch)) {
        return notNow(need, node);
      }
    }
    return Reason.CONTAINERS_DO_NOT_FIT_TOGETHER;
  }

  private static Reason notNow(Need need, NodeState node) {
    int usable = 0;
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      usable += serves(need, node, gpu) && node.isUsable(gpu) ? 1 : 0;
    }
    if (usable < need.count) {
      return Reason.GPUS_UNUSABLE;
    }
    return need.whole ? Reason.GPUS_TAKEN : partsTaken(need, node);
  }

  private static Reason partsTaken(Need need, NodeState node) {
    int withMemory = 0;
    int withSm = 0;
    long free = 0;
    long asked = 0;
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      if (!serves(need, node, gpu) || !node.isUsable(gpu)) {
        continue;
      }
      int part = askedOn(need, node, gpu);
      int freeThere = freeThere(node, gpu);
      free += freeThere;
      asked = asked == 0 ? part : Math.min(asked, part);
      if (node.isPlain(gpu) && part <= freeThere) {
        withMemory++;
        withSm += need.smMilli <= node.freeSm[gpu] ? 1 : 0;
      }
    }
    if (withMemory >= need.count) {
      return withSm >= need.count ? Reason.CLIENTS_FULL : Reason.SM_TAKEN;
    }
    return free >= asked * need.count ? Reason.FRAGMENTED : Reason.MEMORY_TAKEN;
  }

  /** Of a GPU in mode mig only the memory of its instances, for no pod can have the rest. */
  private static int freeThere(NodeState node, int gpu) {
    if (node.mode(gpu) != GpuMode.MIG) {
      return node.freeOn(gpu);
    }
    int free = 0;
    for (MigInstance instance : node.spec().gpus().get(gpu).instances()) {
      boolean held = (node.occupied(gpu) & instance.mask()) != 0;
      free += held ? 0 : instance.profile().memoryMiB();
    }
    return free;
  }

  private static int askedOn(Need need, NodeState node, int gpu) {
    int model = node.model[gpu];
    if (node.isPlain(gpu)) {
      return need.shareMiB(node, gpu);
    }
    int smallest = Integer.MAX_VALUE;
    for (int index : need.acceptable(model)) {
      MigProfile profile = node.gpuModel(gpu).profiles().get(index);
      smallest = Math.min(smallest, profile.memoryMiB());
    }
    return smallest;
  }
}
