package gpu.kerf.extender.verb;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.preemption.Preemptions;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.PodAsk;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.wire.NodeList;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Fleet;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes kube-scheduler try pods again that filter refused and that fit now.
 *
 * <p>Normally kube-scheduler does so by itself when it sees a change. But it may see the change
 * before Kerf does, ask too early, and then wait for minutes. It never sees some changes: a GPU
 * that is healthy again, a new MIG instance, a budget that allows more, devices that a DRA driver
 * has published again. So if a pod fits on a node of its last filter call, and kube-scheduler does
 * not ask about it within seconds, Kerf changes the pod to wake it; it repeats this at growing
 * intervals.
 *
 * <p>It checks the state at intervals and not events, so that it cannot miss a change. Only where a
 * pod ends on a node just after another one was refused there, it does not wait: both programs hear
 * of an end at the same time, and kube-scheduler is often the faster one.
 */
public final class WakeUps {
  private static final int MOST_REFUSED = 2_000;
  private static final int MOST_DEMANDS = 16;
  private static final int MOST_NUDGES = 10;

  /** Nodes that Kerf does not know can be many; few of them become usable. */
  private static final int MOST_UNKNOWN = 64;

  private static final long FIRST_PATIENCE_MILLIS = 2_000;
  private static final long LONGEST_PATIENCE_MILLIS = 300_000;
  private static final int MOST_DOUBLINGS = 8;

  /** So long before Kerf hears of an end kube-scheduler may have heard of it, and asked. */
  private static final long TOO_EARLY_MILLIS = 500;

  private static final int MOST_TOO_EARLY = 64;

  private final Scheduling scheduling;
  private final Cluster cluster;
  private final Preemptions preemptions;
  private final Map<String, Refused> refused = new LinkedHashMap<>();
  private final Deque<String> hopeful = new ArrayDeque<>();

  /** Pods that were refused a moment ago, the last one first. */
  private final Deque<Refusal> recent = new ArrayDeque<>();

  private long loosened;

  private record Refusal(String uid, long millis) {}

  /** A pod that fitted on none of the nodes that it was offered. */
  private static final class Refused {
    private final BitSet offered;

    /** Nodes that it was offered as well, and that could not be used then. */
    private final List<String> unknown;

    private int nudges;
    private boolean fits;
    private long since;

    Refused(BitSet offered, List<String> unknown, int nudges) {
      this.offered = offered;
      this.unknown = unknown;
      this.nudges = nudges;
    }

    long patience() {
      int doublings = Math.min(nudges, MOST_DOUBLINGS);
      return Math.min(FIRST_PATIENCE_MILLIS << doublings, LONGEST_PATIENCE_MILLIS);
    }
  }

  public WakeUps(Scheduling scheduling, Cluster cluster, Preemptions preemptions) {
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.preemptions = preemptions;
  }

  /** Filter found no room for a pod. */
  void refused(String uid, NodeList nodes) {
    BitSet offered = new BitSet(scheduling.fleet().limit());
    for (int place = 0; place < nodes.size(); place++) {
      offered.set(nodes.index(place));
    }
    List<String> unknown = nodes.unknown().stream().limit(MOST_UNKNOWN).toList();
    Refused before = refused.remove(uid);
    refused.put(uid, new Refused(offered, unknown, before == null ? 0 : before.nudges));
    if (refused.size() > MOST_REFUSED) {
      refused.remove(refused.keySet().iterator().next());
    }
    recent.addFirst(new Refusal(uid, scheduling.elapsedMillis()));
    if (recent.size() > MOST_TOO_EARLY) {
      recent.removeLast();
    }
  }

  /** Filter found room for a pod. */
  void placed(String uid) {
    refused.remove(uid);
  }

  /**
   * A pod has ended on a node: wakes the most urgent of those that were refused a moment too early
   * and fit there now.
   */
  void roomOn(String name) {
    int node = scheduling.fleet().indexOf(name);
    long earliest = scheduling.elapsedMillis() - TOO_EARLY_MILLIS;
    KnownPod found = null;
    for (Refusal each : recent) {
      if (node < 0 || each.millis < earliest) {
        break;
      }
      KnownPod pod = waitingFor(node, each.uid);
      if (pod != null
          && (found == null || pod.holder().priority() > found.holder().priority())
          && scheduling.ask(pod.demand()).refusal(node) == null) {
        found = pod;
      }
    }
    if (found != null) {
      nudge(found);
    }
  }

