package gpu.kerf.model.budget;

import java.math.BigInteger;

/**
 * How much of a budget is used.
 *
 * @param startMillis when the period began, in milliseconds
 * @param endMillis when the next one begins
 * @param used in this period, in thousandths of GPUs times milliseconds
 * @param atMillis when that was so
 */
public record BudgetBalance(
    GpuBudget budget, long startMillis, long endMillis, long used, long atMillis) {

  /** How near a budget is to its end. */
  public enum Level {
    WITHIN(0),
    USED_80_PERCENT(80),
    USED_95_PERCENT(95),
    EXHAUSTED(100);

    private final int percent;

    Level(int percent) {
      this.percent = percent;
    }

    public int percent() {
      return percent;
    }
  }

  /** What is left, in thousandths of GPUs times milliseconds; 0 if more was used than there is. */
  public long left() {
    return Math.max(0, budget.milliGpuMillis() - used);
  }

  public boolean isExhausted() {
    return left() == 0;
  }

  public Level level() {
    Level reached = Level.WITHIN;
    for (Level level : Level.values()) {
      if (isUsed(level.percent)) {
        reached = level;
      }
    }
    return reached;
  }

  private boolean isUsed(int percent) {
    BigInteger hundredth = BigInteger.valueOf(budget.milliGpuMillis());
    return BigInteger.valueOf(used)
            .multiply(BigInteger.valueOf(100))
            .compareTo(hundredth.multiply(BigInteger.valueOf(percent)))
        >= 0;
  }
}
