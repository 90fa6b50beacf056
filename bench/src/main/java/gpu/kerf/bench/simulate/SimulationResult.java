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
record SimulationResult(
    Scenario scenario,
    long events,
    long virtualSeconds,
    int rounds,
    String problem,
    boolean stuck,
    long checksum,
    List<String> story) {

  /** Failures of one kind may have one cause. */
  String kind() {
    for (String word : List.of("given", "stuck", "holds", "is not synced", "Exception", "Error")) {
      if (problem.contains(word)) {
        return word;
      }
    }
    return problem;
  }

  boolean isClean() {
    return problem.isEmpty();
  }
}
