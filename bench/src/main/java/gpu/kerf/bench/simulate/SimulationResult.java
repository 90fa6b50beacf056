package gpu.kerf.bench.simulate;

import java.util.List;

/**
 * The result of a simulation.
 *
 * @param problem the rule that was broken; empty if none was
 * @param stuck whether the problem is a pod that could run and does not
 * @param rounds how many rounds ended in a correct state
 * @param checksum of all lines of the log
 * @param story the last lines of the log
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
