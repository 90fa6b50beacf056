package gpu.kerf.model.cost;

import java.math.BigInteger;
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

  /** So few that looking through them again and again is faster than sorting. */
  private static final int FEW = 64;

  private LargestRemainder() {}

  /**
   * The parts.
   *
   * @param weights not negative, and together more than 0
   */
  static long[] divide(long total, long[] weights) {
    long all = 0;
    for (long weight : weights) {
      all = Math.addExact(all, weight);
    }
    long[] parts = new long[weights.length];
    long left = total;
    for (int i = 0; i < weights.length; i++) {
      parts[i] = floor(total, weights[i], all);
      left -= parts[i];
    }
    if (left > 0) {
      long[] remainders = new long[weights.length];
      for (int i = 0; i < weights.length; i++) {
        remainders[i] = remainder(total, weights[i], all);
      }
      for (int next : largest(remainders, (int) left)) {
        parts[next]++;
      }
    }
    return parts;
  }

  /** The places of the largest, and of equal ones the first. */
  private static int[] largest(long[] values, int number) {
    if (values.length > FEW) {
      return IntStream.range(0, values.length)
          .boxed()
          .sorted(Comparator.comparingLong((Integer i) -> -values[i]))
          .limit(number)
          .mapToInt(Integer::intValue)
          .toArray();
    }
    int[] found = new int[number];
    for (int i = 0; i < number; i++) {
      int largest = 0;
      for (int j = 1; j < values.length; j++) {
        largest = values[j] > values[largest] ? j : largest;
      }
      found[i] = largest;
      values[largest] = -1;
    }
    return found;
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
