package gpu.kerf.bench.replay.openb;

import gpu.kerf.bench.replay.Rounding;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * An upper bound on the GPUs of a trace that any policy can allocate, even if it knows all arrivals
 * in advance and may refuse pods.
 *
 * <p>Put any prices &ge; 0 on things: a_t on a unit of CPU of the nodes with cards of model t, and
 * p_ts on an item of size s on a card of model t, where a pod brings as many items as it asks for
 * GPUs. Let d_t be what the most valuable filling of one card of model t is worth ({@link
 * Knapsack}), and let the rent of a pod that asks for g units in k items of size s and for c CPU be
 *
 * <pre>
 *   u = max(0, max over models t that it accepts of  g - k p_ts - c a_t)
 * </pre>
 *
 * <p><em>The units of every set of placed pods are at most</em>
 *
 * <pre>
 *   sum over cards of d_t  +  sum over nodes of CPU times a_t  +  sum over pods that arrived of u.
 * </pre>
 *
 * <p>Proof. A pod placed on model t has g &le; u + k p_ts + c a_t by the definition of u. Sum this
 * over the placed pods. The terms k p_ts add up, card by card, to the value of what is on the card,
 * which is one of its fillings, so at most d_t. The terms c a_t add up to at most the price of all
 * CPU. And pods that arrived and were not placed only add u &ge; 0 to the right side. &#8718;
 *
 * <p>So every set of prices gives a true limit; good prices give a low one. The best ones are the
 * dual prices of a linear programme: place parts of pods to allocate most, under the CPU and the
 * number of cards of each model, with cards filled by patterns ({@link Simplex}). Its inaccuracy
 * costs tightness, never truth. The limit does not know that the parts of a pod must be on one
 * node, nor how CPU is spread over nodes, nor host memory, nor that pods come one by one.
 */
final class UpperBound {

  /** Beyond so many kinds of pods, CPU is left out, which makes kinds fewer. */
  private static final int MOST_KINDS = 500;

  private static final double MOST_WORK = 1e10;
  private static final double SAFETY = 1e-9;

  /** A value of a {@link Curve} is made of values that may have been rounded up by so much. */
  private static final double ROUNDED_UP = 0.005;

  private static final double PER_GPU = 1.0 / Ask.WHOLE;

  private final OpenbTrace trace;
  private final int upto;
  private final boolean withCpu;
  private final List<Ask> kinds = new ArrayList<>();
  private final Map<Ask, Integer> kindOf = new LinkedHashMap<>();
  private final List<String> models = new ArrayList<>();
  private final int[] sizes;
  private final double[] cards;
  private final double[] cpu;

  /** Prices, and what follows from them. All amounts are in GPUs. */
  private static final class Prices {
    /** What all cards and all CPU are worth. */
    final double there;

    /** By kind of pod. */
    final double[] rent;

    Prices(double there, double[] rent) {
      this.there = there;
      this.rent = rent;
    }
  }

  UpperBound(OpenbTrace trace, int upto) {
    this.trace = trace;
    this.upto = upto;
    this.withCpu = kinds(true) <= MOST_KINDS;
    for (Ask pod : trace.pods()) {
      Ask kind = kind(pod, withCpu);
      if (kind.gpus() > 0 && !kindOf.containsKey(kind)) {
        kindOf.put(kind, kinds.size());
        kinds.add(kind);
      }
    }
    this.sizes = kinds.stream().mapToInt(Ask::milli).distinct().sorted().toArray();
    for (NodeSpec node : trace.nodes()) {
      if (!node.gpus().isEmpty() && !models.contains(model(node))) {
        models.add(model(node));
      }
    }
    this.cards = new double[models.size()];
    this.cpu = new double[models.size()];
    for (NodeSpec node : trace.nodes()) {
      if (!node.gpus().isEmpty()) {
        cards[models.indexOf(model(node))] += node.gpus().size();
        cpu[models.indexOf(model(node))] += node.cpuMilli();
      }
    }
  }

