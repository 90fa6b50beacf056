package gpu.kerf.model.analysis;

import java.util.Arrays;

/**
 * How much of a free piece of memory the usual sizes can fill, each used any number of times: the
 * unbounded knapsack, computed once for all amounts.
 */
final class FillTable {

  /**
   * Amounts beyond this (1 TiB) are first filled with the smallest size, which loses next to none.
   */
  static final int MOST = 1 << 20;

  private final int[] sizes;
  private int[] best = {0};

  /**
   * @param sizes in MiB, each at least 1; none = nothing can be filled
   */
  FillTable(int[] sizes) {
    this.sizes = Arrays.stream(sizes).sorted().distinct().toArray();
  }

  /** The most MiB of so much free memory that the sizes fill. */
  int filled(int free) {
    if (sizes.length == 0 || free < sizes[0]) {
      return 0;
    }
    int first = firstOnes(free) * sizes[0];
    int rest = free - first;
    if (rest < sizes[0]) {
      return first;
    }
    if (rest >= best.length) {
      grow(rest);
    }
    return first + best[rest];
  }

  /** How many of the smallest size go ahead, so that the rest is within the table. */
  private int firstOnes(int free) {
    int beyond = Math.max(0, free - MOST);
    int enough = (int) (((long) beyond + sizes[0] - 1) / sizes[0]);
    return Math.min(enough, free / sizes[0]);
  }

  private void grow(int free) {
    int known = best.length;
    best = Arrays.copyOf(best, Math.max(free + 1, Math.min(MOST + 1, 2 * known)));
    for (int amount = known; amount < best.length; amount++) {
      int most = best[amount - 1];
      for (int i = 0; i < sizes.length && sizes[i] <= amount; i++) {
        most = Math.max(most, best[amount - sizes[i]] + sizes[i]);
      }
      best[amount] = most;
    }
  }
}
