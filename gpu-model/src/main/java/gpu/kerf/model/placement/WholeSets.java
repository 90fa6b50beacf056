package gpu.kerf.model.placement;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.hardware.Topology;
import gpu.kerf.model.price.Prices;

/**
 * Chooses which untouched GPUs of a node a demand for whole GPUs gets: the ones worth least, among
 * those the ones near to each other, and among those the ones that leave GPUs near to each other
 * for the next demand.
 */
final class WholeSets {

  /** Up to so many sets are all looked at; beyond, the set grows one nearest GPU at a time. */
  private static final long MOST_SETS = 2_000;

  private final HostCost host = new HostCost();
  private long bestSet;
  private long bestTaken;
  private int bestDistance;
  private int bestLeftBehind;

  boolean choose(Need need, NodeState node, PodDemand pod, Prices prices, Choice best) {
    if (Long.bitCount(node.untouched) < need.count) {
      return false;
    }
    long eligible = eligible(need, node);
    int number = Long.bitCount(eligible);
    if (number < need.count) {
      return false;
    }
    host.setOut(node, pod, prices);
    bestSet = 0;
    if (number == need.count || (node.uniform && node.wholesAlike)) {
      consider(lowest(eligible, need.count), eligible, node, prices);
    } else if (setsOf(number, need.count) <= MOST_SETS) {
      considerAll(eligible, need.count, node, prices);
    } else {
      growFromEach(eligible, need.count, node, prices);
    }
    best.setWhole(bestSet, bestTaken, bestDistance);
    best.leftover = node.totalFreeMiB - memoryOf(bestSet, node);
    return true;
  }

  private static long eligible(Need need, NodeState node) {
    if (node.uniform) {
      return need.wholeOn(node.model[0]) ? node.untouched : 0;
    }
    long eligible = node.untouched;
    for (long rest = node.untouched; rest != 0; rest &= rest - 1) {
      int gpu = Long.numberOfTrailingZeros(rest);
      eligible &= need.wholeOn(node.model[gpu]) ? -1L : ~(1L << gpu);
    }
    return eligible;
  }

  /** The first k of a set. */
  private static long lowest(long set, int k) {
    long rest = set;
    for (int i = 0; i < k; i++) {
      rest &= rest - 1;
    }
    return set & ~rest;
  }

  private static long setsOf(int n, int k) {
    long sets = 1;
    for (int i = 0; i < k && sets <= MOST_SETS; i++) {
      sets = sets * (n - i) / (i + 1);
    }
    return sets;
  }

  /** All sets of k of the eligible GPUs, lowest indexes first. */
  private void considerAll(long eligible, int k, NodeState node, Prices prices) {
    long sets = setsOf(Long.bitCount(eligible), k);
    long pick = (1L << k) - 1;
    for (long i = 0; i < sets; i++) {
      consider(spread(pick, eligible), eligible, node, prices);
      pick = nextWithSameBits(pick);
    }
  }

  private static long nextWithSameBits(long pick) {
    long lowest = pick & -pick;
    long ripple = pick + lowest;
    return ripple | ((pick ^ ripple) >>> 2) / lowest;
  }

  /** The pick-th members of a set. */
  private static long spread(long pick, long set) {
    long result = 0;
    long rest = set;
    for (long bits = pick; bits != 0; bits >>>= 1, rest &= rest - 1) {
      result |= (bits & 1) != 0 ? rest & -rest : 0;
    }
    return result;
  }

  private void growFromEach(long eligible, int k, NodeState node, Prices prices) {
    Topology topology = node.spec().topology();
    for (long seeds = eligible; seeds != 0; seeds &= seeds - 1) {
      long set = seeds & -seeds;
      while (Long.bitCount(set) < k) {
        set |= nearest(set, eligible & ~set, topology);
      }
      consider(set, eligible, node, prices);
    }
  }

  private static long nearest(long set, long others, Topology topology) {
    long best = others & -others;
    for (long rest = others; rest != 0; rest &= rest - 1) {
      long one = rest & -rest;
      best = topology.distanceWithin(set | one) < topology.distanceWithin(set | best) ? one : best;
    }
    return best;
  }

  private void consider(long set, long eligible, NodeState node, Prices prices) {
    long taken = taken(set, node, prices);
    Topology topology = node.spec().topology();
    int distance = Long.bitCount(set) < 2 ? 0 : topology.distanceWithin(set);
    int leftBehind = node.uniform ? 0 : topology.distanceWithin(eligible & ~set);
    if (bestSet == 0 || isBetter(taken, distance, leftBehind)) {
      bestSet = set;
      bestTaken = taken;
      bestDistance = distance;
      bestLeftBehind = leftBehind;
    }
  }

  private long taken(long set, NodeState node, Prices prices) {
    long worth = 0;
    long need = 0;
    for (long rest = set; rest != 0; rest &= rest - 1) {
      int gpu = Long.numberOfTrailingZeros(rest);
      int model = node.model[gpu];
      worth += worth(node, gpu, prices);
      need +=
          node.isPlain(gpu) ? prices.plain(model).wholeNeedMilli() : prices.mig(model).needMilli(0);
      if ((set & node.alike(gpu) & ((1L << gpu) - 1)) == 0) {
        int alike = Long.bitCount(node.untouched & node.alike(gpu));
        worth +=
            prices.holes(model, alike)
                - prices.holes(model, alike - Long.bitCount(set & node.alike(gpu)));
      }
    }
    return worth + host.taken(need);
  }

  /** What an untouched GPU is worth: cut as its model can be, or as it is. */
  static long worth(NodeState node, int gpu, Prices prices) {
    int model = node.model[gpu];
    return node.isPlain(gpu) ? prices.plain(model).wholeWorth() : prices.mig(model).potential(0);
  }

  private static int memoryOf(long set, NodeState node) {
    int sum = 0;
    for (long rest = set; rest != 0; rest &= rest - 1) {
      sum += node.freeOn(Long.numberOfTrailingZeros(rest));
    }
    return sum;
  }

  private boolean isBetter(long taken, int distance, int leftBehind) {
    if (taken != bestTaken) {
      return taken < bestTaken;
    }
    return distance != bestDistance ? distance < bestDistance : leftBehind < bestLeftBehind;
  }
}
