package gpu.kerf.model.demand;

/**
 * A part of one GPU in thousandths: of its streaming multiprocessors, or of its memory.
 *
 * <p>It exists so that no fraction is ever a floating point number: three times a third must not be
 * more than a GPU.
 */
public record Milli(int value) {

  public static final int WHOLE = 1000;

  public Milli {
    if (value < 1 || value > WHOLE) {
      throw new IllegalArgumentException(
          "The part of a GPU ("
              + value
              + " thousandths) must be between 1 and 1000.\n"
              + "Maybe ask for several GPUs with kerf.gpu/whole or kerf.gpu/split.");
    }
  }

  public static Milli ofPercent(int percent) {
    if (percent < 1 || percent > 100) {
      throw new IllegalArgumentException(
          "The percentage of a GPU ("
              + percent
              + ") must be between 1 and 100.\nMaybe it was written as a fraction.");
    }
    return new Milli(percent * 10);
  }

  /** This part of an amount, rounded down so that parts which sum to a GPU always fit into it. */
  public int of(int amount) {
    return (int) ((long) amount * value / WHOLE);
  }

  @Override
  public String toString() {
    return value + "m";
  }
}
