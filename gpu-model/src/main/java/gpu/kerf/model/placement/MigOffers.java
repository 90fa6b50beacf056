package gpu.kerf.model.placement;

import gpu.kerf.model.price.MigPrices;
import java.util.Arrays;

/**
 * The best start of every profile on every layout of one GPU model, as long as the fleet stays as
 * it is. Worked out on first use: few of the layouts occur in a fleet at one time.
 */
final class MigOffers {

  /**
   * How a rank is put together: what the start takes, the slices that stay free, and room for the
   * number of a GPU. So the least of a few ranks tells the best GPU, without a branch for each.
   */
  private static final int GPU_BITS = 6;

  private static final int COST_SHIFT = GPU_BITS + 4;
  private static final long GPUS = (1L << GPU_BITS) - 1;

  /** Below and above every rank, and so near that a difference of ranks does not overflow. */
  private static final long UNKNOWN = -1L << Long.SIZE - 3;

  private static final long NO_START = -UNKNOWN;

  private final MigPrices prices;
  private final int[] supply;

  /** By profile and layout. */
  private final long[][] rank;

  private final byte[][] start;
  private final int[][] leftover;
  private final byte[] mediaExcluded;

  /** What has been worked out, as {@code profile * layouts + layout}, to forget it again. */
  private final int[] known;

  private int knownOffers;

  MigOffers(MigPrices prices) {
    int profiles = prices.profiles();
    this.prices = prices;
    this.supply = new int[prices.kinds()];
    this.rank = new long[profiles][prices.layouts()];
    this.start = new byte[profiles][prices.layouts()];
    this.leftover = new int[profiles][prices.layouts()];
    this.mediaExcluded = new byte[profiles];
    this.known = new int[profiles * prices.layouts()];
    for (int profile = 0; profile < profiles; profile++) {
      mediaExcluded[profile] = prices.mediaExcluded(profile);
      Arrays.fill(rank[profile], UNKNOWN);
    }
    Arrays.fill(supply, MigPrices.MOST_SUPPLY);
  }

  MigPrices prices() {
    return prices;
  }

  /** The fleet has changed: so many starts of each kind are left. */
  void setSupply(int[] counts) {
    boolean changed = false;
    for (int k = 0; k < supply.length; k++) {
      int left = Math.min(MigPrices.MOST_SUPPLY, counts[k]);
      changed |= supply[k] != left;
      supply[k] = left;
    }
    if (changed) {
      forget();
    }
  }

  private void forget() {
    int layouts = prices.layouts();
    for (int i = 0; i < knownOffers; i++) {
      rank[known[i] / layouts][known[i] % layouts] = UNKNOWN;
    }
    knownOffers = 0;
  }

  /** What the best start of a profile takes; {@link MigPrices#NONE} if it has none free. */
  long taken(int profile, int layout) {
    long known = rank[profile][layout];
    long found = known == UNKNOWN ? workOut(profile, layout) : known;
    return found == NO_START ? MigPrices.NONE : found >> COST_SHIFT;
  }

  /**
   * The GPU on which a profile takes least, of those the one that it fills most, of those the
   * first; -1 if none of them has a start for it. Neither CPU nor media engines count.
   *
   * @param layouts what is cut, by GPU
   * @param gpus those to look at, as bits
   */
  int cheapest(int profile, short[] layouts, long gpus) {
    long[] byLayout = rank[profile];
    long least = NO_START;
    for (long rest = gpus; rest != 0; rest &= rest - 1) {
      int gpu = Long.numberOfTrailingZeros(rest);
      long more = (byLayout[layouts[gpu]] | gpu) - least;
      least += more & more >> Long.SIZE - 1;
    }
    if (least >= NO_START) {
      return -1;
    }
    int gpu = (int) (least & GPUS);
    if ((least & ~GPUS) != UNKNOWN) {
      return gpu;
    }
    workOut(profile, layouts[gpu]);
    return cheapest(profile, layouts, gpus);
  }

  /** The best start, once {@link #taken} was asked. */
  int start(int profile, int layout) {
    return start[profile][layout];
  }

  /** The CPU that the best start's slices would have asked for, once {@link #taken} was asked. */
  long needTaken(int profile, int layout) {
    int after = prices.after(profile, layout, start(profile, layout));
    return prices.needMilli(layout) - prices.needMilli(after);
  }

  /** The memory that would stay free on the GPU, once {@link #taken} was asked. */
  int leftover(int profile, int layout) {
    return leftover[profile][layout];
  }

  /** Whether an instance may join a GPU whose instances hold these media engines. */
  boolean mediaFits(int profile, byte held) {
    return (mediaExcluded[profile] & held) == 0;
  }

  /** What one start of a profile takes. */
  long takenAt(int profile, int layout, int at) {
    return prices.taken(profile, layout, at, supply);
  }

  private long workOut(int profile, int layout) {
    long least = MigPrices.NONE;
    for (int at = 0; at < Byte.SIZE; at++) {
      long cost = prices.taken(profile, layout, at, supply);
      if (cost < least) {
        least = cost;
        start[profile][layout] = (byte) at;
      }
    }
    int freeSlices = Byte.SIZE - Integer.bitCount(prices.occupied(layout));
    long found =
        least == MigPrices.NONE ? NO_START : least << COST_SHIFT | (long) freeSlices << GPU_BITS;
    rank[profile][layout] = found;
    leftover[profile][layout] = prices.leftover(profile, prices.occupied(layout));
    known[knownOffers++] = profile * prices.layouts() + layout;
    return found;
  }
}
