package gpu.kerf.bench.load;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The durations of all calls of one verb. */
final class VerbTimes {

  private static final int FIRST = 100;

  private long[] nanos = new long[1024];
  private int calls;

  void add(long elapsed) {
    if (calls == nanos.length) {
      nanos = Arrays.copyOf(nanos, calls * 2);
    }
    nanos[calls++] = elapsed;
  }

  int calls() {
    return calls;
  }

  /** The figures of several callers together; the rate counts only the time in this verb. */
  static Map<String, Object> figures(List<VerbTimes> all) {
    long[] merged =
        all.stream().flatMapToLong(one -> Arrays.stream(one.nanos, 0, one.calls)).toArray();
    long[] first =
        all.stream()
            .flatMapToLong(
                one -> Arrays.stream(one.nanos, 0, Math.min(one.calls, FIRST / all.size())))
            .sorted()
            .toArray();
    long sum = Arrays.stream(merged).sum();
    Arrays.sort(merged);
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("calls", merged.length);
    figures.put("p50Micros", micros(merged, 50));
    figures.put("p90Micros", micros(merged, 90));
    figures.put("p99Micros", micros(merged, 99));
    figures.put("maxMicros", micros(merged, 100));
    figures.put("first100P99Micros", micros(first, 99));
    figures.put("perSecond", sum == 0 ? 0 : Math.round(merged.length * 1e9 * all.size() / sum));
    return figures;
  }

  /** The nearest rank, in tenths of microseconds. */
  private static double micros(long[] sorted, int percent) {
    if (sorted.length == 0) {
      return 0;
    }
    int rank = (int) Math.ceil(percent / 100.0 * sorted.length);
    return Math.round(sorted[Math.max(0, rank - 1)] / 100.0) / 10.0;
  }
}
