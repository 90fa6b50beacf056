package gpu.kerf.bench.simulate;

import gpu.kerf.model.fleet.Entry;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks what must be true of teams and gangs some time after all faults have ended: gates are off
 * where there are no Teams, no gang is torn, no place is held for too long, and who may run does.
 */
final class TeamCalm {
  /** {@code gangs.repair}, and what it takes to evict. */
  private static final long MOST_TORN = 90 * VirtualTime.SECOND;

  /** A watch that is half open is found out after 45 s, and then there is a list. */
  private static final long SETTLED = 100 * VirtualTime.SECOND;

  /** A place is held for 30 s, that of a gang for longer, what is left of one for 60 s. */
  private static final long MOST_HELD_MILLIS = 75_000;

  /** After so long places are drained, which keeps others from what is free. */
  private static final long PATIENCE = 550 * VirtualTime.SECOND;

  /** After a victim was evicted, its place may wait for the work for which it went. */
  private static final long RECLAIM_LANDS = 60 * VirtualTime.SECOND;

  private final VirtualTime timeline;
  private final ApiStore store;
  private final TeamWorld world;
  private final TeamObjects teams;
  private final Calm calm;
  private final List<Replica> replicas;
  private final DisruptionBudgets budgets;

  TeamCalm(
      VirtualTime timeline,
      ApiStore store,
      TeamWorld world,
      Calm calm,
      List<Replica> replicas,
      DisruptionBudgets budgets) {
    this.timeline = timeline;
    this.store = store;
    this.world = world;
    this.teams = world.teams();
    this.calm = calm;
    this.replicas = replicas;
    this.budgets = budgets;
  }

  /**
   * What is not right yet; null if everything is.
   *
   * @param since since when nothing goes wrong
   */
  @Nullable Violation problem(long since) {
    Violation torn = budgets.areNone() ? world.oracle().torn(since + SETTLED, MOST_TORN) : null;
    if (torn != null) {
      throw torn;
    }
    Violation found = torn();
    found = found == null ? held(since) : found;
    found = found == null && teams.areNone() ? gated() : found;
    return found == null && !isDraining() ? waiting() : found;
  }

  private @Nullable Violation torn() {
    return budgets.areNone() ? world.oracle().torn(0, 0) : null;
  }

  /** A place that is held longer than it may be, by what each replica holds. */
  private @Nullable Violation held(long since) {
    for (Replica replica : replicas) {
      Replica.Life life = replica.life();
      if (life == null || timeline.now() - since < SETTLED) {
        continue;
      }
      long now = life.scheduling().elapsedMillis();
      for (Entry entry : life.scheduling().ledger().entries()) {
        if (entry.isHeld() && now - entry.since() > MOST_HELD_MILLIS) {
          return new Violation(
              "held for ever: %s holds %s since %d s for %s"
                  .formatted(
                      replica.name(),
                      entry.placement(),
                      (now - entry.since()) / 1000,
                      entry.holder()));
        }
      }
    }
    return null;
  }

  private @Nullable Violation gated() {
    for (Stored each : store.all(ObjectKind.POD)) {
      if (each.pod().isGated() && !each.pod().isTerminating()) {
        return new Violation("stuck: " + each.pod() + " has a gate, and there are no teams", true);
      }
    }
    return null;
  }

  private boolean isDraining() {
    for (Stored each : store.all(ObjectKind.POD)) {
      PodObject pod = each.pod();
      if (!pod.isBound() && !pod.amounts().isNothing() && age(pod) > PATIENCE) {
        return true;
      }
    }
    return timeline.now() - world.reclaims().last() < RECLAIM_LANDS;
  }

  private long age(PodObject pod) {
    String created = pod.stored().json().path("metadata").path("creationTimestamp").asText("");
    long seconds = Instant.parse(created).getEpochSecond() - ApiStore.EPOCH.getEpochSecond();
    return timeline.now() - seconds * VirtualTime.SECOND;
  }

