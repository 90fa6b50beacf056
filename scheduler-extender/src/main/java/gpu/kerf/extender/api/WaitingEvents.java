package gpu.kerf.extender.api;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells the users of pods that wait for room which change of the pod would let it in now, in an
 * event beside the one by which kube-scheduler says that no node has room. Only pods that have
 * waited for a while get one, and a pod gets another only when the change is another.
 */
final class WaitingEvents {
  private static final long SHORTEST_WAIT_MILLIS = 10_000;
  private static final int MOST_AT_ONCE = 50;
  private static final String REASON = "WouldFit";

  private final Scheduling scheduling;
  private final Changes changes;
  private final Cluster cluster;
  private final Map<String, String> told = new HashMap<>();

  WaitingEvents(Scheduling scheduling, Changes changes, Cluster cluster) {
    this.scheduling = scheduling;
    this.changes = changes;
    this.cluster = cluster;
  }

  /** Looks at all pods that wait; to be called every few seconds. */
  void look() {
    told.keySet().removeIf(uid -> !waits(scheduling.pods().get(uid)));
    int left = MOST_AT_ONCE;
    for (KnownPod pod : scheduling.pods().all()) {
      if (left > 0 && waits(pod) && changes.isKnown(pod.demand())) {
        left -= tell(pod) ? 1 : 0;
      }
    }
  }

  private boolean waits(@Nullable KnownPod pod) {
    return pod != null
        && Pending.is(pod)
        && !pod.isNonsense()
        && !pod.reason().isEmpty()
        && scheduling.wallMillis() - pod.since() >= SHORTEST_WAIT_MILLIS;
  }

  private boolean tell(KnownPod pod) {
    String change = changes.of(pod.demand());
    if (change == null || change.equals(told.put(pod.uid(), change))) {
      return false;
    }
    String text = "The pod would fit now with this change: " + change + ".";
    cluster.event(new PodEvent(pod.ref(), false, REASON, text));
    return true;
  }
}
