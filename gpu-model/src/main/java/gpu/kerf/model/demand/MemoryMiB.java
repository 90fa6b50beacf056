package gpu.kerf.model.demand;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An amount of GPU memory in MiB, the unit that drivers report and that every comparison uses.
 *
 * <p>It exists because the same digits mean different things: {@code 8G} is 7630 MiB, {@code 8Gi}
 * is 8192 MiB, and a profile named {@code 1g.5gb} has 4864 MiB. Amounts that are asked for round
 * up, so that no pod gets less than it asked for.
 */
public record MemoryMiB(int value) implements Comparable<MemoryMiB> {

  private static final BigDecimal BYTES_PER_MIB = BigDecimal.valueOf(1L << 20);
  private static final Pattern QUANTITY =
      Pattern.compile("([+-]?[0-9]*\\.?[0-9]*)([a-zA-Z]*|[eE][+-]?[0-9]+)");
  private static final Map<String, BigDecimal> SUFFIXES =
      Map.ofEntries(
          Map.entry("m", new BigDecimal("0.001")),
          Map.entry("", BigDecimal.ONE),
          Map.entry("k", decimal(3)),
          Map.entry("M", decimal(6)),
          Map.entry("G", decimal(9)),
          Map.entry("T", decimal(12)),
          Map.entry("P", decimal(15)),
          Map.entry("E", decimal(18)),
          Map.entry("Ki", binary(10)),
          Map.entry("Mi", binary(20)),
          Map.entry("Gi", binary(30)),
          Map.entry("Ti", binary(40)),
          Map.entry("Pi", binary(50)),
          Map.entry("Ei", binary(60)));

  /**
   * A card has at most a few hundred GiB; a demand beyond this is a typing error, not a big card.
   */
  public static final int LARGEST = 1 << 26;

  public MemoryMiB {
    if (value < 1 || value > LARGEST) {
      throw new IllegalArgumentException(
          "The GPU memory ("
              + value
              + "Mi) must be between 1Mi and "
              + LARGEST
              + "Mi.\nMaybe write it as 8Gi.");
    }
  }

  /** Rounds up: a demand of one byte takes a MiB. */
  public static MemoryMiB ofBytes(long bytes) {
    return ofBytes(BigDecimal.valueOf(bytes), bytes + " bytes");
  }

  /**
   * Reads a Kubernetes quantity such as {@code 8Gi}, {@code 8G}, {@code 500M}, {@code 1e9} or
   * {@code 8589934592}.
   */
  public static MemoryMiB parse(String quantity) {
    Matcher parts = QUANTITY.matcher(quantity);
    if (quantity.length() > 40 || !parts.matches() || !parts.group(1).matches(".*[0-9].*")) {
      throw notAQuantity(quantity);
    }
    return ofBytes(
        new BigDecimal(parts.group(1)).multiply(unit(parts.group(2), quantity)), quantity);
  }

  private static BigDecimal unit(String suffix, String quantity) {
    BigDecimal known = SUFFIXES.get(suffix);
    if (known != null) {
      return known;
    }
    if (suffix.length() < 2 || suffix.length() > 4 || !suffix.matches("[eE][+-]?[0-9]+")) {
      throw notAQuantity(quantity);
    }
    return BigDecimal.ONE.scaleByPowerOfTen(Integer.parseInt(suffix.substring(1)));
  }

  private static MemoryMiB ofBytes(BigDecimal bytes, String written) {
    BigDecimal mib = bytes.divide(BYTES_PER_MIB, 0, RoundingMode.CEILING);
    if (mib.signum() <= 0 || mib.compareTo(BigDecimal.valueOf(LARGEST)) > 0) {
      throw new IllegalArgumentException(
          "The GPU memory ("
              + written
              + ") must be more than nothing and at most "
              + LARGEST
              + "Mi.\nMaybe write it as 8Gi.");
    }
    return new MemoryMiB(mib.intValueExact());
  }

  private static IllegalArgumentException notAQuantity(String written) {
    String shown = written.length() > 40 ? written.substring(0, 40) + "…" : written;
    return new IllegalArgumentException(
        "The GPU memory ("
            + shown
            + ") is not a quantity.\nMaybe write it as 8Gi (8 x 1024^3 bytes) or 8G (8 x 10^9).");
  }

  private static BigDecimal decimal(int exponent) {
    return BigDecimal.ONE.scaleByPowerOfTen(exponent);
  }

  private static BigDecimal binary(int exponent) {
    return BigDecimal.valueOf(2).pow(exponent);
  }

  /** This amount over {@code parts} GPUs, each part rounded up. */
  public MemoryMiB dividedBy(int parts) {
    if (parts < 1) {
      throw new IllegalArgumentException(
          "The number of parts ("
              + parts
              + ") must be at least 1.\nMaybe leave kerf.gpu/split out.");
    }
    return new MemoryMiB((int) (((long) value + parts - 1) / parts));
  }

  @Override
  public int compareTo(MemoryMiB other) {
    return Integer.compare(value, other.value);
  }

  @Override
  public String toString() {
    return value + "Mi";
  }
}
