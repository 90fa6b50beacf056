package gpu.kerf.extender.cluster.kubernetes.watching;

import gpu.kerf.extender.time.Clocks;
import java.time.Duration;

/**
 * Notices that this process did not run for a while, because it was stopped or swapped out or its
 * machine was suspended. The monotonic clock goes on in all of these cases but the last. The wall
 * clock goes on in all of them, but it also jumps when it is set, which looks like a suspended
 * machine.
 */
public final class PauseDetector {
  private final Clocks clocks;
  private final long longestNanos;
  private long nanos;
  private long millis;

  /** How sure an absence is. */
  public enum Absence {
    NONE,
    /** The wall clock alone says so: the machine was suspended, or the clock was set forward. */
    PERHAPS,
    SURE
  }

  public PauseDetector(Clocks clocks, Duration longest) {
    this.clocks = clocks;
    this.longestNanos = longest.toNanos();
    this.nanos = clocks.nanos().getAsLong();
    this.millis = clocks.wall().millis();
  }

  /** Whether the last call is too long ago; the caller asks much more often than that. */
  public synchronized Absence look() {
    long nowNanos = clocks.nanos().getAsLong();
    long nowMillis = clocks.wall().millis();
    Absence absence =
        nowNanos - nanos > longestNanos
            ? Absence.SURE
            : (nowMillis - millis) * 1_000_000 > longestNanos ? Absence.PERHAPS : Absence.NONE;
    nanos = nowNanos;
    millis = nowMillis;
    return absence;
  }
}
