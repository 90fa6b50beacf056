package gpu.kerf.model.idle;

import java.time.Duration;

/**
 * What a team says of its work that holds GPUs and does not use them.
 *
 * @param after how long the GPUs must have computed nothing before its pods are warned
 * @param warn how long after the warning they are evicted, if that stays so
 */
public record IdleRule(Duration after, Duration warn) {

  /** How long the warning comes before the eviction where a team does not say. */
  public static final Duration USUAL_WARNING = Duration.ofMinutes(10);

  private static final Duration SHORTEST = Duration.ofMinutes(1);
  private static final Duration SHORTEST_WARNING = Duration.ofSeconds(10);
  private static final Duration LONGEST = Duration.ofDays(30);

  public IdleRule {
    checkAfter(after);
    checkWarning(warn);
  }

  /** A duration, if it can be how long GPUs compute nothing before the warning. */
  public static Duration checkAfter(Duration duration) {
    return check(duration, SHORTEST, "is shorter than a minute.\nWrite at least 1m, such as 30m.");
  }

  /** A duration, if the warning can come so long before the eviction. */
  public static Duration checkWarning(Duration duration) {
    return check(
        duration,
        SHORTEST_WARNING,
        "is shorter than ten seconds.\nWrite at least 10s, such as 10m.");
  }

  private static Duration check(Duration duration, Duration least, String tooShort) {
    if (duration.compareTo(least) < 0) {
      throw new IllegalArgumentException(tooShort);
    }
    if (duration.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException("is longer than 30 days.\nWrite at most 30d.");
    }
    return duration;
  }
}
