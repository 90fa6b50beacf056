package gpu.kerf.extender.demo;

import java.util.List;

/** Means and percentiles. */
final class Figures {

  private Figures() {}

  /** The nearest rank; 0 of nothing. */
  static long percentile(List<Long> values, int percent) {
    if (values.isEmpty()) {
      return 0;
    }
    List<Long> sorted = values.stream().sorted().toList();
    int rank = (int) Math.ceil(percent / 100.0 * sorted.size());
    return sorted.get(Math.max(0, rank - 1));
  }

  static double mean(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).average().orElse(0);
  }

  /** Rounded to so many decimals, as it stands in the results. */
  static double rounded(double value, int decimals) {
    double factor = Math.pow(10, decimals);
    return Math.round(value * factor) / factor;
  }
}
