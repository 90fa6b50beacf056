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
 * @param leftOut nodes that kube-scheduler leaves out by itself, of which nothing else is said
 * @param notes what else becomes of the pod, a sentence each
 * @param held where it would fit if pods that were deleted by force held nothing any more; none if
 *     it fits
 */
public record Explanation(
    PodDemand demand,
    String dialect,
    List<String> problems,
    List<Group> verdicts,
    List<LeftOut> leftOut,
    Chooser.@Nullable Choice best,
    List<Change> changes,
    List<Held> held,
    List<String> notes) {

  /** How many nodes have one verdict, and some of their names. */
  public record Group(
      Verdict.Kind kind, @Nullable Reason reason, int nodes, List<String> examples) {
    public Group {
      examples = List.copyOf(examples);
    }
  }

  /**
   * Nodes that kube-scheduler leaves out for one reason.
   *
   * @param fitting how many of them have room for the demand
   */
  public record LeftOut(String text, int nodes, int fitting, List<String> examples) {
    public LeftOut {
      examples = List.copyOf(examples);
    }
  }

  /**
   * A node on which only pods that were deleted by force keep it from fitting.
   *
   * @param pods as NAMESPACE/NAME
   * @param untilMillis when their containers have surely ended, on the wall clock; null while
   *     nothing is heard of the node
   */
  public record Held(String node, List<String> pods, @Nullable Long untilMillis) {
    public Held {
      pods = List.copyOf(pods);
    }
  }

  public Explanation {
    problems = List.copyOf(problems);
    verdicts = List.copyOf(verdicts);
    leftOut = List.copyOf(leftOut);
    changes = List.copyOf(changes);
    notes = List.copyOf(notes);
    held = List.copyOf(held);
  }

  /** A demand that makes no sense. */
  public static Explanation refused(List<String> problems) {
    return new Explanation(
        new PodDemand(List.of(), 0, 0),
        "",
        problems,
        List.of(),
        List.of(),
        null,
        List.of(),
        List.of(),
        List.of());
  }

  /** The same of a pod that speaks a dialect. */
  public Explanation in(String name) {
    return new Explanation(demand, name, problems, verdicts, leftOut, best, changes, held, notes);
  }

  /** The same of a demand that waits for pods that were deleted by force. */
  public Explanation waitingFor(List<Held> pods) {
    return new Explanation(
        demand, dialect, problems, verdicts, leftOut, best, changes, pods, notes);
  }

  /** The same, with what else becomes of the pod. */
  public Explanation noting(List<String> sentences) {
    return new Explanation(
        demand, dialect, problems, verdicts, leftOut, best, changes, held, sentences);
  }

  /** The change by which the user loses least, or null. */
  public @Nullable Change change() {
    return changes.isEmpty() ? null : changes.get(0);
  }
}
