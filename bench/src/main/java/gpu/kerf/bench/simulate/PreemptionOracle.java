package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Checks every eviction: its victim has a lower priority than the pod for which it goes; and while
 * nothing goes wrong, that pod gets a place, and evicts no pod that came there after its first
 * eviction. It reads the objects of the API server, and asks no replica.
 */
final class PreemptionOracle {
  private static final Pattern FOR =
      Pattern.compile("Evicted to make room for (\\S+) of higher priority\\.");

  /** A pod that is being deleted may take its grace period. */
  private static final long RECENTLY = 120 * VirtualTime.SECOND;

  private static final int MOST_KNOWN = 4_000;
  private static final int MOST_VICTIMS = 200;

  private final VirtualTime timeline;
  private final ApiStore store;
  private final Map<String, Known> pods = new LinkedHashMap<>();
  private final Map<String, String> uids = new LinkedHashMap<>();
  private long calmSince = Long.MAX_VALUE;

  /** A pod, also when it is gone. */
  private static final class Known {
    private final String key;
    private final int priority;
    private long pendingUntil;
    private long boundAt;
    private int victims;
    private long firstVictim = Long.MAX_VALUE;
    private String freed = "";
    private String lastVictim = "";

    Known(PodObject pod) {
      this.key = pod.key();
      this.priority = pod.priority();
    }
  }

  PreemptionOracle(VirtualTime timeline, ApiStore store) {
    this.timeline = timeline;
    this.store = store;
    store.listen(
        change -> {
          if (change.kind() == ObjectKind.POD) {
            heard(change);
          }
        });
  }

  /** From now on nothing goes wrong; or things may go wrong again. */
  void calm(boolean on) {
    calmSince = on ? timeline.now() : Long.MAX_VALUE;
    for (Known each : pods.values()) {
      each.firstVictim = Long.MAX_VALUE;
    }
  }

  private void heard(ApiStore.Change change) {
    PodObject pod = change.any().pod();
    Known known = pods.computeIfAbsent(pod.uid(), uid -> new Known(pod));
    uids.put(pod.key(), pod.uid());
    forgetOldest(pods);
    forgetOldest(uids);
    Stored before = change.before();
    if (!pod.isBound() && !pod.isOver()) {
      known.pendingUntil = timeline.now();
    } else if (before != null && !before.pod().isBound()) {
      known.pendingUntil = timeline.now();
      known.boundAt = timeline.now();
    }
    String preemptor = preemptor(pod);
    if (!preemptor.isEmpty() && (before == null || preemptor(before.pod()).isEmpty())) {
      Known evicts = pods.get(uids.getOrDefault(preemptor, ""));
      if (evicts != null) {
        goes(pod, known, evicts);
      }
    }
  }

  private static void forgetOldest(Map<String, ?> map) {
    if (map.size() > MOST_KNOWN) {
      map.remove(map.keySet().iterator().next());
    }
  }

  /** For which pod Kerf says that it evicts one; empty if it does not say so. */
  private static String preemptor(PodObject pod) {
    for (JsonNode condition : pod.stored().json().path("status").path("conditions")) {
      Matcher matcher = FOR.matcher(condition.path("message").asText(""));
      if (condition.path("type").asText("").equals("DisruptionTarget") && matcher.matches()) {
        return matcher.group(1);
      }
    }
    return "";
  }

  /** The Eviction API evicts a pod: some pod of higher priority must want its place. */
  void evicts(String client, PodObject victim) {
    boolean wanted =
        pods.values().stream()
            .anyMatch(
                each ->
                    each.priority > victim.priority()
                        && (timeline.now() - each.pendingUntil < RECENTLY || isPending(each)));
    if (!wanted) {
      throw new Violation(
          "evicted for nothing: " + client + " evicts " + victim + ", and no pod is above it");
    }
  }

  private boolean isPending(Known each) {
    Stored now = store.get(ObjectKind.POD, each.key);
    return now != null && !now.pod().isBound();
  }

  /** kube-scheduler deletes a pod for another one, as Kerf has answered. */
  void preempts(PodObject preemptor, Collection<PodObject> victims) {
    Known evicts = pods.get(preemptor.uid());
    for (PodObject victim : victims) {
      Known known = pods.get(victim.uid());
      if (evicts != null && known != null) {
        goes(victim, known, evicts);
      }
    }
  }

  private void goes(PodObject victim, Known known, Known evicts) {
    if (known.priority >= evicts.priority) {
      throw new Violation(
          "evicted by no higher priority: "
              + victim
              + " ("
              + known.priority
              + ") has to go for "
              + evicts.key
              + " ("
              + evicts.priority
              + ")");
    }
    if (known.boundAt > evicts.firstVictim) {
      throw new Violation(
          "evicted in turns: "
              + victim
              + " came after an eviction for "
              + evicts.key
              + ", and has to go for it as well");
    }
    if (++evicts.victims > MOST_VICTIMS) {
      throw new Violation("evicts without end: " + evicts.key);
    }
    if (timeline.now() >= calmSince) {
      evicts.firstVictim = Math.min(evicts.firstVictim, timeline.now());
      evicts.freed = victim.node();
      evicts.lastVictim = victim.toString();
    }
  }

  /** A pod for which others had to go since all is well, and that has no place; null if none. */
  @Nullable Violation problem() {
    for (Known each : pods.values()) {
      Stored now = store.get(ObjectKind.POD, each.key);
      boolean waits =
          each.firstVictim < Long.MAX_VALUE
              && now != null
              && !now.pod().isBound()
              && !now.pod().isTerminating()
              && !isOvertaken(each)
              && !hasUnrecorded(each.freed);
      if (waits) {
        return new Violation(
            "stuck: " + each.lastVictim + " had to go for " + each.key + ", which does not run",
            true);
      }
    }
    return null;
  }

  /** Whether a pod counts in the sums of a node, and holds nothing that Kerf could free. */
  private boolean hasUnrecorded(String node) {
    for (Stored each : store.all(ObjectKind.POD)) {
      PodObject pod = each.pod();
      if (pod.node().equals(node)
          && pod.annotation("kerf.gpu/placement").isEmpty()
          && !pod.amounts().isNothing()) {
        return true;
      }
    }
    return false;
  }

  /** Whether a pod of no lower priority has come to the node since. */
  private boolean isOvertaken(Known one) {
    for (Stored each : store.all(ObjectKind.POD)) {
      Known other = pods.get(each.uid());
      if (other != null
          && each.pod().node().equals(one.freed)
          && other.priority >= one.priority
          && other.boundAt > one.firstVictim) {
        return true;
      }
    }
    return false;
  }
}
