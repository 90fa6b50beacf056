package gpu.kerf.extender.telemetry;

import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement.ContainerSlots;
import gpu.kerf.model.placement.Slot;
import gpu.kerf.model.team.GpuMeasure;
import io.prometheus.client.Collector;
import java.util.ArrayList;
import java.util.List;

/**
 * The GPUs of each container as OpenCost reads them from a Prometheus. OpenCost's own series count
 * whole GPUs that pods request from NVIDIA's device plugin.
 */
public final class OpenCostCollector extends Collector {
  private static final double MILLI = 1000;

  private final Ledger ledger;

  public OpenCostCollector(Ledger ledger) {
    this.ledger = ledger;
  }

  @Override
  public List<MetricFamilySamples> collect() {
    List<MetricFamilySamples.Sample> samples = new ArrayList<>();
    for (Entry entry : ledger.entries()) {
      NodeState node = ledger.fleet().node(entry.placement().node());
      if (node != null && entry.state() != Entry.State.PROPOSED) {
        for (ContainerSlots container : entry.placement().containers()) {
          samples.add(sample(entry, node, container));
        }
      }
    }
    return List.of(FleetCollector.family(Metric.OPENCOST, samples));
  }

  private static MetricFamilySamples.Sample sample(
      Entry entry, NodeState node, ContainerSlots container) {
    long milli = 0;
    for (Slot slot : container.slots()) {
      if (slot.gpu() < node.gpus()) {
        GpuSpec gpu = node.spec().gpus().get(slot.gpu());
        milli += GpuMeasure.milli(slot, gpu);
      }
    }
    List<String> labels =
        List.of(
            entry.holder().namespace(),
            entry.holder().name(),
            container.container(),
            node.name(),
            entry.uid());
    return new MetricFamilySamples.Sample(
        Metric.OPENCOST.title(), Metric.OPENCOST.labels(), labels, milli / MILLI);
  }
}