  private @Nullable Violation waiting() {
    Map<String, Set<PodObject>> gangs = new LinkedHashMap<>();
    for (Stored each : store.all(ObjectKind.POD)) {
      PodObject pod = each.pod();
      if (pod.isTerminating() || pod.isOver()) {
        continue;
      }
      if (!pod.gang().isEmpty()) {
        gangs.computeIfAbsent(pod.gang(), any -> new HashSet<>()).add(pod);
      } else if (!pod.isBound() && !teams.areNone()) {
        Violation stuck = stuck(pod);
        if (stuck != null) {
          return stuck;
        }
      }
    }
    for (Map.Entry<String, Set<PodObject>> each : gangs.entrySet()) {
      if (couldStart(each.getValue())) {
        String state = calm.state(each.getValue().iterator().next());
        return new Violation(
            "stuck: gang %s could start and does not (%s)".formatted(each.getKey(), state), true);
      }
    }
    return null;
  }

  private @Nullable Violation stuck(PodObject pod) {
    boolean evictable = !pod.annotation("kerf.gpu/evictable").equals("false");
    if (!evictable || !isAllowed(pod.namespace(), world.parts().most(pod))) {
      return null;
    }
    String where = calm.whereItFits(pod, node -> Set.of());
    if (where != null) {
      return new Violation(
          "stuck: %s could run on %s (%s)".formatted(pod, where, calm.state(pod)), true);
    }
    String taken = isOwed(pod) ? calm.whereItFits(pod, this::borrowed) : null;
    return taken == null
        ? null
        : new Violation(
            "stuck: %s is within its team's guarantee, and could run on %s if others went (%s)"
                .formatted(pod, taken, calm.state(pod)),
            true);
  }

  /** Whether the limits on the way to the top leave room, however Kerf counts. */
  private boolean isAllowed(String namespace, long more) {
    for (String team : teams.upwards(teams.teamOf(namespace))) {
      long limit = teams.lowestLimit(team);
      if (limit != TeamObjects.NO_LIMIT && most(team) + more > limit) {
        return false;
      }
    }
    return true;
  }

  /** What a team and those below it hold at most; what has no gate may have a place. */
  private long most(String team) {
    long most = 0;
    for (Stored each : store.all(ObjectKind.POD)) {
      PodObject pod = each.pod();
      boolean mayHold = !pod.isOver() && (pod.isBound() || !pod.isGated());
      if (mayHold && teams.upwards(teams.teamOf(pod.namespace())).contains(team)) {
        most += world.parts().most(pod);
      }
    }
    return most;
  }

  private boolean isOwed(PodObject pod) {
    String team = teams.teamOf(pod.namespace());
    return !team.isEmpty()
        && budgets.areNone()
        && most(team) + world.parts().most(pod) <= teams.lowestGuarantee(team);
  }

  /** The pods on a node that any team below its guarantee may have evicted. */
  private Set<String> borrowed(SimulatedNode node) {
    Set<String> uids = new HashSet<>();
    for (Stored each : store.all(ObjectKind.POD)) {
      PodObject pod = each.pod();
      boolean evictable =
          pod.node().equals(node.name())
              && pod.gang().isEmpty()
              && pod.scheduler().equals(Replica.SCHEDULER)
              && !pod.annotation("kerf.gpu/evictable").equals("false");
      String team = evictable ? teams.teamOf(pod.namespace()) : "";
      boolean owesAll =
          teams.upwards(team).stream().allMatch(above -> teams.lowestGuarantee(above) == 0);
      if (evictable && owesAll) {
        uids.add(pod.uid());
      }
    }
    return uids;
  }

  /** Whether all pods of a gang certainly have room, and none is bound. */
  private boolean couldStart(Set<PodObject> pods) {
    PodObject one = pods.iterator().next();
    boolean waits =
        pods.size() >= one.gangMinimum()
            && pods.size() <= Integer.parseInt(one.label("kerf.gpu/gang-size"))
            && pods.stream().noneMatch(pod -> pod.isBound() || pod.fitsNoNode())
            && !one.annotation("kerf.gpu/evictable").equals("false");
    if (!waits) {
      return false;
    }
    long all = pods.stream().mapToLong(world.parts()::most).sum();
    return isAllowed(one.namespace(), all) && calm.fitTogether(one, pods.size());
  }
}
