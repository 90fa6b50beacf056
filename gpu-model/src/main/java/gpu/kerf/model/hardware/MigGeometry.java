package gpu.kerf.model.hardware;

import java.util.List;

/**
 * What fits beside what on one GPU model: tables over all 256 values of the occupancy byte,
 * computed once.
 *
 * <p>Bit s of an occupancy says that memory slice s is taken. An instance may be created where it
 * overlaps nothing, at one of its profile's starts. That also keeps the compute slices within the
 * GPU, which the constructor proves for the model at hand. The one rule that an occupancy cannot
 * tell is about media engines: see {@link MediaEngines}.
 *
 * <p>What the tables count (placements, completions) they count over the plain profiles: the
 * variants of a profile lie on the same slices, and would count one possibility several times.
 *
 * <p>A profile handed in must be one of this model; nothing here checks that, for every question is
 * asked in the innermost loop of a decision.
 */
public final class MigGeometry {

  private static final int OCCUPANCIES = 256;

  private final int slices;
  private final List<MigProfile> profiles;
  private final byte[][] starts;
  private final byte[][] best;
  private final byte[] placements = new byte[OCCUPANCIES];
  private final byte[] usable = new byte[OCCUPANCIES];
  private final int[] completions = new int[OCCUPANCIES];
  private final boolean[] reachable = new boolean[OCCUPANCIES];

  MigGeometry(String modelName, int slices, int computeSlices, List<MigProfile> profiles) {
    this.slices = slices;
    this.profiles = profiles;
    int compute = mostCompute();
    Require.that(
        compute <= computeSlices,
        "Maybe a start too many: on every known GPU disjoint memory keeps compute within its limit.",
        () ->
            "Instances of %s could take %d compute slices of %d."
                .formatted(modelName, compute, computeSlices));
    this.starts = new byte[profiles.size()][OCCUPANCIES];
    this.best = new byte[profiles.size()][OCCUPANCIES];
    fillStarts();
    fillCounts();
    fillReachable();
    fillBest();
  }

  /** Memory slices of the GPU model. */
  public int slices() {
    return slices;
  }

  /** Where an instance may start now, as bits; 0 = nowhere. */
  public int startsFree(int occupied, MigProfile profile) {
    return starts[profile.index()][occupied] & 0xFF;
  }

  public boolean fits(int occupied, MigProfile profile) {
    return starts[profile.index()][occupied] != 0;
  }

  /** How many starts are left to a profile. */
  public int placements(int occupied, MigProfile profile) {
    return Integer.bitCount(startsFree(occupied, profile));
  }

  /** How many starts are left to all plain profiles together. */
  public int placements(int occupied) {
    return placements[occupied];
  }

  /** How many starts of {@code loser} vanish when {@code profile} is created at {@code start}. */
  public int placementsLost(int occupied, MigProfile profile, int start, MigProfile loser) {
    return placements(occupied, loser) - placements(occupied | profile.maskUnchecked(start), loser);
  }

  /**
   * How many starts of all plain profiles vanish when {@code profile} is created at {@code start}.
   */
  public int placementsLost(int occupied, MigProfile profile, int start) {
    return placements[occupied] - placements[occupied | profile.maskUnchecked(start)];
  }

  /** In how many ways the free slices can be filled further, counting "not at all". */
  public int completions(int occupied) {
    return completions[occupied];
  }

  /** The free slices on which some plain profile could still lie, as bits. */
  public int usable(int occupied) {
    return usable[occupied] & 0xFF;
  }

  /** How many free slices no plain profile can take any more. */
  public int strandedSlices(int occupied) {
    return Integer.bitCount(strandedMask(occupied));
  }

  /** Those slices, a bit each. */
  public int strandedMask(int occupied) {
    return ((1 << slices) - 1) & ~occupied & ~usable[occupied];
  }

  /** Whether some set of instances occupies exactly these slices. */
  public boolean reachable(int occupied) {
    return reachable[occupied];
  }

