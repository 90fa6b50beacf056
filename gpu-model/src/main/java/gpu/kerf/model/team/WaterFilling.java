package gpu.kerf.model.team;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Weighted max-min division of an amount (Bertsekas and Gallager, <i>Data Networks</i>, 6.5.2).
 *
 * <p>Water rises in vessels as wide as the weights, at one level in all of them, until the amount
 * is used up; a vessel whose cap is reached takes no more. The vessel that fills first has the
 * least cap for its weight, so one pass over the vessels in that order finds the level. Below the
 * level each gets its exact part rounded down to a whole number. What rounding left goes to the
 * largest remainders, one each; among equal remainders to the earlier one.
 */
final class WaterFilling {
  private final long[] caps;
  private final long[] weights;
  private final long[] parts;

  private WaterFilling(long[] caps, long[] weights) {
    this.caps = caps;
    this.weights = weights;
    this.parts = new long[caps.length];
  }

  /**
   * Divides an amount.
   *
   * @param amount at most {@link Thousandths#MOST}
   * @param caps the most that each may get
   * @param weights at most {@link Thousandths#MOST} each; one of weight 0 gets nothing
   */
  static long[] divide(long amount, long[] caps, long[] weights) {
    long[] useful = new long[caps.length];
    for (int i = 0; i < caps.length; i++) {
      useful[i] = Math.min(caps[i], amount);
    }
    WaterFilling filling = new WaterFilling(useful, weights);
    filling.fill(amount);
    return filling.parts;
  }

  private void fill(long amount) {
    List<Integer> open = soonestFullFirst();
    long left = amount;
    long width = open.stream().mapToLong(i -> weights[i]).sum();
    int full = 0;
    for (int i : open) {
      if (caps[i] > left * weights[i] / width) {
        break;
      }
      parts[i] = caps[i];
      left -= caps[i];
      width -= weights[i];
      full++;
    }
    level(open.subList(full, open.size()), left, width);
  }

  private List<Integer> soonestFullFirst() {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < caps.length; i++) {
      if (weights[i] > 0) {
        order.add(i);
      }
    }
    order.sort((i, j) -> Long.compare(caps[i] * weights[j], caps[j] * weights[i]));
    return order;
  }

  private void level(List<Integer> open, long amount, long width) {
    long left = amount;
    for (int i : open) {
      parts[i] = amount * weights[i] / width;
      left -= parts[i];
    }
    open.stream()
        .sorted(
            Comparator.comparingLong((Integer i) -> -(amount * weights[i] % width))
                .thenComparing(Comparator.naturalOrder()))
        .limit(open.isEmpty() ? 0 : left)
        .forEach(i -> parts[i]++);
  }
}
