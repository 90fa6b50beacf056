package gpu.kerf.model.placement;

import gpu.kerf.model.price.MigPrices;
import java.util.Arrays;

/**
 * The best start of every profile on every layout of one GPU model, as long as the fleet stays as
 * it is. Worked out on first use: few of the layouts occur in a fleet at one time.
 */
final class MigOffers {

  private static final long UNKNOWN = Long.MIN_VALUE;

  private final MigPrices prices;
  private final int[] supply;

  /** By profile and layout. */
  private final long[][] taken;

  private final byte[][] start;
  private final byte[] mediaExcluded;

  /** What has been worked out, as {@code profile * layouts + layout}, to forget it again. */
  private final int[] known;

  private int knownOffers;

  MigOffers(MigPrices prices) {
    int profiles = prices.profiles();
    this.prices = prices;
    this.supply = new int[prices.kinds()];
    this.taken = new long[profiles][prices.layouts()];
    this.start = new byte[profiles][prices.layouts()];
    this.mediaExcluded = new byte[profiles];
    this.known = new int[profiles * prices.layouts()];
    for (int profile = 0; profile < profiles; profile++) {
      mediaExcluded[profile] = prices.mediaExcluded(profile);
      Arrays.fill(taken[profile], UNKNOWN);
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
      taken[known[i] / layouts][known[i] % layouts] = UNKNOWN;
    }
    knownOffers = 0;
  }

  /** What the best start of a profile takes; {@link MigPrices#NONE} if it has none free. */
  long taken(int profile, int layout) {
    long cost = taken[profile][layout];
    return cost == UNKNOWN ? workOut(profile, layout) : cost;
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

  /** The memory that would stay free on the GPU. */
  int leftover(int profile, int layout) {
    return prices.leftover(profile, prices.occupied(layout));
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
    taken[profile][layout] = least;
    known[knownOffers++] = profile * prices.layouts() + layout;
    return least;
  }
}
