package gpu.kerf.bench.replay;

/** How results are rounded. */
public final class Rounding {

  private Rounding() {}

  /** Two decimals, a tie to the even digit. */
  public static double hundredths(double value) {
    return Math.rint(value * 100) / 100;
  }
}
