package gpu.kerf.extender.cost;

import gpu.kerf.model.cost.CostRows;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.YearMonth;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * The time that a report is about: whole hours, because usage is kept by the hour.
 *
 * @param fromMillis the start of its first hour
 * @param toMillis the end of its last hour
 */
public record ReportSpan(long fromMillis, long toMillis) {

  private static final Duration LONGEST = Duration.ofDays(1830);

  /**
   * Reads the two ends.
   *
   * @param from a time or a date; null for the start of this month
   * @param to the first moment after it; null for the end of this hour
   * @param names how the two are called where they are written
   * @throws ReportException that says which of them is wrong
   */
  public static ReportSpan of(@Nullable String from, @Nullable String to, Instant now, Names names)
      throws ReportException {
    long start =
        from == null
            ? YearMonth.from(now.atOffset(ZoneOffset.UTC))
                .atDay(1)
                .atStartOfDay()
                .toInstant(ZoneOffset.UTC)
                .toEpochMilli()
            : millis(names.from, from);
    long hour = CostRows.HOUR_MILLIS;
    long end = to == null ? (now.toEpochMilli() / hour + 1) * hour : millis(names.to, to);
    if (start >= end) {
      throw new ReportException(
          "The report ends ("
              + Instant.ofEpochMilli(end)
              + ") before it begins ("
              + Instant.ofEpochMilli(start)
              + ").",
          "Write " + names.from + " before " + names.to + ".");
    }
    if (end - start > LONGEST.toMillis()) {
      throw new ReportException(
          "The report is about more than " + LONGEST.toDays() + " days.", "Ask for less at once.");
    }
    return new ReportSpan(start, end);
  }

  /** How the two ends are called. */
  public record Names(String from, String to) {}

  private static long millis(String name, String text) throws ReportException {
    long millis;
    try {
      millis =
          (text.length() == "2026-11-01".length()
                  ? LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC)
                  : OffsetDateTime.parse(text).toInstant())
              .toEpochMilli();
    } catch (DateTimeException | ArithmeticException e) {
      throw new ReportException(
          name + " (" + text + ") is no date and no time with an offset.",
          "Write it like 2026-11-01 (0:00 UTC) or 2026-11-01T08:00:00+01:00.");
    }
    if (millis % CostRows.HOUR_MILLIS != 0) {
      throw new ReportException(
          name + " (" + text + ") is not the start of an hour of UTC, and usage is kept by hour.",
          "Write a full hour, such as "
              + Instant.ofEpochMilli(millis - Math.floorMod(millis, CostRows.HOUR_MILLIS))
              + ".");
    }
    return millis;
  }
}
