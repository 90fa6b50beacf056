package gpu.kerf.model.price;

/**
 * What a node's GPUs cannot be used for because its CPUs are gone: every KiB of GPU memory that the
 * usual demands ask for comes with so much CPU.
 */
final class CpuBalance {

  static final CpuBalance NONE = new CpuBalance(0, 0);

  private final double worthPerCpuMilli;
  private final double weight;

  /**
   * @param worthPerCpuMilli how much worth the usual demands use with each thousandth of a CPU; 0
   *     if they use no CPU
   * @param weight the part of the loss that counts
   */
  CpuBalance(double worthPerCpuMilli, double weight) {
    this.worthPerCpuMilli = worthPerCpuMilli;
    this.weight = worthPerCpuMilli > 0 ? weight : 0;
  }

  long stranded(long worth, int freeCpuMilli) {
    double without = worth - freeCpuMilli * worthPerCpuMilli;
    return without <= 0 ? 0 : (long) (without * weight);
  }
}
