package gpu.kerf.extender.team;

import gpu.kerf.model.budget.BudgetBalance;
import gpu.kerf.model.budget.GpuBudget;
import gpu.kerf.model.budget.GpuTime;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Says in words how much of a budget is used, and when the next period begins. */
public final class BudgetText {

  private static final DateTimeFormatter DAY =
      DateTimeFormatter.ofPattern("d MMMM uuuu", Locale.ENGLISH);
  private static final DateTimeFormatter MONTH =
      DateTimeFormatter.ofPattern("MMMM uuuu", Locale.ENGLISH);

  /** What exceeds a budget is told in steps of this part, so that texts on pods change rarely. */
  private static final int STEPS = 20;

  /** Less than this part of a budget is not told. */
  private static final int FINEST = 2_000;

  private BudgetText() {}

  /** Why nothing of a team starts, or why it is evicted. */
  public static String exhausted(String team, BudgetBalance balance) {
    return "Team " + team + " has used " + used(balance) + "; " + next(balance) + ".";
  }

  /** The budget of a period as it is when nothing of it is used. */
  public static String whole(BudgetBalance balance) {
    return hours(balance.budget().milliGpuHours())
        + " GPU hours "
        + period(balance)
        + ", and "
        + next(balance);
  }

  /** How much is used, and of which period. */
  public static String of(BudgetBalance balance) {
    return used(balance) + " are used; " + next(balance);
  }

  /** Why work with a deadline does not start. */
  public static String tooLong(String team, BudgetBalance balance) {
    return "Until its deadline it may use more than team "
        + team
        + " has left of its "
        + hours(balance.budget().milliGpuHours())
        + " GPU hours "
        + period(balance)
        + "; "
        + next(balance)
        + ".";
  }

  /** What a condition says; the same as long as the level is. */
  public static String ofLevel(BudgetBalance balance) {
    String all = hours(balance.budget().milliGpuHours()) + " GPU hours " + period(balance);
    BudgetBalance.Level level = balance.level();
    String used =
        switch (level) {
          case WITHIN -> "Less than 80 % of the " + all + " are used";
          case USED_80_PERCENT, USED_95_PERCENT ->
              "At least " + level.percent() + " % of the " + all + " are used";
          case EXHAUSTED -> "The " + all + " are used up";
        };
    return used + "; " + next(balance) + ".";
  }

  /** What follows from a budget that is used up. */
  public static String consequence(GpuBudget.OnExhausted what) {
    return switch (what) {
      case HOLD -> "New pods wait.";
      case EVICT -> "New pods wait, and running pods are evicted.";
      case YIELD -> "Pods run only on what no other team wants, and can be evicted at once.";
    };
  }

  private static String used(BudgetBalance balance) {
    long all = balance.budget().milliGpuHours();
    long used = GpuTime.milliGpuHours(balance.used());
    long step = Math.max(1, all / STEPS);
    long shown = used < all ? used / finest(all) * finest(all) : all + (used - all) / step * step;
    return hours(shown) + " of " + hours(all) + " GPU hours " + period(balance);
  }

  private static long finest(long all) {
    long finest = 1;
    while (finest * 10 <= all / FINEST) {
      finest *= 10;
    }
    return finest;
  }

  private static String next(BudgetBalance balance) {
    Instant end = Instant.ofEpochMilli(balance.endMillis());
    return "the next period starts on " + TimeText.of(end, balance.budget().zone());
  }

  /** Of which period, such as {@code of November 2026}. */
  private static String period(BudgetBalance balance) {
    ZonedDateTime start =
        Instant.ofEpochMilli(balance.startMillis()).atZone(balance.budget().zone());
    return switch (balance.budget().period()) {
      case DAY -> "of " + DAY.format(start);
      case WEEK -> "of the week from " + DAY.format(start);
      case MONTH -> "of " + MONTH.format(start);
      case QUARTER -> "of the quarter from " + DAY.format(start);
      case YEAR -> "of " + start.getYear();
    };
  }

  private static String hours(long milliGpuHours) {
    BigDecimal value = BigDecimal.valueOf(milliGpuHours, 3).stripTrailingZeros();
    return String.format(Locale.ENGLISH, "%,." + Math.max(0, value.scale()) + "f", value);
  }
}
