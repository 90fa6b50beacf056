package gpu.kerf.model.placement;

import gpu.kerf.model.price.MigPrices;
import java.util.Arrays;

/**
 * The best start of every profile on every layout of one GPU model, as long as the fleet stays as
 * it is. Worked out on first use: few of the layouts occur in a fleet at one time.
 */
final class MigOffers {

  private final MigPrices prices;
  private final int layouts;
  private final int[] supply;

  /** By profile and layout: {@code profile * layouts + layout}. */
  private final long[] taken;

  private final byte[] start;
  private final int[] knownAt;
  private final byte[] mediaExcluded;
  private int now = 1;

  MigOffers(MigPrices prices) {
    int offers = prices.profiles() * prices.layouts();
    this.prices = prices;
    this.layouts = prices.layouts();
    this.supply = new int[prices.kinds()];
    this.taken = new long[offers];
    this.start = new byte[offers];
    this.knownAt = new int[offers];
    this.mediaExcluded = new byte[prices.profiles()];
    for (int profile = 0; profile < mediaExcluded.length; profile++) {
      mediaExcluded[profile] = prices.mediaExcluded(profile);
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
    now += changed ? 1 : 0;
  }

  /** What the best start of a profile takes; {@link MigPrices#NONE} if it has none free. */
  long taken(int profile, int layout) {
    int offer = profile * layouts + layout;
    if (knownAt[offer] != now) {
      workOut(profile, layout);
    }
    return taken[offer];
  }

  /** The best start, once {@link #taken} was asked. */
  int start(int profile, int layout) {
    return start[profile * layouts + layout];
  }

  /** The CPU that the best start's slices would have asked for, once {@link #taken} was asked. */
  long needTaken(int profile, int layout) {
    int after = prices.after(profile, layout, start(profile, layout));
    return prices.needMilli(layout) - prices.needMilli(after);
  }

  /** Whether an instance may join a GPU whose instances hold these media engines. */
  boolean mediaFits(int profile, byte held) {
    return (mediaExcluded[profile] & held) == 0;
  }

  /** What one start of a profile takes. */
  long takenAt(int profile, int layout, int at) {
    return prices.taken(profile, layout, at, supply);
  }

  private void workOut(int profile, int layout) {
    int offer = profile * layouts + layout;
    long least = MigPrices.NONE;
    for (int at = 0; at < Byte.SIZE; at++) {
      long cost = prices.taken(profile, layout, at, supply);
      if (cost < least) {
        least = cost;
        start[offer] = (byte) at;
      }
    }
    taken[offer] = least;
    knownAt[offer] = now;
  }
}
