package gpu.kerf.extender.turn;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.GateResult;
import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.wire.PodView;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Takes gates off pods: in the order of the calls, several at once, at a bounded rate. What the API
 * server refuses is tried again at growing intervals, because another admission plugin may refuse a
 * change of a pod now and allow it later.
 */
final class GateOpener {

  static final int MOST_AT_ONCE = 32;

  /** How many gates come off at once after a rest. */
  private static final int BURST = 50;

  private static final long FIRST_PAUSE_MILLIS = 1_000;
  private static final long LONGEST_PAUSE_MILLIS = 60_000;
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private final Scheduling scheduling;
  private final Cluster cluster;
  private final TurnCounts counts;
  private final Map<String, Opening> wanted = new HashMap<>();
  private final Deque<Opening> next = new ArrayDeque<>();
  private final PriorityQueue<Opening> later =
      new PriorityQueue<>(Comparator.comparingLong((Opening opening) -> opening.from));
  private long nanosPerGate = NANOS_PER_SECOND / TurnOptions.defaults().gatesPerSecond();
  private long owed;
  private int underWay;

  /** A gate that is to come off. */
  private static final class Opening {
    private final PodView.Ref pod;
    private int refusals;
    private long from;

    Opening(PodView.Ref pod) {
      this.pod = pod;
    }
  }

  GateOpener(Scheduling scheduling, Cluster cluster, TurnCounts counts) {
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.counts = counts;
    this.owed = scheduling.elapsedNanos() - BURST * nanosPerGate;
  }

  void use(int gatesPerSecond) {
    nanosPerGate = NANOS_PER_SECOND / gatesPerSecond;
  }

  /** Takes the gate off a pod, if that is not under way already. */
  void open(PodView.Ref pod) {
    if (!wanted.containsKey(pod.uid())) {
      Opening opening = new Opening(pod);
      wanted.put(pod.uid(), opening);
      next.add(opening);
      tick();
    }
  }

  /** The pod is gone, has no gate any more, or has lost its turn. */
  void forget(String uid) {
    wanted.remove(uid);
  }

  /** How many gates are still to come off. */
  int size() {
    return wanted.size();
  }

  /** Goes on; to be called now and then. */
  void tick() {
    Opening due = later.peek();
    while (due != null && due.from <= scheduling.elapsedMillis()) {
      next.add(later.remove());
      due = later.peek();
    }
    while (underWay < MOST_AT_ONCE && !next.isEmpty() && mayOpen()) {
      Opening opening = next.remove();
      if (stands(opening)) {
        owed += nanosPerGate;
        send(opening);
      }
    }
  }

  private boolean mayOpen() {
    long now = scheduling.elapsedNanos();
    owed = Math.max(owed, now - BURST * nanosPerGate);
    return owed - now <= 0;
  }

  @SuppressWarnings("ReferenceEquality") // A pod that is wanted again is another opening.
  private boolean stands(Opening opening) {
    return wanted.get(opening.pod.uid()) == opening;
  }

  private void send(Opening opening) {
    underWay++;
    scheduling.whenDone(
        () -> cluster.openGate(opening.pod), (result, failure) -> ended(opening, result, failure));
  }

  private void ended(Opening opening, @Nullable GateResult result, @Nullable Throwable failure) {
    underWay--;
    GateResult.Kind kind = result == null ? GateResult.Kind.FAILED : result.kind();
    count(kind);
    if (stands(opening)) {
      switch (kind) {
        case OPENED, GONE -> wanted.remove(opening.pod.uid());
        case REFUSED, FAILED ->
            refused(opening, result == null ? String.valueOf(failure) : result.text());
      }
    }
    tick();
  }

  private void count(GateResult.Kind kind) {
    switch (kind) {
      case OPENED -> counts.gate("opened");
      case REFUSED -> counts.gate("refused");
      case FAILED -> counts.gate("failed");
      case GONE -> {}
    }
  }

  private void refused(Opening opening, String why) {
    if (opening.refusals == 0) {
      cluster.event(
          new PodEvent(
              opening.pod,
              true,
              "GateRefused",
              "The gate " + PodView.TURN_GATE + " cannot be taken off; Kerf tries again: " + why));
    }
    long pause =
        Math.min(FIRST_PAUSE_MILLIS << Math.min(opening.refusals, 6), LONGEST_PAUSE_MILLIS);
    opening.refusals++;
    opening.from = scheduling.elapsedMillis() + pause;
    later.add(opening);
  }
}
