package gpu.kerf.extender.delivery;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.wire.VerbError;
import gpu.kerf.model.hardware.DeliveryWay;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Chooses the delivery of each node, and delegates to it.
 *
 * <p>A pod that names a ResourceClaim of an earlier attempt would not start on a node without the
 * claim's driver, so that claim is given up first.
 */
public final class DeliveryByNode implements Delivery {
  private final Map<DeliveryWay, Delivery> ways;
  private final Cluster cluster;

  public DeliveryByNode(Map<DeliveryWay, Delivery> ways, Cluster cluster) {
    this.ways = Map.copyOf(ways);
    this.cluster = cluster;
  }

  @Override
  public CompletionStage<Prepared> prepare(DeliveryRequest deliveryRequest) {
    boolean claims =
        deliveryRequest.node().delivery() == DeliveryWay.DRA && deliveryRequest.hasGpus();
    if (claims || !cluster.mayHaveClaim(deliveryRequest.pod().uid())) {
      return way(deliveryRequest).prepare(deliveryRequest);
    }
    return cluster
        .unclaim(deliveryRequest.pod())
        .thenCompose(
            done ->
                done
                    ? way(deliveryRequest).prepare(deliveryRequest)
                    : CompletableFuture.completedFuture(Prepared.not(VerbError.CLAIM_IN_REMOVAL)));
  }

  @Override
  public void undo(DeliveryRequest deliveryRequest) {
    way(deliveryRequest).undo(deliveryRequest);
  }

  private Delivery way(DeliveryRequest deliveryRequest) {
    return Objects.requireNonNull(ways.get(deliveryRequest.node().delivery()));
  }
}
