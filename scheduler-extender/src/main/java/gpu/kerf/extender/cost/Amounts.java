package gpu.kerf.extender.cost;

import gpu.kerf.model.cost.Price;
import java.math.BigDecimal;
import java.math.RoundingMode;

/** Amounts as decimals. */
final class Amounts {
  private static final BigDecimal GPU_HOUR = BigDecimal.valueOf(3_600_000_000L);
  private static final BigDecimal MEBIBYTE_HOUR = BigDecimal.valueOf(3_600_000L);

  private Amounts() {}

  static String gpuHours(long milliGpuMillis, int decimals) {
    return divided(milliGpuMillis, GPU_HOUR, decimals);
  }

  static String mebibyteHours(long mebibyteMillis, int decimals) {
    return divided(mebibyteMillis, MEBIBYTE_HOUR, decimals);
  }

  private static String divided(long amount, BigDecimal by, int decimals) {
    return BigDecimal.valueOf(amount).divide(by, decimals, RoundingMode.HALF_UP).toPlainString();
  }

  /** Exact, always with the same number of decimals. */
  static String money(long micros) {
    return BigDecimal.valueOf(micros, Price.DECIMALS).toPlainString();
  }

  static String rounded(long micros, int decimals) {
    return BigDecimal.valueOf(micros, Price.DECIMALS)
        .setScale(decimals, RoundingMode.HALF_UP)
        .toPlainString();
  }
}
