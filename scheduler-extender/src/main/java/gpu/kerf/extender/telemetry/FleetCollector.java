package gpu.kerf.extender.telemetry;

import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Ledger;
import io.prometheus.client.Collector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** The metrics that are worked out from the ledger when they are scraped, on its own thread. */
public final class FleetCollector extends Collector {
  private static final double MIB = 1 << 20;

  private final Ledger ledger;
  private final FleetFigures figures;
  private final Accounting accounting;
  private final Supplier<List<Pending>> pending;

  /**
   * What a waiting pod asks for.
   *
   * @param memoryMiB where it asks for memory
   * @param gpus where it asks for whole GPUs
   * @param millis how long it has waited
   */
  public record Pending(String namespace, long memoryMiB, int gpus, long millis) {
    Pending plus(Pending other) {
      return new Pending(
          namespace,
          memoryMiB + other.memoryMiB,
          gpus + other.gpus,
          Math.max(millis, other.millis));
    }
  }

  public FleetCollector(
      Ledger ledger, FleetFigures figures, Accounting accounting, Supplier<List<Pending>> pending) {
    this.ledger = ledger;
    this.figures = figures;
    this.accounting = accounting;
    this.pending = pending;
  }

  @Override
  public List<MetricFamilySamples> collect() {
    figures.refresh();
    List<MetricFamilySamples> all = new ArrayList<>();
    all.add(single(Metric.NODES, ledger.fleet().size()));
    all.add(single(Metric.CONFLICTS, ledger.conflicts().size()));
    states(all);
    models(all);
    namespaces(all);
    waiting(all);
    all.add(new GpuHolders(ledger, accounting).family());
    return all;
  }

  private void states(List<MetricFamilySamples> all) {
    int proposed = 0;
    int binding = 0;
    int bound = 0;
    int quarantined = 0;
    long quarantinedMiB = 0;
    for (Entry entry : ledger.entries()) {
      switch (entry.state()) {
        case PROPOSED -> proposed++;
        case BINDING -> binding++;
        case BOUND -> bound++;
        case QUARANTINED -> {
          quarantined++;
          quarantinedMiB += entry.placement().memoryMiB();
        }
      }
    }
    Map<String, Integer> counts =
        new TreeMap<>(
            Map.of(
                "proposed", proposed,
                "binding", binding,
                "bound", bound,
                "quarantined", quarantined));
    all.add(byName(Metric.LEDGER, counts, Integer::doubleValue));
    all.add(single(Metric.QUARANTINED, quarantinedMiB * MIB));
  }

  private void models(List<MetricFamilySamples> all) {
    Map<String, GpuFigures> models = figures.models();
    all.add(byName(Metric.GPUS, models, GpuFigures::gpus));
    all.add(byName(Metric.GPUS_UNUSABLE, models, GpuFigures::unusable));
    Map<String, Double> prices = new TreeMap<>();
    models.keySet().forEach(model -> prices.put(model, accounting.pricePerHour(model)));
    all.add(byName(Metric.GPU_PRICE, prices, Double::doubleValue));
    all.add(byName(Metric.GPUS_UNTOUCHED, models, GpuFigures::untouched));
    all.add(byName(Metric.CAPACITY, models, each -> each.capacityMiB() * MIB));
    all.add(byName(Metric.HELD, models, each -> each.heldMiB() * MIB));
    all.add(byName(Metric.FREE, models, each -> each.freeMiB() * MIB));
    all.add(byName(Metric.STRANDED, models, each -> each.strandedMiB() * MIB));
    all.add(byName(Metric.LARGEST, models, each -> each.largestMiB() * MIB));
  }

  private void namespaces(List<MetricFamilySamples> all) {
    Map<String, Accounting.Account> accounts = accounting.accounts();
    all.add(byName(Metric.NAMESPACE_HELD, accounts, each -> each.heldMiB() * MIB));
    all.add(byName(Metric.NAMESPACE_BYTE_SECONDS, accounts, each -> each.mebibyteSeconds() * MIB));
    all.add(byName(Metric.NAMESPACE_GPU_SECONDS, accounts, Accounting.Account::gpuSeconds));
    all.add(byName(Metric.NAMESPACE_COST, accounts, Accounting.Account::cost));
    all.add(byName(Metric.NAMESPACE_PLACED, accounts, Accounting.Account::placed));
    all.add(byName(Metric.NAMESPACE_WAITED, accounts, Accounting.Account::waitedSeconds));
  }

  private void waiting(List<MetricFamilySamples> all) {
    Map<String, Pending> sums = new TreeMap<>();
    Map<String, Integer> pods = new TreeMap<>();
    for (Pending pod : pending.get()) {
      String account = accounting.accountOf(pod.namespace);
      pods.merge(account, 1, Integer::sum);
      sums.merge(account, pod, Pending::plus);
    }
    all.add(byName(Metric.PENDING_PODS, pods, Integer::doubleValue));
    all.add(byName(Metric.PENDING_MEMORY, sums, each -> each.memoryMiB * MIB));
    all.add(byName(Metric.PENDING_GPUS, sums, Pending::gpus));
    all.add(byName(Metric.PENDING_OLDEST, sums, each -> each.millis / 1e3));
  }

  private static <T> MetricFamilySamples byName(
      Metric metric, Map<String, T> map, ToDoubleFunction<T> value) {
    List<MetricFamilySamples.Sample> samples = new ArrayList<>(map.size());
    map.forEach(
        (name, each) ->
            samples.add(
                new MetricFamilySamples.Sample(
                    metric.title(), metric.labels(), List.of(name), value.applyAsDouble(each))));
    return family(metric, samples);
  }

  private static MetricFamilySamples single(Metric metric, double value) {
    return family(
        metric,
        List.of(new MetricFamilySamples.Sample(metric.title(), List.of(), List.of(), value)));
  }

  /** All samples of one metric. */
  public static MetricFamilySamples family(
      Metric metric, List<MetricFamilySamples.Sample> samples) {
    Type type = metric.kind() == Metric.Kind.COUNTER ? Type.COUNTER : Type.GAUGE;
    return new MetricFamilySamples(metric.title(), type, metric.help(), samples);
  }
}
