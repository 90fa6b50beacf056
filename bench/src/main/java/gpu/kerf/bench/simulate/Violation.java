package gpu.kerf.bench.simulate;

/** Says that the simulation broke a rule that must always hold. */
final class Violation extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean stuck;

  Violation(String text) {
    this(text, false);
  }

  Violation(String text, boolean stuck) {
    super(text);
    this.stuck = stuck;
  }

  /** Whether a pod could run and does not. */
  boolean isStuck() {
    return stuck;
  }
}
