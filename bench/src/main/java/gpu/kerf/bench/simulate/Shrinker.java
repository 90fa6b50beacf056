package gpu.kerf.bench.simulate;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Searches for a smaller scenario with the same failure: without faults that are not needed, with
 * fewer nodes, pods and replicas.
 */
final class Shrinker {
  /** A shorter story may come later than the long one. */
  private static final int TIMES_THE_EVENTS = 2;

  private final Consumer<String> progress;

  Shrinker(Consumer<String> progress) {
    this.progress = progress;
  }

  SimulationResult shrink(SimulationResult failed) {
    SimulationResult best = failed;
    boolean better = true;
    while (better) {
      better = false;
      for (UnaryOperator<Scenario> step : steps(best.scenario())) {
        Scenario smaller = step.apply(best.scenario());
        if (smaller.equals(best.scenario())) {
          continue;
        }
        SimulationResult outcome =
            Simulation.run(smaller.withEvents(TIMES_THE_EVENTS * failed.events()));
        if (!outcome.isClean() && outcome.kind().equals(failed.kind())) {
          best = outcome;
          better = true;
          progress.accept("shorter: " + SimulateCommand.replay(best.scenario()));
        }
      }
    }
    return best;
  }

  private static List<UnaryOperator<Scenario>> steps(Scenario from) {
    List<UnaryOperator<Scenario>> steps = new ArrayList<>();
    for (Fault fault : from.faults()) {
      steps.add(scenario -> scenario.without(fault));
    }
    steps.add(scenario -> scenario.withReplicas(1));
    for (int nodes = 1; nodes < (from.nodes() == 0 ? 4 : from.nodes()); nodes++) {
      int fewer = nodes;
      steps.add(scenario -> scenario.withNodes(fewer));
    }
    for (int pods : new int[] {2, 4, 8, 16}) {
      if (from.pods() == 0 || pods < from.pods()) {
        steps.add(
            scenario ->
                scenario.pods() == 0 || pods < scenario.pods()
                    ? scenario.withPods(pods)
                    : scenario);
      }
    }
    return steps;
  }
}
