package gpu.kerf.model.cost;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Divides a whole number by weights, so that the parts are whole numbers and add up exactly.
 *
 * <p>Every part is rounded down first. What is left goes, one each, to the parts that rounding down
 * cost the most, and of those that it cost the same to the first.
 */
final class LargestRemainder {

  /** Two numbers below this have a product below 2^64. */
  private static final long SMALL = 1L << 32;

  private LargestRemainder() {}

  /**
   * The parts.
   *
   * @param weights not negative, and together more than 0
   */
  static long[] divide(long total, long[] weights) {
    long all = Arrays.stream(weights).reduce(0, Math::addExact);
    long[] parts = new long[weights.length];
    long left = total;
    for (int i = 0; i < weights.length; i++) {
      parts[i] = floor(total, weights[i], all);
      left -= parts[i];
    }
    if (left > 0) {
      long[] remainders = new long[weights.length];
      Arrays.setAll(remainders, i -> remainder(total, weights[i], all));
      IntStream.range(0, weights.length)
          .boxed()
          .sorted(Comparator.comparingLong((Integer i) -> -remainders[i]))
          .limit(left)
          .forEach(i -> parts[i]++);
    }
    return parts;
  }

  /** A part of a whole number, rounded to the nearest, and up where two are equally near. */
  static long part(long total, long weight, long all) {
    boolean up = remainder(total, weight, all) >= all - all / 2;
    return floor(total, weight, all) + (up ? 1 : 0);
  }

  private static long floor(long total, long weight, long all) {
    if (weight > all || all >= SMALL) {
      return product(total, weight).divide(BigInteger.valueOf(all)).longValueExact();
    }
    return total / all * weight + Long.divideUnsigned(total % all * weight, all);
  }

  private static long remainder(long total, long weight, long all) {
    if (weight > all || all >= SMALL) {
      return product(total, weight).mod(BigInteger.valueOf(all)).longValueExact();
    }
    return Long.remainderUnsigned(total % all * weight, all);
  }

  private static BigInteger product(long total, long weight) {
    return BigInteger.valueOf(total).multiply(BigInteger.valueOf(weight));
  }
}