  private long kinds(boolean cpuCounts) {
    return trace.pods().stream().map(pod -> kind(pod, cpuCounts)).distinct().count();
  }

  private static Ask kind(Ask pod, boolean cpuCounts) {
    return new Ask(cpuCounts ? pod.cpuMilli() : 0, 0, pod.gpus(), pod.milli(), pod.models());
  }

  private static String model(NodeSpec node) {
    return node.gpus().get(0).model().name();
  }

  /**
   * The limit in percent of all GPUs at every whole percent of arrivals, as {@link Curve} takes
   * means: a limit on the mean over the arrivals that round to it.
   */
  Map<Integer, Double> percents() {
    List<Prices> good = new ArrayList<>();
    good.add(new Prices(0, kinds.stream().mapToDouble(kind -> kind.total() * PER_GPU).toArray()));
    Map<Integer, double[]> arrived = meanArrivals();
    TreeSet<Integer> tuned = new TreeSet<>(List.of(85, 95, 100, 115, 130));
    tuned.add(upto);
    for (int percent : tuned.headSet(upto, true)) {
      double[] pods = arrived.get(percent);
      if (pods != null) {
        good.add(tuned(pods));
      }
    }
    double gpus = Arrays.stream(cards).sum();
    Map<Integer, Double> percents = new TreeMap<>();
    arrived.forEach(
        (percent, pods) -> {
          double least = good.stream().mapToDouble(prices -> limit(prices, pods)).min().orElse(0);
          percents.put(percent, Rounding.hundredths(100 * least / gpus + ROUNDED_UP));
        });
    return percents;
  }

  private static double limit(Prices prices, double[] pods) {
    double limit = prices.there;
    for (int kind = 0; kind < pods.length; kind++) {
      limit += pods[kind] * prices.rent[kind];
    }
    return Math.nextUp(limit * (1 + SAFETY));
  }

  /** By whole percent, how many pods of each kind were there, on the mean of its arrivals. */
  private Map<Integer, double[]> meanArrivals() {
    Map<Integer, double[]> means = new TreeMap<>();
    double[] there = new double[kinds.size()];
    double[] sum = new double[kinds.size()];
    double percentPerUnit = 100.0 / trace.capacity();
    long asked = 0;
    int events = 0;
    int percent = -1;
    for (Ask ask : trace.arrivals()) {
      asked += ask.total();
      int now = (int) Math.rint(asked * percentPerUnit);
      if (now > upto) {
        break;
      }
      if (now != percent) {
        close(means, percent, sum, events);
        for (int between = percent + 1; between < now; between++) {
          means.put(between, there.clone());
        }
        sum = new double[kinds.size()];
        events = 0;
        percent = now;
      }
      if (ask.gpus() > 0) {
        there[kindNumber(ask)]++;
      }
      for (int kind = 0; kind < sum.length; kind++) {
        sum[kind] += there[kind];
      }
      events++;
    }
    close(means, percent, sum, events);
    means.remove(0);
    return means;
  }

  private int kindNumber(Ask ask) {
    Integer number = kindOf.get(kind(ask, withCpu));
    if (number == null) {
      throw new IllegalArgumentException("A pod arrives that is not listed: " + ask);
    }
    return number;
  }

