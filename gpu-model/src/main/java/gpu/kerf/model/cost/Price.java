package gpu.kerf.model.cost;

import java.math.BigDecimal;
import java.util.regex.Pattern;

/**
 * What a GPU costs in an hour.
 *
 * @param micros in millionths of the currency
 */
public record Price(long micros) implements Comparable<Price> {

  public static final Price ZERO = new Price(0);

  /** Decimals of all amounts of money. */
  public static final int DECIMALS = 6;

  /** A million an hour: more would not fit the exact arithmetic. */
  private static final long MOST = 1_000_000_000_000L;

  private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,7}(\\.[0-9]{1,6}0*)?");

  public Price {
    if (micros < 0 || micros > MOST) {
      throw new IllegalArgumentException(
          "A price of " + money(micros) + " an hour is not between 0 and 1000000.");
    }
  }

  /**
   * Reads a decimal such as {@code 3.20}.
   *
   * @throws IllegalArgumentException if it is none, or has more than six decimals
   */
  public static Price parse(String text) {
    if (!DECIMAL.matcher(text).matches()) {
      throw new IllegalArgumentException(text);
    }
    return new Price(new BigDecimal(text).movePointRight(DECIMALS).longValueExact());
  }

  /** An amount of money as it is written: 3.20 as 3.2. */
  public static String money(long micros) {
    BigDecimal amount = BigDecimal.valueOf(micros, DECIMALS).stripTrailingZeros();
    return amount.signum() == 0 ? "0" : amount.toPlainString();
  }

  /** What so many thousandths of a GPU times milliseconds cost, rounded to the nearest. */
  public long of(long milliGpuMillis) {
    return LargestRemainder.part(micros, milliGpuMillis, HourDivision.WHOLE_HOUR);
  }

  @Override
  public int compareTo(Price other) {
    return Long.compare(micros, other.micros);
  }

  @Override
  public String toString() {
    return money(micros);
  }
}
