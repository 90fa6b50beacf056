package gpu.kerf.model.hardware;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/**
 * Every way in which MIG instances can lie on one GPU model, numbered; number 0 is the empty GPU.
 *
 * <p>A layout knows which slices are occupied and where instances start, not which profiles they
 * have: two profiles of one size at one start leave the same room, now and when the instance goes.
 */
public final class MigLayouts {

  private static final Map<GpuModel, MigLayouts> KNOWN = new HashMap<>();

  private final int[] codes;

  private MigLayouts(GpuModel model) {
    TreeSet<Integer> found = new TreeSet<>();
    found.add(0);
    if (model.migCapable()) {
      MigStates states = model.geometry().states();
      for (int state = 0; state < states.size(); state++) {
        found.add(code(states.occupied(state), starts(states, state)));
      }
    }
    this.codes = found.stream().mapToInt(Integer::intValue).toArray();
  }

  /** The layouts of a model, worked out once. */
  static synchronized MigLayouts of(GpuModel model) {
    return KNOWN.computeIfAbsent(model, MigLayouts::new);
  }

  private static int starts(MigStates states, int state) {
    int starts = 0;
    for (int slice = 0; slice < Byte.SIZE; slice++) {
      starts |= states.startsAt(state, slice) ? 1 << slice : 0;
    }
    return starts;
  }

  private static int code(int occupied, int starts) {
    return occupied << Byte.SIZE | starts;
  }

  public int size() {
    return codes.length;
  }

  /** The slices that a layout occupies, as bits. */
  public int occupied(int layout) {
    return codes[layout] >>> Byte.SIZE;
  }

  /** The slices at which its instances start, as bits. */
  public int starts(int layout) {
    return codes[layout] & 0xff;
  }

  /** The number of a layout. */
  public int indexOf(int occupied, int starts) {
    int found = Arrays.binarySearch(codes, code(occupied, starts));
    if (found < 0) {
      throw new IllegalArgumentException(
          "No instances can occupy the slices ("
              + Integer.toBinaryString(occupied)
              + ") with starts ("
              + Integer.toBinaryString(starts)
              + ").");
    }
    return found;
  }

  /** The layout with one more instance. */
  public int with(int layout, MigProfile profile, int start) {
    return indexOf(occupied(layout) | profile.maskAt(start), starts(layout) | 1 << start);
  }

  /** The layout without the instance that starts at a slice. */
  public int without(int layout, int start) {
    int end = start + 1;
    int occupied = occupied(layout);
    while (end < Byte.SIZE && (occupied >> end & 1) != 0 && (starts(layout) >> end & 1) == 0) {
      end++;
    }
    int mask = (1 << end) - (1 << start);
    return indexOf(occupied & ~mask, starts(layout) & ~(1 << start));
  }
}
