package gpu.kerf.bench.replay.openb;

/** The most valuable items that one GPU can hold, each as often as it fits. */
final class Knapsack {

  private final int[] sizes;
  private final int room;
  private final double[] best;
  private final int[] last;

  /**
   * @param sizes of the items, positive
   * @param room of the GPU, in the same units
   */
  Knapsack(int[] sizes, int room) {
    int unit = room;
    for (int size : sizes) {
      unit = gcd(unit, size);
    }
    this.sizes = sizes.clone();
    for (int i = 0; i < sizes.length; i++) {
      this.sizes[i] /= unit;
    }
    this.room = room / unit;
    this.best = new double[this.room + 1];
    this.last = new int[this.room + 1];
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  /** The value of the best filling at these values of the items. */
  double fill(double[] values) {
    for (int filled = 1; filled <= room; filled++) {
      best[filled] = best[filled - 1];
      last[filled] = -1;
      for (int i = 0; i < sizes.length; i++) {
        if (sizes[i] <= filled && best[filled - sizes[i]] + values[i] > best[filled]) {
          best[filled] = best[filled - sizes[i]] + values[i];
          last[filled] = i;
        }
      }
    }
    return best[room];
  }

  /** How often each item is in the filling that was found last. */
  int[] counts() {
    int[] counts = new int[sizes.length];
    int filled = room;
    while (filled > 0) {
      if (last[filled] < 0) {
        filled--;
      } else {
        counts[last[filled]]++;
        filled -= sizes[last[filled]];
      }
    }
    return counts;
  }
}
