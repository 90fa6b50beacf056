package gpu.kerf.model.hardware;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Every set of MIG instances that can lie on one GPU model, numbered, with the way from one to the
 * next; number 0 is the empty GPU.
 *
 * <p>Variants of a profile ({@code +me}, {@code +gfx}) count as the plain profile that lies on the
 * same slices: they leave the same room.
 */
public final class MigLayouts {

  private static final Map<GpuModel, MigLayouts> KNOWN = new HashMap<>();
  private static final short NOWHERE = -1;

  private final List<MigProfile> plain;
  private final int[] kind;
  private final byte[] occupied;
  private final short[][][] next;
  private final short[][][] previous;

  private MigLayouts(GpuModel model) {
    MigGeometry geometry = model.geometry();
    MigStates states = geometry.states();
    this.plain = model.profiles().stream().filter(p -> p.plain() && p.placeable()).toList();
    this.kind = model.profiles().stream().mapToInt(this::plainLike).toArray();
    this.occupied = new byte[states.size()];
    this.next = new short[plain.size()][Byte.SIZE][states.size()];
    this.previous = new short[plain.size()][Byte.SIZE][states.size()];
    for (int layout = 0; layout < states.size(); layout++) {
      occupied[layout] = (byte) states.occupied(layout);
    }
    for (int k = 0; k < plain.size(); k++) {
      link(states, k);
    }
  }

  private MigLayouts() {
    this.plain = List.of();
    this.kind = new int[0];
    this.occupied = new byte[1];
    this.next = new short[0][0][0];
    this.previous = new short[0][0][0];
  }

  private int plainLike(MigProfile profile) {
    for (int k = 0; k < plain.size(); k++) {
      MigProfile like = plain.get(k);
      if (like.size() == profile.size()
          && like.starts() == profile.starts()
          && like.computeSlices() == profile.computeSlices()) {
        return k;
      }
    }
    return -1;
  }

  private void link(MigStates states, int k) {
    MigProfile profile = plain.get(k);
    for (int start = 0; start < Byte.SIZE; start++) {
      Arrays.fill(next[k][start], NOWHERE);
      Arrays.fill(previous[k][start], NOWHERE);
      for (int layout = 0; layout < states.size() && profile.startsAt(start); layout++) {
        if ((profile.maskUnchecked(start) & occupied(layout)) == 0) {
          int after = states.with(layout, profile, start);
          next[k][start][layout] = (short) after;
          previous[k][start][after] = (short) layout;
        }
      }
    }
  }

  /** The layouts of a model, worked out once; only the empty one if it has no MIG. */
  static synchronized MigLayouts of(GpuModel model) {
    MigLayouts known = KNOWN.get(model);
    if (known == null) {
      known = model.migCapable() ? new MigLayouts(model) : new MigLayouts();
      KNOWN.put(model, known);
    }
    return known;
  }

  /** How many layouts there are. */
  public int size() {
    return occupied.length;
  }

  /** The slices that a layout occupies, as bits. */
  public int occupied(int layout) {
    return occupied[layout] & 0xff;
  }

  /** The plain profiles, which is what layouts are made of. */
  public List<MigProfile> plainProfiles() {
    return plain;
  }

  /** Which of the plain profiles a profile counts as; -1 if it lies like none of them. */
  public int kindOf(MigProfile profile) {
    return kind[profile.index()];
  }

  /** The layout with one more instance of a kind, or -1 if it has no room there. */
  public int with(int layout, int kindOfProfile, int start) {
    return next[kindOfProfile][start][layout];
  }

  /** The layout without the instance of a kind at a start, or -1 if there is none. */
  public int without(int layout, int kindOfProfile, int start) {
    return previous[kindOfProfile][start][layout];
  }

  /** The profile of the instance that starts at a slice, or null if none does. */
  public @Nullable MigProfile at(int layout, int start) {
    for (int k = 0; k < plain.size(); k++) {
      if (without(layout, k, start) >= 0) {
        return plain.get(k);
      }
    }
    return null;
  }
}