  /**
   * The start that leaves the most ways to fill the rest, then the most placements, then the
   * highest. It looks at the geometry alone; what the usual demands would lose is for the placer to
   * weigh.
   */
  public int bestStart(int occupied, MigProfile profile) {
    if (!fits(occupied, profile)) {
      throw new IllegalArgumentException(
          "No %s fits the occupancy (%s).\nMaybe ask fits() first."
              .formatted(profile.name(), Integer.toBinaryString(occupied)));
    }
    return best[profile.index()][occupied];
  }

  /** All sets of instances of plain profiles that this GPU model can hold. */
  public MigStates states() {
    return statesOf(profiles.stream().filter(MigProfile::plain).toList());
  }

  /** All sets of instances of the given profiles, media rules obeyed. */
  public MigStates statesOf(List<MigProfile> among) {
    return new MigStates(slices, among);
  }

  /**
   * The most compute slices that disjoint instances can take: from the top slice down, nothing or
   * the best start.
   */
  private int mostCompute() {
    int[] most = new int[slices + 1];
    for (int slice = slices - 1; slice >= 0; slice--) {
      most[slice] = most[slice + 1];
      for (MigProfile profile : profiles) {
        if (profile.startsAt(slice)) {
          most[slice] =
              Math.max(most[slice], profile.computeSlices() + most[slice + profile.size()]);
        }
      }
    }
    return most[0];
  }

  private void fillStarts() {
    for (MigProfile profile : profiles) {
      for (int occupied = 0; occupied < OCCUPANCIES; occupied++) {
        starts[profile.index()][occupied] = (byte) startsClearOf(occupied, profile);
      }
    }
  }

  private static int startsClearOf(int occupied, MigProfile profile) {
    int free = 0;
    for (int start = 0; start < Byte.SIZE; start++) {
      if (profile.startsAt(start) && (profile.maskUnchecked(start) & occupied) == 0) {
        free |= 1 << start;
      }
    }
    return free;
  }

  private void fillCounts() {
    for (int occupied = 0; occupied < OCCUPANCIES; occupied++) {
      completions[occupied] = countCompletions(occupied);
      for (MigProfile profile : profiles) {
        if (profile.plain()) {
          placements[occupied] += (byte) placements(occupied, profile);
          usable[occupied] |= (byte) slicesOf(startsFree(occupied, profile), profile.size());
        }
      }
    }
  }

  private int countCompletions(int occupied) {
    int[] ways = new int[slices + 1];
    ways[slices] = 1;
    for (int slice = slices - 1; slice >= 0; slice--) {
      ways[slice] = ways[slice + 1];
      for (MigProfile profile : profiles) {
        if (profile.plain() && (startsFree(occupied, profile) >>> slice & 1) != 0) {
          ways[slice] += ways[slice + profile.size()];
        }
      }
    }
    return ways[0];
  }

  private static int slicesOf(int starts, int size) {
    int covered = 0;
    for (int slice = 0; slice < size; slice++) {
      covered |= starts << slice;
    }
    return covered;
  }

  /**
   * Adding an instance always makes the byte larger, so one pass in ascending order reaches
   * everything.
   */
  private void fillReachable() {
    reachable[0] = true;
    for (int occupied = 0; occupied < OCCUPANCIES; occupied++) {
      for (MigProfile profile : profiles) {
        for (int start = 0; reachable[occupied] && start < slices; start++) {
          if ((startsFree(occupied, profile) >>> start & 1) != 0) {
            reachable[occupied | profile.maskUnchecked(start)] = true;
          }
        }
      }
    }
  }

  private void fillBest() {
    for (MigProfile profile : profiles) {
      for (int occupied = 0; occupied < OCCUPANCIES; occupied++) {
        best[profile.index()][occupied] = (byte) leastHarm(occupied, profile);
      }
    }
  }

  private int leastHarm(int occupied, MigProfile profile) {
    int chosen = 0;
    long most = -1;
    for (int start = 0; start < slices; start++) {
      if ((startsFree(occupied, profile) >>> start & 1) != 0) {
        int after = occupied | profile.maskUnchecked(start);
        long left = (long) completions[after] << Byte.SIZE | placements[after];
        chosen = left >= most ? start : chosen;
        most = Math.max(most, left);
      }
    }
    return chosen;
  }
}
