package gpu.kerf.extender.dialect;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads Kubernetes quantities of CPU and host memory; amounts round up, as the kubelet does. */
public final class Quantity {

  private static final Pattern FORM =
      Pattern.compile("([+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+))([a-zA-Z]{0,2}|[eE][+-]?[0-9]{1,2})");
  private static final int LONGEST = 40;

  private static final Map<String, BigDecimal> UNITS =
      Map.ofEntries(
          Map.entry("", BigDecimal.ONE),
          Map.entry("n", BigDecimal.ONE.scaleByPowerOfTen(-9)),
          Map.entry("u", BigDecimal.ONE.scaleByPowerOfTen(-6)),
          Map.entry("m", BigDecimal.ONE.scaleByPowerOfTen(-3)),
          Map.entry("k", BigDecimal.ONE.scaleByPowerOfTen(3)),
          Map.entry("M", BigDecimal.ONE.scaleByPowerOfTen(6)),
          Map.entry("G", BigDecimal.ONE.scaleByPowerOfTen(9)),
          Map.entry("T", BigDecimal.ONE.scaleByPowerOfTen(12)),
          Map.entry("P", BigDecimal.ONE.scaleByPowerOfTen(15)),
          Map.entry("E", BigDecimal.ONE.scaleByPowerOfTen(18)),
          Map.entry("Ki", binary(10)),
          Map.entry("Mi", binary(20)),
          Map.entry("Gi", binary(30)),
          Map.entry("Ti", binary(40)),
          Map.entry("Pi", binary(50)),
          Map.entry("Ei", binary(60)));

  private static final BigDecimal BYTES_PER_MIB = binary(20);
  private static final BigDecimal MILLI = BigDecimal.valueOf(1000);

  private Quantity() {}

  private static BigDecimal binary(int exponent) {
    return BigDecimal.valueOf(2).pow(exponent);
  }

  /** Thousandths of a CPU. */
  public static long cpuMilli(String written) {
    return thousandths(written);
  }

  /** Thousandths of the unit, which is one of what is counted, or a byte. */
  public static long thousandths(String written) {
    return ceiling(parse(written).multiply(MILLI), written);
  }

  public static long memoryMiB(String written) {
    return ceiling(parse(written).divide(BYTES_PER_MIB, 3, RoundingMode.CEILING), written);
  }

  private static long ceiling(BigDecimal amount, String written) {
    if (amount.signum() < 0) {
      throw new IllegalArgumentException(
          "The quantity (" + shown(written) + ") must not be negative.");
    }
    BigDecimal whole = amount.setScale(0, RoundingMode.CEILING);
    return whole.precision() > 18 ? Long.MAX_VALUE / 4 : whole.longValueExact();
  }

  private static BigDecimal parse(String written) {
    Matcher form = FORM.matcher(written);
    if (written.length() > LONGEST || !form.matches()) {
      throw notOne(written);
    }
    String suffix = form.group(2);
    BigDecimal unit = UNITS.get(suffix);
    if (unit == null && suffix.matches("[eE][+-]?[0-9]{1,2}")) {
      unit = BigDecimal.ONE.scaleByPowerOfTen(Integer.parseInt(suffix.substring(1)));
    }
    if (unit == null) {
      throw notOne(written);
    }
    return new BigDecimal(form.group(1)).multiply(unit);
  }

  private static IllegalArgumentException notOne(String written) {
    return new IllegalArgumentException(
        "The quantity (" + shown(written) + ") is none.\nMaybe write it as 500m, 4 or 16Gi.");
  }

  static String shown(String written) {
    return written.length() > LONGEST ? written.substring(0, LONGEST) + "…" : written;
  }
}
