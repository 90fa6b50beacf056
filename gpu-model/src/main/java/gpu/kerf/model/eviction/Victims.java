package gpu.kerf.model.eviction;

/** Which pods may be evicted for a request, where that does not follow from their priority. */
public interface Victims {

  /** Whether a pod may be evicted, looked at alone. */
  boolean mayGo(Candidate candidate);

  /** Begins to count what goes together; nothing goes yet. */
  Tally tally();

  /**
   * Counts a set of pods that grows and shrinks at its end, like a stack. A set that is too much
   * stays too much when it grows.
   */
  interface Tally {

    void add(Candidate candidate);

    /** Takes back the last one that was added. */
    void remove(Candidate candidate);

    boolean isTooMuch();
  }
}
