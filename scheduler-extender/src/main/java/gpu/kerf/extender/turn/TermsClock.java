package gpu.kerf.extender.turn;

import gpu.kerf.extender.team.AcceptedTeams;
import gpu.kerf.extender.team.TeamSpec;
import gpu.kerf.extender.team.TimeText;
import gpu.kerf.model.team.GpuAmount;
import gpu.kerf.model.team.Team;
import gpu.kerf.model.team.TeamTerms;
import gpu.kerf.model.team.Weight;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What holds for each team now: windows open and close. Whether one does is looked at once a
 * minute, a few teams at a time, because it takes long to find out for a long window.
 */
final class TermsClock {

  private static final int TEAMS_PER_LOOK = 4;
  private static final long MINUTE = 60_000;

  /** Pods without a team get what no team wants. */
  private static final TeamTerms NO_TEAM =
      TeamTerms.of(
          new Team(Lines.NO_TEAM, null, GpuAmount.NONE, null, new Weight(0), Integer.MIN_VALUE));

  private final Map<String, TeamTerms> terms = new HashMap<>();
  private final Map<String, String> windows = new HashMap<>();
  private final Map<String, Change> changes = new HashMap<>();
  private final Map<String, TeamTerms> later = new HashMap<>();
  private long aheadMillis;
  private List<TeamSpec> withWindows = List.of();
  private long minute;
  private int next;

  /**
   * A window of a team opens or closes soon.
   *
   * @param window the one that closes; empty if none is open
   * @param next the one that opens; empty if none does
   */
  record Change(String team, String window, String next, Instant at, ZoneId zone) {
    String text() {
      String what = window.isEmpty() ? next : window;
      return "Window "
          + what
          + " of team "
          + team
          + (window.isEmpty() ? " opens on " : " closes on ")
          + TimeText.of(at, zone);
    }
  }

  /** How far to look ahead. */
  void lookAhead(long millis) {
    aheadMillis = millis;
  }

  void use(AcceptedTeams teams, long wallMillis) {
    terms.clear();
    windows.clear();
    changes.clear();
    later.clear();
    Instant now = Instant.ofEpochMilli(wallMillis);
    teams.inForce().values().forEach(team -> set(team, now));
    withWindows =
        teams.inForce().values().stream().filter(team -> !team.windows().isEmpty()).toList();
    minute = wallMillis / MINUTE;
    next = withWindows.size();
  }

  private boolean set(TeamSpec team, Instant now) {
    TeamSpec.Window open = team.windowAt(now);
    String name = open == null ? "" : open.name();
    boolean same = Objects.equals(windows.put(team.name(), name), name);
    if (!same) {
      terms.put(team.name(), terms(team, open));
    }
    setLater(team, open, now);
    return !same;
  }

  private void setLater(TeamSpec team, TeamSpec.@Nullable Window open, Instant now) {
    TeamSpec.Window next = team.windowAt(now.plusMillis(aheadMillis));
    Instant at = Objects.equals(open, next) ? null : team.nextChange(now);
    TeamSpec.Window named = open == null ? next : open;
    if (at == null || named == null) {
      changes.remove(team.name());
      later.remove(team.name());
      return;
    }
    String closes = open == null ? "" : open.name();
    String opens = next == null ? "" : next.name();
    changes.put(team.name(), new Change(team.name(), closes, opens, at, named.time().zone()));
    later.put(team.name(), terms(team, next));
  }

  /** Whether a window opens or closes soon. */
  boolean changesSoon() {
    return !changes.isEmpty();
  }

  /** What changes soon for a team; null if nothing does. */
  @Nullable Change change(String team) {
    return changes.get(team);
  }

  /** The terms of all teams as they will be then. */
  List<TeamTerms> soon() {
    Map<String, TeamTerms> all = new HashMap<>(terms);
    all.putAll(later);
    List<TeamTerms> list = new ArrayList<>(all.values());
    list.add(NO_TEAM);
    return list;
  }

  private static TeamTerms terms(TeamSpec team, TeamSpec.@Nullable Window open) {
    Map<String, TeamTerms.ModelTerms> models = new HashMap<>();
    List<TeamSpec.ModelAmounts> amounts = open == null ? team.models() : open.models();
    amounts.forEach(
        each -> models.put(each.model(), new TeamTerms.ModelTerms(each.guarantee(), each.limit())));
    return new TeamTerms(open == null ? team.team() : open.team(), models, team.minRuntime());
  }

  /** Whether a window has opened or closed; to be called now and then. */
  boolean haveChanged(long wallMillis) {
    if (wallMillis / MINUTE != minute) {
      minute = wallMillis / MINUTE;
      next = 0;
    }
    boolean changed = false;
    Instant now = Instant.ofEpochMilli(wallMillis);
    for (int i = 0; i < TEAMS_PER_LOOK && next < withWindows.size(); i++) {
      changed |= set(withWindows.get(next++), now);
    }
    return changed;
  }

  /** The terms of all teams, and of the pods that have none. */
  List<TeamTerms> inForce() {
    List<TeamTerms> all = new ArrayList<>(terms.values());
    all.add(NO_TEAM);
    return all;
  }

  /** What holds for a team now. */
  TeamTerms of(TeamSpec team) {
    TeamTerms now = terms.get(team.name());
    return now == null ? TeamTerms.of(team.team()) : now;
  }

  /** The window of a team that is open; empty if none is. */
  String window(String team) {
    return windows.getOrDefault(team, "");
  }
}
