package gpu.kerf.bench.replay;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.line.LookAhead;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A fleet that one policy fills: asks the policy, takes the slots that it answers, and reports that
 * to it.
 */
public final class Playing {

  private final Fleet fleet;
  private final ReplayPolicy policy;
  private final DecisionTimes times = new DecisionTimes();

  public Playing(Fleet fleet, ReplayPolicy policy) {
    this.fleet = fleet;
    this.policy = policy;
  }

  public void arrive(PodDemand pod, long now) {
    long begin = System.nanoTime();
    policy.arrived(pod, now);
    times.addLearning(System.nanoTime() - begin);
  }

  /** Places a pod if the policy finds slots for it; null if not. */
  public @Nullable Placement place(PodDemand pod, long now) {
    long begin = System.nanoTime();
    Placement placement = policy.place(pod, now);
    times.add(System.nanoTime() - begin);
    if (placement == null) {
      return null;
    }
    if (!node(placement).take(placement)) {
      throw new IllegalStateException("The policy chose slots that are not free: " + placement);
    }
    policy.placed(pod, placement, now);
    return placement;
  }

  /** Starts the pod of a line that a policy chooses; null if it chooses none. */
  public LookAhead.@Nullable Start start(LinePolicy ofLine, List<LookAhead.Waiting> line) {
    long begin = System.nanoTime();
    LookAhead.Start start = ofLine.next(line);
    times.add(System.nanoTime() - begin);
    if (start != null && !node(start.placement()).take(start.placement())) {
      throw new IllegalStateException("The policy chose slots that are not free: " + start);
    }
    return start;
  }

  public void leave(PodDemand pod, Placement placement, long now) {
    node(placement).release(placement);
    policy.left(pod, placement, now);
  }

  private NodeState node(Placement placement) {
    NodeState node = fleet.node(placement.node());
    if (node == null) {
      throw new IllegalStateException("The policy chose a node that is not there: " + placement);
    }
    return node;
  }

  public ReplayPolicy policy() {
    return policy;
  }

  public DecisionTimes times() {
    return times;
  }
}
