package gpu.kerf.model.team;

import java.time.LocalDateTime;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Minutes of the calendar, as the five fields of cron: minute, hour, day of the month, month, day
 * of the week. If both fields of days are restricted, a day of either counts.
 */
public final class CronSchedule {
  private static final List<String> MONTHS =
      List.of("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC");
  private static final List<String> DAYS = List.of("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT");
  private static final Pattern PART =
      Pattern.compile("(?:(\\*)|(\\w{1,3})(?:-(\\w{1,3}))?)(?:/(\\d{1,2}))?");
  private static final int SUNDAY = 7;

  private final BitSet minutes;
  private final BitSet hours;
  private final BitSet daysOfMonth;
  private final BitSet months;
  private final BitSet daysOfWeek;
  private final boolean eitherDay;

  private CronSchedule(String[] fields) {
    minutes = parse("minute", fields[0], 0, 59, List.of());
    hours = parse("hour", fields[1], 0, 23, List.of());
    daysOfMonth = parse("day of the month", fields[2], 1, 31, List.of());
    months = parse("month", fields[3], 1, 12, MONTHS);
    daysOfWeek = parse("day of the week", fields[4], 0, SUNDAY, DAYS);
    if (daysOfWeek.get(0)) {
      daysOfWeek.set(SUNDAY);
    }
    eitherDay = !fields[2].startsWith("*") && !fields[4].startsWith("*");
  }

  /** Reads {@code 0 20 * * 1-5}. */
  public static CronSchedule parse(String text) {
    String[] fields = text.strip().split("\\s+");
    if (fields.length != 5) {
      throw new IllegalArgumentException(
          "has not five fields.\nWrite minute, hour, day of the month, month and day of the week,"
              + " such as 0 20 * * 1-5.");
    }
    return new CronSchedule(fields);
  }

  /** Whether it names this minute. */
  boolean matches(LocalDateTime minute) {
    boolean dayOfMonth = daysOfMonth.get(minute.getDayOfMonth());
    boolean dayOfWeek = daysOfWeek.get(minute.getDayOfWeek().getValue());
    return minutes.get(minute.getMinute())
        && hours.get(minute.getHour())
        && months.get(minute.getMonthValue())
        && (eitherDay ? dayOfMonth || dayOfWeek : dayOfMonth && dayOfWeek);
  }

  private static BitSet parse(String field, String text, int least, int most, List<String> names) {
    BitSet values = new BitSet();
    for (String part : text.split(",", -1)) {
      Matcher matcher = PART.matcher(part);
      if (!matcher.matches()) {
        throw wrong(field, part, least, most);
      }
      boolean all = matcher.group(1) != null;
      int from = all ? least : number(field, matcher.group(2), least, most, names);
      int to = from;
      if (matcher.group(3) != null) {
        to = number(field, matcher.group(3), least, most, names);
      } else if (all || matcher.group(4) != null) {
        to = most;
      }
      int step = matcher.group(4) == null ? 1 : Integer.parseInt(matcher.group(4));
      if (step == 0 || from > to) {
        throw wrong(field, part, least, most);
      }
      for (int value = from; value <= to; value += step) {
        values.set(value);
      }
    }
    return values;
  }

  private static int number(String field, String text, int least, int most, List<String> names) {
    int name = names.indexOf(text.toUpperCase(Locale.ROOT));
    if (name >= 0) {
      return name + least;
    }
    if (!text.matches("\\d{1,2}")
        || Integer.parseInt(text) < least
        || Integer.parseInt(text) > most) {
      throw wrong(field, text, least, most);
    }
    return Integer.parseInt(text);
  }

  private static IllegalArgumentException wrong(String field, String part, int least, int most) {
    return new IllegalArgumentException(
        "has no valid %s (%s).\nWrite *, a number from %d to %d, a range such as %d-%d, or a list."
            .formatted(field, part, least, most, least, most));
  }
}
