package gpu.kerf.extender.turn;

import gpu.kerf.extender.team.AcceptedTeams;
import gpu.kerf.model.budget.BudgetBalance;
import gpu.kerf.model.budget.GpuBudget;
import gpu.kerf.model.usage.TeamUsage;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How much of its budget each team has used now. Nothing is kept from one look to the next: which
 * period it is follows from the time, and usage from the source of usage.
 */
final class BudgetClock {

  private static final long PAUSE_MILLIS = 1_000;

  private final Map<String, GpuBudget> budgets = new LinkedHashMap<>();
  private TeamUsage usage = (team, fromMillis) -> 0;
  private Map<String, BudgetBalance> balances = Map.of();
  private long lastLook = Long.MIN_VALUE / 2;

  void use(AcceptedTeams teams) {
    budgets.clear();
    teams
        .inForce()
        .forEach(
            (name, team) -> {
              GpuBudget budget = team.budget();
              if (budget != null) {
                budgets.put(name, budget);
              }
            });
  }

  void use(TeamUsage source) {
    usage = source;
  }

  /** What teams have used; those without a budget are left out. */
  Map<String, BudgetBalance> look(long wallMillis) {
    Map<String, BudgetBalance> now = new HashMap<>();
    Instant at = Instant.ofEpochMilli(wallMillis);
    budgets.forEach(
        (team, budget) ->
            now.put(team, budget.at(at, since -> Math.max(0, usage.milliGpuMillis(team, since)))));
    balances = now;
    return now;
  }

  /** Whether there is a budget, and the last look at them is a while ago. */
  boolean isDue(long elapsedMillis) {
    if (budgets.isEmpty() || elapsedMillis - lastLook < PAUSE_MILLIS) {
      return false;
    }
    lastLook = elapsedMillis;
    return true;
  }

  /** As it was at the last look; null for a team without a budget. */
  @Nullable BudgetBalance of(String team) {
    return balances.get(team);
  }
}
