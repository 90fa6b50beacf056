package gpu.kerf.model.price;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.demand.Wall;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuModels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Makes prices from the mix of demands that has been seen and from what is left in the fleet. */
public final class PriceMaker {

  /**
   * A price per unit of pressure never grows beyond this: demand twice as large as what is left.
   */
  private static final double MOST_PRESSURE = 2;

  private static final double MODEL_POWER = 2;
  private static final double HOLE_POWER = 4;
  private static final double CPU_WEIGHT = 0.12;

  private final GpuModels models;
  private final Mix mix;

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
    Asked asked = asked(shares);
    return new Prices(
        shares,
        Prices.migPrices(models, PriceMaker::byPlacements),
        scarcities(asked, supply),
        holes(asked, supply),
        asked.balance());
  }

  private static long[] byPlacements(GpuModel model, gpu.kerf.model.hardware.MigLayouts layouts) {
    long[] worth = new long[layouts.size()];
    for (int layout = 0; layout < worth.length; layout++) {
      worth[layout] = (long) model.geometry().placements(layouts.occupied(layout)) << 10;
    }
    return worth;
  }

  private ShareWorth[] shareWorths() {
    List<Map<Integer, Double>> sizes = new ArrayList<>();
    for (int i = 0; i < models.size(); i++) {
      sizes.add(new TreeMap<>());
    }
    mix.forEach((pod, count) -> eachDemand(pod, demand -> addSize(demand, count, sizes)));
    ShareWorth[] worths = new ShareWorth[models.size()];
    for (int i = 0; i < worths.length; i++) {
      Map<Integer, Double> of = sizes.get(i);
      int[] mib = of.keySet().stream().mapToInt(Integer::intValue).toArray();
      double[] counts = of.values().stream().mapToDouble(Double::doubleValue).toArray();
      worths[i] = ShareWorth.of(models.get(i).shareableMiB(), mib, counts);
    }
    return worths;
  }

  private void addSize(Demand demand, double count, List<Map<Integer, Double>> sizes) {
    for (int i = 0; i < models.size(); i++) {
      int mib = shareMiB(demand, models.get(i));
      if (mib > 0 && mib <= models.get(i).shareableMiB()) {
        sizes.get(i).merge(mib, count * demand.gpus(), Double::sum);
      }
    }
  }

  private static void eachDemand(PodDemand pod, java.util.function.Consumer<Demand> action) {
    for (PodDemand.Container container : pod.containers()) {
      action.accept(container.demand());
    }
  }

  /** The share that a demand means on a model, 0 if it cannot be a share there. */
  private static int shareMiB(Demand demand, GpuModel model) {
    if (!wants(demand, model) || !demand.wall().accepts(Wall.MPS)) {
      return 0;
    }
    if (demand.size() instanceof Size.Memory memory) {
      return memory.amount().value();
    }
    return demand.size() instanceof Size.Fraction fraction
        ? fraction.part().of(model.shareableMiB())
        : 0;
  }

  private static boolean wants(Demand demand, GpuModel model) {
    return demand.models().isEmpty() || demand.models().contains(model.name());
  }

  /**
   * What is asked for, in worth: in all, with the CPU beside it, by model list, and for several
   * whole GPUs.
   */
  private static final class Asked {
    double worth;
    double cpuMilli;
    final Map<List<String>, Double> byModels = new LinkedHashMap<>();
    final Map<List<String>, double[]> bySet = new LinkedHashMap<>();

    CpuBalance balance() {
      return worth > 0 && cpuMilli > 0
          ? new CpuBalance(worth / cpuMilli, CPU_WEIGHT)
          : CpuBalance.NONE;
    }
  }

  private Asked asked(ShareWorth[] shares) {
    Asked asked = new Asked();
    mix.forEach(
        (pod, count) -> {
          if (!pod.containers().isEmpty()) {
            asked.cpuMilli += count * pod.cpuMilli();
          }
          eachDemand(pod, demand -> addAsked(demand, count, shares, asked));
        });
    return asked;
  }

  private void addAsked(Demand demand, double count, ShareWorth[] shares, Asked asked) {
    double worth = count * demand.gpus() * leastWorth(demand, shares);
    asked.worth += worth;
    asked.byModels.merge(demand.models(), worth, Double::sum);
    int gpus = demand.gpus();
    if (demand.size() instanceof Size.Whole && gpus > 1) {
      int k = Math.min(gpus, Supply.LARGEST_SET);
      asked.bySet.computeIfAbsent(demand.models(), list -> new double[Supply.LARGEST_SET + 1])[k] +=
          worth;
    }
  }

  /** What one part of a demand is worth on the model where it is worth least. */
  private long leastWorth(Demand demand, ShareWorth[] shares) {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < models.size(); i++) {
      GpuModel model = models.get(i);
      if (wants(demand, model)) {
        int mib =
            demand.size() instanceof Size.Whole ? model.shareableMiB() : shareMiB(demand, model);
        least = mib > 0 && mib <= model.shareableMiB() ? Math.min(least, shares[i].of(mib)) : least;
      }
    }
    return least == Long.MAX_VALUE ? 0 : least;
  }

  /**
   * A model is scarce where the demands that name it ask for more than is left on the models they
   * name.
   */
  private int[] scarcities(Asked asked, Supply supply) {
    double[] price = new double[models.size()];
    asked.byModels.forEach(
        (list, worth) -> {
          if (!list.isEmpty()) {
            double left = 0;
            for (int i = 0; i < price.length; i++) {
              left += list.contains(models.get(i).name()) ? supply.worth(i) : 0;
            }
            addToListed(price, list, Math.pow(pressure(worth, left, asked, supply), MODEL_POWER));
          }
        });
    return Arrays.stream(price)
        .mapToInt(p -> (int) ((1 + p) * (1 << Prices.SCARCITY_SHIFT)))
        .toArray();
  }

  private void addToListed(double[] price, List<String> list, double amount) {
    for (int i = 0; i < price.length; i++) {
      price[i] += list.isEmpty() || list.contains(models.get(i).name()) ? amount : 0;
    }
  }

  /**
   * How much of what is asked for goes to something, compared with how much of what is left it is.
   */
  private static double pressure(double worth, double left, Asked asked, Supply supply) {
    return Math.min(MOST_PRESSURE, worth / asked.worth * supply.total() / Math.max(left, 1024));
  }

  /** What untouched GPUs of one node are worth to demands for several of them. */
  private long[][] holes(Asked asked, Supply supply) {
    double[][] price = new double[models.size()][Supply.LARGEST_SET + 1];
    asked.bySet.forEach(
        (list, worths) -> {
          for (int k = 2; k <= Supply.LARGEST_SET; k++) {
            if (worths[k] > 0) {
              addHole(list, k, worths[k], price, asked, supply);
            }
          }
        });
    long[][] tables = new long[models.size()][];
    for (int i = 0; i < tables.length; i++) {
      tables[i] = table(price[i], (long) models.get(i).shareableMiB() << 10);
    }
    return tables;
  }

  private void addHole(
      List<String> list, int k, double worth, double[][] price, Asked asked, Supply supply) {
    double left = 0;
    for (int i = 0; i < price.length; i++) {
      boolean listed = list.isEmpty() || list.contains(models.get(i).name());
      left += listed ? (double) supply.inSetsOf(k, i) * models.get(i).shareableMiB() * 1024 : 0;
    }
    double each = Math.pow(pressure(worth, left, asked, supply), HOLE_POWER);
    for (int i = 0; i < price.length; i++) {
      price[i][k] += list.isEmpty() || list.contains(models.get(i).name()) ? each : 0;
    }
  }

  private static long[] table(double[] pricePerGpu, long gpuWorth) {
    long[] table = new long[65];
    for (int untouched = 0; untouched < table.length; untouched++) {
      double sum = 0;
      for (int k = 2; k < pricePerGpu.length; k++) {
        sum += pricePerGpu[k] * (untouched / k * k);
      }
      table[untouched] = (long) (sum * gpuWorth);
    }
    return table;
  }
}
