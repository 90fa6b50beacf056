package gpu.kerf.extender.api;

import gpu.kerf.extender.turn.TeamsPicture;
import gpu.kerf.model.team.TeamNumbers;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Teams as text for a terminal. */
final class TeamsText {

  /** Deeper levels are not indented further: a terminal is narrow. */
  private static final int DEEPEST_INDENT = 8;

  private static final int RECLAIMS = 5;
  private static final String NONE =
      "This cluster has no teams, or teams.enabled is false: every pod may start as soon as it has"
          + " a place.\n";

  private TeamsText() {}

  static String all(TeamsPicture picture, long now) {
    if (!picture.enabled()) {
      return NONE;
    }
    TextTable table =
        new TextTable(
            1, "TEAM", "HELD", "GUARANTEE", "BORROWED", "SHARE", "LIMIT", "ASKS", "WAIT", "OLDEST");
    Map<String, Integer> depths = new HashMap<>();
    StringBuilder notes = new StringBuilder();
    for (TeamsPicture.OneTeam team : picture.teams()) {
      int depth = 1 + depths.getOrDefault(team.parent(), -1);
      depths.put(team.name(), depth);
      row(table, team, depth, now);
      notes.append(note(team));
    }
    StringBuilder out = new StringBuilder().append(table);
    out.append("\nGPUs to divide: ").append(ReclaimSentence.brief(picture.total())).append('\n');
    out.append(notes);
    picture.reclaims().stream()
        .limit(RECLAIMS)
        .forEach(
            each ->
                out.append(since(each.since(), now))
                    .append(" ago (")
                    .append(each.outcome())
                    .append("): ")
                    .append(ReclaimSentence.of(each))
                    .append('\n'));
    return out.toString();
  }

  private static void row(TextTable table, TeamsPicture.OneTeam team, int depth, long now) {
    TeamNumbers numbers = team.numbers();
    table.row(
        "  ".repeat(Math.min(depth, DEEPEST_INDENT)) + team.name(),
        ReclaimSentence.brief(numbers.held().milli()),
        ReclaimSentence.brief(team.guarantee()),
        ReclaimSentence.brief(numbers.borrowed().milli()),
        ReclaimSentence.brief(numbers.share().milli()),
        team.limit() < 0 ? "-" : ReclaimSentence.brief(team.limit()),
        ReclaimSentence.brief(numbers.pending().milli()),
        Integer.toString(team.waiting()),
        team.oldest() == 0 ? "-" : since(team.oldest(), now));
  }

  private static String note(TeamsPicture.OneTeam team) {
    String window =
        team.window().isEmpty()
            ? ""
            : "Window " + team.window() + " of team " + team.name() + " is open.\n";
    String problem =
        team.problem().isEmpty()
            ? ""
            : "The newest manifest of team "
                + team.name()
                + " is not in force ("
                + team.acceptance()
                + "): "
                + team.problem().replace('\n', ' ')
                + "\n";
    return window + problem;
  }

  /** One team with its line; null if there is none of this name. */
  static @Nullable String one(
      TeamsPicture picture, String name, List<TeamsPicture.OneWaiting> line, long now) {
    for (TeamsPicture.OneTeam team : picture.teams()) {
      if (team.name().equals(name)) {
        return one(team, line, now);
      }
    }
    return null;
  }

  private static String one(
      TeamsPicture.OneTeam team, List<TeamsPicture.OneWaiting> line, long now) {
    TextTable numbers =
        new TextTable(
            1, "TEAM", "HELD", "GUARANTEE", "BORROWED", "SHARE", "LIMIT", "ASKS", "WAIT", "OLDEST");
    row(numbers, team, 0, now);
    StringBuilder out = new StringBuilder().append(numbers).append(note(team));
    TextTable places = new TextTable(2, "PLACE", "NAME", "PODS", "PRIORITY", "WAITS");
    int place = 0;
    for (TeamsPicture.OneWaiting each : line) {
      places.row(
          Integer.toString(++place),
          each.name(),
          Integer.toString(each.pods()),
          Integer.toString(each.priority()),
          since(each.since(), now));
    }
    if (!line.isEmpty()) {
      out.append('\n').append(places).append("\nThe first waits because: ");
      String why = line.get(0).why();
      out.append(why.isEmpty() ? "its turn has not been looked at yet." : why).append('\n');
    }
    return out.toString();
  }

  /** As kubectl writes ages: 45s, 12m, 3h5m, 2d4h. */
  static String since(long then, long now) {
    Duration age = Duration.ofMillis(Math.max(0, now - then));
    if (age.toMinutes() < 1) {
      return age.toSeconds() + "s";
    }
    if (age.toHours() < 1) {
      return age.toMinutes() + "m";
    }
    return age.toDays() < 1
        ? age.toHours() + "h" + age.toMinutesPart() + "m"
        : age.toDays() + "d" + age.toHoursPart() + "h";
  }
}
