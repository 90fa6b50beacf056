package gpu.kerf.model.placement;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.hardware.GpuModels;
import java.util.ArrayList;
import java.util.List;

/**
 * A pod's demand, worked out for the GPU models of a fleet: prepare it once, try it on every node.
 *
 * <p>Belongs to the thread that owns the fleet.
 */
public final class PreparedDemand {

  private final PodDemand demand;
  private final GpuModels models;
  private final List<Need> needs = new ArrayList<>();
  private int known = -1;

  public PreparedDemand(PodDemand demand, GpuModels models) {
    this.demand = demand;
    this.models = models;
    for (PodDemand.Container container : demand.containers()) {
      needs.add(new Need(container.demand()));
    }
    refresh();
  }

  /** Takes models into account that came into the fleet since. */
  void refresh() {
    if (known != models.size()) {
      needs.forEach(need -> need.learn(models));
      known = models.size();
    }
  }

  public PodDemand demand() {
    return demand;
  }

  List<Need> needs() {
    return needs;
  }

  GpuModels models() {
    return models;
  }
}
