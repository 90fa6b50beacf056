package gpu.kerf.extender.kueue.check;

import gpu.kerf.extender.kueue.Workload;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.fleet.JointFit;
import gpu.kerf.model.placement.Placement;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The room that was counted for workloads whose pods are on their way: a workload that is asked
 * next does not count it again. It is no reservation: the ledger does not know of it, and any pod
 * may take it.
 *
 * <pre>
 *   the check is ready     the places that were found are promised, for a limited time
 *   a pod of it is bound   one place less
 *   all are bound, the time is over, the workload lost its quota or is over: no promise any more
 * </pre>
 */
final class Promises {
  private final Map<String, Promise> byWorkload = new LinkedHashMap<>();

  /** What is promised to one workload. */
  private static final class Promise {
    private final Workload workload;
    private final List<Placement> places;
    private final long until;
    private final Set<String> bound = new HashSet<>();

    Promise(Workload workload, List<Placement> places, long until) {
      this.workload = workload;
      this.places = List.copyOf(places);
      this.until = until;
    }

    int left() {
      return Math.max(0, places.size() - bound.size());
    }

    boolean isOf(Holder holder) {
      return workload.namespace().equals(holder.namespace())
          && workload.owners().stream().anyMatch(owner -> creates(owner, holder));
    }

    /** Whether what created the workload created the pod: a pod itself, its Job, or its JobSet. */
    private static boolean creates(String owner, Holder holder) {
      return owner.equals(holder.owner())
          || owner.equals("Pod/" + holder.name())
          || (owner.startsWith("JobSet/")
              && holder.owner().startsWith("Job/" + owner.substring("JobSet/".length()) + "-"));
    }
  }

  void make(Workload workload, List<Placement> places, long until) {
    byWorkload.put(workload.uid(), new Promise(workload, places, until));
  }

  /** Whether there was a promise to this workload. */
  boolean end(String workload) {
    return byWorkload.remove(workload) != null;
  }

  /** Whether some promises have ended by now. */
  boolean expire(long now) {
    return byWorkload.values().removeIf(each -> now - each.until >= 0 || each.left() == 0);
  }

  /** A pod has taken its slots. */
  void taken(Entry entry) {
    for (Promise promise : byWorkload.values()) {
      if (promise.isOf(entry.holder())) {
        promise.bound.add(entry.uid());
        return;
      }
    }
  }

  /** Counts what is promised to other workloads than this one. */
  void countIn(JointFit fit, String workload) {
    byWorkload.forEach(
        (uid, promise) -> {
          if (!uid.equals(workload)) {
            fit.take(promise.places, promise.left());
          }
        });
  }

  void clear() {
    byWorkload.clear();
  }
}
