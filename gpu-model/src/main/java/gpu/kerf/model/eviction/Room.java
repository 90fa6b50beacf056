package gpu.kerf.model.eviction;

import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placer;
import gpu.kerf.model.placement.Verdict;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether a node has room for all preemptors of a request.
 *
 * <p>Several preemptors are placed one after the other, each where it costs least; other orders are
 * not tried. The answer depends on the node's state alone, not on earlier questions, so a search
 * that pauses gives the same result.
 */
final class Room {

  /** Steps of search for one question: a pod of several containers may need them. */
  private static final int STEPS = 128;

  private final Placer placer;
  private final Request request;

  Room(Placer placer, Request request) {
    this.placer = placer;
    this.request = request;
  }

  boolean isOn(NodeState node) {
    List<Request.Preemptor> all = request.preemptors();
    return all.size() == 1 ? placer.fits(all.get(0).demand(), node, STEPS) : verdict(node).fits();
  }

  /** The first refusal, or that all fit. */
  Verdict verdict(NodeState node) {
    return place(node, new ArrayList<>());
  }

  /** Where they go on a node that has the room. */
  List<Placement> placements(NodeState node) {
    List<Placement> placements = new ArrayList<>();
    place(node, placements);
    return placements;
  }

  private Verdict place(NodeState node, List<Placement> placements) {
    NodeState trial = node.copy();
    for (Request.Preemptor preemptor : request.preemptors()) {
      Verdict verdict = placer.judge(preemptor.demand(), trial, STEPS);
      if (!verdict.fits()) {
        return verdict;
      }
      Placement placement = placer.placement(preemptor.demand(), trial);
      trial.force(placement);
      placements.add(placement);
    }
    return Verdict.FITS;
  }

  /** Whether all that is asked is one slot, and only GPUs are short on the node. */
  boolean isOneSlot(NodeState node) {
    if (request.preemptors().size() > 1) {
      return false;
    }
    var demand = request.preemptors().get(0).demand().demand();
    return demand.slots() == 1 && node.hasRoom(demand.cpuMilli(), demand.hostMemoryMiB());
  }
}
