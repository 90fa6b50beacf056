package gpu.kerf.model.placement;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.hardware.MigLayouts;

/** What things are worth to the demands that usually come. */
public final class Prices {

  private final MigPrices[] mig;

  private Prices(MigPrices[] mig) {
    this.mig = mig;
  }

  public static Prices neutral(GpuModels models) {
    MigPrices[] mig = new MigPrices[models.size()];
    for (int i = 0; i < mig.length; i++) {
      MigLayouts layouts = models.layouts(i);
      long[] value = new long[layouts.size()];
      for (int l = 0; l < value.length; l++) {
        value[l] =
            models.get(i).migCapable()
                ? models.get(i).geometry().placements(layouts.occupied(l))
                : 0;
      }
      mig[i] = new MigPrices(models.get(i), layouts, value);
    }
    return new Prices(mig);
  }

  MigPrices mig(int model) {
    return mig[model];
  }

  long shareTaken(int model, int free, int asked, int freeSm, int askedSm) {
    return 0;
  }

  long wholeTaken(int model, int free) {
    return 0;
  }

  long hostTaken(NodeState node, int before, int after, PodDemand pod) {
    return 0;
  }

  long hostTaken(NodeState node, PodDemand pod) {
    return 0;
  }
}
