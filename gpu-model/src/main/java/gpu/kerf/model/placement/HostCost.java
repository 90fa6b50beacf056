package gpu.kerf.model.placement;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.price.Prices;

/**
 * What a placement takes by using up a node's CPU: how much more, or less, of its GPUs nobody can
 * use afterwards.
 */
final class HostCost {

  private Prices prices = NOTHING_COUNTED;
  private boolean counted;
  private long worth;
  private long strandedBefore;
  private int cpuAfter;

  private static final Prices NOTHING_COUNTED =
      Prices.neutral(new gpu.kerf.model.hardware.GpuModels());

  /** Starts from a node as it is and the CPU that a pod would take of it. */
  void setOut(NodeState node, PodDemand pod, Prices byPrices) {
    prices = byPrices;
    counted = node.spec().cpuMilli() != NodeSpec.UNKNOWN;
    if (counted) {
      worth = node.worth(byPrices);
      strandedBefore = byPrices.stranded(worth, node.freeCpuMilli);
      cpuAfter = node.freeCpuMilli - pod.cpuMilli();
    }
  }

  /** CPU is of no account. */
  void clear() {
    counted = false;
  }

  /** What is lost when GPU parts of so much worth go. */
  long taken(long worthTaken) {
    return counted ? prices.stranded(worth - worthTaken, cpuAfter) - strandedBefore : 0;
  }
}
