package gpu.kerf.bench.replay.mig;

import gpu.kerf.model.hardware.MigGeometry;
import gpu.kerf.model.hardware.MigProfile;

/**
 * The cost of creating an instance, from the occupancy of one GPU. The cheapest wins; of equal GPUs
 * the first, on one GPU the start that the rule prefers.
 */
interface MigRule {

  long cost(int occupied, MigProfile profile, int start);

  /** Whether a profile would rather start high. */
  default boolean prefersHighStart(MigProfile profile) {
    return false;
  }

  /** The first GPU that has a start free. */
  static MigRule firstFit() {
    return (occupied, profile, start) -> 0;
  }

  /** The GPU with the fewest free slices. */
  static MigRule bestFit() {
    return (occupied, profile, start) -> -Integer.bitCount(occupied);
  }

  /** The same, starting as HAMi does: 1g and 3g at the high end, others at the low end. */
  static MigRule bestFitHami() {
    return new MigRule() {
      @Override
      public long cost(int occupied, MigProfile profile, int start) {
        return -Integer.bitCount(occupied);
      }

      @Override
      public boolean prefersHighStart(MigProfile profile) {
        return profile.computeSlices() == 1 || profile.computeSlices() == 3;
      }
    };
  }

  /**
   * MFI: least growth of the slices of all starts that are blocked although the GPU has as many
   * slices free (Zambianco et al., arXiv 2511.18906).
   */
  static MigRule leastFragmentation() {
    return (occupied, profile, start) ->
        blocked(occupied | profile.maskAt(start)) - blocked(occupied);
  }

  private static int blocked(int occupied) {
    int free = Card.SLICES - Integer.bitCount(occupied);
    int blocked = 0;
    for (int i = 0; i < Card.PROFILES; i++) {
      MigProfile profile = Card.profile(i);
      if (profile.size() <= free) {
        int starts = Integer.bitCount(profile.starts());
        int open = Card.model().geometry().placements(occupied, profile);
        blocked += profile.size() * (starts - open);
      }
    }
    return blocked;
  }

  /** FGD: least growth of the free slices that the next request is expected not to reach. */
  static MigRule leastExpectedFragments(ProfileMix mix) {
    return (occupied, profile, start) ->
        Math.round(
            1e9
                * (unreachable(occupied | profile.maskAt(start), mix)
                    - unreachable(occupied, mix)));
  }

  private static double unreachable(int occupied, ProfileMix mix) {
    MigGeometry geometry = Card.model().geometry();
    int free = Card.SLICES - Integer.bitCount(occupied);
    double sum = 0;
    for (int i = 0; i < Card.PROFILES; i++) {
      MigProfile profile = Card.profile(i);
      int reached = 0;
      for (int starts = geometry.startsFree(occupied, profile); starts != 0; starts &= starts - 1) {
        reached |= profile.maskAt(Integer.numberOfTrailingZeros(starts));
      }
      sum += mix.weights().get(i) * (free - Integer.bitCount(reached));
    }
    return sum;
  }
}
