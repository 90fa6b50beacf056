package gpu.kerf.bench.replay.mig;

import gpu.kerf.bench.replay.LinePolicy;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Chooser;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.line.LookAhead;
import gpu.kerf.model.placement.Placement;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Kerf's choice among the jobs of a line. */
final class AheadPolicy implements LinePolicy {

  private final LookAhead lookAhead;

  AheadPolicy(Fleet fleet) {
    this.lookAhead = new LookAhead(fleet, new Chooser(fleet), Card.model());
  }

  @Override
  public void arrived(PodDemand pod, long now) {
    lookAhead.arrived(pod);
  }

  @Override
  public LookAhead.@Nullable Start next(List<LookAhead.Waiting> line) {
    return lookAhead.next(line);
  }

  /** As if the pod waited alone. */
  @Override
  public @Nullable Placement place(PodDemand pod, long now) {
    LookAhead.Start start = lookAhead.next(List.of(new LookAhead.Waiting(pod, 1)));
    return start == null ? null : start.placement();
  }
}
