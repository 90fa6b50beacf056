package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Checks what is evicted for another team: the pod may go, and its team holds more than its
 * guarantee then; and while nothing new comes, such evictions end.
 */
final class ReclaimOracle {
  private static final String RECLAIMED = "Evicted because ";
  private static final String GUARANTEE = "takes back its guarantee";

  /** So long a replica may take a pod for bound that has ended. */
  private static final long ENDS_ARE_HEARD_LATE = 120 * VirtualTime.SECOND;

  private static final int MOST_KNOWN = 1_000;

  /** A replaced pod may be evicted again while the shares settle. */
  private static final int TIMES_THE_PODS = 3;

  private final VirtualTime timeline;
  private final ApiStore store;
  private final TeamObjects teams;
  private final GpuParts parts;
  private final Map<String, Held> atEviction = new LinkedHashMap<>();
  private final Deque<Ended> ended = new ArrayDeque<>();
  private long calmSince = Long.MAX_VALUE;
  private long mostReclaims;
  private long reclaims;
  private long last = -ENDS_ARE_HEARD_LATE;

  /** What the team of a pod held when it was evicted. */
  private record Held(String team, long most, long guarantee) {}

  private record Ended(String namespace, long most, long at) {}

  ReclaimOracle(VirtualTime timeline, ApiStore store, TeamObjects teams, GpuParts parts) {
    this.timeline = timeline;
    this.store = store;
    this.teams = teams;
    this.parts = parts;
    store.listen(
        change -> {
          if (change.kind() == ObjectKind.POD) {
            heard(change);
          }
        });
  }

  /** From now on nothing new comes; or it may again. */
  void calm(boolean on) {
    calmSince = on ? timeline.now() : Long.MAX_VALUE;
    reclaims = 0;
    mostReclaims = (long) TIMES_THE_PODS * store.all(ObjectKind.POD).size() + 10;
  }

  /** When a pod was evicted last for another team. */
  long last() {
    return last;
  }

  /** The Eviction API evicts a pod, and no event has said why yet. */
  void evicts(PodObject victim) {
    String team = teams.teamOf(victim.namespace());
    atEviction.put(victim.uid(), new Held(team, held(team), teams.lowestGuarantee(team)));
    if (atEviction.size() > MOST_KNOWN) {
      atEviction.remove(atEviction.keySet().iterator().next());
    }
  }

  /** At most: pods that have ended lately count, and pods that may have a place already. */
  private long held(String team) {
    long held = 0;
    for (Stored each : store.all(ObjectKind.POD)) {
      PodObject pod = each.pod();
      boolean mayHold = !pod.isOver() && (pod.isBound() || !pod.isGated());
      if (mayHold && teams.teamOf(pod.namespace()).equals(team)) {
        held += parts.most(pod);
      }
    }
    for (Ended each : ended) {
      boolean lately = timeline.now() - each.at < ENDS_ARE_HEARD_LATE;
      held += lately && teams.teamOf(each.namespace).equals(team) ? each.most : 0;
    }
    return held;
  }

  private void heard(ApiStore.Change change) {
    Stored before = change.before();
    PodObject pod = change.any().pod();
    boolean over = change.after() == null || pod.isOver();
    if (over && before != null && before.pod().isBound() && !before.pod().isOver()) {
      ended.add(new Ended(pod.namespace(), parts.most(before.pod()), timeline.now()));
      while (timeline.now() - ended.element().at > ENDS_ARE_HEARD_LATE) {
        ended.remove();
      }
    }
    String why = why(pod);
    if (why.startsWith(RECLAIMED) && (before == null || why(before.pod()).isEmpty())) {
      reclaimed(pod, why);
    }
  }

  /** What Kerf has written on a pod that it has evicted; empty if nothing. */
  private static String why(PodObject pod) {
    for (JsonNode each : pod.stored().json().path("status").path("conditions")) {
      boolean kerfs = each.path("reason").asText("").equals("PreemptionByScheduler");
      if (kerfs && each.path("type").asText("").equals("DisruptionTarget")) {
        return each.path("message").asText("");
      }
    }
    return "";
  }

  private void reclaimed(PodObject victim, String why) {
    last = timeline.now();
    Held was = atEviction.get(victim.uid());
    if (!why.contains(GUARANTEE) || was == null) {
      return;
    }
    if (victim.annotation("kerf.gpu/evictable").equals("false")) {
      throw new Violation("reclaimed, and must not be: " + victim + ": " + why);
    }
    if (was.guarantee > 0 && was.most <= was.guarantee) {
      throw new Violation(
          "reclaimed from within the guarantee: %s, team %s held %d of %d thousandths: %s"
              .formatted(victim, was.team, was.most, was.guarantee, why));
    }
    if (timeline.now() >= calmSince && ++reclaims > mostReclaims) {
      throw new Violation("reclaims without end: " + reclaims + ", the last one of " + victim);
    }
  }
}
