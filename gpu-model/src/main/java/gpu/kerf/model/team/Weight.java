package gpu.kerf.model.team;

/**
 * How much a team gets of what is left over the guarantees, relative to its siblings. A team of
 * weight 0 gets no more than its guarantee.
 */
public record Weight(long milli) {

  public static final Weight ONE = new Weight(1_000);

  public Weight {
    Thousandths.check("weight", milli);
  }

  /** Reads {@code 2} or {@code 0.5}. */
  public static Weight parse(String text) {
    return new Weight(Thousandths.parse(text));
  }

  @Override
  public String toString() {
    return Thousandths.text(milli);
  }
}
