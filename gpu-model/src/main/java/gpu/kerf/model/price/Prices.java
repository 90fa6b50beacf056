package gpu.kerf.model.price;

import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.hardware.NodeSpec;

/**
 * The worth of GPUs and their parts to the demands that usually come. Immutable tables: a decision
 * looks them up, and {@link PriceMaker} makes new ones off the hot path.
 *
 * <p>A node is worth
 *
 * <pre>
 *     its untouched GPUs                                    dearer where demands name their model
 *   + what can still be put into its partly used GPUs       shares by size, MIG by layout
 *   + holes(model, number of untouched GPUs)                what demands for several whole GPUs would miss
 *   - stranded(CPU that all this will need, free CPU)       what no pod can use for want of CPU
 * </pre>
 *
 * <p>The unit is a fraction of a MiB of GPU memory that twelfths, sixteenths and the like divide
 * evenly, so that what is equally dear stays exactly equal, and ties stay ties.
 */
public final class Prices {

  /** Four times the least common multiple of 1 to 16. */
  public static final long MIB = 4 * 720_720L;

  private final PlainPrices[] plain;
  private final MigPrices[] mig;
  private final long[][] holes;
  private final CpuBalance cpu;

  Prices(PlainPrices[] plain, MigPrices[] mig, long[][] holes, CpuBalance cpu) {
    this.plain = plain;
    this.mig = mig;
    this.holes = holes;
    this.cpu = cpu;
  }

  /** What holds before anything has been learned. */
  public static Prices neutral(GpuModels models) {
    return PriceMaker.neutral(models);
  }

  /** What a GPU is worth where nothing is scarce. */
  static long gpuWorth(GpuModel model) {
    return model.shareableMiB() * MIB;
  }

  /** For how many models of the fleet there are prices. */
  public int models() {
    return plain.length;
  }

  public PlainPrices plain(int model) {
    return plain[model];
  }

  public MigPrices mig(int model) {
    return mig[model];
  }

  /** What so many untouched GPUs of one model on one node are worth beyond being GPUs. */
  public long holes(int model, int untouched) {
    long[] table = holes[model];
    return table[Math.min(untouched, table.length - 1)];
  }

  /**
   * What of a node no pod can use when its free parts will need so much CPU and so much is free.
   */
  public long stranded(long needMilli, int freeCpuMilli) {
    return freeCpuMilli > NodeSpec.UNKNOWN / 2 ? 0 : cpu.stranded(needMilli, freeCpuMilli);
  }
}
