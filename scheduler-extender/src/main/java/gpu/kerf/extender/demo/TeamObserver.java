package gpu.kerf.extender.demo;

import gpu.kerf.extender.turn.TeamsPicture;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Keeps the figures of the teams. What they hold it counts itself, from the pods that are bound;
 * their guarantees, limits and shares are what Kerf says.
 */
final class TeamObserver {

  private final Map<String, TeamStatistics> teams = new LinkedHashMap<>();

  /** Since when work waits that the guarantee of its team covers. */
  private final Map<Life, Long> coveredSince = new HashMap<>();

  TeamObserver() {
    BankTeams.LEAVES.forEach(team -> teams.put(team, new TeamStatistics()));
  }

  Map<String, TeamStatistics> teams() {
    return teams;
  }

  TeamStatistics of(Life life) {
    return of(life.work.team());
  }

  TeamStatistics of(String team) {
    TeamStatistics known = teams.get(team);
    if (known == null) {
      throw new IllegalArgumentException(
          "The team (" + team + ") is none of the bank's.\nThey are " + teams.keySet() + ".");
    }
    return known;
  }

  void pass(long millis) {
    teams.values().forEach(team -> team.pass(millis));
  }

  /** Everything has settled at a moment. */
  void look(long now, Collection<Life> lives, TeamsPicture picture) {
    for (TeamStatistics team : teams.values()) {
      team.heldMilli = 0;
      team.waiting = 0;
    }
    for (TeamsPicture.OneTeam team : picture.teams()) {
      TeamStatistics known = teams.get(team.name());
      if (known != null) {
        known.guaranteeMilli = team.guarantee();
        known.limitMilli = team.limit();
        known.shareMilli = team.numbers().share().milli();
        known.window = team.window();
      }
    }
    for (Life life : lives) {
      of(life).heldMilli += life.heldMilli();
      of(life).waiting += life.waits() ? 1 : 0;
    }
    teams.values().forEach(team -> team.mostWaiting = Math.max(team.mostWaiting, team.waiting));
    lives.forEach(life -> lookWhetherCovered(now, life));
  }

  private void lookWhetherCovered(long now, Life life) {
    TeamStatistics team = of(life);
    boolean covered = life.waits() && team.heldMilli + life.milli() <= team.guaranteeMilli;
    Long since = coveredSince.get(life);
    if (covered && since == null) {
      coveredSince.put(life, now);
    } else if (since != null) {
      team.longestCovered = Math.max(team.longestCovered, now - since);
      if (!covered) {
        coveredSince.remove(life);
      }
    }
  }
}
