package gpu.kerf.extender.verb;

import gpu.kerf.model.hardware.DeliveryWay;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;

/** Hands over in the way of the node. */
public final class DeliveryByNode implements Delivery {
  private final Map<DeliveryWay, Delivery> ways;

  public DeliveryByNode(Map<DeliveryWay, Delivery> ways) {
    this.ways = Map.copyOf(ways);
  }

  @Override
  public CompletionStage<Prepared> prepare(Handover handover) {
    return way(handover).prepare(handover);
  }

  @Override
  public void undo(Handover handover) {
    way(handover).undo(handover);
  }

  private Delivery way(Handover handover) {
    return Objects.requireNonNull(ways.get(handover.node().delivery()));
  }
}
