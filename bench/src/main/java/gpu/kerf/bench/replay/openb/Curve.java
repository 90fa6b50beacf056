package gpu.kerf.bench.replay.openb;

import gpu.kerf.bench.replay.Rounding;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A quantity over the arrivals, in percent of all GPUs against percent of all GPUs that arrivals
 * have asked for.
 *
 * <p>The value at a whole percent is the mean over all arrivals that round to it (a tie to the even
 * one) of the quantity after them, each rounded to two decimals, as FGD's authors publish their
 * curves. Where no arrival rounds to a percent, the quantity stayed what it was.
 */
final class Curve {

  private final double[] sums;
  private final int[] counts;
  private final double[] lasts;
  private int reached = -1;

  Curve(int upto) {
    this.sums = new double[upto + 1];
    this.counts = new int[upto + 1];
    this.lasts = new double[upto + 1];
  }

  /** Adds the quantity after an arrival; percents must not fall. */
  void add(int percent, double value) {
    double before = reached < 0 ? 0 : lasts[reached];
    while (reached < percent) {
      lasts[++reached] = before;
    }
    double rounded = Rounding.hundredths(value);
    sums[percent] += rounded;
    counts[percent]++;
    lasts[percent] = rounded;
  }

  /** The value at a whole percent that was reached. */
  double at(int percent) {
    double value = counts[percent] == 0 ? lasts[percent] : sums[percent] / counts[percent];
    return Rounding.hundredths(value);
  }

  /** The highest whole percent that was reached; negative if there was no arrival. */
  int reached() {
    return reached;
  }

  /** All values by whole percent. */
  Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    for (int percent = 1; percent <= reached; percent++) {
      values.put(Integer.toString(percent), at(percent));
    }
    return values;
  }
}
