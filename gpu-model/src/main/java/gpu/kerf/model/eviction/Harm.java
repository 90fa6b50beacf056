package gpu.kerf.model.eviction;

import java.util.Comparator;

/**
 * The damage that evicting a set of pods does. Two values are compared part by part; the first
 * difference decides, lower is better.
 *
 * <p>Every part grows or stays when the set grows, and the last one grows. So the least harmful set
 * that helps contains no superfluous pod.
 *
 * @param violations how far budgets are overdrawn, summed over the budgets
 * @param highestPriority of all victims; {@link Integer#MIN_VALUE} if there are none
 * @param works how many groups, and pods without a group, lose their work
 * @param prioritySum the victims' priorities, each counted from {@link Integer#MIN_VALUE} upwards:
 *     a second victim of negative priority must not make a plan better
 * @param lostMillis for how long the victims have run; a group that is hit loses the time of all
 *     its candidates on the node
 * @param victims how many pods are evicted
 */
public record Harm(
    int violations, int highestPriority, int works, long prioritySum, long lostMillis, int victims)
    implements Comparable<Harm> {

  /** No pod is evicted. */
  public static final Harm NONE = new Harm(0, Integer.MIN_VALUE, 0, 0, 0, 0);

  private static final Comparator<Harm> ORDER =
      Comparator.comparingInt(Harm::violations)
          .thenComparingInt(Harm::highestPriority)
          .thenComparingInt(Harm::works)
          .thenComparingLong(Harm::prioritySum)
          .thenComparingLong(Harm::lostMillis)
          .thenComparingInt(Harm::victims);

  @Override
  public int compareTo(Harm other) {
    return ORDER.compare(this, other);
  }

  boolean isLessThan(Harm other) {
    return compareTo(other) < 0;
  }
}
