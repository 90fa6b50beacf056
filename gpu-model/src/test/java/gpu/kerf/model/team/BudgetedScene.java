package gpu.kerf.model.team;

import gpu.kerf.model.budget.BudgetBalance;
import gpu.kerf.model.budget.BudgetPeriod;
import gpu.kerf.model.budget.GpuBudget;
import gpu.kerf.model.budget.GpuBudget.OnExhausted;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Teams with budgets; what is held is used, exactly. */
final class BudgetedScene {

  static final long HOUR = 3_600_000;

  final TurnScene scene = new TurnScene();
  final Map<String, GpuBudget> budgets = new HashMap<>();
  private final List<Used> used = new ArrayList<>();

  /** What a team held over some time. */
  private record Used(String team, long from, long to, long milli) {
    long since(long start) {
      return milli * Math.max(0, to - Math.max(from, start));
    }
  }

  BudgetedScene budget(String team, double gpuHours, BudgetPeriod period, OnExhausted then) {
    budgets.put(team, new GpuBudget(Math.round(gpuHours * 1000), period, ZoneOffset.UTC, then));
    return this;
  }

  /** Time passes, and what runs is charged. */
  BudgetedScene pass(long millis) {
    for (String team : budgets.keySet()) {
      long held = Objects.requireNonNull(scene.book.numbers(team)).held().milli();
      used.add(new Used(team, scene.now, scene.now + millis, held));
    }
    scene.now += millis;
    return this;
  }

  BudgetBalance balance(String team) {
    return Objects.requireNonNull(budgets.get(team))
        .at(Instant.ofEpochMilli(scene.now), since -> used(team, since));
  }

  private long used(String team, long since) {
    return used.stream()
        .filter(each -> each.team().equals(team))
        .mapToLong(each -> each.since(since))
        .sum();
  }

  BudgetedScene settle() {
    Map<String, BudgetBalance> balances = new HashMap<>();
    budgets.keySet().forEach(team -> balances.put(team, balance(team)));
    scene.book.spend(balances);
    scene.settle();
    return this;
  }

  static Work withDeadline(Work work, long millis) {
    List<Work.Member> members =
        work.members().stream()
            .map(member -> new Work.Member(member.holder(), member.demand(), millis))
            .toList();
    return new Work(
        work.id(),
        work.team(),
        work.priority(),
        work.since(),
        members,
        work.minimum(),
        work.evictable());
  }
}
