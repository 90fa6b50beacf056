package gpu.kerf.model.price;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;

/**
 * The worth that the mix of demands asks for: in total with its CPU, per list of models, and per
 * set of whole GPUs.
 */
final class AskedWorth {

  private final GpuModels models;
  private final ShareWorth[] shares;
  private final Map<List<String>, Double> byModels = new LinkedHashMap<>();
  private final Map<List<String>, double[]> bySet = new LinkedHashMap<>();
  private double worth;
  private double cpuMilli;

  AskedWorth(GpuModels models, Mix mix, ShareWorth[] shares) {
    this.models = models;
    this.shares = shares;
    mix.forEach(this::addPod);
  }

  private void addPod(PodDemand pod, double count) {
    for (PodDemand.Container container : pod.containers()) {
      add(container.demand(), count);
    }
    cpuMilli += pod.containers().isEmpty() ? 0 : count * pod.cpuMilli();
  }

  private void add(Demand demand, double count) {
    double asked = count * demand.gpus() * leastWorth(demand);
    worth += asked;
    List<String> serving = serving(demand);
    if (!serving.isEmpty() && serving.size() < models.size()) {
      byModels.merge(serving, asked, Double::sum);
    }
    if (demand.size() instanceof Size.Whole && demand.gpus() > 1) {
      int k = Math.min(demand.gpus(), Supply.LARGEST_SET);
      bySet.computeIfAbsent(demand.models(), list -> new double[Supply.LARGEST_SET + 1])[k] +=
          asked;
    }
  }

  /**
   * The models that serve a demand: those that it names, and of any those that are large enough.
   */
  private List<String> serving(Demand demand) {
    List<String> serving = new ArrayList<>();
    for (int i = 0; i < models.size(); i++) {
      if (serves(demand, models.get(i))) {
        serving.add(models.get(i).name());
      }
    }
    return serving;
  }

  private static boolean serves(Demand demand, GpuModel model) {
    boolean whole = demand.size() instanceof Size.Whole;
    return demand.accepts(model)
        && (whole || PriceMaker.shareMiB(demand, model) > 0 || migPart(demand, model) > 0);
  }

  /** What one part of a demand is worth on the model where it is worth least. */
  private double leastWorth(Demand demand) {
    double least = Double.MAX_VALUE;
    for (int i = 0; i < models.size(); i++) {
      double part = demand.accepts(models.get(i)) ? part(demand, i) : 0;
      least = part > 0 ? Math.min(least, part * Prices.gpuWorth(models.get(i))) : least;
    }
    return least == Double.MAX_VALUE ? 0 : least;
  }

  /** Which part of a GPU of a model a demand takes of what others could use. */
  private double part(Demand demand, int model) {
    if (demand.size() instanceof Size.Whole) {
      return 1;
    }
    int mib = PriceMaker.shareMiB(demand, models.get(model));
    if (mib > 0) {
      ShareWorth share = shares[model];
      return share.isProportional()
          ? (double) mib / models.get(model).shareableMiB()
          : share.worth(share.step(mib + share.stepMiB() - 1));
    }
    return migPart(demand, models.get(model));
  }

  private static double migPart(Demand demand, GpuModel model) {
    if (!model.migCapable()) {
      return 0;
    }
    return demand.profilesOn(model).stream()
        .mapToDouble(profile -> (double) profile.size() / model.slices())
        .min()
        .orElse(0);
  }

  CpuBalance balance() {
    return worth > 0 && cpuMilli > 0 ? new CpuBalance(cpuMilli / worth) : CpuBalance.NONE;
  }

  /** How scarce each model is by what is asked of the lists that name it, as a part of a GPU. */
  double[] ofModels(Supply supply, double power) {
    double[] scarcity = new double[models.size()];
    byModels.forEach(
        (list, asked) ->
            addTo(scarcity, list, Math.pow(load(asked, left(list, supply::worth), supply), power)));
    return scarcity;
  }

  /**
   * What so many untouched GPUs of each model on one node are worth to demands for several of them.
   */
  long[][] holes(Supply supply, double power) {
    double[][] price = new double[Supply.LARGEST_SET + 1][models.size()];
    bySet.forEach(
        (list, asked) -> {
          for (int k = 2; k < asked.length; k++) {
            if (asked[k] > 0) {
              int size = k;
              double left =
                  left(
                      list,
                      i -> supply.inSetsOf(size, i) * (double) Prices.gpuWorth(models.get(i)));
              addTo(price[k], list, Math.pow(load(asked[k], left, supply), power));
            }
          }
        });
    long[][] tables = new long[models.size()][];
    for (int i = 0; i < tables.length; i++) {
      tables[i] = table(price, i);
    }
    return tables;
  }

  private long[] table(double[][] price, int model) {
    long[] table = new long[NodeSpec.MOST_GPUS + 1];
    for (int k = 2; k < price.length; k++) {
      long each = Math.round(price[k][model] * Prices.gpuWorth(models.get(model)));
      for (int untouched = k; untouched < table.length; untouched++) {
        table[untouched] += each * ((long) untouched / k * k);
      }
    }
    return table;
  }

  /**
   * What will be asked of a thing until the fleet is full, over what is left of it; at most one.
   */
  private double load(double asked, double left, Supply supply) {
    return worth == 0
        ? 0
        : Math.min(1, asked / worth * supply.total() / Math.max(Prices.MIB, left));
  }

  private double left(List<String> list, IntToDoubleFunction supply) {
    double left = 0;
    for (int i = 0; i < models.size(); i++) {
      left += isListed(list, i) ? supply.applyAsDouble(i) : 0;
    }
    return left;
  }

  private void addTo(double[] scarcity, List<String> list, double amount) {
    for (int i = 0; i < models.size(); i++) {
      scarcity[i] += isListed(list, i) ? amount : 0;
    }
  }

  private boolean isListed(List<String> list, int model) {
    return list.isEmpty() || list.contains(models.get(model).name());
  }
}