  /** A refused pod that still waits and was offered a node; null if it does not, or was not. */
  private @Nullable KnownPod waitingFor(int node, String uid) {
    Refused one = refused.get(uid);
    KnownPod pod = scheduling.pods().get(uid);
    boolean waits =
        one != null
            && one.offered.get(node)
            && pod != null
            && pod.isPending()
            && !preemptions.has(uid);
    return waits ? pod : null;
  }

  /** Looks who has room; to be called now and then. */
  public void look() {
    if (refused.isEmpty()) {
      return;
    }
    List<KnownPod> due = new ArrayList<>();
    Map<PodDemand, BitSet> rooms = new HashMap<>();
    for (Map.Entry<String, Refused> each : List.copyOf(refused.entrySet())) {
      KnownPod pod = scheduling.pods().get(each.getKey());
      if (pod == null || !pod.isPending()) {
        refused.remove(each.getKey());
      } else if (rooms.size() == MOST_DEMANDS && !rooms.containsKey(pod.demand())) {
        break;
      } else if (isDue(pod, each.getValue(), rooms.computeIfAbsent(pod.demand(), this::room))) {
        due.add(pod);
      }
    }
    due.sort(Comparator.comparing(pod -> -pod.holder().priority()));
    due.stream().limit(MOST_NUDGES).forEach(this::nudge);
    lookForPlans();
  }

  /**
   * Whether a pod has room and kube-scheduler does not ask about it; the pod then goes to the end
   * of the line.
   */
  private boolean isDue(KnownPod pod, Refused one, BitSet room) {
    refused.remove(pod.uid());
    refused.put(pod.uid(), one);
    boolean fits = hasRoom(one, room) && !preemptions.has(pod.uid());
    if (fits && !one.fits) {
      one.since = scheduling.elapsedMillis();
    }
    one.fits = fits;
    return fits && scheduling.elapsedMillis() - one.since >= one.patience();
  }

  /** A node that became usable after the refusal counts as offered too. */
  private boolean hasRoom(Refused one, BitSet room) {
    return room.intersects(one.offered)
        || one.unknown.stream()
            .mapToInt(scheduling.fleet()::indexOf)
            .anyMatch(node -> node >= 0 && room.get(node));
  }

  /** The nodes on which a demand fits. */
  private BitSet room(PodDemand demand) {
    PodAsk ask = scheduling.ask(demand);
    Fleet fleet = scheduling.fleet();
    BitSet room = new BitSet(fleet.limit());
    for (int node = 0; node < fleet.limit(); node++) {
      if (fleet.at(node) != null && ask.refusal(node) == null) {
        room.set(node);
      }
    }
    return room;
  }

  private void nudge(KnownPod pod) {
    Refused one = refused.get(pod.uid());
    if (one != null) {
      one.nudges++;
      one.since = scheduling.elapsedMillis();
      cluster.nudge(pod.ref());
    }
  }

  /** When a budget allows more, or a plan is over, some of those who wait may evict others now. */
  private void lookForPlans() {
    long now = preemptions.loosened();
    if (now != loosened) {
      loosened = now;
      hopeful.clear();
      refused.keySet().stream()
          .map(scheduling.pods()::get)
          .filter(pod -> pod != null && pod.mayPreempt() && !preemptions.has(pod.uid()))
          .sorted(Comparator.comparing(pod -> -pod.holder().priority()))
          .forEach(pod -> hopeful.add(pod.uid()));
    }
    lookForPlan();
  }

  private void lookForPlan() {
    String uid = hopeful.peek();
    KnownPod pod = uid == null ? null : scheduling.pods().get(uid);
    Refused one = uid == null ? null : refused.get(uid);
    if (pod == null || one == null) {
      hopeful.poll();
    } else if (preemptions.lookAgain(pod, names(one.offered), () -> nudge(pod))) {
      hopeful.remove();
    }
  }

  private List<String> names(BitSet nodes) {
    Fleet fleet = scheduling.fleet();
    return nodes.stream()
        .mapToObj(fleet::at)
        .filter(node -> node != null)
        .map(node -> node.name())
        .toList();
  }
}
