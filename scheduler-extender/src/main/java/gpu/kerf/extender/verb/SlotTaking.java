package gpu.kerf.extender.verb;

import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.PodAsk;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.wire.BindCall;
import gpu.kerf.extender.wire.VerbError;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Picks slots for a pod on one node and takes them. It avoids slots that are proposed to other pods
 * if it can; if not, these proposals yield. A proposal for which pods were evicted yields only to a
 * pod of higher priority.
 */
final class SlotTaking {

  private final Scheduling scheduling;

  SlotTaking(Scheduling scheduling) {
    this.scheduling = scheduling;
  }

  /** Either what was taken, or why nothing was. */
  static final class Result {
    private final @Nullable Placement placement;
    private final @Nullable VerbError error;

    private Result(@Nullable Placement placement, @Nullable VerbError error) {
      this.placement = placement;
      this.error = error;
    }

    @Nullable VerbError verbError() {
      return error;
    }

    Placement placement() {
      return Objects.requireNonNull(placement);
    }
  }

  Result take(BindCall call) {
    KnownPod pod = scheduling.pods().get(call.pod().uid());
    if (pod == null) {
      return refused(VerbError.POD_UNKNOWN);
    }
    if (!pod.ref().equals(call.pod())) {
      return refused(VerbError.POD_GONE);
    }
    if (pod.isNonsense()) {
      return refused(VerbError.POD_IS_NONSENSE);
    }
    Placement held = scheduling.held().of(pod.uid());
    if (held != null) {
      return held.node().equals(call.node()) ? taken(pod, held) : refused(VerbError.HELD_ELSEWHERE);
    }
    PodAsk ask = scheduling.ask(pod.demand());
    // First: where a node has a conflict, dropping a proposal puts a new state in its place.
    scheduling.proposals().drop(pod.uid());
    NodeState node = scheduling.fleet().node(call.node());
    if (node == null) {
      return ask.wantsGpus() ? refused(VerbError.NODE_UNKNOWN) : nothingOn(call.node());
    }
    return take(pod, ask, node);
  }

  private static Result refused(VerbError error) {
    return new Result(null, error);
  }

  /** A pod without GPUs on a node that is none of Kerf's: nothing to keep account of. */
  private static Result nothingOn(String node) {
    return new Result(new Placement(node, List.of(), 0, 0), null);
  }

  private Result take(KnownPod pod, PodAsk ask, NodeState node) {
    Placement placement = pick(ask, node);
    if (placement == null) {
      Ledger.Undo undo =
          scheduling.ledger().without(proposedOn(node.name(), pod.holder().priority()));
      placement = pick(ask, node);
      undo.undo();
    }
    if (placement == null) {
      return refused(VerbError.NO_SLOT);
    }
    return taken(pod, placement);
  }

  private Result taken(KnownPod pod, Placement placement) {
    Ledger.Taking taking =
        scheduling.ledger().take(pod.holder(), placement, scheduling.wallMillis());
    return taking == Ledger.Taking.TAKEN ? new Result(placement, null) : refused(VerbError.NO_SLOT);
  }

  private @Nullable Placement pick(PodAsk ask, NodeState node) {
    return scheduling.placer().tryOn(ask.prepared(), node)
        ? scheduling.placer().placement(ask.prepared(), node)
        : null;
  }

  private List<String> proposedOn(String node, int priority) {
    return scheduling.ledger().entriesOn(node).stream()
        .filter(entry -> entry.state() == Entry.State.PROPOSED)
        .filter(entry -> !scheduling.proposals().isFirm(entry.uid(), priority))
        .map(Entry::uid)
        .toList();
  }
}
