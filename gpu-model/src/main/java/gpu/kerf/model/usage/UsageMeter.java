package gpu.kerf.model.usage;

/**
 * The exact integral of held amounts from a moment on. While an amount is held, nothing has to be
 * done for time to count; a read takes three additions. Begins and ends may be told late.
 */
final class UsageMeter {

  /** Times are counted from here, so that products with amounts stay far from overflowing. */
  private final long origin;

  private long from;
  private long closed;
  private long held;
  private long heldTimesBegin;

  /**
   * @param from what was held earlier does not count
   * @param before what has been counted already
   */
  UsageMeter(long origin, long from, long before) {
    this.origin = origin;
    this.from = from;
    this.closed = before;
  }

  /** Counts from an earlier moment on; to be called while nothing is held. */
  void countFrom(long earlier) {
    from = Math.min(from, earlier);
  }

  void begin(long amount, long since) {
    held += amount;
    heldTimesBegin += amount * (begin(since) - origin);
  }

  /** What began at a moment ends at another one, which may be in the past. */
  void end(long amount, long since, long at) {
    held -= amount;
    heldTimesBegin -= amount * (begin(since) - origin);
    closed += amount * Math.max(0, at - begin(since));
  }

  private long begin(long since) {
    return Math.max(since, from);
  }

  long read(long now) {
    return closed + held * (now - origin) - heldTimesBegin;
  }
}
