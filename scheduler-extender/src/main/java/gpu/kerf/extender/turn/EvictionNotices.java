package gpu.kerf.extender.turn;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.team.Shrinking;
import gpu.kerf.model.team.TeamBook;
import gpu.kerf.model.team.WaitReason;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells users of running pods some minutes before a window closes that Kerf will evict the pods
 * then, and tells them if it will not after all: other work has ended, or the Team was changed.
 */
final class EvictionNotices {

  private static final long PAUSE_MILLIS = 5_000;

  /** The text of a notice that an earlier process wrote. */
  private static final String FOUND = "";

  private final Scheduling scheduling;
  private final Cluster cluster;
  private final Lines lines;
  private final TermsClock terms;
  private final Map<String, String> told = new HashMap<>();
  private long aheadMillis;
  private long last;

  EvictionNotices(Scheduling scheduling, Cluster cluster, Lines lines, TermsClock terms) {
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.lines = lines;
    this.terms = terms;
    this.last = scheduling.elapsedMillis();
  }

  /** How long before. */
  void use(long millis) {
    aheadMillis = millis;
  }

  /** A pod is known anew. */
  void seen(PodView pod) {
    if (pod.evictionAnnounced()) {
      told.putIfAbsent(pod.uid(), FOUND);
    }
  }

  void forget(String uid) {
    told.remove(uid);
  }

  /** Looks what will have to go; to be called now and then. */
  void tick() {
    long now = scheduling.elapsedMillis();
    boolean nothing = told.isEmpty() && !terms.changesSoon();
    if (nothing || now - last < PAUSE_MILLIS || !cluster.leadsTurns()) {
      return;
    }
    last = now;
    Map<String, String> due = due();
    for (Map.Entry<String, String> notice : due.entrySet()) {
      KnownPod pod = scheduling.pods().get(notice.getKey());
      if (pod != null && !notice.getValue().equals(told.put(pod.uid(), notice.getValue()))) {
        cluster.announceEviction(pod.ref(), notice.getValue());
      }
    }
    for (String uid : List.copyOf(told.keySet())) {
      // It stands on a pod that is being evicted.
      if (!due.containsKey(uid) && !lines.book().isLeaving(uid)) {
        told.remove(uid);
        withdraw(scheduling.pods().get(uid));
      }
    }
  }

  private void withdraw(@Nullable KnownPod pod) {
    if (pod != null && !pod.terminating()) {
      cluster.withdrawEviction(pod.ref());
    }
  }

  /** The texts for all pods that will have to go. */
  private Map<String, String> due() {
    Map<String, String> due = new HashMap<>();
    TeamBook book = lines.book();
    for (Shrinking each : book.wouldShrink(terms.soon(), scheduling.wallMillis() + aheadMillis)) {
      TermsClock.Change change = terms.change(each.limit().team());
      for (String uid : each.victim().pods()) {
        // The window has closed, and the pod has not run for its minimum, or its turn comes now.
        String text = change == null ? told.get(uid) : text(change, each.limit());
        if (text != null) {
          due.put(uid, text);
        }
      }
    }
    return due;
  }

  private static String text(TermsClock.Change change, WaitReason.Limit limit) {
    return change.text()
        + ". From then on the limit of the team is "
        + WaitingTexts.amount(limit.limit())
        + (limit.limit().milli() == 1_000 ? " GPU" : " GPUs")
        + (limit.model() == null ? "" : " of " + limit.model())
        + ", and Kerf will evict this pod.";
  }
}
