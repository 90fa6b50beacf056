package gpu.kerf.bench.jmh;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.NodeWorth;
import gpu.kerf.model.placement.Slot;
import gpu.kerf.model.price.Prices;

/**
 * The naive algorithm, as a baseline: try every slot on a copy of the node, and compute the value
 * of the whole node before and after.
 */
final class NaiveScorer {

  private NaiveScorer() {}

  /** What the cheapest slot takes; -1 if there is none. */
  static long least(Demand demand, NodeState node, Prices prices) {
    long least = -1;
    long before = NodeWorth.of(node, prices);
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      if (demand.size() instanceof Size.Whole) {
        least =
            smaller(
                least,
                taken(new Slot.Whole(gpu, node.gpuModel(gpu).memoryMiB()), node, prices, before));
      } else if (node.mode(gpu) == GpuMode.PLAIN) {
        int mib = ((Size.Memory) demand.size()).amount().value();
        least = smaller(least, taken(new Slot.Share(gpu, mib, 0), node, prices, before));
      } else {
        least =
            smaller(least, leastInstance(gpu, (Size.Memory) demand.size(), node, prices, before));
      }
    }
    return least;
  }

  private static long leastInstance(
      int gpu, Size.Memory asked, NodeState node, Prices prices, long before) {
    long least = -1;
    for (MigProfile profile : node.gpuModel(gpu).profiles()) {
      for (int start = 0; start < node.gpuModel(gpu).slices(); start++) {
        if (profile.plain()
            && profile.startsAt(start)
            && profile.memoryMiB() >= asked.amount().value()) {
          least = smaller(least, taken(new Slot.Mig(gpu, profile, start), node, prices, before));
        }
      }
    }
    return least;
  }

  private static long taken(Slot slot, NodeState node, Prices prices, long before) {
    if (!node.isFree(slot)) {
      return -1;
    }
    NodeState after = node.copy();
    after.hold(slot);
    return before - NodeWorth.of(after, prices);
  }

  private static long smaller(long one, long other) {
    return one < 0 || (other >= 0 && other < one) ? other : one;
  }
}
