package gpu.kerf.model.placement;

import java.util.Comparator;

/**
 * What a placement costs the fleet; lower is better.
 *
 * @param taken what it takes from the demands that usually come, in the unit of {@link
 *     gpu.kerf.model.price.Prices#MIB}
 * @param distance how far its GPUs are from each other
 * @param leftover the memory that stays free on the GPUs it uses, in MiB: the fuller GPU wins among
 *     equals
 * @param free the memory that was free on the node, in MiB: among equals the fuller node wins, so
 *     that untouched nodes stay untouched, for what has never been asked for as well
 */
public record Cost(long taken, int distance, int leftover, int free) implements Comparable<Cost> {

  private static final Comparator<Cost> ORDER =
      Comparator.comparingLong(Cost::taken)
          .thenComparingInt(Cost::distance)
          .thenComparingInt(Cost::leftover)
          .thenComparingInt(Cost::free);

  /** Costs more than any placement. */
  public static final Cost NONE = new Cost(Long.MAX_VALUE, 0, 0, 0);

  @Override
  public int compareTo(Cost other) {
    return ORDER.compare(this, other);
  }
}
