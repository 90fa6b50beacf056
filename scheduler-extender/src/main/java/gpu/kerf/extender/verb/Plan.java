package gpu.kerf.extender.verb;

import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.model.eviction.Candidate;
import gpu.kerf.model.eviction.Outcome;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Grant;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Who gets what where, and who has to go for it; how far that has come. */
final class Plan {
  final KnownPod pod;
  final Outcome.Plan outcome;

  /** What the pod will get, by the UUIDs of the GPUs. */
  private final Grant grant;

  /** Where that lies on the node as it is now. */
  private Placement placement;

  /** Victims that have not been evicted yet. */
  final Deque<Candidate> left;

  /** Whether it has begun: its GPUs are out of use for others. */
  boolean underWay;

  /** Whether all victims are gone: from then on the slots are proposed to the pod. */
  boolean ready;

  /** When it has taken too long. */
  long until;

  Plan(KnownPod pod, Outcome.Plan outcome, NodeSpec node, List<Candidate> left, long until) {
    this.pod = pod;
    this.outcome = outcome;
    this.placement = outcome.placements().get(0);
    this.grant = Grant.of(placement, node);
    this.left = new ArrayDeque<>(left);
    this.until = until;
  }

  String uid() {
    return pod.uid();
  }

  int priority() {
    return pod.holder().priority();
  }

  String node() {
    return outcome.node();
  }

  Placement placement() {
    return placement;
  }

  /** The node's inventory is another one: goes with its GPUs. False if one of them is gone. */
  boolean follow(NodeSpec now) {
    Placement found = grant.on(now);
    placement = found == null ? placement : found;
    return found != null;
  }

  /** The GPUs that the pod will get, as bits. */
  long gpus() {
    long gpus = 0;
    for (Slot slot : placement().slots()) {
      gpus |= 1L << slot.gpu();
    }
    return gpus;
  }

  /** Whether those who have to go, and those who go by themselves, are gone. */
  boolean allGone(Ledger ledger) {
    return left.isEmpty() && gone(ledger, outcome.victims()) && gone(ledger, outcome.awaited());
  }

  private static boolean gone(Ledger ledger, List<Candidate> candidates) {
    for (Candidate candidate : candidates) {
      Entry entry = ledger.entry(candidate.uid());
      if (entry != null && entry.state() != Entry.State.PROPOSED) {
        return false;
      }
    }
    return true;
  }
}
