package gpu.kerf.model.placement;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.price.Prices;
import org.jspecify.annotations.Nullable;

/**
 * The cost of the CPU that a placement uses: how much more, or less, of the node's GPUs no pod can
 * use afterwards for lack of CPU.
 */
final class HostCost {

  private @Nullable Prices prices;
  private long needMilli;
  private long strandedBefore;
  private int cpuAfter;

  /** Starts from a node as it is and the CPU that a pod would take of it. */
  void setOut(NodeState node, PodDemand pod, Prices byPrices) {
    prices = node.cpuCounted ? byPrices : null;
    if (node.cpuCounted) {
      needMilli = node.needMilli(byPrices);
      strandedBefore = byPrices.stranded(needMilli, node.freeCpuMilli);
      cpuAfter = node.freeCpuMilli - pod.cpuMilli();
    }
  }

  /** Whether the node's CPU is counted, so that taking it costs something. */
  boolean isCounted() {
    return prices != null;
  }

  /** CPU is of no account. */
  void clear() {
    prices = null;
  }

  /** What is lost when parts go that would have needed so much CPU. */
  long taken(long needTaken) {
    return prices == null ? 0 : prices.stranded(needMilli - needTaken, cpuAfter) - strandedBefore;
  }
}
