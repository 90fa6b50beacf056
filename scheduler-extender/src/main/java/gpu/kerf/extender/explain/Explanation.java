package gpu.kerf.extender.explain;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Chooser;
import gpu.kerf.model.placement.Reason;
import gpu.kerf.model.placement.Verdict;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a demand fits on a fleet, and what would change that.
 *
 * @param dialect the name of the pod's dialect; empty if none
 * @param problems why the demand is invalid; if there are any, nothing else was tried
 * @param best where it would go now, or null if nowhere
 * @param changes what would make it fit, the least loss first; none if it fits
 */
public record Explanation(
    PodDemand demand,
    String dialect,
    List<String> problems,
    List<Group> verdicts,
    Chooser.@Nullable Choice best,
    List<Change> changes) {

  /** How many nodes have one verdict, and some of their names. */
  public record Group(
      Verdict.Kind kind, @Nullable Reason reason, int nodes, List<String> examples) {
    public Group {
      examples = List.copyOf(examples);
    }
  }

  public Explanation {
    problems = List.copyOf(problems);
    verdicts = List.copyOf(verdicts);
    changes = List.copyOf(changes);
  }

  /** A demand that makes no sense. */
  public static Explanation refused(List<String> problems) {
    return new Explanation(
        new PodDemand(List.of(), 0, 0), "", problems, List.of(), null, List.of());
  }

  /** The same of a pod that speaks a dialect. */
  public Explanation in(String name) {
    return new Explanation(demand, name, problems, verdicts, best, changes);
  }

  /** The change by which the user loses least, or null. */
  public @Nullable Change change() {
    return changes.isEmpty() ? null : changes.get(0);
  }
}