  private static void close(Map<Integer, double[]> means, int percent, double[] sum, int events) {
    if (events > 0) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] /= events;
      }
      means.put(percent, sum);
    }
  }

  /**
   * Prices from the linear programme. Its limits in order: how many pods of each kind there are;
   * then per model the cards, the CPU, and for every size that no more items are placed than
   * patterns hold.
   */
  private Prices tuned(double[] pods) {
    double[] limits = new double[kinds.size() + models.size() * perModel()];
    System.arraycopy(pods, 0, limits, 0, pods.length);
    for (int model = 0; model < models.size(); model++) {
      limits[cardsRow(model)] = cards[model];
      limits[cpuRow(model)] = cpu[model] * PER_GPU;
    }
    double[] found = new Simplex(limits).prices(new Programme(), MOST_WORK);
    return pricesFrom(found);
  }

  private int perModel() {
    return 2 + sizes.length;
  }

  private int cardsRow(int model) {
    return kinds.size() + model * perModel();
  }

  private int cpuRow(int model) {
    return cardsRow(model) + 1;
  }

  private int itemsRow(int model, int size) {
    return cardsRow(model) + 2 + size;
  }

  private Prices pricesFrom(double[] found) {
    double there = 0;
    double[] rent = new double[kinds.size()];
    for (int model = 0; model < models.size(); model++) {
      double[] items = new double[sizes.length];
      for (int size = 0; size < sizes.length; size++) {
        items[size] = Math.max(0, found[itemsRow(model, size)]);
      }
      double cpuPrice = Math.max(0, found[cpuRow(model)]);
      there += cards[model] * new Knapsack(sizes, Ask.WHOLE).fill(items);
      there += cpu[model] * PER_GPU * cpuPrice;
      for (int kind = 0; kind < rent.length; kind++) {
        Ask ask = kinds.get(kind);
        if (ask.accepts(models.get(model))) {
          double paid = ask.gpus() * items[size(ask)] + ask.cpuMilli() * PER_GPU * cpuPrice;
          rent[kind] = Math.max(rent[kind], ask.total() * PER_GPU - paid);
        }
      }
    }
    return new Prices(there, rent);
  }

  private int size(Ask ask) {
    return Arrays.binarySearch(sizes, ask.milli());
  }

  /** The columns: a pod of a kind on a model, and a card of a model filled by a pattern. */
  private final class Programme implements Simplex.Columns {
    private static final double LEAST_PROFIT = 1e-7;

    private final List<Simplex.Column> known = new ArrayList<>();
    private final Knapsack knapsack = new Knapsack(sizes, Ask.WHOLE);

    Programme() {
      for (int kind = 0; kind < kinds.size(); kind++) {
        for (int model = 0; model < models.size(); model++) {
          if (kinds.get(kind).accepts(models.get(model))) {
            known.add(pod(kind, model));
          }
        }
      }
    }

    private Simplex.Column pod(int kind, int model) {
      Ask ask = kinds.get(kind);
      int[] rows = {kind, cpuRow(model), itemsRow(model, size(ask))};
      double[] takes = {1, ask.cpuMilli() * PER_GPU, ask.gpus()};
      return new Simplex.Column(rows, takes, ask.total() * PER_GPU);
    }

    @Override
    public Simplex.@Nullable Column profitable(double[] prices) {
      Simplex.Column best = null;
      double most = LEAST_PROFIT;
      for (Simplex.Column column : known) {
        double profit = column.profit(prices);
        if (profit > most) {
          most = profit;
          best = column;
        }
      }
      return best != null ? best : newPattern(prices);
    }

    private Simplex.@Nullable Column newPattern(double[] prices) {
      for (int model = 0; model < models.size(); model++) {
        double[] values = new double[sizes.length];
        for (int size = 0; size < sizes.length; size++) {
          values[size] = Math.max(0, prices[itemsRow(model, size)]);
        }
        if (knapsack.fill(values) > prices[cardsRow(model)] + LEAST_PROFIT) {
          Simplex.Column pattern = pattern(model, knapsack.counts());
          known.add(pattern);
          return pattern;
        }
      }
      return null;
    }

    private Simplex.Column pattern(int model, int[] counts) {
      int[] rows = new int[sizes.length + 1];
      double[] takes = new double[sizes.length + 1];
      for (int size = 0; size < sizes.length; size++) {
        rows[size] = itemsRow(model, size);
        takes[size] = -counts[size];
      }
      rows[sizes.length] = cardsRow(model);
      takes[sizes.length] = 1;
      return new Simplex.Column(rows, takes, 0);
    }
  }
}
