package gpu.kerf.model.team;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import org.jspecify.annotations.Nullable;

/**
 * A time that comes again: it opens at each minute of its schedule, and stays open for its
 * duration. A minute that the clock skips opens it at the end of what is skipped; a minute that the
 * clock has twice opens it once, at the first.
 */
public record TeamWindow(CronSchedule schedule, ZoneId zone, Duration duration) {

  private static final Duration LONGEST = Duration.ofDays(7);

  private static final Duration HORIZON = Duration.ofDays(366);

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
    return end(at) != null;
  }

  /** When it opens or closes next; null if it does not within a year. */
  public @Nullable Instant nextChange(Instant at) {
    Instant horizon = at.plus(HORIZON);
    Instant closes = end(at);
    if (closes == null) {
      return nextOpening(at, horizon);
    }
    // One opening may follow another before that one is over.
    Instant later = end(closes);
    while (later != null && closes.isBefore(horizon)) {
      closes = later;
      later = end(closes);
    }
    return closes.isBefore(horizon) ? closes : null;
  }

  /** When the latest opening ends in which a moment lies; null if it lies in none. */
  private @Nullable Instant end(Instant at) {
    LocalDateTime now = LocalDateTime.ofInstant(at, zone);
    LocalDateTime first = now.minus(duration).minus(MOST_SHIFT);
    LocalDateTime minute = now.plus(MOST_SHIFT).truncatedTo(ChronoUnit.MINUTES);
    for (; minute.isAfter(first); minute = minute.minusMinutes(1)) {
      if (schedule.matches(minute)) {
        Instant end = start(minute).plus(duration);
        if (!start(minute).isAfter(at) && end.isAfter(at)) {
          return end;
        }
      }
    }
    return null;
  }

  private @Nullable Instant nextOpening(Instant at, Instant horizon) {
    LocalDateTime last = LocalDateTime.ofInstant(horizon, zone);
    LocalDateTime minute =
        LocalDateTime.ofInstant(at, zone).minus(MOST_SHIFT).truncatedTo(ChronoUnit.MINUTES);
    for (; minute.isBefore(last); minute = minute.plusMinutes(1)) {
      if (schedule.matches(minute) && start(minute).isAfter(at)) {
        return start(minute);
      }
    }
    return null;
  }

  private Instant start(LocalDateTime minute) {
    ZoneOffsetTransition transition = zone.getRules().getTransition(minute);
    return transition != null && transition.isGap()
        ? transition.getInstant()
        : minute.atZone(zone).toInstant();
  }
}
