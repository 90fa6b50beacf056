package gpu.kerf.extender.turn;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.EvictResult;
import gpu.kerf.extender.cluster.Eviction;
import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.team.BudgetText;
import gpu.kerf.model.team.Reclaim;
import gpu.kerf.model.team.TeamBook;
import gpu.kerf.model.team.WaitReason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Evicts the victims of reclaims: the pods of one reclaim one after the other, so that a budget
 * that forbids the first costs no other pod its life. The place is kept for the work that asked
 * until all victims have ended and it has had its turn, or until it takes too long.
 */
final class Reclaims {

  private static final int MOST_REMEMBERED = 100;
  private static final long FIRST_PAUSE_MILLIS = 5_000;
  private static final int MOST_DOUBLINGS = 6;
  private static final long LONGEST_MILLIS = 300_000;

  /** How long a place that is free is kept for work that does not take it. */
  private static final long LANDING_MILLIS = 10_000;

  private final Scheduling scheduling;
  private final Cluster cluster;
  private final Lines lines;
  private final Runnable changed;
  private final Consumer<String> dropPlace;
  private final TurnCounts counts;
  private final Map<String, Running> byWork = new LinkedHashMap<>();
  private final Map<String, Pause> pauses = new HashMap<>();
  private final Deque<TeamsPicture.OneReclaim> ended = new ArrayDeque<>();

  /** One reclaim on its way. */
  private static final class Running {
    private final Reclaim reclaim;
    private final Deque<Target> left = new ArrayDeque<>();
    private final long since;
    private final long wallSince;
    private long freeSince;

    Running(Reclaim reclaim, long since, long wallSince) {
      this.reclaim = reclaim;
      this.since = since;
      this.wallSince = wallSince;
    }

    TeamsPicture.OneReclaim picture(String outcome, long end) {
      List<TeamsPicture.OneVictim> victims = new ArrayList<>();
      for (Reclaim.Victim victim : reclaim.victims()) {
        victims.add(
            new TeamsPicture.OneVictim(
                victim.work().team(),
                Painter.name(victim.work()),
                victim.pods().size(),
                victim.held().milli()));
      }
      return new TeamsPicture.OneReclaim(
          wallSince,
          end,
          outcome,
          reclaim.rule(),
          reclaim.work().team(),
          Painter.name(reclaim.work()),
          victims);
    }
  }

  /** After a reclaim that failed, the next one for the same work waits, longer each time. */
  private record Pause(long until, int failures) {}

  private record Target(KnownPod pod, Reclaim.Victim victim) {}

  Reclaims(
      Scheduling scheduling,
      Cluster cluster,
      Lines lines,
      Runnable changed,
      Consumer<String> dropPlace,
      TurnCounts counts) {
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.lines = lines;
    this.changed = changed;
    this.dropPlace = dropPlace;
    this.counts = counts;
  }

  void begin(Reclaim reclaim) {
    Pause pause = pauses.get(reclaim.work().id());
    if (pause != null && scheduling.elapsedMillis() - pause.until < 0) {
      forgo(reclaim);
      return;
    }
    Running running = new Running(reclaim, scheduling.elapsedMillis(), scheduling.wallMillis());
    for (Reclaim.Victim victim : reclaim.victims()) {
      for (String uid : victim.pods()) {
        KnownPod pod = scheduling.pods().get(uid);
        if (pod != null) {
          running.left.add(new Target(pod, victim));
        }
      }
    }
    byWork.put(reclaim.work().id(), running);
    // Not within the round, which is still being told what follows from it.
    scheduling.loop().execute(() -> evictNext(running));
  }

  /** A team holds more than its limit, which has become less: running work of it must go. */
  void shrink(Reclaim.Victim victim, WaitReason.Limit limit) {
    String why =
        "Evicted because "
            + TeamNames.text(limit.team())
            + " holds "
            + limit.held()
            + " GPUs and its limit is "
            + limit.limit()
            + " now.";
    evict(victim, why, "limit");
  }

  /** A budget of a team is used up: running work of it must go. */
  void overspend(Reclaim.Victim victim, WaitReason.Budget budget) {
    String used = BudgetText.exhausted(budget.team(), budget.balance());
    evict(victim, "Evicted because of a budget. " + used, "budget");
  }

  private void evict(Reclaim.Victim victim, String why, String rule) {
    Deque<KnownPod> left = new ArrayDeque<>();
    for (String uid : victim.pods()) {
      KnownPod pod = scheduling.pods().get(uid);
      if (pod != null) {
        left.add(pod);
      }
    }
    scheduling.loop().execute(() -> evictNext(victim, left, why, rule));
  }

  private void evictNext(Reclaim.Victim victim, Deque<KnownPod> left, String why, String rule) {
    KnownPod pod = left.poll();
    if (pod == null) {
      return;
    }
    scheduling.whenDone(
        () -> cluster.evict(new Eviction(pod.ref(), why)),
        (result, failure) -> {
          boolean gone =
              result != null
                  && (result.kind() == EvictResult.Kind.EVICTED
                      || result.kind() == EvictResult.Kind.GONE);
          if (gone) {
            lines.evicted(pod.uid(), victim.work().since());
            counts.evicted(new TurnCounts.Evicted(victim.work().team(), rule));
            cluster.event(new PodEvent(pod.ref(), true, "Reclaimed", why));
            evictNext(victim, left, why, rule);
          } else {
            // The next round tries again.
            lines.book().stays(victim.work().id());
          }
        });
  }

