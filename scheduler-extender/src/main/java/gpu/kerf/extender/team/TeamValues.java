package gpu.kerf.extender.team;

import gpu.kerf.model.team.TeamWindow;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Values of a Team's fields that are written as strings; the messages say what to write. */
final class TeamValues {
  private static final Pattern DURATION =
      Pattern.compile("(?=\\d)(?:(\\d{1,4})d)?(?:(\\d{1,5})h)?(?:(\\d{1,6})m)?(?:(\\d{1,7})s)?");
  private static final Pattern HOURS = Pattern.compile("\\d{1,12}(\\.\\d{1,3})?");

  private TeamValues() {}

  /** GPU hours, in thousandths. */
  static long milliGpuHours(String text) {
    if (!HOURS.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "is no number of GPU hours.\nWrite a decimal number of 0 or more, such as \"2000\".");
    }
    return new BigDecimal(text).movePointRight(3).longValueExact();
  }

  static ZoneId zone(String text) {
    try {
      return ZoneId.of(text);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "is no time zone.\nWrite a name of the tz database, such as Europe/Berlin.", e);
    }
  }

  static Duration windowDuration(String text) {
    return TeamWindow.checkDuration(duration(text));
  }

  static Duration duration(String text) {
    Matcher matcher = DURATION.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "is no duration.\nWrite days, hours, minutes and seconds, such as 10h or 1h30m.");
    }
    return Duration.ofDays(part(matcher, 1))
        .plusHours(part(matcher, 2))
        .plusMinutes(part(matcher, 3))
        .plusSeconds(part(matcher, 4));
  }

  private static long part(Matcher matcher, int group) {
    return matcher.group(group) == null ? 0 : Long.parseLong(matcher.group(group));
  }
}
