package gpu.kerf.model.team;

import gpu.kerf.model.fleet.Ledger;
import java.util.List;

/** Is told what becomes of waiting work, and does it. */
public interface TurnSink {

  /**
   * Work starts. The places must be taken in the ledger before the call returns.
   *
   * @return false if they could not be taken; then the work goes on waiting
   */
  boolean starts(Work work, List<Ledger.Claim> places);

  /** Work goes on waiting. */
  void waits(Work work, WaitReason reason);

  /** Running work must be evicted; the place that comes free is kept for the work that asked. */
  void reclaims(Reclaim reclaim);

  /** A place is kept for work that has waited for long: its GPUs get no other work from now on. */
  void drains(Work work, DrainedPlace place);

  /** Running work must be evicted, since its team holds more than a limit that has become less. */
  void shrinks(Reclaim.Victim victim, WaitReason.Limit limit);

  /** Running work must be evicted, since a budget of its team is used up. */
  void overspends(Reclaim.Victim victim, WaitReason.Budget budget);
}
