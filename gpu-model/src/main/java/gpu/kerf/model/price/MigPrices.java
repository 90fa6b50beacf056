package gpu.kerf.model.price;

import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MediaEngines;
import gpu.kerf.model.hardware.MigLayouts;
import gpu.kerf.model.hardware.MigProfile;

/**
 * The cost of a MIG instance on a GPU of one model: the value that the layout loses, a little for
 * using an emptier GPU, and the price of starts that are scarce in the fleet.
 */
public final class MigPrices {

  /** The cost of what cannot be had. */
  public static final long NONE = Long.MAX_VALUE;

  /** Beyond so many starts in the whole fleet one more or less makes no difference. */
  public static final int MOST_SUPPLY = 64;

  private static final double GATHER = 0.05;
  private static final double SCARCITY = 8;

  /**
   * How fast scarcity fades with the starts that are left, in a fleet of {@link #DECAY_FLEET} GPUs;
   * slower in a larger one.
   */
  private static final double DECAY = 3;

  private static final double DECAY_FLEET = 64;

  private final GpuModel model;
  private final MigLayouts layouts;
  private final long sliceWorth;
  private final double useful;
  private final long[] potential;
  private final long[] needMilli;
  private final long[][] scarce;
  private final byte[][] copies;
  private final int[] kind;
  private final int[] sizes;
  private final MediaEngines[] media;
  private final int sliceMiB;

  /**
   * @param used how scarce GPUs of the model are, as a part of their worth
   * @param gpus how many GPUs of the model the fleet has in mode mig-dynamic
   */
  MigPrices(
      GpuModel model, MigLayouts layouts, MigValue value, CpuBalance cpu, double used, int gpus) {
    this.model = model;
    this.layouts = layouts;
    this.sliceWorth = model.migCapable() ? Prices.gpuWorth(model) / model.slices() : 0;
    this.sliceMiB = model.migCapable() ? model.memoryMiB() / model.slices() : 0;
    this.kind = model.profiles().stream().mapToInt(layouts::kindOf).toArray();
    this.sizes = model.profiles().stream().mapToInt(MigProfile::size).toArray();
    this.media = model.profiles().stream().map(MigProfile::media).toArray(MediaEngines[]::new);
    this.copies = copies(layouts);
    this.useful = (1 + used) * sliceWorth;
    this.potential = new long[layouts.size()];
    this.needMilli = new long[layouts.size()];
    for (int layout = 0; layout < potential.length; layout++) {
      potential[layout] = Math.round(useful * value.of(layout));
      needMilli[layout] = cpu.need(bareWorth(layout));
    }
    this.scarce = scarcities(value, gpus);
  }

  /**
   * What having so many starts of a kind left in the fleet is worth; less is worse, the more so the
   * fewer are left.
   */
  private long[][] scarcities(MigValue value, int gpus) {
    double decay = DECAY * Math.sqrt(Math.max(1, gpus) / DECAY_FLEET);
    long[][] table = new long[copies.length][MOST_SUPPLY + 1];
    for (int k = 0; k < table.length; k++) {
      for (int left = 0; left <= MOST_SUPPLY; left++) {
        double lack = SCARCITY * decay * value.share(k) * Math.exp(-left / decay);
        table[k][left] = Math.round(-lack * useful);
      }
    }
    return table;
  }

  /** How many instances of a kind a layout could still take, one beside the other. */
  private static byte[][] copies(MigLayouts layouts) {
    byte[][] copies = new byte[layouts.plainProfiles().size()][layouts.size()];
    for (int k = 0; k < copies.length; k++) {
      MigProfile profile = layouts.plainProfiles().get(k);
      for (int layout = 0; layout < layouts.size(); layout++) {
        int end = 0;
        for (int start = 0; start < Byte.SIZE; start++) {
          if (start >= end && layouts.with(layout, k, start) >= 0) {
            copies[k][layout]++;
            end = start + profile.size();
          }
        }
      }
    }
    return copies;
  }

  /**
   * What an instance at a start takes; {@link #NONE} if the start is not free.
   *
   * @param supply how many starts of each kind of profile the fleet has left, at most {@link
   *     #MOST_SUPPLY}
   */
  public long taken(int profile, int layout, int start, int[] supply) {
    int after = kind[profile] < 0 ? -1 : layouts.with(layout, kind[profile], start);
    if (after < 0) {
      return NONE;
    }
    long cost = potential[layout] - potential[after] + gather(after);
    for (int k = 0; k < supply.length; k++) {
      int lost = copies[k][layout] - copies[k][after];
      cost += lost == 0 ? 0 : scarce[k][supply[k]] - scarce[k][Math.max(0, supply[k] - lost)];
    }
    return cost;
  }

  private long gather(int layout) {
    int free = model.slices() - Integer.bitCount(layouts.occupied(layout));
    return Math.round(GATHER * useful) * free;
  }

  /** What taking an existing instance of a profile takes: its memory. */
  public long instanceTaken(int profile) {
    return sizes[profile] * sliceWorth;
  }

  /** How useful a layout is to the profiles that usually come; only differences mean something. */
  public long potential(int layout) {
    return potential[layout];
  }

  /** The memory that is free in a layout, as worth. */
  public long bareWorth(int layout) {
    return model.migCapable()
        ? (model.slices() - Integer.bitCount(layouts.occupied(layout))) * sliceWorth
        : 0;
  }

  /** The CPU that pods that fill a GPU with this layout will ask for, in thousandths. */
  public long needMilli(int layout) {
    return needMilli[layout];
  }

  /** The CPU that a pod that takes an instance of a profile will ask for, in thousandths. */
  public long needOfInstance(int profile) {
    return sizes.length == 0 ? 0 : needMilli[0] * sizes[profile] / model.slices();
  }

  /** How many kinds of profile are told apart. */
  public int kinds() {
    return copies.length;
  }

  /** How many instances of a kind a layout could still take. */
  public int copies(int kindOfProfile, int layout) {
    return copies[kindOfProfile][layout];
  }

  /** How many profiles the model has. */
  public int profiles() {
    return sizes.length;
  }

  /** How many layouts the model has. */
  public int layouts() {
    return potential.length;
  }

  /** The layout after an instance has started, or -1. */
  public int after(int profile, int layout, int start) {
    return layouts.with(layout, kind[profile], start);
  }

  /** The media engines that no other pod on the GPU may hold, as bits. */
  public byte mediaExcluded(int profile) {
    return (byte) media[profile].excludes();
  }

  /** The slices that are held in a layout, as bits. */
  public int occupied(int layout) {
    return layouts.occupied(layout);
  }

  /** The memory that would stay free on the GPU. */
  public int leftover(int profile, int occupied) {
    return (model.slices() - Integer.bitCount(occupied) - sizes[profile]) * sliceMiB;
  }
}
