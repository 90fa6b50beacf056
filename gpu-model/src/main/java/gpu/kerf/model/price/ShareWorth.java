package gpu.kerf.model.price;

import java.util.Map;
import java.util.TreeMap;

/**
 * What every amount of free memory on a plain GPU of one model is worth to the usual shares, and
 * the CPU that filling it will ask for.
 */
final class ShareWorth {

  /** A table of this many steps is exact enough where the sizes have no large common divisor. */
  private static final int MOST_STEPS = 512;

  /** So many sizes are told apart; beyond, sizes are rounded up until few enough are left. */
  private static final int MOST_SIZES = 96;

  private static final int SHIFT = 40;

  private final int stepMiB;
  private final long reciprocal;
  private final double[] worth;
  private final double[] fillCpuMilli;

  private ShareWorth(int stepMiB, double[] worth, double[] fillCpuMilli) {
    this.stepMiB = stepMiB;
    this.reciprocal = (1L << SHIFT) / stepMiB + 1;
    this.worth = worth;
    this.fillCpuMilli = fillCpuMilli;
  }

  /** How often a size is asked for, and the CPU beside it. */
  static final class Asked {
    double count;
    double cpuMilli;

    void add(double times, double cpuMilliEach) {
      count += times;
      cpuMilli += times * cpuMilliEach;
    }
  }

  /**
   * Learns from the shares that are usual, by size in MiB in ascending order; each at most the
   * GPU's memory.
   */
  static ShareWorth of(int fullMiB, Map<Integer, Asked> bySize) {
    int step = step(fullMiB, bySize);
    Map<Integer, Asked> inSteps = inSteps(bySize, fullMiB, step);
    while (inSteps.size() > MOST_SIZES) {
      step *= 2;
      inSteps = inSteps(bySize, fullMiB, step);
    }
    int capacity = Math.max(1, fullMiB / step);
    if (inSteps.isEmpty()) {
      return new ShareWorth(1, new double[1], new double[1]);
    }
    int[] sizes = inSteps.keySet().stream().mapToInt(Integer::intValue).toArray();
    double[] counts = inSteps.values().stream().mapToDouble(asked -> asked.count).toArray();
    double[] cpu =
        inSteps.values().stream().mapToDouble(asked -> asked.cpuMilli / asked.count).toArray();
    double[] prices = CuttingStock.prices(sizes, counts, capacity);
    Fillings fillings = new Fillings(sizes, prices, cpu, capacity);
    return new ShareWorth(step, fillings.worth, fillings.cpuMilli);
  }

  /**
   * The sizes' greatest common divisor if the table stays small, so that nothing is rounded; else
   * what keeps it small.
   */
  private static int step(int fullMiB, Map<Integer, Asked> bySize) {
    int divisor = 0;
    for (int size : bySize.keySet()) {
      divisor = gcd(size, divisor);
    }
    int coarsest = (fullMiB + MOST_STEPS - 1) / MOST_STEPS;
    return Math.max(1, Math.max(divisor, coarsest));
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  private static Map<Integer, Asked> inSteps(Map<Integer, Asked> bySize, int fullMiB, int step) {
    TreeMap<Integer, Asked> inSteps = new TreeMap<>();
    bySize.forEach(
        (size, asked) -> {
          int steps = Math.min(Math.max(1, fullMiB / step), (size + step - 1) / step);
          Asked sum = inSteps.computeIfAbsent(steps, one -> new Asked());
          sum.count += asked.count;
          sum.cpuMilli += asked.cpuMilli;
        });
    return inSteps;
  }

  /**
   * Where no shares are usual, every part is worth as much as its size: one step a MiB, and no
   * table.
   */
  boolean isProportional() {
    return worth.length == 1;
  }

  /** How many steps the tables have, after the first for "nothing". */
  int steps() {
    return worth.length - 1;
  }

  int step(int freeMiB) {
    return freeMiB <= 0 ? 0 : Math.min(steps(), (int) ((freeMiB * reciprocal) >>> SHIFT));
  }

  int stepMiB() {
    return stepMiB;
  }

  /** What the room of a step is worth, as a part of a GPU. */
  double worth(int step) {
    return Math.min(1, worth[step]);
  }

  /** The CPU that the best filling of a step asks for, in thousandths. */
  double fillCpuMilli(int step) {
    return fillCpuMilli[step];
  }
}
