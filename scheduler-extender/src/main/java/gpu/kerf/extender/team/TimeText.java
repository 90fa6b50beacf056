package gpu.kerf.extender.team;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Times in sentences, such as {@code 1 December 2026 at 06:00 (Europe/Berlin)}. */
public final class TimeText {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("d MMMM uuuu 'at' HH:mm", Locale.ENGLISH);

  private TimeText() {}

  /** A moment, to the minute. */
  public static String of(Instant moment, ZoneId zone) {
    ZonedDateTime local = moment.atZone(zone);
    return TIME.format(local) + " (" + zone + ")";
  }
}
