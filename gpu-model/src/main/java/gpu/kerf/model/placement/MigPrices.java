package gpu.kerf.model.placement;

import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MediaEngines;
import gpu.kerf.model.hardware.MigLayouts;
import gpu.kerf.model.hardware.MigProfile;
import java.util.List;

/**
 * What a MIG instance takes away, for every profile on every layout of one GPU model: the best
 * start and its cost.
 */
final class MigPrices {

  private final long[][] taken;
  private final byte[][] start;
  private final long[] instance;
  private final int[] sizes;
  private final int slices;
  private final int sliceMiB;
  private final MediaEngines[] media;
  private final MigLayouts layouts;
  private final List<MigProfile> profiles;
  private final long[] value;

  MigPrices(GpuModel model, MigLayouts layouts, long[] value) {
    this.layouts = layouts;
    this.value = value;
    this.profiles = model.profiles();
    this.taken = new long[profiles.size()][layouts.size()];
    this.start = new byte[profiles.size()][layouts.size()];
    this.instance = new long[profiles.size()];
    this.sizes = profiles.stream().mapToInt(MigProfile::size).toArray();
    this.slices = model.slices();
    this.sliceMiB = model.migCapable() ? model.memoryMiB() / model.slices() : 0;
    this.media = profiles.stream().map(MigProfile::media).toArray(MediaEngines[]::new);
    for (MigProfile profile : profiles) {
      for (int layout = 0; layout < layouts.size(); layout++) {
        price(model, layouts, value, profile, layout);
      }
      instance[profile.index()] = 1_000_000L * profile.size() / Math.max(1, slices);
    }
  }

  private void price(
      GpuModel model, MigLayouts layouts, long[] value, MigProfile profile, int layout) {
    int free = model.geometry().startsFree(layouts.occupied(layout), profile);
    long least = Choice.NONE;
    for (int s = Byte.SIZE - 1; s >= 0; s--) {
      if ((free >> s & 1) != 0) {
        long cost = value[layout] - value[layouts.with(layout, profile, s)];
        if (cost < least) {
          least = cost;
          start[profile.index()][layout] = (byte) s;
        }
      }
    }
    taken[profile.index()][layout] = least;
  }

  /** What the best start of a profile takes; {@link Choice#NONE} if it has none free. */
  long taken(int profile, int layout) {
    return taken[profile][layout];
  }

  int start(int profile, int layout) {
    return start[profile][layout];
  }

  /** What one start of a profile takes, free or not by now. */
  long takenAt(int profile, int layout, int at) {
    return value[layout] - value[layouts.with(layout, profiles.get(profile), at)];
  }

  /** What taking an existing instance of a profile takes. */
  long instanceTaken(int profile) {
    return instance[profile];
  }

  boolean mediaFits(int profile, byte held) {
    return media[profile].fitsBeside(held);
  }

  /** The memory that stays free on the GPU. */
  int leftover(int profile, int occupied) {
    return (slices - Integer.bitCount(occupied) - sizes[profile]) * sliceMiB;
  }
}
