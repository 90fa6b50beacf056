package gpu.kerf.model.fleet;

import gpu.kerf.model.placement.Placement;
import java.util.List;

/**
 * One line of the ledger.
 *
 * @param grant what the pod was given, by the names of the devices; it never changes
 * @param placement where that lies on the node as it is now; slots whose GPU the node does not have
 *     any more, or cannot name, are missing from it
 * @param since when it came into this state, in milliseconds of the caller's clock
 * @param expires when a proposal is dropped; {@link Long#MAX_VALUE} in other states, and for a
 *     place that is held
 */
public record Entry(
    Holder holder, Grant grant, Placement placement, State state, long since, long expires) {

  /** Where a placement is in its life; one that is released is in the ledger no more. */
  public enum State {
    PROPOSED,
    BINDING,
    BOUND,
    /** The pod object is gone, and its containers may still run. */
    QUARANTINED
  }

  /** Whether it is a hint, which yields to a pod that takes its slots. */
  public boolean yields() {
    return state == State.PROPOSED && expires != Long.MAX_VALUE;
  }

  /** Whether it is a place that is held for a pod, and yields to no other. */
  public boolean isHeld() {
    return state == State.PROPOSED && expires == Long.MAX_VALUE;
  }

  public String uid() {
    return holder.uid();
  }

  /** A bound pod, as it is known from what is written on it; its node is not looked at yet. */
  public static Entry bound(Holder holder, Grant grant, long since) {
    Placement nowhere =
        new Placement(grant.node(), List.of(), grant.cpuMilli(), grant.hostMemoryMiB());
    return new Entry(holder, grant, nowhere, State.BOUND, since, Long.MAX_VALUE);
  }

  Entry at(Placement found) {
    return found.equals(placement) ? this : new Entry(holder, grant, found, state, since, expires);
  }
}
