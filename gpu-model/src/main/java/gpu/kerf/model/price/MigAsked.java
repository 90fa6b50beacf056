package gpu.kerf.model.price;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.demand.Wall;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MigLayouts;
import gpu.kerf.model.hardware.MigProfile;

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

  private int kindFor(Demand demand) {
    if (demand.size() instanceof Size.Profile named) {
      MigProfile profile = model.profile(named.name());
      return profile == null ? -1 : layouts.kindOf(profile);
    }
    int memory = demand.memoryMiB(model.shareableMiB());
    for (int k = 0; memory > 0 && k < counts.length; k++) {
      if (layouts.plainProfiles().get(k).offers(memory, demand.smMilli())) {
        return k;
      }
    }
    return -1;
  }
}
