package gpu.kerf.model.team;

/**
 * How many GPUs, in thousandths.
 *
 * <p>It exists so that shares are never floating point numbers: the shares of all teams together
 * must not be more than there is.
 */
public record GpuAmount(long milli) implements Comparable<GpuAmount> {

  public static final GpuAmount NONE = new GpuAmount(0);

  public GpuAmount {
    Thousandths.check("number of GPUs", milli);
  }

  /** Reads {@code 2}, {@code 2.5} or {@code 0.125}. */
  public static GpuAmount parse(String text) {
    return new GpuAmount(Thousandths.parse(text));
  }

  @Override
  public int compareTo(GpuAmount other) {
    return Long.compare(milli, other.milli);
  }

  /** With all three decimals, such as {@code 13.300}. */
  @Override
  public String toString() {
    return Thousandths.text(milli);
  }
}
