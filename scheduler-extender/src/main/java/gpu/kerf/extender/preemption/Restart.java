package gpu.kerf.extender.preemption;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.eviction.PlanOutcome;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Restores the plans that Kerf had begun before a restart, from the state in the cluster.
 *
 * <p>The cluster keeps only one part of a plan: the node that it nominated. A pod with a nominated
 * node gets a plan again if it fits there after all terminating pods are gone. Otherwise other pods
 * would get the slots that become free.
 */
final class Restart {

  private final Scheduling scheduling;
  private final Cluster cluster;
  private final PlanSearch search;
  private final Evictions evictions;
  private final Map<String, String> nominated = new LinkedHashMap<>();
  private boolean done;

  Restart(Scheduling scheduling, Cluster cluster, PlanSearch search, Evictions evictions) {
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.search = search;
    this.evictions = evictions;
  }

  /** What the cluster says of a pod before all of it is known; later it is of no interest. */
  void podChanged(PodView pod) {
    if (done) {
      return;
    }
    if (pod.isBound() || pod.nominatedNode().isEmpty()) {
      nominated.remove(pod.uid());
    } else {
      nominated.put(pod.uid(), pod.nominatedNode());
    }
  }

  /**
   * Makes the plans once, when everything is known; the most urgent pod comes first.
   *
   * @return whether they were made now
   */
  boolean restore(boolean isOn) {
    if (done || !cluster.synced()) {
      return false;
    }
    done = true;
    nominated.keySet().stream()
        .map(uid -> scheduling.pods().get(uid))
        .filter(Objects::nonNull)
        .filter(pod -> isOn && pod.isPending() && !pod.isNonsense())
        .sorted(Comparator.comparing(pod -> pod.holder().priority(), Comparator.reverseOrder()))
        .forEach(pod -> restore(pod, nominated.getOrDefault(pod.uid(), "")));
    nominated.clear();
    return true;
  }

  private void restore(KnownPod pod, String node) {
    PlanOutcome.Plan plan =
        scheduling.ask(pod.demand()).wantsGpus() ? search.withoutVictims(node, pod) : null;
    if (plan != null) {
      evictions.await(pod, plan);
    } else {
      // No victim is leaving for it, and kube-scheduler would ask again after minutes only.
      cluster.nudge(pod.ref());
    }
  }
}
