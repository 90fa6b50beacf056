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
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells users of running pods that Kerf will evict the pods, some minutes before a window closes or
 * because they are idle, and tells them if it will not after all: other work has ended, the Team
 * was changed, or they compute again.
 */
final class EvictionNotices {

  private static final long PAUSE_MILLIS = 5_000;

  private static final String WINDOW_CLOSES = "WindowCloses";

  /** A notice that an earlier process wrote. */
  private static final EvictionNotice FOUND = new EvictionNotice(WINDOW_CLOSES, "");

  private final Scheduling scheduling;
  private final Cluster cluster;
  private final Lines lines;
  private final TermsClock terms;
  private final Map<String, EvictionNotice> told = new HashMap<>();
  private Supplier<Map<String, EvictionNotice>> others = Map::of;
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

  /** From now on it also tells notices that others have, by the uids of the pods. */
  void add(Supplier<Map<String, EvictionNotice>> more) {
    others = more;
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
    boolean nothing = told.isEmpty() && others.get().isEmpty() && !terms.changesSoon();
    if (nothing || now - last < PAUSE_MILLIS || !cluster.leadsTurns()) {
      return;
    }
    last = now;
    Map<String, EvictionNotice> due = due();
    due.forEach(
        (uid, notice) -> {
          KnownPod pod = scheduling.pods().get(uid);
          if (pod != null && !notice.equals(told.put(uid, notice))) {
            cluster.announceEviction(pod.ref(), notice.reason(), notice.text());
          }
        });
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

  /** The notices for all pods that will have to go; a window closes all the same. */
  private Map<String, EvictionNotice> due() {
    Map<String, EvictionNotice> due = new HashMap<>(others.get());
    TeamBook book = lines.book();
    for (Shrinking each : book.wouldShrink(terms.soon(), scheduling.wallMillis() + aheadMillis)) {
      TermsClock.Change change = terms.change(each.limit().team());
      for (String uid : each.victim().pods()) {
        // The window has closed, and the pod has not run for its minimum, or its turn comes now.
        EvictionNotice notice =
            change == null
                ? told.get(uid)
                : new EvictionNotice(WINDOW_CLOSES, text(change, each.limit()));
        if (notice != null && notice.reason().equals(WINDOW_CLOSES)) {
          due.put(uid, notice);
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
