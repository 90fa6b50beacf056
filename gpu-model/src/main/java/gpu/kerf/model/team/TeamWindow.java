package gpu.kerf.model.team;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;

/**
 * A time that comes again: it opens at each minute of its schedule, and stays open for its
 * duration. A minute that the clock skips opens it at the end of what is skipped; a minute that the
 * clock has twice opens it once, at the first.
 */
public record TeamWindow(CronSchedule schedule, ZoneId zone, Duration duration) {

  private static final Duration LONGEST = Duration.ofDays(7);

  /** More than any clock was ever put forward or back. */
  private static final Duration MOST_SHIFT = Duration.ofHours(25);

  public TeamWindow {
    checkDuration(duration);
  }

  /** A duration, if a window may have it. */
  public static Duration checkDuration(Duration duration) {
    if (duration.compareTo(Duration.ofMinutes(1)) < 0 || duration.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "is not between a minute and seven days.\nWrite a duration such as 10h.");
    }
    return duration;
  }

  public boolean isOpen(Instant at) {
    LocalDateTime now = LocalDateTime.ofInstant(at, zone);
    LocalDateTime last = now.plus(MOST_SHIFT);
    LocalDateTime minute = now.minus(duration).minus(MOST_SHIFT).truncatedTo(ChronoUnit.MINUTES);
    for (; minute.isBefore(last); minute = minute.plusMinutes(1)) {
      if (schedule.matches(minute)) {
        Instant start = start(minute);
        if (!start.isAfter(at) && start.plus(duration).isAfter(at)) {
          return true;
        }
      }
    }
    return false;
  }

  private Instant start(LocalDateTime minute) {
    ZoneOffsetTransition transition = zone.getRules().getTransition(minute);
    return transition != null && transition.isGap()
        ? transition.getInstant()
        : minute.atZone(zone).toInstant();
  }
}
