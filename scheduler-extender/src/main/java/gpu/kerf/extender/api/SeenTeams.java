package gpu.kerf.extender.api;

import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.turn.TeamsPicture;
import java.util.List;

/** What one client may see of teams: only its own, and of others no name. */
final class SeenTeams {

  private final Viewer viewer;

  SeenTeams(Viewer viewer) {
    this.viewer = viewer;
  }

  TeamsPicture of(TeamsPicture picture) {
    return viewer.seesAll()
        ? picture
        : new TeamsPicture(
            picture.enabled(),
            picture.total(),
            picture.teams().stream()
                .filter(team -> viewer.seesTeam(team.name()))
                .map(this::of)
                .toList(),
            picture.reclaims().stream().filter(this::concerns).map(this::of).toList());
  }

  private TeamsPicture.OneTeam of(TeamsPicture.OneTeam team) {
    return new TeamsPicture.OneTeam(
        team.name(),
        viewer.seesTeam(team.parent()) ? team.parent() : "",
        team.guarantee(),
        team.limit(),
        team.weight(),
        team.priority(),
        team.numbers(),
        team.window(),
        team.acceptance(),
        viewer.sentence(team.problem()),
        line(team.line()),
        team.waiting(),
        team.oldest(),
        team.budget());
  }

  /** Pods of the team's other namespaces keep their place, and have no name. */
  List<TeamsPicture.OneWaiting> line(List<TeamsPicture.OneWaiting> line) {
    return viewer.seesAll() ? line : line.stream().map(this::of).toList();
  }

  private TeamsPicture.OneWaiting of(TeamsPicture.OneWaiting each) {
    return new TeamsPicture.OneWaiting(
        viewer.work(each.name()),
        each.pods(),
        each.priority(),
        each.since(),
        viewer.sentence(each.why()));
  }

  private boolean concerns(TeamsPicture.OneReclaim reclaim) {
    return viewer.seesTeam(reclaim.team())
        || reclaim.victims().stream().anyMatch(victim -> viewer.seesTeam(victim.team()));
  }

  TeamsPicture.OneReclaim of(TeamsPicture.OneReclaim reclaim) {
    return new TeamsPicture.OneReclaim(
        reclaim.since(),
        reclaim.end(),
        reclaim.outcome(),
        reclaim.rule(),
        viewer.team(reclaim.team()),
        viewer.work(reclaim.name()),
        reclaim.victims().stream().map(this::of).toList());
  }

  private TeamsPicture.OneVictim of(TeamsPicture.OneVictim victim) {
    return new TeamsPicture.OneVictim(
        viewer.team(victim.team()), viewer.work(victim.name()), victim.pods(), victim.milli());
  }
}