  /** It was refused a short time ago, and is tried again later. */
  private void forgo(Reclaim reclaim) {
    reclaim.victims().forEach(victim -> lines.book().stays(victim.work().id()));
    lines.book().givesUp(reclaim.work().id());
    dropPlace.accept(reclaim.work().id());
  }

  private void pause(String work) {
    Pause before = pauses.get(work);
    int failures = before == null ? 0 : before.failures + 1;
    long millis = FIRST_PAUSE_MILLIS << Math.min(failures, MOST_DOUBLINGS);
    pauses.put(work, new Pause(scheduling.elapsedMillis() + millis, failures));
  }

  /** The work has started, or is gone. */
  void forget(String work) {
    pauses.remove(work);
  }

  private boolean stands(Running running) {
    Running now = byWork.get(running.reclaim.work().id());
    return now != null && now.reclaim.equals(running.reclaim);
  }

  private void evictNext(Running running) {
    Target target = running.left.peek();
    if (target == null || !stands(running)) {
      return;
    }
    String why = ReclaimText.ofVictim(running.reclaim, target.victim());
    scheduling.whenDone(
        () -> cluster.evict(new Eviction(target.pod().ref(), why)),
        (result, failure) -> evicted(running, target, why, result));
  }

  private void evicted(Running running, Target target, String why, @Nullable EvictResult result) {
    EvictResult.Kind kind = result == null ? EvictResult.Kind.FAILED : result.kind();
    switch (kind) {
      case EVICTED, GONE -> {
        running.left.poll();
        lines.evicted(target.pod().uid(), target.victim().work().since());
        counts.evicted(
            new TurnCounts.Evicted(target.victim().work().team(), word(running.reclaim.rule())));
        cluster.event(new PodEvent(target.pod().ref(), true, "Reclaimed", why));
        evictNext(running);
      }
      case BLOCKED, FAILED -> {
        if (stands(running)) {
          tell(
              running.reclaim,
              "Cannot evict "
                  + target.pod().ref()
                  + ": "
                  + (result == null ? "no answer" : result.text()));
          giveUp(running, "blocked");
        }
      }
    }
  }

  private void tell(Reclaim reclaim, String text) {
    reclaim
        .work()
        .members()
        .forEach(
            member -> {
              WaitingPod pod = lines.get(member.holder().uid());
              if (pod != null) {
                cluster.event(new PodEvent(pod.ref(), true, "Reclaiming", text));
              }
            });
  }

  /** The victims that have not been evicted stay, and the place is kept no more. */
  private void giveUp(Running running, String outcome) {
    TeamBook book = lines.book();
    running.left.forEach(target -> book.stays(target.victim().work().id()));
    pause(running.reclaim.work().id());
    end(running, outcome);
  }

  private void remember(Running running, String outcome) {
    byWork.remove(running.reclaim.work().id());
    ended.addFirst(running.picture(outcome, scheduling.wallMillis()));
    counts.reclaimed(
        new TurnCounts.Reclaimed(
            running.reclaim.work().team(), word(running.reclaim.rule()), outcome));
    if (ended.size() > MOST_REMEMBERED) {
      ended.removeLast();
    }
  }

  private static String word(Reclaim.Rule rule) {
    return rule.name().toLowerCase(Locale.ROOT);
  }

  private void end(Running running, String outcome) {
    remember(running, outcome);
    lines.book().givesUp(running.reclaim.work().id());
    dropPlace.accept(running.reclaim.work().id());
    changed.run();
  }

  /** Looks how far they have come; to be called now and then. */
  void look() {
    for (Running running : List.copyOf(byWork.values())) {
      String work = running.reclaim.work().id();
      long now = scheduling.elapsedMillis();
      if (lines.book().waiting(work) == null) {
        // It has started, or is gone.
        remember(running, "done");
        forget(work);
      } else if (now - running.since > LONGEST_MILLIS) {
        giveUp(running, "late");
      } else if (running.freeSince > 0 && now - running.freeSince > LANDING_MILLIS) {
        end(running, "late");
      } else if (running.freeSince == 0 && isFree(running)) {
        running.freeSince = now;
        changed.run();
      }
    }
  }

  private boolean isFree(Running running) {
    return running.left.isEmpty()
        && running.reclaim.victims().stream()
            .flatMap(victim -> victim.pods().stream())
            .allMatch(uid -> scheduling.ledger().entry(uid) == null);
  }

  /** Ends all of them: teams have changed. */
  void clear() {
    byWork.clear();
  }

  /** Those that are under way, and those that ended last; the latest first. */
  List<TeamsPicture.OneReclaim> history() {
    Deque<TeamsPicture.OneReclaim> all = new ArrayDeque<>();
    byWork.values().forEach(running -> all.addFirst(running.picture("running", 0)));
    all.addAll(ended);
    return List.copyOf(all);
  }
}
