package gpu.kerf.model.team;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.demand.Wall;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;

/**
 * How many thousandths of GPUs a pod counts as.
 *
 * <p>A whole GPU counts as 1000. A share counts as the larger of its part of the memory and of the
 * multiprocessors that are set aside for it, a MIG instance as its part of the memory slices. Parts
 * are rounded down, and are at least 1, so the pods of a GPU never count as more than the GPU.
 */
public final class GpuMeasure {

  /** What {@link #least} says of a demand that no GPU model can hold. */
  public static final long NEVER = -1;

  private static final long WHOLE = 1000;

  private GpuMeasure() {}

  public static long milli(Placement placement, NodeSpec node) {
    long sum = 0;
    for (Slot slot : placement.slots()) {
      sum += slot.gpu() < node.gpus().size() ? milli(slot, node.gpus().get(slot.gpu())) : 0;
    }
    return sum;
  }

  public static long milli(Slot slot, GpuSpec gpu) {
    if (slot instanceof Slot.Share share) {
      return ofShare(share.memoryMiB(), gpu.shareableMiB(), share.smMilli());
    }
    return slot instanceof Slot.Mig mig ? ofProfile(mig.profile(), gpu.model()) : WHOLE;
  }

  private static long ofShare(int memoryMiB, int shareableMiB, int smMilli) {
    long memory = memoryMiB * WHOLE / Math.max(1, shareableMiB);
    return Math.min(WHOLE, Math.max(Math.max(1, memory), smMilli));
  }

  private static long ofProfile(MigProfile profile, GpuModel model) {
    return Math.max(1, profile.size() * WHOLE / Math.max(1, model.slices()));
  }

  /**
   * What a pod that has no place yet counts as at least: for each container the smallest amount
   * over the models that can hold it; {@link #NEVER} if none can.
   */
  public static long least(PodDemand demand, GpuModels models) {
    long sum = 0;
    for (PodDemand.Container container : demand.containers()) {
      long least = NEVER;
      for (int i = 0; i < models.size(); i++) {
        long amount = on(container.demand(), models.get(i));
        least = least == NEVER || (amount != NEVER && amount < least) ? amount : least;
      }
      if (least == NEVER) {
        return NEVER;
      }
      sum += least;
    }
    return sum;
  }

  /** What a pod counts as at least if all of it is on GPUs of one model. */
  public static long on(PodDemand demand, GpuModel model) {
    long sum = 0;
    for (PodDemand.Container container : demand.containers()) {
      long amount = on(container.demand(), model);
      if (amount == NEVER) {
        return NEVER;
      }
      sum += amount;
    }
    return sum;
  }

  private static long on(Demand demand, GpuModel model) {
    if (!demand.accepts(model)) {
      return NEVER;
    }
    if (demand.size() instanceof Size.Whole) {
      return demand.exceeds(model.memoryMiB()) ? NEVER : WHOLE * demand.gpus();
    }
    long least = NEVER;
    int memory = demand.memoryMiB(model.shareableMiB());
    boolean lent = memory > 0 && memory <= model.shareableMiB() && !demand.exceeds(memory);
    if (lent && demand.wall().accepts(Wall.MPS)) {
      least = ofShare(memory, model.shareableMiB(), demand.smMilli());
    }
    if (demand.wall().accepts(Wall.MIG)) {
      for (MigProfile profile : demand.profilesOn(model)) {
        long amount = ofProfile(profile, model);
        least = least == NEVER ? amount : Math.min(least, amount);
      }
    }
    return least == NEVER ? NEVER : least * demand.gpus();
  }

  /** The GPUs of all nodes that can be used, those in use included. */
  public static long usable(Fleet fleet) {
    long gpus = 0;
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      for (int gpu = 0; node != null && gpu < node.gpus(); gpu++) {
        gpus += node.isUsable(gpu) ? 1 : 0;
      }
    }
    return gpus * WHOLE;
  }
}
