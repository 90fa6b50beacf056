package gpu.kerf.model.usage;

import java.util.List;

/**
 * What a team and the teams below it have used, as it is kept for the next start.
 *
 * @param sinceMillis from when on usage is in it, in milliseconds since 1970
 * @param untilMillis up to when all usage is in it
 * @param milliGpuMillis thousandths of GPUs times milliseconds, in all
 * @param periods the part of it since the starts of periods that were asked for
 */
public record UsageCheckpoint(
    long sinceMillis, long untilMillis, long milliGpuMillis, List<Period> periods) {

  /** More than are asked for at once; the one that was asked for longest ago is left out. */
  public static final int MOST_PERIODS = 4;

  /** What 20,000 GPUs use in seven years; more could overflow. */
  public static final long MOST_USED = 1L << 62;

  public UsageCheckpoint {
    periods = List.copyOf(periods);
    if (untilMillis < sinceMillis || !isPossible(milliGpuMillis) || periods.size() > MOST_PERIODS) {
      throw new IllegalArgumentException(
          "The usage ("
              + milliGpuMillis
              + ") from "
              + sinceMillis
              + " to "
              + untilMillis
              + " in "
              + periods.size()
              + " periods makes no sense.\nMaybe the status of the team was edited.");
    }
  }

  /**
   * What was used since a moment.
   *
   * @param startMillis the start of a period, in milliseconds since 1970
   */
  public record Period(long startMillis, long milliGpuMillis) {
    public Period {
      if (!isPossible(milliGpuMillis)) {
        throw new IllegalArgumentException(
            "The usage ("
                + milliGpuMillis
                + ") of a period makes no sense.\nMaybe the status of the team was edited.");
      }
    }
  }

  private static boolean isPossible(long used) {
    return used >= 0 && used <= MOST_USED;
  }

  /** Whether another one says that the same was used. */
  public boolean isSameUsage(UsageCheckpoint other) {
    return sinceMillis == other.sinceMillis
        && milliGpuMillis == other.milliGpuMillis
        && periods.equals(other.periods);
  }
}
