package gpu.kerf.extender.usage;

import java.util.function.LongSupplier;

/**
 * The time by which usage is counted. It begins with the wall clock and goes on with the monotonic
 * one, so that a wall clock that is set counts no time and takes none away.
 *
 * <p>Only the names of hours follow the wall clock, where it was set forward, or back by more than
 * an hour, and has stayed so for a minute. A smaller step back is not followed, because hours would
 * be longer than an hour: until the next start they are named a little ahead.
 */
final class UsageClock {

  private static final long FORWARD_MILLIS = 2_000;

  /** This far ahead of the wall clock it may be. */
  static final long AHEAD_MILLIS = 3_600_000;

  private static final long STAYS_MILLIS = 60_000;

  private final LongSupplier wall;
  private final LongSupplier elapsed;
  private long offset;
  private long step;
  private long stepSeen;

  /**
   * @param wall milliseconds since 1970
   * @param elapsed milliseconds of a clock that only goes forward
   */
  UsageClock(LongSupplier wall, LongSupplier elapsed) {
    this.wall = wall;
    this.elapsed = elapsed;
    this.offset = wall.getAsLong() - elapsed.getAsLong();
  }

  long now() {
    return elapsed.getAsLong() + offset;
  }

  /** What a time of the wall clock, as others wrote it, is here; not later than now. */
  long ofWall(long wallMillis) {
    return now() - Math.max(0, wall.getAsLong() - wallMillis);
  }

  /** By how much this has to be set so that it names hours as the wall clock does; mostly 0. */
  long lasting() {
    long difference = wall.getAsLong() - now();
    if (difference <= FORWARD_MILLIS && difference >= -AHEAD_MILLIS) {
      step = 0;
      return 0;
    }
    if (step == 0 || Math.abs(difference - step) > FORWARD_MILLIS) {
      step = difference;
      stepSeen = elapsed.getAsLong();
    }
    return elapsed.getAsLong() - stepSeen >= STAYS_MILLIS ? difference : 0;
  }

  void set(long millis) {
    offset += millis;
    step = 0;
  }
}
