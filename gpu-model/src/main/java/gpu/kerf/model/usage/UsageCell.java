package gpu.kerf.model.usage;

/**
 * What one owner used of one GPU in one hour.
 *
 * @param hourStartMillis the start of the hour, in milliseconds since 1970, UTC
 * @param gpu the UUID of the GPU, or {@code node/index} where it has none
 * @param milliGpuMillis thousandths of a GPU, as teams count them, times milliseconds
 * @param mebibyteMillis MiB of GPU memory that were set aside, times milliseconds
 */
public record UsageCell(
    long hourStartMillis, Key key, String gpu, long milliGpuMillis, long mebibyteMillis) {

  /**
   * Who used it, and what kind of GPU it was.
   *
   * @param team empty for none
   * @param owner what made the pod: {@code Job/train}, or the pod itself
   * @param model the GPU model
   * @param wall mig, mps, none or whole: what kept the others out
   */
  public record Key(String team, String namespace, String owner, String model, String wall) {}
}
