package gpu.kerf.extender.verb;

import gpu.kerf.extender.gang.Gang;
import gpu.kerf.extender.gang.GangKey;
import gpu.kerf.extender.gang.GangSize;
import gpu.kerf.extender.gang.start.GangStarts;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.wire.BindAnswer;
import gpu.kerf.extender.wire.BindCall;
import gpu.kerf.extender.wire.VerbError;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the bind calls of a gang's pods until enough of them are here to start, so that either all
 * are bound or none is. kube-scheduler binds each pod in a goroutine of its own, so the calls of a
 * gang are open at the same time; while a call waits, the pod's CPU and memory stay reserved.
 *
 * <pre>
 *   the last call is here              all are handed on together
 *   one has waited too long            all get an error; nothing was written
 *   the caller of one has hung up      that one is forgotten; the others wait on
 *   the places are held no more        all get an error
 * </pre>
 */
final class BindBarrier {

  private final Scheduling scheduling;
  private final GangStarts starts;
  private final Handover handover;
  private final Map<GangKey, Waiting> byGang = new LinkedHashMap<>();
  private final Map<String, Arrival> byUid = new HashMap<>();

  /** What becomes of calls that are here together. */
  @FunctionalInterface
  interface Handover {
    void bindAll(Gang gang, List<Arrival> arrivals);
  }

  /** One call that is here. */
  static final class Arrival {
    private final BindCall call;
    private final long since;
    private final CompletableFuture<BindAnswer> answer = new CompletableFuture<>();
    private int callers = 1;

    private Arrival(BindCall call, long since) {
      this.call = call;
      this.since = since;
    }

    BindCall call() {
      return call;
    }
  }

  /** The calls of one gang. */
  private record Waiting(Gang gang, List<Arrival> arrivals) {}

  BindBarrier(Scheduling scheduling, GangStarts starts, Handover handover) {
    this.scheduling = scheduling;
    this.starts = starts;
    this.handover = handover;
  }

  /**
   * The answer to an earlier call for the same pod that is not answered yet; null if there is none.
   */
  @Nullable CompletableFuture<BindAnswer> repeated(BindCall call) {
    Arrival earlier = byUid.get(call.pod().uid());
    if (earlier == null) {
      return null;
    }
    if (!earlier.call.node().equals(call.node())) {
      return CompletableFuture.completedFuture(new BindAnswer(VerbError.HELD_ELSEWHERE));
    }
    earlier.callers++;
    return earlier.answer;
  }

  /** A call whose pod has a held place on its node, or needs none. */
  CompletableFuture<BindAnswer> arrive(Gang gang, BindCall call) {
    Arrival arrival = new Arrival(call, scheduling.elapsedMillis());
    byUid.put(call.pod().uid(), arrival);
    Waiting waiting =
        byGang.computeIfAbsent(gang.key(), key -> new Waiting(gang, new ArrayList<>()));
    waiting.arrivals.add(arrival);
    GangSize size = gang.size();
    if (size != null && waiting.arrivals.size() + starts.taken(gang) >= size.minimum()) {
      byGang.remove(gang.key());
      handover.bindAll(gang, waiting.arrivals);
    }
    return arrival.answer;
  }

  /** The caller does not wait for the answer any more, as when kube-scheduler has ended. */
  void hungUp(BindCall call) {
    Arrival arrival = byUid.get(call.pod().uid());
    if (arrival == null || !arrival.call.equals(call) || --arrival.callers > 0) {
      return;
    }
    for (Waiting waiting : List.copyOf(byGang.values())) {
      if (waiting.arrivals.remove(arrival)) {
        answer(arrival, new BindAnswer(VerbError.GANG_WAITS));
        if (waiting.arrivals.isEmpty()) {
          byGang.remove(waiting.gang.key());
        }
      }
    }
  }

  void answer(Arrival arrival, BindAnswer answer) {
    byUid.remove(arrival.call.pod().uid(), arrival);
    arrival.answer.complete(answer);
  }

  /** Sends those away that have waited too long, or whose places are held no more. */
  void tick() {
    long now = scheduling.elapsedMillis();
    long most = scheduling.policy().gangs().barrier().toMillis();
    for (Waiting waiting : List.copyOf(byGang.values())) {
      boolean held = scheduling.held().has(waiting.gang.key().id());
      boolean late = waiting.arrivals.stream().anyMatch(each -> now - each.since >= most);
      if (late || !held) {
        byGang.remove(waiting.gang.key());
        if (held) {
          starts.failed(waiting.gang);
        }
        waiting.arrivals.forEach(each -> answer(each, new BindAnswer(VerbError.GANG_WAITS)));
      }
    }
  }

  /** How many calls wait. */
  int size() {
    return byUid.size();
  }
}
