package gpu.kerf.bench.replay;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Chooser;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.PreparedDemand;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The policy of the service: it chooses by prices that it learns from the arrivals and renews
 * regularly.
 */
public final class KerfPolicy implements ReplayPolicy {

  private final Chooser chooser;
  private final Map<PodDemand, PreparedDemand> prepared = new HashMap<>();

  public KerfPolicy(Fleet fleet) {
    this.chooser = new Chooser(fleet);
  }

  @Override
  public void arrived(PodDemand pod, long now) {
    chooser.arrived(pod);
    if (chooser.isDue()) {
      chooser.renew();
    }
  }

  @Override
  public @Nullable Placement place(PodDemand pod, long now) {
    Chooser.Choice choice = chooser.best(prepared.computeIfAbsent(pod, chooser::prepare));
    return choice == null ? null : choice.placement();
  }
}
