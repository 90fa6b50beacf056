package gpu.kerf.model.analysis;

import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Slot;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * The largest demand of each kind that would fit now.
 *
 * @param shareMiB the largest MPS share that asks for no multiprocessors; 0 if none
 * @param profile the largest MIG profile without extras, by memory and then compute; null if none
 * @param untouchedGpus GPUs that may be given whole; on one node, together to one container
 */
public record LargestRoom(int shareMiB, @Nullable MigProfile profile, int untouchedGpus) {

  public static final LargestRoom NONE = new LargestRoom(0, null, 0);

  private static final Comparator<MigProfile> ORDER =
      Comparator.comparingInt(MigProfile::memoryMiB).thenComparingInt(MigProfile::computeSlices);

  static LargestRoom of(NodeState node, int gpu) {
    if (!node.isUsable(gpu)) {
      return NONE;
    }
    return switch (node.mode(gpu)) {
      case PLAIN -> onPlain(node, gpu);
      case MIG_DYNAMIC -> new LargestRoom(0, cut(node, gpu), node.isUntouched(gpu) ? 1 : 0);
      case MIG -> new LargestRoom(0, existing(node, gpu), 0);
    };
  }

  private static LargestRoom onPlain(NodeState node, int gpu) {
    boolean full = node.isCrowded(gpu);
    int share = full ? 0 : Math.max(0, node.freeMiB(gpu));
    return new LargestRoom(share, null, node.isUntouched(gpu) ? 1 : 0);
  }

  private static @Nullable MigProfile cut(NodeState node, int gpu) {
    MigProfile largest = null;
    for (MigProfile profile : node.gpuModel(gpu).profiles()) {
      for (int start = 0; start < Byte.SIZE; start++) {
        if (profile.plain()
            && profile.startsAt(start)
            && node.isFree(new Slot.Mig(gpu, profile, start))) {
          largest = larger(largest, profile);
        }
      }
    }
    return largest;
  }

  private static @Nullable MigProfile existing(NodeState node, int gpu) {
    MigProfile largest = null;
    for (MigInstance instance : node.spec().gpus().get(gpu).instances()) {
      MigProfile profile = instance.profile();
      if (profile.plain() && node.isFree(new Slot.Mig(gpu, profile, instance.start()))) {
        largest = larger(largest, profile);
      }
    }
    return largest;
  }

  private static @Nullable MigProfile larger(@Nullable MigProfile one, @Nullable MigProfile other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return ORDER.compare(other, one) > 0 ? other : one;
  }

  /** The larger of each; untouched GPUs add up. */
  public LargestRoom plus(LargestRoom other) {
    return new LargestRoom(
        Math.max(shareMiB, other.shareMiB),
        larger(profile, other.profile),
        untouchedGpus + other.untouchedGpus);
  }
}
