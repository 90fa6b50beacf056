package gpu.kerf.extender.state;

import gpu.kerf.extender.dialect.Reading;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Holder;

/**
 * What is kept of a pod.
 *
 * @param demand what it asks of a node; only CPU and memory if what it asks makes no sense
 * @param problem what makes no sense in what it asks; empty if all is well
 * @param node where it is bound; empty while it is pending
 * @param since when it was first seen, or bound
 * @param reason why it is still pending, as the last filter found; empty if it fits or was not
 *     filtered yet
 */
public record KnownPod(
    Holder holder,
    PodDemand demand,
    String problem,
    boolean mayPreempt,
    boolean terminating,
    String node,
    long since,
    String reason) {

  /** A pod as it is seen for the first time. */
  static KnownPod of(PodView pod, Reading reading, long now) {
    return new KnownPod(
        holder(pod),
        reading.demand(),
        reading.problemText(),
        pod.mayPreempt(),
        pod.terminating(),
        pod.nodeName(),
        pod.isBound() && pod.createdMillis() > 0 ? pod.createdMillis() : now,
        "");
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
        holder, demand, problem, mayPreempt, terminating, node, first, earlier.reason);
  }

  /**
   * The same pod, which holds what an earlier sight knew that it asked: that was decided when it
   * was placed, and annotations can be changed since.
   */
  KnownPod holding(KnownPod earlier) {
    PodDemand held =
        new PodDemand(
            earlier.demand.containers(),
            demand.cpuMilli(),
            demand.hostMemoryMiB(),
            earlier.demand.ways());
    return new KnownPod(
        holder, held, earlier.problem, mayPreempt, terminating, node, since, reason);
  }

  KnownPod because(String text) {
    return new KnownPod(holder, demand, problem, mayPreempt, terminating, node, since, text);
  }

  KnownPod on(String place, long now) {
    return new KnownPod(holder, demand, problem, mayPreempt, terminating, place, now, "");
  }

  public String uid() {
    return holder.uid();
  }

  public PodView.Ref ref() {
    return new PodView.Ref(holder.namespace(), holder.name(), holder.uid());
  }

  public boolean isPending() {
    return node.isEmpty();
  }

  public boolean isNonsense() {
    return !problem.isEmpty();
  }
}
