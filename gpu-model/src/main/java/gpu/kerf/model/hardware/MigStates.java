package gpu.kerf.model.hardware;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Every state a GPU can be in: each set of instances, with the start of each, that its slices and
 * media engines allow.
 *
 * <p>States are numbered from 0, the empty one, in a fixed order, so that a caller can keep a value
 * per state in an array. Computed on demand; for learning prices and for tests, not for a decision.
 */
public final class MigStates {

  private static final int BITS = 4;
  private static final int NOTHING = 0;

  private final List<MigProfile> profiles;
  private final int[] codes;

  MigStates(int slices, List<MigProfile> among) {
    this.profiles = List.copyOf(among);
    List<Integer> found = new ArrayList<>();
    enumerate(new Partial(slices, 0, 0, NOTHING), found);
    this.codes = found.stream().mapToInt(Integer::intValue).sorted().toArray();
  }

  public int size() {
    return codes.length;
  }

  /** The slices that are taken in a state, as bits. */
  public int occupied(int state) {
    int occupied = 0;
    for (int start = 0; start < Byte.SIZE; start++) {
      if (startsAt(state, start)) {
        occupied |= profileAt(state, start).maskUnchecked(start);
      }
    }
    return occupied;
  }

  /** Whether an instance starts at that slice. */
  public boolean startsAt(int state, int start) {
    return nibble(codes[state], start) != NOTHING;
  }

  /** The profile of the instance that starts at that slice. */
  public MigProfile profileAt(int state, int start) {
    int nibble = nibble(codes[state], start);
    Require.that(
        nibble != NOTHING,
        "Ask startsAt() first.",
        () -> "No instance starts at slice %d of state %d.".formatted(start, state));
    return profiles.get(nibble - 1);
  }

  /** What the instances of a state hold of the media engines. */
  public int mediaHeld(int state) {
    return set(state).stream()
        .mapToInt(profile -> profile.media().held())
        .reduce(0, (one, other) -> one | other);
  }

  /** The state that one more instance leads to. */
  public int with(int state, MigProfile profile, int start) {
    int next = Arrays.binarySearch(codes, codes[state] | code(profile, start));
    Require.that(
        profile.startsAt(start)
            && (profile.maskUnchecked(start) & occupied(state)) == 0
            && next >= 0,
        "Its slices or media engines are taken.",
        () -> "No %s can start at slice %d of state %d.".formatted(profile.name(), start, state));
    return next;
  }

  /** The state that is left when the instance at that slice goes. */
  public int without(int state, int start) {
    return Arrays.binarySearch(codes, codes[state] & ~code(profileAt(state, start), start));
  }

  /** Whether no further instance fits the state. */
  public boolean full(int state) {
    int occupied = occupied(state);
    int media = mediaHeld(state);
    return profiles.stream()
        .noneMatch(profile -> profile.media().fitsBeside(media) && hasFreeStart(profile, occupied));
  }

  /**
   * The profiles of a state's instances, in the order of the model's profiles, starts forgotten.
   */
  public List<MigProfile> set(int state) {
    List<MigProfile> set = new ArrayList<>();
    for (MigProfile profile : profiles) {
      for (int start = 0; start < Byte.SIZE; start++) {
        if (startsAt(state, start) && profileAt(state, start).equals(profile)) {
          set.add(profile);
        }
      }
    }
    return List.copyOf(set);
  }

  /** Every set of profiles that fits a GPU in some arrangement. */
  public Set<List<MigProfile>> sets() {
    Set<List<MigProfile>> sets = new LinkedHashSet<>();
    for (int state = 0; state < codes.length; state++) {
      sets.add(set(state));
    }
    return sets;
  }

  /** The sets to which no profile can be added, however the instances are arranged. */
  public Set<List<MigProfile>> maximalSets() {
    Set<List<MigProfile>> all = sets();
    Set<List<MigProfile>> maximal = new LinkedHashSet<>(all);
    for (List<MigProfile> set : all) {
      for (int left = 0; left < set.size(); left++) {
        List<MigProfile> smaller = new ArrayList<>(set);
        smaller.remove(left);
        maximal.remove(smaller);
      }
    }
    return maximal;
  }

  private record Partial(int slices, int slice, int mediaHeld, int code) {
    Partial skip() {
      return new Partial(slices, slice + 1, mediaHeld, code);
    }

    Partial with(MigProfile profile, int codeOfInstance) {
      return new Partial(
          slices,
          slice + profile.size(),
          mediaHeld | profile.media().held(),
          code | codeOfInstance);
    }
  }

  private void enumerate(Partial partial, List<Integer> found) {
    if (partial.slice() == partial.slices()) {
      found.add(partial.code());
      return;
    }
    enumerate(partial.skip(), found);
    for (MigProfile profile : profiles) {
      if (profile.startsAt(partial.slice()) && profile.media().fitsBeside(partial.mediaHeld())) {
        enumerate(partial.with(profile, code(profile, partial.slice())), found);
      }
    }
  }

  private static boolean hasFreeStart(MigProfile profile, int occupied) {
    for (int start = 0; start < Byte.SIZE; start++) {
      if (profile.startsAt(start) && (profile.maskUnchecked(start) & occupied) == 0) {
        return true;
      }
    }
    return false;
  }

  private int code(MigProfile profile, int start) {
    int index = profiles.indexOf(profile);
    Require.that(
        index >= 0,
        "Enumerate the states of other profiles with statesOf().",
        () -> "The profile %s is none of %s.".formatted(profile.name(), profiles));
    return (index + 1) << (BITS * start);
  }

  private static int nibble(int code, int start) {
    return (code >>> (BITS * start)) & ((1 << BITS) - 1);
  }
}
