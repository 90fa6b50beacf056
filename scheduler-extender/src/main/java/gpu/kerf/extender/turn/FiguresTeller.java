package gpu.kerf.extender.turn;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.team.TeamFigures;
import gpu.kerf.model.budget.BudgetBalance;
import gpu.kerf.model.team.TeamBook;
import gpu.kerf.model.team.TeamNumbers;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tells the cluster what teams hold, ask for and should hold, when that has changed. */
final class FiguresTeller {

  private static final long PAUSE_MILLIS = 1_000;

  /** What is used of a budget grows all the time, and is told so often. */
  private static final long BUDGET_MILLIS = 30_000;

  private final Scheduling scheduling;
  private final Cluster cluster;
  private final Lines lines;
  private final TermsClock terms;
  private TeamFigures told = new TeamFigures(Map.of());
  private final BudgetClock budgets;
  private final Map<String, BudgetBalance> toldBalances = new HashMap<>();
  private long next;

  FiguresTeller(
      Scheduling scheduling, Cluster cluster, Lines lines, TermsClock terms, BudgetClock budgets) {
    this.budgets = budgets;
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.lines = lines;
    this.terms = terms;
    this.next = scheduling.elapsedMillis();
  }

  void tick() {
    long now = scheduling.elapsedMillis();
    if (now - next < 0) {
      return;
    }
    next = now + PAUSE_MILLIS;
    TeamFigures figures = figures();
    if (!figures.equals(told)) {
      told = figures;
      cluster.teamFigures(figures);
    }
  }

  TeamFigures figures() {
    TeamBook book = lines.book();
    Map<String, TeamFigures.Figures> teams = new HashMap<>();
    for (String name : lines.teams().inForce().keySet()) {
      TeamNumbers team = book.numbers(name);
      if (team != null) {
        teams.put(
            name,
            new TeamFigures.Figures(
                team.held(),
                team.borrowed(),
                team.reserved(),
                team.share(),
                team.pendingWorks(),
                terms.window(name),
                balance(name)));
      }
    }
    return new TeamFigures(teams);
  }

  private @Nullable BudgetBalance balance(String team) {
    BudgetBalance now = budgets.of(team);
    BudgetBalance told = toldBalances.get(team);
    if (now == null || told == null || isNews(told, now)) {
      told = now;
      toldBalances.put(team, now);
    }
    return told;
  }

  private static boolean isNews(BudgetBalance told, BudgetBalance now) {
    return !now.budget().equals(told.budget())
        || now.startMillis() != told.startMillis()
        || now.level() != told.level()
        || (now.used() != told.used()
            && Math.abs(now.atMillis() - told.atMillis()) >= BUDGET_MILLIS);
  }
}
