package gpu.kerf.model.budget;

import java.math.BigDecimal;

/** Amounts of GPU time: thousandths of GPUs times milliseconds, and thousandths of GPU hours. */
public final class GpuTime {

  private static final long MILLIS_OF_AN_HOUR = 3_600_000;

  private GpuTime() {}

  /** The product of an amount and a time; the largest long if it is larger than that. */
  public static long product(long amount, long time) {
    return Math.multiplyHigh(amount, time) == 0 && amount * time >= 0
        ? amount * time
        : Long.MAX_VALUE;
  }

  /** The sum of two amounts that are not negative; the largest long if it is larger than that. */
  public static long sum(long one, long other) {
    long sum = one + other;
    return sum < 0 ? Long.MAX_VALUE : sum;
  }

  /** Thousandths of GPUs times milliseconds as thousandths of GPU hours, rounded down. */
  public static long milliGpuHours(long milliGpuMillis) {
    return milliGpuMillis / MILLIS_OF_AN_HOUR;
  }

  /** Thousandths of GPU hours as a decimal with three places. */
  public static String text(long milliGpuHours) {
    return BigDecimal.valueOf(milliGpuHours, 3).toPlainString();
  }
}
