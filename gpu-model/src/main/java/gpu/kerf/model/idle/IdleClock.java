package gpu.kerf.model.idle;

import org.jspecify.annotations.Nullable;

/**
 * How far one piece of work is on its way from idle to evicted.
 *
 * <pre>
 *            figures prove that its GPUs        that stays so for
 *            computed nothing for as long       as long as the
 *            as the rule says                   warning is
 *   working ---------------------------> warned -----------------> evicted
 *      ^                                    |
 *      +------------------------------------+
 *        they compute again, or no figures prove it any more
 * </pre>
 *
 * <p>What is not known counts as use. Figures that stay away leave a warning standing for as long
 * as the next figures can reach back, and no longer: no moment between the warning and the eviction
 * goes unproven.
 *
 * <p>Times are milliseconds of a clock that only goes forward.
 */
public final class IdleClock {

  /** What is to be done now. */
  public enum Step {
    NOTHING,
    WARN,
    /** It was warned, and will not be evicted after all. */
    WITHDRAW,
    /** Once more with every look, until the work is gone. */
    EVICT
  }

  /** The rule that the warning was given by; null while there is no warning. */
  private @Nullable IdleRule warnedBy;

  private long warnedAt;
  private long provenAt;

  /**
   * Figures have come.
   *
   * @param heldSince since when the work holds all that it holds
   * @param unused whether they prove that none of its GPUs computed for as long as the rule says
   */
  public Step look(IdleRule rule, long heldSince, boolean unused, long now) {
    long after = rule.after().toMillis();
    if (!unused || now - heldSince < after) {
      return stop();
    }
    if (warnedBy == null) {
      warnedBy = rule;
      warnedAt = now;
      provenAt = now;
      return Step.WARN;
    }
    if (!rule.equals(warnedBy) || now - provenAt > after) {
      return stop();
    }
    provenAt = now;
    return now - warnedAt >= rule.warn().toMillis() ? Step.EVICT : Step.NOTHING;
  }

  /** No figures have come. */
  public Step missing(long now) {
    boolean tooLong = warnedBy != null && now - provenAt > warnedBy.after().toMillis();
    return tooLong ? stop() : Step.NOTHING;
  }

  /** No rule holds for the work any more, or another replica looks after it. */
  public Step stop() {
    boolean warned = warnedBy != null;
    warnedBy = null;
    return warned ? Step.WITHDRAW : Step.NOTHING;
  }

  public boolean isWarned() {
    return warnedBy != null;
  }
}
