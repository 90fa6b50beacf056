package gpu.kerf.model.team;

import java.math.BigDecimal;
import java.util.regex.Pattern;

/** Decimals as users write them, as whole numbers of thousandths. */
final class Thousandths {

  /** A million: no cluster is near it, and products of two of these fit into a long. */
  static final long MOST = 1_000_000_000;

  private static final Pattern DECIMAL = Pattern.compile("\\d{1,20}(\\.\\d{1,20})?");
  private static final int PLACES = 3;

  private Thousandths() {}

  static long parse(String text) {
    if (!DECIMAL.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "is no amount.\nWrite a decimal number of 0 or more, such as 2.5.");
    }
    BigDecimal value = new BigDecimal(text).movePointRight(PLACES).stripTrailingZeros();
    if (value.scale() > 0) {
      throw new IllegalArgumentException(
          "has more than three decimals.\nRound it to thousandths, such as 0.333.");
    }
    if (value.compareTo(BigDecimal.valueOf(MOST)) > 0) {
      throw new IllegalArgumentException("is more than a million.\nWrite 1000000 or less.");
    }
    return value.longValueExact();
  }

  static long check(String variable, long milli) {
    if (milli < 0 || milli > MOST) {
      throw new IllegalArgumentException(
          "The %s (%d thousandths) must be between 0 and %d.\nMaybe it was written in MiB."
              .formatted(variable, milli, MOST));
    }
    return milli;
  }

  static String text(long milli) {
    return BigDecimal.valueOf(milli, PLACES).toPlainString();
  }
}
