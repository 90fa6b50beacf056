package gpu.kerf.model.price;

import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MediaEngines;
import gpu.kerf.model.hardware.MigLayouts;
import gpu.kerf.model.hardware.MigProfile;
import java.util.Arrays;

/**
 * What a MIG instance takes away, for every profile on every layout of one GPU model: the best
 * start and its cost.
 */
public final class MigPrices {

  /** The cost of what cannot be had. */
  public static final long NONE = Long.MAX_VALUE;

  private final MigLayouts layouts;
  private final long[] worth;
  private final long[][] taken;
  private final byte[][] start;
  private final int[] kind;
  private final int[] sizes;
  private final MediaEngines[] media;
  private final int slices;
  private final int sliceMiB;

  /** Prices by what each layout is worth, in KiB of GPU memory. */
  MigPrices(GpuModel model, MigLayouts layouts, long[] worth) {
    int profiles = model.profiles().size();
    this.layouts = layouts;
    this.worth = worth;
    this.taken = new long[profiles][layouts.size()];
    this.start = new byte[profiles][layouts.size()];
    this.kind = model.profiles().stream().mapToInt(layouts::kindOf).toArray();
    this.sizes = model.profiles().stream().mapToInt(MigProfile::size).toArray();
    this.media = model.profiles().stream().map(MigProfile::media).toArray(MediaEngines[]::new);
    this.slices = model.slices();
    this.sliceMiB = model.migCapable() ? model.memoryMiB() / model.slices() : 0;
    for (int profile = 0; profile < profiles; profile++) {
      price(profile);
    }
  }

  /** Among equally cheap starts the highest wins. */
  private void price(int profile) {
    Arrays.fill(taken[profile], NONE);
    for (int layout = 0; kind[profile] >= 0 && layout < layouts.size(); layout++) {
      for (int at = Byte.SIZE - 1; at >= 0; at--) {
        long cost = takenAt(profile, layout, at);
        if (cost < taken[profile][layout]) {
          taken[profile][layout] = cost;
          start[profile][layout] = (byte) at;
        }
      }
    }
  }

  /** What the best start of a profile takes; {@link #NONE} if it has none free. */
  public long taken(int profile, int layout) {
    return taken[profile][layout];
  }

  public int start(int profile, int layout) {
    return start[profile][layout];
  }

  /** What one start of a profile takes; {@link #NONE} if it is not free. */
  public long takenAt(int profile, int layout, int at) {
    int after = kind[profile] < 0 ? -1 : layouts.with(layout, kind[profile], at);
    return after < 0 ? NONE : worth[layout] - worth[after];
  }

  /** What taking an existing instance of a profile takes. */
  public long instanceTaken(int profile) {
    return ((long) sizes[profile] * sliceMiB) << 10;
  }

  /** What a GPU with this layout is worth. */
  public long worth(int layout) {
    return worth[layout];
  }

  public boolean mediaFits(int profile, byte held) {
    return media[profile].fitsBeside(held);
  }

  /** The memory that would stay free on the GPU. */
  public int leftover(int profile, int occupied) {
    return (slices - Integer.bitCount(occupied) - sizes[profile]) * sliceMiB;
  }
}
