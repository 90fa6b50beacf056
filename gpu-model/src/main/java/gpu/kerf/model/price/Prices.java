package gpu.kerf.model.price;

import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.hardware.MigLayouts;
import gpu.kerf.model.hardware.NodeSpec;

/**
 * What things are worth to the demands that usually come, in KiB of GPU memory. Immutable tables: a
 * decision looks them up, and {@link PriceMaker} makes new ones off the hot path.
 *
 * <p>A node is worth
 *
 * <pre>
 *   sum over GPUs of  worth(what is free on it) x scarcity(its model)
 *   + holes(model, how many GPUs are untouched)        what demands for several whole GPUs would miss
 *   - stranded(sum over GPUs of worth, free CPU)       what nobody can use for want of CPU
 * </pre>
 */
public final class Prices {

  /** Scarcity is counted in so many parts of one. */
  static final int SCARCITY_SHIFT = 10;

  private final ShareWorth[] shares;
  private final MigPrices[] mig;
  private final int[] scarcity;
  private final long[][] holes;
  private final CpuBalance cpu;

  Prices(ShareWorth[] shares, MigPrices[] mig, int[] scarcity, long[][] holes, CpuBalance cpu) {
    this.shares = shares;
    this.mig = mig;
    this.scarcity = scarcity;
    this.holes = holes;
    this.cpu = cpu;
  }

  /** What holds before anything has been learned. */
  public static Prices neutral(GpuModels models) {
    return PriceMaker.neutral(models);
  }

  /** For how many models of the fleet there are prices. */
  public int models() {
    return shares.length;
  }

  public MigPrices mig(int model) {
    return mig[model];
  }

  /** What so much free memory on a plain GPU is worth, scarcity left out. */
  public long share(int model, int freeMiB) {
    return shares[model].of(freeMiB);
  }

  /** The same worth, dearer on a model that some demands cannot do without. */
  public long scarce(int model, long worth) {
    return (worth * scarcity[model]) >> SCARCITY_SHIFT;
  }

  /** What so many untouched GPUs of one model on one node are worth beyond being GPUs. */
  public long holes(int model, int untouched) {
    long[] table = holes[model];
    return table[Math.min(untouched, table.length - 1)];
  }

  /** What of a node's worth nobody can use when so little CPU is free. */
  public long stranded(long worth, int freeCpuMilli) {
    return freeCpuMilli > NodeSpec.UNKNOWN / 2 ? 0 : cpu.stranded(worth, freeCpuMilli);
  }

  static MigPrices[] migPrices(GpuModels models, MigWorth maker) {
    MigPrices[] prices = new MigPrices[models.size()];
    for (int i = 0; i < prices.length; i++) {
      GpuModel model = models.get(i);
      MigLayouts layouts = models.layouts(i);
      prices[i] =
          new MigPrices(
              model, layouts, model.migCapable() ? maker.worth(model, layouts) : new long[1]);
    }
    return prices;
  }

  /** Says what every layout of a model is worth. */
  interface MigWorth {
    long[] worth(GpuModel model, MigLayouts layouts);
  }
}
