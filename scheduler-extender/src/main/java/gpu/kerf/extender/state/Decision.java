package gpu.kerf.extender.state;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.placement.Cost;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Reason;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A decision of a verb, with its reasons.
 *
 * @param time in milliseconds
 * @param text of a refusal or an error; else empty
 * @param alternatives how many nodes cost as little as the chosen one, itself included
 * @param refused how many nodes were refused for each reason; if filter found a node, only among
 *     the nodes that it examined
 */
public record Decision(
    long id,
    long time,
    Verb verb,
    PodView.Ref pod,
    Outcome outcome,
    String text,
    @Nullable Choice chosen,
    @Nullable Choice runnerUp,
    int alternatives,
    Map<Reason, Integer> refused,
    List<Victim> victims,
    long micros) {

  /** Which verb decided. */
  public enum Verb {
    FILTER,
    BIND,
    PREEMPT
  }

  /** How it went. */
  public enum Outcome {
    PLACED,
    REFUSED,
    ERROR,
    EVICTS
  }

  /** A node, what a placement there costs, and where known the slots. */
  public record Choice(String node, @Nullable Cost cost, @Nullable Placement placement) {}

  /** Who was to be evicted. */
  public record Victim(PodView.Ref pod, int priority) {}

  /** The reasons in a sentence or two. */
  public String why() {
    return DecisionText.of(this);
  }
}
