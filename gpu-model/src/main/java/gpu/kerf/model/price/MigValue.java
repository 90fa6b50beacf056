package gpu.kerf.model.price;

import gpu.kerf.model.hardware.MigLayouts;
import gpu.kerf.model.hardware.MigProfile;
import java.util.List;

/**
 * How useful every MIG layout of one GPU model is to the profiles that usually come, in memory
 * slices.
 *
 * <p>One GPU is a Markov decision problem. Instances arrive by the mix, several times as fast as
 * the GPU could hold them, because each of them could also go to other GPUs; each leaves after the
 * same mean time. This GPU competes with the rest of the fleet: the least cost of an instance
 * elsewhere is uniform between {@link #CHEAPEST_RIVAL} of its slices and all of them. The instance
 * comes to this GPU when it costs more elsewhere, and then earns what it would have cost there. The
 * value of a layout is what it will earn from there on, discounted. Value iteration in place
 * (Gauss-Seidel, sweeping to and fro) converges in a few sweeps from the last solution, for a mix
 * changes slowly.
 */
final class MigValue {

  /** How many times more instances ask at a GPU than it could hold. */
  private static final double SHOPPING = 6;

  private static final double DISCOUNT = 0.5;
  private static final double CHEAPEST_RIVAL = 0.3;
  private static final double TOLERANCE = 0.02;
  private static final int MOST_SWEEPS = 100;

  /** What is believed before anything was seen: so many arrivals, small profiles more often. */
  private static final double PRIOR = 4;

  private final int slices;
  private final double[] value;
  private final double[] shares;
  private final int[] sizes;

  private final LayoutSteps steps;

  MigValue(MigLayouts layouts, int slices) {
    this.slices = slices;
    this.value = new double[layouts.size()];
    List<MigProfile> kinds = layouts.plainProfiles();
    this.sizes = kinds.stream().mapToInt(MigProfile::size).toArray();
    this.shares = new double[sizes.length];
    this.steps = new LayoutSteps(layouts);
  }

  /** Learns from how often each kind of profile was asked for. */
  void learn(double[] asked) {
    double prior = 0;
    for (int size : sizes) {
      prior += 1.0 / size / size;
    }
    double offered = 0;
    for (int kind = 0; kind < sizes.length; kind++) {
      shares[kind] = asked[kind] + PRIOR / sizes[kind] / sizes[kind] / prior;
      offered += shares[kind] * sizes[kind];
    }
    double[] rates = new double[sizes.length];
    for (int kind = 0; kind < sizes.length; kind++) {
      rates[kind] = SHOPPING * slices * shares[kind] / offered;
      shares[kind] = shares[kind] * sizes[kind] / offered;
    }
    solve(rates);
  }

  private void solve(double[] rates) {
    for (int sweep = 0; sweep < MOST_SWEEPS; sweep++) {
      double change = 0;
      for (int i = 0; i < value.length; i++) {
        int layout = (sweep & 1) == 0 ? i : value.length - 1 - i;
        double updated = update(layout, rates);
        change = Math.max(change, Math.abs(updated - value[layout]));
        value[layout] = updated;
      }
      if (change < TOLERANCE) {
        return;
      }
    }
  }

  private double update(int layout, double[] rates) {
    double earned = 0;
    double rate = DISCOUNT;
    int[] run = steps.onward(layout);
    for (int i = 0; i < run.length; i += 2 + run[i + 1]) {
      int size = sizes[run[i]];
      double next = bestOf(run, i + 2, run[i + 1]);
      double cost = Math.max(value[layout] - next, CHEAPEST_RIVAL * size);
      if (cost < size) {
        double comes = rates[run[i]] * (size - cost) / (size * (1 - CHEAPEST_RIVAL));
        earned += comes * ((size + cost) / 2 + next);
        rate += comes;
      }
    }
    for (int left : steps.back(layout)) {
      earned += value[left];
      rate++;
    }
    return earned / rate;
  }

  private double bestOf(int[] run, int from, int number) {
    double best = value[run[from]];
    for (int i = from + 1; i < from + number; i++) {
      best = Math.max(best, value[run[i]]);
    }
    return best;
  }

  /** The value of a layout, in slices. */
  double of(int layout) {
    return value[layout];
  }

  /** Which part of the memory that is asked for is asked for as this kind of profile. */
  double share(int kind) {
    return shares[kind];
  }
}
