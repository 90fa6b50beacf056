package gpu.kerf.bench.replay;

import java.util.Arrays;
import java.util.Map;

/** The durations of decisions and, separately, of a policy's work when it is told of a pod. */
public final class DecisionTimes {

  private static final double NANOS_PER_MICRO = 1_000;

  private long[] nanos = new long[1024];
  private int count;
  private boolean sorted;
  private long learning;
  private int learned;

  public void add(long duration) {
    if (count == nanos.length) {
      nanos = Arrays.copyOf(nanos, count * 2);
    }
    nanos[count++] = duration;
    sorted = false;
  }

  /** Adds the time that a policy took to hear of an arrival, which decides nothing. */
  public void addLearning(long duration) {
    learning += duration;
    learned++;
  }

  public void addAll(DecisionTimes others) {
    learning += others.learning;
    learned += others.learned;
    for (int i = 0; i < others.count; i++) {
      add(others.nanos[i]);
    }
  }

  public int count() {
    return count;
  }

  public double meanMicros() {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += nanos[i];
    }
    return count == 0 ? 0 : Rounding.hundredths(sum / count / NANOS_PER_MICRO);
  }

  /** So many percent of the decisions took no longer. */
  public double percentileMicros(double percent) {
    if (count == 0) {
      return 0;
    }
    if (!sorted) {
      Arrays.sort(nanos, 0, count);
      sorted = true;
    }
    int rank = (int) Math.ceil(percent / 100 * count);
    return Rounding.hundredths(nanos[Math.max(0, rank - 1)] / NANOS_PER_MICRO);
  }

  /** The mean over all arrivals of what hearing of one took. */
  public double learningMicros() {
    return learned == 0 ? 0 : Rounding.hundredths((double) learning / learned / NANOS_PER_MICRO);
  }

  /** Adds what results tell of the times. */
  public void describe(Map<String, Object> result) {
    result.put("decisions", count);
    result.put("decisionMicros", meanMicros());
    result.put("decisionP50Micros", percentileMicros(50));
    result.put("decisionP99Micros", percentileMicros(99));
    result.put("learningMicros", learningMicros());
  }
}
