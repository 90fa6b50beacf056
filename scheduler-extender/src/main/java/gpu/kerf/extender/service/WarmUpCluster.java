package gpu.kerf.extender.service;

import gpu.kerf.extender.cluster.BindResult;
import gpu.kerf.extender.cluster.Binding;
import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.EvictResult;
import gpu.kerf.extender.cluster.Eviction;
import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.wire.PodView;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A cluster without pods, where everything that is asked for happens at once: for rehearsals, and a
 * base for clusters of which only one part is of interest.
 */
public class WarmUpCluster implements Cluster {

  @Override
  public CompletionStage<BindResult> bind(Binding binding) {
    return CompletableFuture.completedFuture(BindResult.BOUND);
  }

  @Override
  public CompletionStage<Optional<PodView>> read(PodView.Ref pod) {
    return CompletableFuture.completedFuture(Optional.empty());
  }

  @Override
  public CompletionStage<EvictResult> evict(Eviction eviction) {
    return CompletableFuture.completedFuture(EvictResult.EVICTED);
  }

  @Override
  public void event(PodEvent event) {}

  @Override
  public boolean synced() {
    return true;
  }

  @Override
  public Duration staleness() {
    return Duration.ZERO;
  }
}
