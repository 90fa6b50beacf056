package gpu.kerf.model.analysis;

/**
 * On how few GPUs a set of slots fits.
 *
 * @param atLeast no arrangement does with less
 * @param achieved an arrangement on so many is known
 * @param basis where the two come from
 */
public record Fewest(int atLeast, int achieved, Basis basis) {

  /** How the numbers were found. */
  public enum Basis {
    /** By a formula that is exact. */
    CLOSED_FORM,
    /** By a search that ended by itself. */
    SEARCH,
    /** A lower bound, and what first-fit-decreasing achieves or what is in use now. */
    BOUNDS
  }

  static final Fewest NONE = new Fewest(0, 0, Basis.CLOSED_FORM);

  public Fewest {
    if (atLeast > achieved) {
      throw new IllegalArgumentException(
          "The lower bound (" + atLeast + ") is above what is achieved (" + achieved + ").");
    }
  }

  public boolean isExact() {
    return atLeast == achieved;
  }

  /** The same, where everything lies on so many GPUs already. */
  Fewest inUse(int gpus) {
    return achieved <= gpus ? this : new Fewest(Math.min(atLeast, gpus), gpus, Basis.BOUNDS);
  }

  /** The same, where things cannot be moved freely: only the bound holds. */
  Fewest asBound(int gpusInUse) {
    return new Fewest(Math.min(atLeast, gpusInUse), gpusInUse, Basis.BOUNDS);
  }
}
