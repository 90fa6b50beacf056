package gpu.kerf.bench.simulate;

import java.util.List;

/**
 * What came of a simulation.
 *
 * @param problem what must not be and was; empty if all was well
 * @param stuck whether the problem is a pod that could run and does not
 * @param rounds how often everything was calm and right again
 * @param checksum of the whole story
 * @param story the last lines of it
 */
record Outcome(
    Scenario scenario,
    long events,
    long virtualSeconds,
    int rounds,
    String problem,
    boolean stuck,
    long checksum,
    List<String> story) {

  boolean isClean() {
    return problem.isEmpty();
  }
}
