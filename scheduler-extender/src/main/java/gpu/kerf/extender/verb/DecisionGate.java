package gpu.kerf.extender.verb;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.wire.VerbError;
import org.jspecify.annotations.Nullable;

/**
 * Whether the verbs may decide: only while the known state of the cluster is complete and not too
 * old. A replica whose watches are cut would otherwise decide on a state that has changed since.
 */
final class DecisionGate {
  private final Scheduling scheduling;
  private final Cluster cluster;

  DecisionGate(Scheduling scheduling, Cluster cluster) {
    this.scheduling = scheduling;
    this.cluster = cluster;
  }

  /** Why no verb may decide now; null if they may. */
  @Nullable VerbError refusal() {
    if (!cluster.synced()) {
      return VerbError.NOT_SYNCED;
    }
    if (!cluster.waiting().isZero()) {
      return VerbError.DELETIONS_UNKNOWN;
    }
    return cluster.staleness().compareTo(scheduling.policy().staleAfter()) > 0
        ? VerbError.STALE
        : null;
  }

  /** Throws if no verb may decide now. */
  void pass() throws VerbException {
    VerbError refusal = refusal();
    if (refusal != null) {
      throw new VerbException(refusal);
    }
  }
}
