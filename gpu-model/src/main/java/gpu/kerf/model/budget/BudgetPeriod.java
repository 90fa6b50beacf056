package gpu.kerf.model.budget;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.TemporalAdjusters;

/**
 * After which time a budget begins anew. Periods follow each other without a gap, and where one
 * begins depends on the moment alone: a process that was down when one ended finds the next one.
 *
 * <p>A period begins when its first day does: at midnight, or, where the clock skips midnight, at
 * the end of what it skips. A midnight that the clock has twice begins it once, at the first.
 */
public enum BudgetPeriod {
  DAY,
  /** Begins on Monday. */
  WEEK,
  MONTH,
  QUARTER,
  YEAR;

  private static final int MONTHS_OF_A_QUARTER = 3;

  /** When the period began in which a moment lies. */
  public Instant start(Instant at, ZoneId zone) {
    return firstDay(LocalDate.ofInstant(at, zone)).atStartOfDay(zone).toInstant();
  }

  /** When that period ends, which is when the next one begins. */
  public Instant end(Instant at, ZoneId zone) {
    LocalDate first = firstDay(LocalDate.ofInstant(at, zone));
    return next(first).atStartOfDay(zone).toInstant();
  }

  private LocalDate firstDay(LocalDate day) {
    return switch (this) {
      case DAY -> day;
      case WEEK -> day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
      case MONTH -> day.withDayOfMonth(1);
      case QUARTER ->
          day.withDayOfMonth(1).withMonth(day.getMonth().firstMonthOfQuarter().getValue());
      case YEAR -> day.withDayOfYear(1);
    };
  }

  private LocalDate next(LocalDate first) {
    return switch (this) {
      case DAY -> first.plusDays(1);
      case WEEK -> first.plusWeeks(1);
      case MONTH -> first.plusMonths(1);
      case QUARTER -> first.plusMonths(MONTHS_OF_A_QUARTER);
      case YEAR -> first.plusYears(1);
    };
  }
}
