package gpu.kerf.model.cost;

import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which placements on a node are the cause that parts of its GPUs are of no use.
 *
 * <p>A placement takes from others what would be of use without it, beyond what it holds itself:
 * that is by how much less would be stranded without it. The stranded part of a GPU is divided
 * among the placements of the node by that amount. If none of them alone is the cause, because any
 * of several would do, it is divided among those that hold parts of the GPU, by what they hold. A
 * GPU of which no part is held is then stranded by no placement.
 */
public final class StrandedCauses {

  /** How many MiB of a GPU are stranded. */
  @FunctionalInterface
  public interface Measure {
    int strandedMiB(NodeState node, int gpu);
  }

  /**
   * A part of the stranded capacity of a GPU.
   *
   * @param placement the index of the placement that is the cause; {@link #NONE} if none is
   * @param milli thousandths of the GPU
   */
  public record Cause(int placement, long milli) {}

  public static final int NONE = -1;

  private static final long WHOLE = 1000;

  private final NodeState node;
  private final List<Placement> placements;
  private final Measure measure;
  private final Map<Integer, NodeState> without = new HashMap<>();

  /**
   * @param placements what is placed on the node; parts of them may have no slot any more
   */
  public StrandedCauses(NodeState node, List<Placement> placements, Measure measure) {
    this.node = node;
    this.placements = placements;
    this.measure = measure;
  }

  /** The stranded part of one GPU; none if all that is free of it is of use. */
  public List<Cause> of(int gpu) {
    int memory = node.isPlain(gpu) ? node.shareable(gpu) : node.spec().gpus().get(gpu).memoryMiB();
    int stranded = measure.strandedMiB(node, gpu);
    long milli = memory == 0 ? 0 : Math.min(WHOLE, stranded * WHOLE / memory);
    if (milli == 0) {
      return List.of();
    }
    long[] weights = new long[placements.size()];
    for (int i = 0; i < weights.length; i++) {
      if (mayBeTheCause(placements.get(i), gpu)) {
        weights[i] = Math.max(0, stranded - measure.strandedMiB(without(i), gpu));
      }
    }
    if (Arrays.stream(weights).sum() == 0) {
      Arrays.setAll(weights, i -> heldMiB(placements.get(i), gpu));
    }
    if (Arrays.stream(weights).sum() == 0) {
      return List.of(new Cause(NONE, milli));
    }
    long[] parts = LargestRemainder.divide(milli, weights);
    List<Cause> causes = new ArrayList<>();
    for (int i = 0; i < parts.length; i++) {
      if (parts[i] > 0) {
        causes.add(new Cause(i, parts[i]));
      }
    }
    return causes;
  }

  /** Those on other GPUs take nothing of this one but the CPU of the node. */
  private boolean mayBeTheCause(Placement placement, int gpu) {
    return node.freeCpuMilli() < 1 || heldMiB(placement, gpu) > 0;
  }

  private static long heldMiB(Placement placement, int gpu) {
    long held = 0;
    for (Slot slot : placement.slots()) {
      held += slot.gpu() == gpu ? slot.memoryMiB() : 0;
    }
    return held;
  }

  /** The node as it would be without a placement. */
  private NodeState without(int placement) {
    return without.computeIfAbsent(
        placement,
        index -> {
          NodeState copy = node.copy();
          copy.release(placements.get(index));
          return copy;
        });
  }
}
