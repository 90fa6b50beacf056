package gpu.kerf.extender.state;

import gpu.kerf.extender.dialect.Reading;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Holder;
import java.util.List;

/**
 * A pod as the service keeps it.
 *
 * @param demand its demand; only CPU and memory if its GPU demand is invalid
 * @param problem why its GPU demand is invalid; empty if it is valid
 * @param claimable its containers that a ResourceClaim can give devices
 * @param claims its own ResourceClaims
 * @param node where it is bound; empty while it is pending
 * @param since when it was first seen, or bound
 * @param reason why it is still pending, from the last filter call; empty if it fits or was not
 *     filtered yet
 * @param unschedulable what kube-scheduler says that keeps it from every node; empty if it is not
 *     pending for that
 */
public record KnownPod(
    Holder holder,
    PodDemand demand,
    String problem,
    List<ClaimableContainer> claimable,
    List<PodView.Claim> claims,
    boolean mayPreempt,
    boolean terminating,
    String node,
    long since,
    String reason,
    String unschedulable) {

  /** A pod as it is seen for the first time. */
  static KnownPod of(PodView pod, Reading reading, long now) {
    return new KnownPod(
        holder(pod),
        reading.demand(),
        reading.problemText(),
        ClaimableContainer.of(pod),
        pod.claims(),
        pod.mayPreempt(),
        pod.terminating(),
        pod.nodeName(),
        pod.isBound() && pod.createdMillis() > 0 ? pod.createdMillis() : now,
        "",
        pod.unschedulable());
  }

  private static Holder holder(PodView pod) {
    PodView.Ref ref = pod.ref();
    return new Holder(
        ref.uid(), ref.namespace(), ref.name(), pod.owner(), PodGroups.of(pod), pod.priority());
  }

  /** The same pod, seen again with what an earlier sight knew of it. */
  KnownPod after(KnownPod earlier) {
    long first = node.equals(earlier.node) ? earlier.since : since;
    return new KnownPod(
        holder,
        demand,
        problem,
        claimable,
        claims,
        mayPreempt,
        terminating,
        node,
        first,
        earlier.reason,
        unschedulable);
  }

  /**
   * The same pod, which holds what an earlier sight knew that it asked: that was decided when it
   * was placed, and annotations can be changed since.
   */
  KnownPod holding(KnownPod earlier) {
    PodDemand held =
        earlier.demand.withCpuMilli(demand.cpuMilli()).withHostMemoryMiB(demand.hostMemoryMiB());
    return new KnownPod(
        holder,
        held,
        earlier.problem,
        claimable,
        claims,
        mayPreempt,
        terminating,
        node,
        since,
        reason,
        unschedulable);
  }

  KnownPod because(String text) {
    return new KnownPod(
        holder,
        demand,
        problem,
        claimable,
        claims,
        mayPreempt,
        terminating,
        node,
        since,
        text,
        unschedulable);
  }

  KnownPod on(String place, long now) {
    return new KnownPod(
        holder, demand, problem, claimable, claims, mayPreempt, terminating, place, now, "", "");
  }

  public String uid() {
    return holder.uid();
  }

  public PodView.Ref ref() {
    return new PodView.Ref(holder.namespace(), holder.name(), holder.uid());
  }

  /**
   * Why it is pending, in words: its demand is invalid, or what Kerf said last, or, where Kerf was
   * not asked because no node passed kube-scheduler's own filters, what kube-scheduler says. Empty
   * if it has not been tried yet.
   */
  public String whyPending() {
    if (isNonsense()) {
      return problem;
    }
    return reason.isEmpty() && !unschedulable.isEmpty()
        ? "kube-scheduler: " + unschedulable
        : reason;
  }

  /** Whether it asks Kerf for GPUs and has ResourceClaims of its own beside. */
  public boolean claimsBesideGpus() {
    return !claims.isEmpty() && !demand.containers().isEmpty();
  }

  public boolean isPending() {
    return node.isEmpty();
  }

  public boolean isNonsense() {
    return !problem.isEmpty();
  }
}
