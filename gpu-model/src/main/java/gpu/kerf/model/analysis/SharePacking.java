package gpu.kerf.model.analysis;

import gpu.kerf.model.placement.Slot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * On how few plain GPUs a set of MPS shares fits: a lower bound, and what first-fit-decreasing
 * achieves.
 *
 * <p>The bound is the largest of: all memory, all multiprocessors, all clients, each divided by
 * what a GPU has; and the bound of Martello and Toth (1990) for bin packing, which sees that two
 * shares of more than half a GPU cannot meet, and that beside a large one only small ones fit.
 */
public final class SharePacking {

  private static final int SM = 1000;

  /**
   * What a GPU offers to shares. Where cards of one model report different amounts, the bound must
   * take the largest and the packing the smallest.
   */
  public record Bin(int largestMiB, int smallestMiB, int clients) {}

  private SharePacking() {}

  public static Fewest fewest(List<Slot.Share> shares, Bin bin) {
    return new Fewest(atLeast(shares, bin), firstFitDecreasing(shares, bin), Fewest.Basis.BOUNDS);
  }

  static int atLeast(List<Slot.Share> shares, Bin bin) {
    long memory = 0;
    long sm = 0;
    for (Slot.Share share : shares) {
      memory += share.memoryMiB();
      sm += share.smMilli();
    }
    long bound = Math.max(ceil(memory, bin.largestMiB()), ceil(sm, SM));
    bound = Math.max(bound, ceil(shares.size(), bin.clients()));
    int[] sizes = shares.stream().mapToInt(Slot.Share::memoryMiB).toArray();
    return (int) Math.max(bound, ofLargeOnes(sizes, bin.largestMiB()));
  }

  private static long ceil(long amount, int part) {
    return (amount + part - 1) / part;
  }

  /**
   * For every threshold: those that leave less than it have a GPU each; so have those of more than
   * half, but what they leave takes the others, as far as it goes.
   */
  private static long ofLargeOnes(int[] sizes, int capacity) {
    Arrays.sort(sizes);
    long[] sums = sums(sizes);
    int half = firstAbove(sizes, capacity / 2);
    int large = sizes.length - half;
    long bound = large;
    for (int i = 0; i < half; i++) {
      int alone = firstAbove(sizes, capacity - sizes[i]);
      long room = (long) (alone - half) * capacity - (sums[alone] - sums[half]);
      long overflow = Math.max(0, sums[half] - sums[i] - room);
      bound = Math.max(bound, large + ceil(overflow, capacity));
    }
    return bound;
  }

  private static long[] sums(int[] sizes) {
    long[] sums = new long[sizes.length + 1];
    for (int i = 0; i < sizes.length; i++) {
      sums[i + 1] = sums[i] + sizes[i];
    }
    return sums;
  }

  private static int firstAbove(int[] sorted, int size) {
    int low = 0;
    int high = sorted.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sorted[middle] > size) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /** Large memory first; a share that only the larger cards hold gets one for itself. */
  static int firstFitDecreasing(List<Slot.Share> shares, Bin bin) {
    List<Slot.Share> order =
        shares.stream()
            .sorted(
                Comparator.comparingInt(Slot.Share::memoryMiB)
                    .thenComparingInt(Slot.Share::smMilli)
                    .reversed())
            .toList();
    List<Filling> fillings = new ArrayList<>();
    for (Slot.Share share : order) {
      if (fillings.stream().noneMatch(filling -> filling.take(share))) {
        fillings.add(new Filling(share, bin));
      }
    }
    return fillings.size();
  }

  private static final class Filling {
    private long memory;
    private int sm = SM;
    private int clients;

    Filling(Slot.Share first, Bin bin) {
      this.memory = (long) bin.smallestMiB() - first.memoryMiB();
      this.sm -= first.smMilli();
      this.clients = bin.clients() - 1;
    }

    boolean take(Slot.Share share) {
      if (share.memoryMiB() > memory || share.smMilli() > sm || clients == 0) {
        return false;
      }
      memory -= share.memoryMiB();
      sm -= share.smMilli();
      clients--;
      return true;
    }
  }
}
