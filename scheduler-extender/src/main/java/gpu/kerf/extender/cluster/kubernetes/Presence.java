package gpu.kerf.extender.cluster.kubernetes;

import gpu.kerf.extender.state.Clocks;
import java.time.Duration;

/**
 * Notices that this process did not run for a while: stopped, swapped out, or on a machine that was
 * suspended. The stop watch stands still in some of these, the clock on the wall in none.
 */
final class Presence {
  private final Clocks clocks;
  private final long longestNanos;
  private long nanos;
  private long millis;

  Presence(Clocks clocks, Duration longest) {
    this.clocks = clocks;
    this.longestNanos = longest.toNanos();
    this.nanos = clocks.nanos().getAsLong();
    this.millis = clocks.wall().millis();
  }

  /** Whether nobody has asked for too long; to be asked much more often than that. */
  synchronized boolean wasAbsent() {
    long nowNanos = clocks.nanos().getAsLong();
    long nowMillis = clocks.wall().millis();
    boolean absent =
        nowNanos - nanos > longestNanos || (nowMillis - millis) * 1_000_000 > longestNanos;
    nanos = nowNanos;
    millis = nowMillis;
    return absent;
  }
}
