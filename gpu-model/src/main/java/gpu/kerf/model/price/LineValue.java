package gpu.kerf.model.price;

import gpu.kerf.model.hardware.MigLayouts;
import gpu.kerf.model.hardware.MigProfile;
import java.util.Arrays;
import java.util.List;

/**
 * How useful every MIG layout of one GPU model is while instances wait in a line, in compute slices
 * times the mean time that an instance runs.
 *
 * <p>One GPU is a Markov decision problem. It earns the compute slices in use. Each instance leaves
 * after the same mean time. Instances of a kind can be had at a rate: those that arrive, and those
 * that wait, counted per GPU. Other GPUs want them too, so an instance has a price: uniform between
 * {@link #CHEAPEST} of its compute slices and all of them when none of its kind waits, and the less
 * the more wait. The GPU takes an instance when that raises its value by more than the price. It
 * may also leave slices free: a layout can be worth more without an instance that fits.
 *
 * <p>Value iteration in place (Gauss-Seidel, sweeping to and fro) starts from the last solution,
 * because the line changes little from one moment to the next.
 */
public final class LineValue {

  /** How many times as fast as they arrive instances ask at a GPU: they shop around. */
  private static final double ARRIVING = 2;

  /** How fast an instance that waits can be had, per mean running time. */
  private static final double WAITING = 6;

  private static final double DISCOUNT = 0.1;
  private static final double CHEAPEST = 0.3;

  /** With so many per GPU waiting the price of a kind is half. */
  private static final double HALF_PRICE = 0.25;

  /** Steps of the number of waiting instances per GPU: powers of two between these. */
  private static final double FEWEST = 0.125;

  private static final double MOST = 4;

  private static final double TOLERANCE = 0.01;
  private static final int MOST_SWEEPS = 60;

  /** The arrivals change the values after so many more. */
  private static final int RENEW_AFTER = 20;

  private final LayoutSteps steps;
  private final int slices;
  private final int[] compute;
  private final int[] sizes;
  private final double[] arrived;
  private double arrivals;
  private final int[] used;
  private final double[] value;
  private final double[] rate;
  private final double[] dearest;
  private double[] solvedFor = {};

  public LineValue(MigLayouts layouts, int slices) {
    List<MigProfile> kinds = layouts.plainProfiles();
    this.slices = slices;
    this.steps = new LayoutSteps(layouts);
    this.compute = kinds.stream().mapToInt(MigProfile::computeSlices).toArray();
    this.sizes = kinds.stream().mapToInt(MigProfile::size).toArray();
    this.arrived = new double[compute.length];
    this.rate = new double[compute.length];
    this.dearest = new double[compute.length];
    this.value = new double[layouts.size()];
    this.used = new int[layouts.size()];
    for (int layout = 0; layout < used.length; layout++) {
      used[layout] = computeIn(layouts, layout);
    }
  }

  private static int computeIn(MigLayouts layouts, int layout) {
    int sum = 0;
    for (int start = 0; start < Byte.SIZE; start++) {
      MigProfile profile = layouts.at(layout, start);
      sum += profile == null ? 0 : profile.computeSlices();
    }
    return sum;
  }

  /** An instance of a kind has come for the first time. */
  public void arrived(int kind) {
    arrived[kind]++;
    arrivals++;
  }

  /**
   * Works out the values for a line, unless it is much like the last one.
   *
   * @param waiting how many of each kind wait
   * @param gpus how many GPUs of the model there are
   * @return whether the values are new
   */
  public boolean solve(int[] waiting, int gpus) {
    double[] perGpu = new double[compute.length + 1];
    for (int kind = 0; kind < compute.length; kind++) {
      perGpu[kind] = step((double) waiting[kind] / gpus);
    }
    perGpu[compute.length] =
        arrivals < RENEW_AFTER ? arrivals : Math.floor(arrivals / RENEW_AFTER) * RENEW_AFTER;
    if (Arrays.equals(perGpu, solvedFor)) {
      return false;
    }
    solvedFor = perGpu;
    offer(perGpu);
    iterate();
    return true;
  }

  private static double step(double perGpu) {
    if (perGpu <= 0) {
      return 0;
    }
    double near = Math.pow(2, Math.rint(Math.log(perGpu) / Math.log(2)));
    return Math.max(FEWEST, Math.min(MOST, near));
  }

  private void offer(double[] perGpu) {
    double asked = 0;
    for (int kind = 0; kind < compute.length; kind++) {
      asked += arrived[kind] * sizes[kind];
    }
    for (int kind = 0; kind < compute.length; kind++) {
      double comes = asked == 0 ? 0 : arrived[kind] * slices / asked;
      rate[kind] = ARRIVING * comes + WAITING * perGpu[kind];
      dearest[kind] = compute[kind] / (1 + perGpu[kind] / HALF_PRICE);
    }
  }

  private void iterate() {
    double change = Double.MAX_VALUE;
    for (int sweep = 0; sweep < MOST_SWEEPS && change >= TOLERANCE; sweep++) {
      change = 0;
      for (int i = 0; i < value.length; i++) {
        int layout = (sweep & 1) == 0 ? i : value.length - 1 - i;
        double updated = update(layout);
        change = Math.max(change, Math.abs(updated - value[layout]));
        value[layout] = updated;
      }
    }
  }

  private double update(int layout) {
    double earned = used[layout];
    double events = DISCOUNT;
    for (int left : steps.back(layout)) {
      earned += value[left];
      events++;
    }
    int[] run = steps.onward(layout);
    for (int i = 0; i < run.length; i += 2 + run[i + 1]) {
      double best = bestOf(run, i + 2, run[i + 1]);
      double most = dearest[run[i]];
      double least = CHEAPEST * most;
      double gain = best - value[layout];
      if (gain > least && rate[run[i]] > 0) {
        double part = Math.min(1, (gain - least) / (most - least));
        double taken = rate[run[i]] * part;
        earned += taken * (best - least - part * (most - least) / 2);
        events += taken;
      }
    }
    return earned / events;
  }

  private double bestOf(int[] run, int from, int number) {
    double best = value[run[from]];
    for (int i = from + 1; i < from + number; i++) {
      best = Math.max(best, value[run[i]]);
    }
    return best;
  }

  /** The value of a layout. */
  public double of(int layout) {
    return value[layout];
  }
}
