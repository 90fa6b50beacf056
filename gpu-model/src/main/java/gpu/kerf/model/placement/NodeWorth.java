package gpu.kerf.model.placement;

import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.price.MigPrices;
import gpu.kerf.model.price.PlainPrices;
import gpu.kerf.model.price.Prices;
import gpu.kerf.model.price.Supply;
import java.util.List;
import java.util.function.IntToLongFunction;

/** What the free part of a node is worth to the demands that usually come: see {@link Prices}. */
public final class NodeWorth {

  private NodeWorth() {}

  /** What all of the node is worth. */
  public static long of(NodeState node, Prices prices) {
    long worth = 0;
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      worth += node.isUsable(gpu) ? ofGpu(node, gpu, prices) : 0;
      if (isFirstOfItsModel(node, gpu)) {
        worth += prices.holes(node.model(gpu), Long.bitCount(node.untouched & node.alike(gpu)));
      }
    }
    return node.cpuCounted
        ? worth - prices.stranded(node.needMilli(prices), node.freeCpuMilli)
        : worth;
  }

  /** Adds what is left on a node to what is left in the fleet. */
  public static void countInto(Supply supply, NodeState node, Prices prices) {
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      int model = node.model(gpu);
      supply.addWorth(model, node.isUsable(gpu) ? bareOfGpu(node, gpu, prices) : 0);
      if (isFirstOfItsModel(node, gpu)) {
        supply.addUntouched(model, Long.bitCount(node.untouched & node.alike(gpu)));
        supply.addDynamicGpus(model, Long.bitCount(node.dynamic & node.alike(gpu)));
      }
    }
  }

  /** Adds how many MIG instances of each kind a node could still start on GPUs of one model. */
  public static void countStarts(NodeState node, int model, MigPrices prices, int[] counts) {
    for (long rest = node.cuttable; rest != 0; rest &= rest - 1) {
      int gpu = Long.numberOfTrailingZeros(rest);
      for (int kind = 0; node.model[gpu] == model && kind < counts.length; kind++) {
        counts[kind] += prices.copies(kind, node.layout[gpu]);
      }
    }
  }

  /** The CPU that pods that fill the free parts of all usable GPUs will ask for, in thousandths. */
  static long needMilli(NodeState node, Prices prices) {
    long needMilli = 0;
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      needMilli += node.isUsable(gpu) ? needOfGpu(node, gpu, prices) : 0;
    }
    return needMilli;
  }

  private static boolean isFirstOfItsModel(NodeState node, int gpu) {
    return (node.alike(gpu) & ((1L << gpu) - 1)) == 0;
  }

  private static long ofGpu(NodeState node, int gpu, Prices prices) {
    if (node.isPlain(gpu)) {
      PlainPrices table = prices.plain(node.model[gpu]);
      return node.isUntouched(gpu) ? table.wholeWorth() : table.worth(node.freeMiB[gpu]);
    }
    MigPrices table = prices.mig(node.model[gpu]);
    return node.isWholeHeld(gpu)
        ? 0
        : node.isDynamic(gpu)
            ? table.potential(node.layout[gpu])
            : overInstances(node, gpu, table::instanceTaken);
  }

  /** What the free part of one GPU is worth where nothing is scarce. */
  private static long bareOfGpu(NodeState node, int gpu, Prices prices) {
    if (node.isPlain(gpu)) {
      PlainPrices table = prices.plain(node.model[gpu]);
      return node.isUntouched(gpu) ? table.bareWhole() : table.bareWorth(node.freeMiB[gpu]);
    }
    MigPrices table = prices.mig(node.model[gpu]);
    return node.isWholeHeld(gpu)
        ? 0
        : node.isDynamic(gpu)
            ? table.bareWorth(node.layout[gpu])
            : overInstances(node, gpu, table::instanceTaken);
  }

  private static long needOfGpu(NodeState node, int gpu, Prices prices) {
    if (node.isPlain(gpu)) {
      PlainPrices table = prices.plain(node.model[gpu]);
      return node.isUntouched(gpu) ? table.wholeNeedMilli() : table.needMilli(node.freeMiB[gpu]);
    }
    MigPrices table = prices.mig(node.model[gpu]);
    return node.isWholeHeld(gpu)
        ? 0
        : node.isDynamic(gpu)
            ? table.needMilli(node.layout[gpu])
            : overInstances(node, gpu, table::needOfInstance);
  }

  private static long overInstances(NodeState node, int gpu, IntToLongFunction ofProfile) {
    List<MigInstance> instances = node.spec().gpus().get(gpu).instances();
    long sum = 0;
    for (int i = 0; i < instances.size(); i++) {
      boolean held = (node.heldInstances[gpu] >> i & 1) != 0;
      sum += held ? 0 : ofProfile.applyAsLong(instances.get(i).profile().index());
    }
    return sum;
  }
}
