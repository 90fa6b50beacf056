package gpu.kerf.extender.stream;

import java.time.Duration;
import java.util.function.DoubleSupplier;

/** How long to wait after failures: each time twice as long, up to a minute, and never the same. */
final class Backoff {
  private static final long FIRST_MILLIS = 500;
  private static final long MOST_MILLIS = 60_000;
  private static final int MOST_DOUBLINGS = 7;

  private final DoubleSupplier random;
  private int failures;

  /**
   * @param random between 0 and 1
   */
  Backoff(DoubleSupplier random) {
    this.random = random;
  }

  void succeeded() {
    failures = 0;
  }

  /** The pause after one more failure. */
  Duration failed() {
    long most = Math.min(MOST_MILLIS, FIRST_MILLIS << Math.min(failures, MOST_DOUBLINGS));
    failures++;
    return Duration.ofMillis((long) (most * (0.5 + random.getAsDouble() / 2)));
  }

  boolean isFirst() {
    return failures == 1;
  }
}
