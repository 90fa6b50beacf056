package gpu.kerf.model.team;

import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a pod or a gang holds, in thousandths of GPUs: in all, and of each GPU model.
 *
 * <p>It exists because a team may have a guarantee and a limit of a single model beside its own.
 */
public record GpuHolding(long milli, Map<String, Long> byModel) {

  public static final GpuHolding NONE = new GpuHolding(0, Map.of());

  public GpuHolding {
    byModel = Map.copyOf(byModel);
  }

  /** What a placement holds on its node; nothing if the node is not known. */
  public static GpuHolding of(Placement placement, Fleet fleet) {
    NodeState node = fleet.node(placement.node());
    if (node == null) {
      return NONE;
    }
    Map<String, Long> byModel = new TreeMap<>();
    long sum = 0;
    for (Slot slot : placement.slots()) {
      if (slot.gpu() < node.gpus()) {
        GpuSpec gpu = node.spec().gpus().get(slot.gpu());
        long milli = GpuMeasure.milli(slot, gpu);
        byModel.merge(gpu.model().name(), milli, Long::sum);
        sum += milli;
      }
    }
    return new GpuHolding(sum, byModel);
  }

  public static GpuHolding of(List<Ledger.Claim> places, Fleet fleet) {
    GpuHolding sum = NONE;
    for (Ledger.Claim place : places) {
      sum = sum.plus(of(place.placement(), fleet));
    }
    return sum;
  }

  public GpuHolding plus(GpuHolding other) {
    if (milli == 0) {
      return other;
    }
    Map<String, Long> both = new TreeMap<>(byModel);
    other.byModel.forEach((model, amount) -> both.merge(model, amount, Long::sum));
    return new GpuHolding(milli + other.milli, both);
  }

  public long of(String model) {
    return byModel.getOrDefault(model, 0L);
  }
}
