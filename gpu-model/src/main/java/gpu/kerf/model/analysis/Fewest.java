package gpu.kerf.model.analysis;

/**
 * The smallest number of GPUs that a set of slots fits on, between two bounds.
 *
 * @param atLeast every arrangement needs at least this many GPUs
 * @param achieved an arrangement on this many GPUs is known
 * @param basis how the two bounds were found
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
