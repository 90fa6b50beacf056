package gpu.kerf.model.price;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Wall;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.price.ShareWorth.Asked;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Makes prices from the mix of demands that has been seen and from what is left in the fleet.
 *
 * <p>Scarcity is one rule for everything: <em>load</em> is what the mix will ask of a thing until
 * the fleet is full, over what is left of it, at most one; its price is load to a power, in GPUs. A
 * thing that is plentiful costs nothing; a thing that other pods will need completely costs one GPU
 * more.
 */
public final class PriceMaker {

  private static final double UNTOUCHED_POWER = 3;
  private static final double USED_POWER = 6;
  private static final double HOLE_POWER = 6;

  private final GpuModels models;
  private final Mix mix;
  private final List<MigValue> values = new ArrayList<>();

  public PriceMaker(GpuModels models, Mix mix) {
    this.models = models;
    this.mix = mix;
  }

  static Prices neutral(GpuModels models) {
    return new PriceMaker(models, new Mix()).make(new Supply(models.size()));
  }

  /** New prices for what has been asked so far and what is left now. */
  public Prices make(Supply supply) {
    ShareWorth[] shares = shareWorths();
    AskedWorth load = new AskedWorth(models, mix, shares);
    double[] untouched = load.ofModels(supply, UNTOUCHED_POWER);
    double[] used = load.ofModels(supply, USED_POWER);
    PlainPrices[] plain = new PlainPrices[models.size()];
    MigPrices[] mig = new MigPrices[models.size()];
    for (int i = 0; i < plain.length; i++) {
      GpuModel model = models.get(i);
      plain[i] =
          new PlainPrices(shares[i], Prices.gpuWorth(model), load.balance(), untouched[i], used[i]);
      mig[i] =
          new MigPrices(
              model, models.layouts(i), learned(i), load.balance(), used[i], supply.dynamicGpus(i));
    }
    return new Prices(plain, mig, load.holes(supply, HOLE_POWER), load.balance());
  }

  /**
   * What the MIG layouts of a model are good for; the last solution is where the next one starts.
   */
  private MigValue learned(int model) {
    while (values.size() <= model) {
      int next = values.size();
      values.add(new MigValue(models.layouts(next), models.get(next).slices()));
    }
    MigValue value = values.get(model);
    value.learn(MigAsked.count(models.get(model), models.layouts(model), mix));
    return value;
  }

  private ShareWorth[] shareWorths() {
    List<Map<Integer, Asked>> sizes = new ArrayList<>();
    for (int i = 0; i < models.size(); i++) {
      sizes.add(new TreeMap<>());
    }
    mix.forEach(
        (pod, count) -> {
          for (PodDemand.Container container : pod.containers()) {
            addSize(container.demand(), count, pod.cpuMilli() / pod.slots(), sizes);
          }
        });
    ShareWorth[] worths = new ShareWorth[models.size()];
    for (int i = 0; i < worths.length; i++) {
      worths[i] = ShareWorth.of(models.get(i).shareableMiB(), sizes.get(i));
    }
    return worths;
  }

  private void addSize(
      Demand demand, double count, int cpuMilliEach, List<Map<Integer, Asked>> sizes) {
    for (int i = 0; i < models.size(); i++) {
      int mib = shareMiB(demand, models.get(i));
      if (mib > 0) {
        sizes
            .get(i)
            .computeIfAbsent(mib, size -> new Asked())
            .add(count * demand.gpus(), cpuMilliEach);
      }
    }
  }

  /** The share that a demand means on a model, 0 if it cannot be a share there. */
  static int shareMiB(Demand demand, GpuModel model) {
    if (!demand.accepts(model) || !demand.wall().accepts(Wall.MPS)) {
      return 0;
    }
    int mib = demand.memoryMiB(model.shareableMiB());
    return mib <= model.shareableMiB() ? mib : 0;
  }
}
