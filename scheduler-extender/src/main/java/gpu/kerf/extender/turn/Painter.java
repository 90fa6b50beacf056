package gpu.kerf.extender.turn;

import gpu.kerf.extender.team.Acceptance;
import gpu.kerf.extender.team.AcceptedTeams;
import gpu.kerf.extender.team.TeamSpec;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.team.GpuAmount;
import gpu.kerf.model.team.Team;
import gpu.kerf.model.team.TeamBook;
import gpu.kerf.model.team.TeamNumbers;
import gpu.kerf.model.team.TeamTerms;
import gpu.kerf.model.team.Work;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gathers what there is to see of teams. */
final class Painter {

  /** People read no further; how many wait in all is told beside it. */
  private static final int SHOWN_OF_A_LINE = 20;

  private final Lines lines;
  private final TermsClock terms;
  private final BudgetClock budgets;
  private final WaitingTexts texts;
  private final Reclaims reclaims;

  Painter(
      Lines lines, TermsClock terms, BudgetClock budgets, WaitingTexts texts, Reclaims reclaims) {
    this.budgets = budgets;
    this.lines = lines;
    this.terms = terms;
    this.texts = texts;
    this.reclaims = reclaims;
  }

  TeamsPicture picture() {
    AcceptedTeams teams = lines.teams();
    List<TeamsPicture.OneTeam> all = new ArrayList<>();
    for (Team team : teams.tree().inOrder()) {
      TeamSpec spec = teams.inForce().get(team.name());
      if (spec != null) {
        all.add(one(spec, teams.acceptances().get(team.name())));
      }
    }
    return new TeamsPicture(true, lines.book().total(), all, reclaims.history());
  }

  private TeamsPicture.OneTeam one(TeamSpec spec, @Nullable Acceptance acceptance) {
    TeamBook book = lines.book();
    TeamTerms now = terms.of(spec);
    GpuAmount limit = now.team().limit();
    TeamNumbers numbers = book.numbers(spec.name());
    return new TeamsPicture.OneTeam(
        spec.name(),
        spec.parent() == null ? "" : spec.parent(),
        now.team().guarantee().milli(),
        limit == null ? -1 : limit.milli(),
        now.team().weight().milli(),
        now.team().priority(),
        numbers == null ? nothing(spec.name()) : numbers,
        terms.window(spec.name()),
        acceptance == null ? "" : acceptance.reason().word(),
        acceptance == null || acceptance.accepted() ? "" : acceptance.message(),
        line(spec.name(), SHOWN_OF_A_LINE),
        numbers == null ? 0 : numbers.pendingWorks(),
        book.oldest(spec.name()),
        budgets.of(spec.name()));
  }

  private static TeamNumbers nothing(String team) {
    GpuAmount none = GpuAmount.NONE;
    return new TeamNumbers(team, none, none, none, none, none, 0, none);
  }

  List<TeamsPicture.OneWaiting> line(String team, int most) {
    List<TeamsPicture.OneWaiting> first = new ArrayList<>();
    for (Work work : lines.book().line(team, most)) {
      WaitingPod pod = lines.get(work.members().get(0).holder().uid());
      first.add(
          new TeamsPicture.OneWaiting(
              name(work),
              work.members().size(),
              work.priority(),
              work.since(),
              pod == null ? "" : texts.text(pod)));
    }
    return first;
  }

  String place(String uid) {
    WaitingPod pod = lines.get(uid);
    TeamBook book = lines.book();
    Work work = pod == null ? null : book.waiting(uid);
    work = pod == null || work != null ? work : book.waiting(pod.workId());
    int before = work == null ? -1 : book.before(work.id());
    if (work == null || before < 0) {
      return "";
    }
    return "place "
        + (before + 1)
        + (work.team().equals(Lines.NO_TEAM)
            ? " among the pods of no team"
            : " in the line of team " + work.team());
  }

  /** What people call work: a gang by its own name, a pod by its namespace and name. */
  static String name(Work work) {
    Holder first = work.members().get(0).holder();
    return work.id().equals(first.uid()) ? first.namespace() + "/" + first.name() : work.id();
  }
}
