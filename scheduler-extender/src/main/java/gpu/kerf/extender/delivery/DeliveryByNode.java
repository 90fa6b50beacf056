package gpu.kerf.extender.delivery;

import gpu.kerf.model.hardware.DeliveryWay;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;

/** Chooses the delivery of each node, and delegates to it. */
public final class DeliveryByNode implements Delivery {
  private final Map<DeliveryWay, Delivery> ways;

  public DeliveryByNode(Map<DeliveryWay, Delivery> ways) {
    this.ways = Map.copyOf(ways);
  }

  @Override
  public CompletionStage<Prepared> prepare(DeliveryRequest deliveryRequest) {
    return way(deliveryRequest).prepare(deliveryRequest);
  }

  @Override
  public void undo(DeliveryRequest deliveryRequest) {
    way(deliveryRequest).undo(deliveryRequest);
  }

  private Delivery way(DeliveryRequest deliveryRequest) {
    return Objects.requireNonNull(ways.get(deliveryRequest.node().delivery()));
  }
}
