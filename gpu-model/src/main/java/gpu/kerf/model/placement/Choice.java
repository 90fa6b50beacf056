package gpu.kerf.model.placement;

import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.price.MigPrices;
import java.util.Arrays;
import java.util.Comparator;

/**
 * The slots that one need would get on a node, and what they cost. Reused for every node, so that
 * trying allocates nothing.
 */
final class Choice {

  /** No slot is worse than none. */
  static final long NONE = MigPrices.NONE;

  static final Comparator<Choice> CHEAPEST_FIRST =
      (one, other) -> one.isWorseThan(other) ? 1 : other.isWorseThan(one) ? -1 : 0;

  /** Single slots, cheapest first; the same slot on different GPUs one behind the other. */
  static final Comparator<Choice> TWINS_TOGETHER =
      CHEAPEST_FIRST
          .thenComparingInt((Choice one) -> one.profiles[0])
          .thenComparingInt(one -> one.starts[0]);

  private static final int WHOLE = -1;
  private static final int SHARE = -2;

  int size;
  long taken = NONE;
  int distance;
  int leftover;
  private int[] gpus = new int[4];
  private int[] profiles = new int[4];
  private int[] starts = new int[4];

  void clear() {
    size = 0;
    taken = NONE;
    distance = 0;
    leftover = 0;
  }

  boolean isNone() {
    return taken == NONE;
  }

  /** Whether something that costs this would be better than what stands here. */
  boolean isWorseThan(long otherTaken, int otherDistance, int otherLeftover) {
    if (taken != otherTaken) {
      return taken > otherTaken;
    }
    return distance != otherDistance ? distance > otherDistance : leftover > otherLeftover;
  }

  boolean isWorseThan(Choice other) {
    return isWorseThan(other.taken, other.distance, other.leftover);
  }

  void setShare(int gpu, long cost, int left) {
    setOnly(gpu, SHARE, 0, cost, left);
  }

  void setMig(int gpu, int profile, int start, long cost, int left) {
    setOnly(gpu, profile, start, cost, left);
  }

  private void setOnly(int gpu, int profile, int start, long cost, int left) {
    size = 1;
    taken = cost;
    distance = 0;
    leftover = left;
    gpus[0] = gpu;
    profiles[0] = profile;
    starts[0] = start;
  }

  void setWhole(long set, long cost, int far) {
    size = 0;
    taken = cost;
    distance = far;
    leftover = 0;
    for (long rest = set; rest != 0; rest &= rest - 1) {
      append(Long.numberOfTrailingZeros(rest), WHOLE, 0);
    }
  }

  /**
   * Adds the only slot of another choice, for a need that goes over several GPUs; slots stay in GPU
   * order.
   */
  void add(Choice one) {
    taken = isNone() ? one.taken : taken + one.taken;
    leftover += one.leftover;
    append(one.gpus[0], one.profiles[0], one.starts[0]);
    for (int i = size - 1; i > 0 && gpus[i - 1] > gpus[i]; i--) {
      swap(i - 1, i);
    }
  }

  private void swap(int i, int j) {
    int gpu = gpus[i];
    int profile = profiles[i];
    int start = starts[i];
    gpus[i] = gpus[j];
    profiles[i] = profiles[j];
    starts[i] = starts[j];
    gpus[j] = gpu;
    profiles[j] = profile;
    starts[j] = start;
  }

  private void append(int gpu, int profile, int start) {
    if (size == gpus.length) {
      gpus = Arrays.copyOf(gpus, size * 2);
      profiles = Arrays.copyOf(profiles, size * 2);
      starts = Arrays.copyOf(starts, size * 2);
    }
    gpus[size] = gpu;
    profiles[size] = profile;
    starts[size++] = start;
  }

  void copyFrom(Choice other) {
    size = other.size;
    taken = other.taken;
    distance = other.distance;
    leftover = other.leftover;
    if (gpus.length < size) {
      gpus = new int[other.gpus.length];
      profiles = new int[other.gpus.length];
      starts = new int[other.gpus.length];
    }
    System.arraycopy(other.gpus, 0, gpus, 0, size);
    System.arraycopy(other.profiles, 0, profiles, 0, size);
    System.arraycopy(other.starts, 0, starts, 0, size);
  }

  /**
   * Whether two single slots can serve one need together: on distinct GPUs, behind the same kind of
   * wall.
   */
  boolean goesWith(Choice other) {
    return gpus[0] != other.gpus[0] && Math.min(profiles[0], 0) == Math.min(other.profiles[0], 0);
  }

  /** Whether two single slots for one need lie on GPUs that nothing tells apart. */
  boolean comesToTheSameAs(Choice other, NodeState node) {
    return profiles[0] == other.profiles[0]
        && starts[0] == other.starts[0]
        && node.isTwin(gpus[0], other.gpus[0]);
  }

  int gpu(int i) {
    return gpus[i];
  }

  /** The slot it stands for, as a value. */
  Slot slot(int i, Need need, NodeState node) {
    int gpu = gpus[i];
    if (profiles[i] == WHOLE) {
      return new Slot.Whole(gpu, node.spec().gpus().get(gpu).memoryMiB());
    }
    if (profiles[i] == SHARE) {
      return new Slot.Share(gpu, need.shareMiB(node, gpu), need.smMilli);
    }
    GpuModel model = node.gpuModel(gpu);
    return new Slot.Mig(gpu, model.profiles().get(profiles[i]), starts[i]);
  }
}
