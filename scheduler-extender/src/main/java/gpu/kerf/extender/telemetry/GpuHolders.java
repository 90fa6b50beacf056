package gpu.kerf.extender.telemetry;

import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Slot;
import io.prometheus.client.Collector.MetricFamilySamples;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The memory that each namespace holds on each GPU. With the GPU's uuid, these series can be joined
 * with measured utilisation to find the owners of idle GPUs. In a large cluster this would be too
 * many series, so there it reports none: a part of them would be misleading.
 */
final class GpuHolders {
  static final int MOST_PLACEMENTS = 4_096;

  private static final double MIB = 1 << 20;

  private final Ledger ledger;
  private final Accounting accounting;

  GpuHolders(Ledger ledger, Accounting accounting) {
    this.ledger = ledger;
    this.accounting = accounting;
  }

  MetricFamilySamples family() {
    Map<List<String>, Long> held = new LinkedHashMap<>();
    if (ledger.entries().size() <= MOST_PLACEMENTS) {
      ledger.entries().forEach(entry -> add(entry, held));
    }
    List<MetricFamilySamples.Sample> samples = new ArrayList<>(held.size());
    held.forEach(
        (labels, mib) ->
            samples.add(
                new MetricFamilySamples.Sample(
                    Metric.GPU_HELD.title(), Metric.GPU_HELD.labels(), labels, mib * MIB)));
    return FleetCollector.family(Metric.GPU_HELD, samples);
  }

  private void add(Entry entry, Map<List<String>, Long> held) {
    NodeState node = ledger.fleet().node(entry.placement().node());
    if (node == null || entry.state() == Entry.State.PROPOSED) {
      return;
    }
    String account = accounting.accountOf(entry.holder().namespace());
    for (Slot slot : entry.placement().slots()) {
      if (slot.gpu() < node.gpus()) {
        GpuSpec gpu = node.spec().gpus().get(slot.gpu());
        String uuid = gpu.uuid() == null ? "" : gpu.uuid();
        List<String> labels = List.of(node.name(), "" + slot.gpu(), uuid, account);
        long mib = slot instanceof Slot.Whole ? gpu.memoryMiB() : slot.memoryMiB();
        held.merge(labels, mib, Long::sum);
      }
    }
  }
}
