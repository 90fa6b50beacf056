package gpu.kerf.model.price;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Wall;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MigLayouts;
import gpu.kerf.model.hardware.MigProfile;
import java.util.List;

/**
 * Counts how often each kind of MIG profile of one GPU model is asked for, by name or by what a
 * memory demand needs.
 */
final class MigAsked {

  private final GpuModel model;
  private final MigLayouts layouts;
  private final double[] counts;

  MigAsked(GpuModel model, MigLayouts layouts) {
    this.model = model;
    this.layouts = layouts;
    this.counts = new double[layouts.plainProfiles().size()];
  }

  static double[] count(GpuModel model, MigLayouts layouts, Mix mix) {
    MigAsked asked = new MigAsked(model, layouts);
    mix.forEach(asked::add);
    return asked.counts;
  }

  private void add(PodDemand pod, double count) {
    for (PodDemand.Container container : pod.containers()) {
      Demand demand = container.demand();
      int kind = demand.accepts(model) && demand.wall().accepts(Wall.MIG) ? kindFor(demand) : -1;
      if (kind >= 0) {
        counts[kind] += count * demand.gpus();
      }
    }
  }

  /** The kind of the first profile that serves a demand; -1 if there is none. */
  private int kindFor(Demand demand) {
    List<MigProfile> serving = demand.profilesOn(model);
    return serving.isEmpty() ? -1 : layouts.kindOf(serving.get(0));
  }
}
