package gpu.kerf.extender.state;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.placement.Placer;
import gpu.kerf.model.placement.PreparedDemand;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A cache of the latest demands, prepared for the fleet: pods of one template have the same demand.
 */
final class Demands {

  private static final int MOST = 128;

  private final Fleet fleet;

  private final Map<PodDemand, PodAsk> known =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<PodDemand, PodAsk> eldest) {
          return size() > MOST;
        }
      };

  Demands(Fleet fleet) {
    this.fleet = fleet;
  }

  PodAsk of(PodDemand demand, Placer placer) {
    PodAsk ask = known.get(demand);
    if (ask == null) {
      ask = new PodAsk(new PreparedDemand(demand, fleet.models()), fleet, placer);
      known.put(demand, ask);
    }
    return ask;
  }
}
