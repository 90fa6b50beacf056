package gpu.kerf.extender.http;

import java.util.function.LongSupplier;

/** A time budget per second for work that can wait. */
final class Budget {
  private static final long SECOND = 1_000_000_000;

  private final long nanosPerSecond;
  private final LongSupplier clock;
  private long second;
  private long spent;

  Budget(long nanosPerSecond, LongSupplier clock) {
    this.nanosPerSecond = nanosPerSecond;
    this.clock = clock;
    this.second = Math.floorDiv(clock.getAsLong(), SECOND);
  }

  /** Whether there is time left in this second. */
  boolean mayWork() {
    long now = Math.floorDiv(clock.getAsLong(), SECOND);
    if (now != second) {
      spent = Math.max(0, spent - (now - second) * nanosPerSecond);
      second = now;
    }
    return spent < nanosPerSecond;
  }

  /** Does something, and counts how long it takes. */
  void work(Runnable action) {
    long began = clock.getAsLong();
    try {
      action.run();
    } finally {
      spent += clock.getAsLong() - began;
    }
  }
}
