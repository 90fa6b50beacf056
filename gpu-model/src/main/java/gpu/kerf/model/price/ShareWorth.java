package gpu.kerf.model.price;

/**
 * What every amount of free memory on a plain GPU of one model is worth to the usual shares, in KiB
 * of GPU memory.
 */
final class ShareWorth {

  /** A table of this many steps is exact enough where the sizes have no large common divisor. */
  private static final int MOST_STEPS = 512;

  private static final int SHIFT = 40;

  private final long[] worth;
  private final int stepMiB;
  private final long reciprocal;
  private final int fullMiB;

  private ShareWorth(long[] worth, int stepMiB, int fullMiB) {
    this.worth = worth;
    this.stepMiB = stepMiB;
    this.reciprocal = (1L << SHIFT) / stepMiB + 1;
    this.fullMiB = fullMiB;
  }

  /**
   * Learns from the shares that are usual.
   *
   * @param sizesMiB distinct sizes, each at most the GPU's memory
   * @param counts how often each is asked for
   */
  static ShareWorth of(int fullMiB, int[] sizesMiB, double[] counts) {
    int step = step(fullMiB, sizesMiB);
    int capacity = fullMiB / step;
    double[] demand = new double[capacity + 1];
    for (int i = 0; i < sizesMiB.length; i++) {
      demand[Math.min(capacity, (sizesMiB[i] + step - 1) / step)] += counts[i];
    }
    return new ShareWorth(table(demand, capacity, fullMiB), step, fullMiB);
  }

  /**
   * The sizes' greatest common divisor if the table stays small, so that nothing is rounded; else
   * what keeps it small.
   */
  private static int step(int fullMiB, int[] sizes) {
    int divisor = 0;
    for (int size : sizes) {
      divisor = gcd(size, divisor);
    }
    int coarsest = (fullMiB + MOST_STEPS - 1) / MOST_STEPS;
    return Math.max(Math.max(divisor, coarsest), 1);
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  private static long[] table(double[] demand, int capacity, int fullMiB) {
    int kinds = 0;
    for (double count : demand) {
      kinds += count > 0 ? 1 : 0;
    }
    int[] sizes = new int[kinds];
    double[] counts = new double[kinds];
    int kind = 0;
    for (int size = 1; size <= capacity; size++) {
      if (demand[size] > 0) {
        sizes[kind] = size;
        counts[kind++] = demand[size];
      }
    }
    double[] prices = CuttingStock.prices(sizes, counts, capacity);
    return inKiB(CuttingStock.worths(sizes, prices, capacity), kinds == 0, fullMiB);
  }

  /** A full GPU is worth its memory; without any usual share so is every part of it. */
  private static long[] inKiB(double[] inGpus, boolean proportional, int fullMiB) {
    long[] table = new long[inGpus.length];
    int capacity = inGpus.length - 1;
    for (int room = 0; room <= capacity; room++) {
      double part =
          proportional ? (double) room / Math.max(1, capacity) : Math.min(1, inGpus[room]);
      table[room] = Math.round(part * fullMiB * 1024);
    }
    return table;
  }

  /** What so much free memory is worth; all of it is worth a GPU. */
  long of(int freeMiB) {
    if (freeMiB >= fullMiB) {
      return (long) fullMiB << 10;
    }
    return freeMiB <= 0 ? 0 : worth[(int) ((freeMiB * reciprocal) >>> SHIFT)];
  }

  int stepMiB() {
    return stepMiB;
  }
}
