package gpu.kerf.bench.simulate;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks every Binding: no team holds more than its limit then, and no gang begins to start whose
 * pods cannot all start. It reads the objects of the API server, and asks no replica.
 */
final class TeamOracle {
  /** A replica may have sent a Binding before it heard that another pod of the gang is gone. */
  private static final long BINDINGS_COME_LATE = 120 * VirtualTime.SECOND;

  private final VirtualTime timeline;
  private final ApiStore store;
  private final TeamObjects teams;
  private final GpuParts parts;
  private final Map<String, Start> starts = new LinkedHashMap<>();
  private final Map<String, Map<String, Long>> left = new HashMap<>();

  /** A gang that has begun to start: the pods that were there then and were not bound. */
  private static final class Start {
    private final Set<String> others = new HashSet<>();
    private long tornSince = -1;
  }

  TeamOracle(VirtualTime timeline, ApiStore store, TeamObjects teams, GpuParts parts) {
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

  private void heard(ApiStore.Change change) {
    Stored before = change.before();
    PodObject pod = change.any().pod();
    if (before != null && change.after() != null && pod.isBound() && !before.pod().isBound()) {
      checkLimits(pod);
      if (!pod.gang().isEmpty()) {
        starts(pod);
      }
    }
    if (!pod.gang().isEmpty()) {
      if (change.after() == null || pod.isTerminating()) {
        left.computeIfAbsent(pod.gang(), any -> new HashMap<>())
            .putIfAbsent(pod.uid(), timeline.now());
      }
      lookAt(pod.gang());
    }
  }

  // ---- limits

  private void checkLimits(PodObject bound) {
    long own = parts.least(bound);
    if (own == 0) {
      return;
    }
    for (String team : teams.upwards(teams.teamOf(bound.namespace()))) {
      long limit = teams.highestLimit(team);
      long held = limit == TeamObjects.NO_LIMIT ? 0 : held(team);
      if (held > limit && teams.isOld(teams.teamOf(bound.namespace()))) {
        throw new Violation(
            "over the limit: team %s holds %d of %d thousandths with %s (%d)"
                .formatted(team, held, limit, bound, own));
      }
    }
  }

  /** What the pods of a team and of those below it hold at least, by Teams that all know. */
  private long held(String team) {
    long held = 0;
    for (Stored each : store.all(ObjectKind.POD)) {
      PodObject pod = each.pod();
      boolean holds = pod.isBound() && !pod.isOver() && !pod.isTerminating();
      String leaf = holds ? teams.teamOf(pod.namespace()) : "";
      if (teams.upwards(leaf).contains(team) && teams.isOld(leaf)) {
        held += parts.least(pod);
      }
    }
    return held;
  }

  // ---- gangs

  private List<PodObject> members(String gang) {
    return store.all(ObjectKind.POD).stream()
        .map(Stored::pod)
        .filter(pod -> pod.gang().equals(gang) && !pod.isTerminating() && !pod.isOver())
        .toList();
  }

  private static long bound(List<PodObject> members) {
    return members.stream().filter(PodObject::isBound).count();
  }

  /** A pod of a gang is bound; if it is the first one, the others must be able to follow. */
  private void starts(PodObject pod) {
    List<PodObject> members = members(pod.gang());
    if (bound(members) > 1) {
      return;
    }
    long couldStart = members.stream().filter(each -> !each.fitsNoNode()).count();
    Map<String, Long> gone = left.getOrDefault(pod.gang(), Map.of());
    long wentLately =
        gone.values().stream().filter(at -> timeline.now() - at < BINDINGS_COME_LATE).count();
    if (couldStart + wentLately < pod.gangMinimum()) {
      throw new Violation(
          "a gang begins in vain: %s is bound, of %d pods that %s needs only %d can be bound"
              .formatted(pod, pod.gangMinimum(), pod.gang(), couldStart));
    }
    Start start = new Start();
    members.stream().filter(each -> !each.isBound()).forEach(each -> start.others.add(each.uid()));
    starts.put(pod.gang(), start);
  }

  private void lookAt(String gang) {
    Start start = starts.get(gang);
    List<PodObject> members = start == null ? List.of() : members(gang);
    if (start == null || bound(members) == 0) {
      starts.remove(gang);
      if (members.isEmpty() && members(gang).isEmpty()) {
        forgetLeft(gang);
      }
    } else {
      boolean waits =
          members.stream().anyMatch(each -> !each.isBound() && start.others.contains(each.uid()));
      boolean torn = waits && bound(members) < members.get(0).gangMinimum();
      start.tornSince = !torn ? -1 : start.tornSince < 0 ? timeline.now() : start.tornSince;
    }
  }

  private void forgetLeft(String gang) {
    Map<String, Long> gone = left.getOrDefault(gang, new HashMap<>());
    gone.values().removeIf(at -> timeline.now() - at > BINDINGS_COME_LATE);
    if (gone.isEmpty()) {
      left.remove(gang);
    }
  }

  /**
   * A gang that has been torn for so long, and since a moment at least; null if none.
   *
   * @param since since when nothing goes wrong
   */
  @Nullable Violation torn(long since, long most) {
    for (Map.Entry<String, Start> each : starts.entrySet()) {
      long torn = each.getValue().tornSince;
      if (torn >= 0 && timeline.now() - Math.max(torn, since) > most) {
        List<PodObject> members = members(each.getKey());
        return new Violation(
            "torn: of gang %s %d of at least %d pods are bound, and others wait: %s"
                .formatted(each.getKey(), bound(members), members.get(0).gangMinimum(), members));
      }
    }
    return null;
  }
}
