package gpu.kerf.model.budget;

import java.time.Instant;
import java.time.ZoneId;

/**
 * GPU hours of a period. It does not decay, and nothing is carried over.
 *
 * @param milliGpuHours thousandths of GPU hours
 * @param zone whose midnights begin periods
 */
public record GpuBudget(
    long milliGpuHours, BudgetPeriod period, ZoneId zone, OnExhausted onExhausted) {

  private static final long MILLIS_OF_AN_HOUR = 3_600_000;

  /** What follows when a budget is used up. */
  public enum OnExhausted {
    /** New work waits. */
    HOLD,
    /** Running work is evicted, too. */
    EVICT,
    /** Work runs on what no other team wants, and can be evicted at once. */
    YIELD
  }

  public GpuBudget {
    if (milliGpuHours < 0) {
      throw new IllegalArgumentException(
          "The GPU hours (%s) of a budget must not be negative.\nWrite 0 for none."
              .formatted(GpuTime.text(milliGpuHours)));
    }
  }

  /** In thousandths of GPUs times milliseconds, as usage is counted. */
  public long milliGpuMillis() {
    return GpuTime.product(milliGpuHours, MILLIS_OF_AN_HOUR);
  }

  /** What is left of it at a moment. */
  public BudgetBalance at(Instant now, Usage used) {
    long start = period.start(now, zone).toEpochMilli();
    return new BudgetBalance(
        this, start, period.end(now, zone).toEpochMilli(), used.since(start), now.toEpochMilli());
  }

  /** How much a team has used. */
  @FunctionalInterface
  public interface Usage {
    /** In thousandths of GPUs times milliseconds, from a moment up to now. */
    long since(long fromMillis);
  }
}
