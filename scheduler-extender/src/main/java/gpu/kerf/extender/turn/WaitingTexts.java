package gpu.kerf.extender.turn;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.team.BudgetText;
import gpu.kerf.model.team.DrainedPlace;
import gpu.kerf.model.team.GpuAmount;
import gpu.kerf.model.team.TeamNumbers;
import gpu.kerf.model.team.WaitReason;
import gpu.kerf.model.team.Work;
import java.math.BigDecimal;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Tells the users of pods that wait why they do: the numbers of the team, the place in the line,
 * and what is in the way. It looks at a few pods at a time, all of them in turn; a text that is the
 * same as before is not told again.
 */
final class WaitingTexts {

  private static final int PODS_PER_TICK = 50;

  private static final long PAUSE_MILLIS = 100;

  /** A pod that gets its turn sooner is not told to wait: that would cost two requests. */
  private static final long SHORTEST_WAIT_MILLIS = 2_000;

  /** A place far back in a line is rounded, so that the text changes rarely. */
  private static final int EXACT_PLACES = 10;

  private final Scheduling scheduling;
  private final Cluster cluster;
  private final Lines lines;
  private final TurnLoop loop;
  private final Map<String, String> told = new HashMap<>();
  private Deque<String> round = new ArrayDeque<>();
  private long last;

  WaitingTexts(Scheduling scheduling, Cluster cluster, Lines lines, TurnLoop loop) {
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.lines = lines;
    this.loop = loop;
    this.last = scheduling.elapsedMillis() - PAUSE_MILLIS;
  }

  void forget(String uid) {
    told.remove(uid);
  }

  /** Looks at the next pods. */
  void tick() {
    long now = scheduling.elapsedMillis();
    if (now - last < PAUSE_MILLIS) {
      return;
    }
    last = now;
    if (round.isEmpty()) {
      round = new ArrayDeque<>();
      for (WaitingPod pod : lines.all()) {
        round.add(pod.uid());
      }
    }
    for (int i = 0; i < PODS_PER_TICK && !round.isEmpty(); i++) {
      WaitingPod pod = lines.get(round.remove());
      if (pod != null && scheduling.held().of(pod.uid()) == null && hasWaited(pod)) {
        tell(pod);
      }
    }
  }

  private boolean hasWaited(WaitingPod pod) {
    return scheduling.wallMillis() - pod.since() >= SHORTEST_WAIT_MILLIS;
  }

  private void tell(WaitingPod pod) {
    String text = text(pod);
    if (text.isEmpty() || text.equals(told.put(pod.uid(), text))) {
      return;
    }
    cluster.waiting(pod.ref(), pod.since(), text);
    KnownPod known = scheduling.pods().get(pod.uid());
    if (known != null) {
      scheduling.pods().explain(known, text);
    }
  }

  /** Why a pod waits; empty if that is not known yet. */
  String text(WaitingPod pod) {
    Work work = lines.book().waiting(pod.uid());
    work = work == null ? lines.book().waiting(pod.workId()) : work;
    if (work == null) {
      return pod.gang() == null ? "" : "Not all pods of its gang are there yet.";
    }
    WaitReason reason = loop.reasons().get(work.id());
    return reason == null ? "" : numbers(work) + place(work) + ". " + why(work, reason);
  }

  private String why(Work work, WaitReason reason) {
    DrainedPlace drained = loop.drained().of(work.id());
    if (drained == null || reason instanceof WaitReason.Evicting) {
      return why(reason);
    }
    return "A place on " + String.join(", ", drained.gpus().keySet()) + " is kept free for it.";
  }

  private String numbers(Work work) {
    TeamNumbers team = lines.book().numbers(work.team());
    if (team == null || work.team().equals(Lines.NO_TEAM)) {
      return "The pod belongs to no team and gets what no team wants";
    }
    String held = "team " + work.team() + " holds " + amount(team.held());
    return held + " of " + amount(lines.book().guarantee(work.team())) + " guaranteed";
  }

  static String amount(GpuAmount amount) {
    BigDecimal value = BigDecimal.valueOf(amount.milli(), 3).stripTrailingZeros();
    return (value.scale() < 0 ? value.setScale(0) : value).toPlainString();
  }

  private String place(Work work) {
    int before = lines.book().before(work.id());
    String expected =
        before < 0 ? "" : loop.starts().expected(work.team(), before, scheduling.wallMillis());
    return line(before) + (expected.isEmpty() ? "" : ", " + expected);
  }

  private static String line(int before) {
    return before < 0
        ? ""
        : ", " + (before == 0 ? "first in its line" : rounded(before) + " before you");
  }

  static String rounded(int before) {
    if (before <= EXACT_PLACES) {
      return Integer.toString(before);
    }
    int step = 1;
    while (before / step >= EXACT_PLACES) {
      step *= 10;
    }
    return "about " + before / step * step;
  }

  private static String why(WaitReason reason) {
    if (reason instanceof WaitReason.Limit limit) {
      String model = limit.model() == null ? "" : " of " + limit.model();
      return "Team "
          + limit.team()
          + " holds "
          + amount(limit.held())
          + model
          + ", and its limit is "
          + amount(limit.limit())
          + ".";
    }
    if (reason instanceof WaitReason.Budget budget) {
      return budget.forDeadline()
          ? BudgetText.tooLong(budget.team(), budget.balance())
          : BudgetText.exhausted(budget.team(), budget.balance());
    }
    if (reason instanceof WaitReason.NotEvictable fixed) {
      return "It is not evictable, so it can only use the guarantee of team "
          + fixed.team()
          + " ("
          + amount(fixed.guarantee())
          + ").";
    }
    if (reason instanceof WaitReason.Behind) {
      return "A place is free, and is kept for work that has waited for longer.";
    }
    if (reason instanceof WaitReason.Evicting) {
      return "Pods of others are being evicted for it.";
    }
    return reason instanceof WaitReason.Never
        ? "No node of this cluster could ever hold it."
        : "No free place is large enough.";
  }
}
