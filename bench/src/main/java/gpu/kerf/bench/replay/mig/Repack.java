package gpu.kerf.bench.replay.mig;

/**
 * Whether instances fit on some H100-80GB GPUs if they may be moved at no cost: the upper limit for
 * every scheduler.
 *
 * <p>A GPU without a {@code 7g.80gb} has a left half (slices 0-3) and a right half (4-7). The left
 * half holds a {@code 4g.40gb}, or a {@code 3g.40gb}, or two pairs of slices. The right half holds
 * a {@code 3g.40gb}, or a pair and a short pair. A pair holds a {@code 2g.20gb}, a {@code 1g.20gb}
 * or two {@code 1g.10gb}; a short pair a {@code 1g.20gb} or one {@code 1g.10gb}. So large instances
 * go to the place where they cost least: {@code 3g.40gb} to right halves first, {@code 1g.20gb} to
 * short pairs first.
 */
final class Repack {

  private Repack() {}

  /**
   * @param count how many instances of each profile, by index
   */
  static boolean fits(int[] count, int gpus) {
    int cut = gpus - count[5];
    int right3g = Math.min(count[3], cut);
    int left3g = count[3] - right3g;
    int leftFree = cut - count[4] - left3g;
    if (cut < 0 || leftFree < 0) {
      return false;
    }
    int shortPairs = cut - right3g;
    int pairs = 2 * leftFree + shortPairs - count[2];
    if (pairs < 0) {
      return false;
    }
    int onShort = Math.min(count[1], shortPairs);
    shortPairs -= onShort;
    pairs -= count[1] - onShort;
    return pairs >= 0 && count[0] <= 2 * pairs + shortPairs;
  }
}
