package gpu.kerf.bench.replay;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placer;
import gpu.kerf.model.placement.PreparedDemand;
import gpu.kerf.model.placement.Prices;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the service does: the node whose cheapest placement is cheapest, the first by name. */
public final class KerfPolicy implements ReplayPolicy {

  private final Fleet fleet;
  private final Placer placer;
  private final Map<PodDemand, PreparedDemand> prepared = new HashMap<>();

  public KerfPolicy(Fleet fleet) {
    this.fleet = fleet;
    this.placer = new Placer(Prices.neutral(fleet.models()));
  }

  @Override
  public @Nullable Placement place(PodDemand pod, long now) {
    PreparedDemand demand =
        prepared.computeIfAbsent(pod, asked -> new PreparedDemand(asked, fleet.models()));
    int best = cheapest(demand);
    NodeState node = best < 0 ? null : fleet.at(best);
    return node != null && placer.tryOn(demand, node) ? placer.placement(demand, node) : null;
  }

  private int cheapest(PreparedDemand demand) {
    int best = -1;
    long taken = 0;
    int distance = 0;
    int leftover = 0;
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      if (node == null || !placer.tryOn(demand, node)) {
        continue;
      }
      int order = best < 0 ? -1 : Long.compare(placer.taken(), taken);
      order = order != 0 ? order : Integer.compare(placer.distance(), distance);
      order = order != 0 ? order : Integer.compare(placer.leftover(), leftover);
      order = order != 0 ? order : Integer.compare(fleet.rank(i), fleet.rank(best));
      if (order < 0) {
        best = i;
        taken = placer.taken();
        distance = placer.distance();
        leftover = placer.leftover();
      }
    }
    return best;
  }
}
