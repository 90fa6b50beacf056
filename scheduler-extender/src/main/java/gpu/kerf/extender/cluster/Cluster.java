package gpu.kerf.extender.cluster;

import gpu.kerf.extender.team.TeamFigures;
import gpu.kerf.extender.wire.ClaimFinding;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.usage.UsageCheckpoint;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The port to the cluster that runs the pods: a real API server, or a simulated one.
 *
 * <p>Nothing here blocks; stages may complete on any thread. The cluster reports its events to a
 * {@link ClusterListener}.
 */
public interface Cluster {

  /** Binds a pod to a node and writes annotations on it, in one transaction. */
  CompletionStage<BindResult> bind(Binding binding);

  /**
   * What the API server itself says of a pod, not a cache; empty if there is none of this name. The
   * uid may be another one.
   */
  CompletionStage<Optional<PodView>> read(PodView.Ref pod);

  /** Evicts a pod of exactly this uid. */
  CompletionStage<EvictResult> evict(Eviction eviction);

  /**
   * Locks a node for a pod, as HAMi's scheduler and device plugin do it: the device plugin of that
   * node then serves that pod alone.
   */
  default CompletionStage<LockResult> lock(String node, PodView.Ref pod) {
    return CompletableFuture.completedFuture(LockResult.TAKEN);
  }

  /** Unlocks a node if it is locked for this pod. */
  default void unlock(String node, PodView.Ref pod) {}

  /**
   * Claims devices of a DRA driver for a pod that is about to be bound: a ResourceClaim, its
   * allocation, and the field of the pod that names it. For a pod that has a claim already, only
   * what differs is written. A claim that did not succeed is given up, unless its result is
   * unknown. To be called on the thread that owns the ledger.
   */
  default CompletionStage<ClaimResult> claim(DeviceClaim claim) {
    return CompletableFuture.completedFuture(ClaimResult.WRITTEN);
  }

  /**
   * Whether the ResourceClaims that a pod names itself give it GPUs, as far as is known now; from
   * memory, on any thread.
   */
  default ClaimFinding claimsOf(String namespace, List<PodView.Claim> claims) {
    return ClaimFinding.NO_GPUS;
  }

  /**
   * Whether kube-scheduler's own plugin claims GPUs for an extended resource, by a DeviceClass that
   * stands for it; from memory, on any thread.
   */
  default ClaimFinding claimOfResource(String resource) {
    return ClaimFinding.NO_GPUS;
  }

  /**
   * The same as {@link #claimsOf} once it is known, for a pod whose claims have been allocated;
   * after a while it says what is known then. To be called on the thread that owns the ledger.
   */
  default CompletionStage<ClaimFinding> settledClaimsOf(
      String namespace, List<PodView.Claim> claims) {
    return CompletableFuture.completedFuture(claimsOf(namespace, claims));
  }

  /**
   * Gives up what was claimed for a pod that was not bound; false where that is not known to be
   * done. To be called on the thread that owns the ledger.
   */
  default CompletionStage<Boolean> unclaim(PodView.Ref pod) {
    return CompletableFuture.completedFuture(true);
  }

  /** Whether devices may be claimed for a pod; to be called on the thread that owns the ledger. */
  default boolean mayHaveClaim(String uid) {
    return false;
  }

  /** Asks kube-scheduler to try a node first for a pod, and to keep room for it there; a hint. */
  default CompletionStage<Boolean> nominate(PodView.Ref pod, String node) {
    return CompletableFuture.completedFuture(true);
  }

  /**
   * Takes Kerf's scheduling gate off a pod, and no other gate. A pod that does not have it counts
   * as opened.
   */
  default CompletionStage<GateResult> openGate(PodView.Ref pod) {
    return CompletableFuture.completedFuture(GateResult.OPENED);
  }

  /**
   * Tells users of a pod why it waits for its turn, and since when; may come late, or be dropped.
   */
  default void waiting(PodView.Ref pod, long sinceMillis, String text) {}

  /**
   * Tells users of a running pod that Kerf will evict it, when and why; may come late.
   *
   * @param reason in one word
   */
  default void announceEviction(PodView.Ref pod, String reason, String text) {}

  /** Tells users of a pod that it will not be evicted, although that was announced. */
  default void withdrawEviction(PodView.Ref pod) {}

  /** Whether it is known by now if there are teams. */
  default boolean teamsKnown() {
    return synced();
  }

  /**
   * Whether this replica gives turns to teams, and no other one; to be asked while there are teams.
   */
  default boolean leadsTurns() {
    return true;
  }

  /** kube-scheduler asks this replica about pods: it is the one that should give turns. */
  default void askedAboutTurn() {}

  /** Tells users of teams what the teams have right now. */
  default void teamFigures(TeamFigures figures) {}

  /**
   * Keeps what teams have used for the next start, by their names. It may come late, and then the
   * newest is kept; completes when all of it is kept, or cannot be.
   */
  default CompletionStage<Void> teamUsage(Map<String, UsageCheckpoint> usage) {
    return CompletableFuture.completedFuture(null);
  }

  /**
   * Whether this replica is to keep what teams have used: it gives turns, or knows of no other one
   * that does. To be asked while there are teams.
   */
  default boolean keepsTeamUsage() {
    return leadsTurns();
  }

  /**
   * Tells the listener of pods whose containers had ended before anything was heard of them; see
   * {@link ClusterListener#podOver}. Completes when all are told, and fails where they are not.
   */
  default CompletionStage<Void> tellEndedPods() {
    return CompletableFuture.completedFuture(null);
  }

  /** Makes kube-scheduler try a pending pod again; may be dropped. */
  default void nudge(PodView.Ref pod) {}

  /** Tells users of a pod what happened to it; may be dropped. */
  void event(PodEvent event);

  /**
   * Whether no other replica binds, and all that one may have bound has been told to the listener.
   * If not, {@link #catchUp} comes before a binding.
   */
  default boolean upToDate() {
    return true;
  }

  /**
   * Keeps other replicas from binding, and completes when the listener has been told all that the
   * API server has on a node; or says why a binding cannot be decided. The pod is the one that is
   * to be bound there. To be called on the thread that owns the ledger.
   */
  default CompletionStage<BindReadiness> catchUp(String node, PodView.Ref pod) {
    return CompletableFuture.completedStage(BindReadiness.READY);
  }

  /**
   * Another number whenever another replica may have bound in between: what was decided before is
   * not to be sent any more.
   */
  default long bindingTerm() {
    return 0;
  }

  /** Why no binding can be sent at all, for people; empty if they can. */
  default String bindingProblem() {
    return "";
  }

  /** What the cluster lacks of what Kerf needs for all of its work, for people. */
  default List<MissingPart> missingParts() {
    return List.of();
  }

  /** Whether everything that was there at the start has been told to the listener. */
  boolean synced();

  /** Whether all nodes that were there at the start have been told; pods come after them. */
  default boolean nodesTold() {
    return synced();
  }

  /**
   * How long nothing may be decided yet, because pods may have been deleted by force while no
   * replica listened, and their containers may still run; zero if nothing of the kind is to be
   * feared.
   */
  default Duration waiting() {
    return Duration.ZERO;
  }

  /** How old the picture of the cluster is. */
  Duration staleness();
}
