package gpu.kerf.extender.cluster.kubernetes.calling;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Spreads requests of several threads over time: so many per second, and a few more at once after a
 * pause.
 */
public final class RateLimiter {
  private static final long SECOND_NANOS = 1_000_000_000;

  private final Threads threads;
  private final LongSupplier nanos;
  private final long gapNanos;
  private final long savedNanos;
  private long next;

  /**
   * @param burst how many may go at once after a pause
   */
  public RateLimiter(Threads threads, LongSupplier nanos, int perSecond, int burst) {
    this.threads = threads;
    this.nanos = nanos;
    this.gapNanos = SECOND_NANOS / perSecond;
    this.savedNanos = gapNanos * burst;
    this.next = nanos.getAsLong();
  }

  /** Returns when one more may go. */
  public void await() throws InterruptedException {
    long pause = reserve();
    if (pause > 0) {
      threads.sleep(Duration.ofNanos(pause));
    }
  }

  private synchronized long reserve() {
    long now = nanos.getAsLong();
    next = Math.max(next, now - savedNanos);
    long pause = next - now;
    next += gapNanos;
    return pause;
  }
}
