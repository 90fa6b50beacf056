package gpu.kerf.model.usage;

/**
 * What a pod holds of one GPU.
 *
 * @param gpu the UUID of the GPU, or {@code node/index} where it has none
 * @param model the GPU model
 * @param wall mig, mps, none or whole: what keeps the others out
 * @param milli thousandths of a GPU, as teams count them
 * @param mebibytes MiB of GPU memory that are set aside
 */
public record UsagePart(String gpu, String model, String wall, long milli, long mebibytes) {

  public UsagePart {
    if (milli < 0 || mebibytes < 0) {
      throw new IllegalArgumentException(
          "The thousandths ("
              + milli
              + ") and the memory ("
              + mebibytes
              + "Mi) that are held of GPU "
              + gpu
              + " must not be negative.\nMaybe a sum overflowed.");
    }
  }

  /** Both parts of the same GPU together. */
  UsagePart and(UsagePart other) {
    return new UsagePart(gpu, model, wall, milli + other.milli, mebibytes + other.mebibytes);
  }

  boolean isOfSame(UsagePart other) {
    return gpu.equals(other.gpu) && model.equals(other.model) && wall.equals(other.wall);
  }
}
