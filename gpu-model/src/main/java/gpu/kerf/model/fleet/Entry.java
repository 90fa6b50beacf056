package gpu.kerf.model.fleet;

import gpu.kerf.model.placement.Placement;

/**
 * One line of the ledger.
 *
 * @param since when it came into this state, in milliseconds of the caller's clock
 * @param expires when a proposal is dropped; {@link Long#MAX_VALUE} in other states
 */
public record Entry(Holder holder, Placement placement, State state, long since, long expires) {

  /** Where a placement is in its life; one that is released is in the ledger no more. */
  public enum State {
    PROPOSED,
    BINDING,
    BOUND
  }

  public String uid() {
    return holder.uid();
  }
}
