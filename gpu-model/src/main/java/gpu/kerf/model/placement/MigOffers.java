package gpu.kerf.model.placement;

import gpu.kerf.model.price.MigPrices;

/**
 * The best start of every profile on every layout of one GPU model, as long as the fleet stays as
 * it is. Worked out on first use: few of the layouts occur in a fleet at one time.
 */
final class MigOffers {

  private final MigPrices prices;
  private final int[] supply;
  private final long[][] taken;
  private final byte[][] start;
  private final int[][] knownAt;
  private int now = 1;

  MigOffers(MigPrices prices) {
    this.prices = prices;
    this.supply = new int[prices.kinds()];
    this.taken = new long[prices.profiles()][prices.layouts()];
    this.start = new byte[prices.profiles()][prices.layouts()];
    this.knownAt = new int[prices.profiles()][prices.layouts()];
    java.util.Arrays.fill(supply, MigPrices.MOST_SUPPLY);
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
    if (knownAt[profile][layout] != now) {
      workOut(profile, layout);
    }
    return taken[profile][layout];
  }

  /** The best start, once {@link #taken} was asked. */
  int start(int profile, int layout) {
    return start[profile][layout];
  }

  /** What one start of a profile takes. */
  long takenAt(int profile, int layout, int at) {
    return prices.taken(profile, layout, at, supply);
  }

  private void workOut(int profile, int layout) {
    long least = MigPrices.NONE;
    for (int at = 0; at < Byte.SIZE; at++) {
      long cost = prices.taken(profile, layout, at, supply);
      if (cost < least) {
        least = cost;
        start[profile][layout] = (byte) at;
      }
    }
    taken[profile][layout] = least;
    knownAt[profile][layout] = now;
  }
}
