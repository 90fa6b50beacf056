package gpu.kerf.extender.api;

import gpu.kerf.extender.turn.TeamsPicture;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Says of a reclaim who took what from whom, and by which right. */
final class ReclaimSentence {

  private static final int DECIMALS = 3;

  /** A gang of hundreds evicts many; the list of victims has them all. */
  private static final int NAMED = 3;

  /** The name that pods without a team have in the book. */
  private static final String NO_TEAM = "-";

  private ReclaimSentence() {}

  static String of(TeamsPicture.OneReclaim reclaim) {
    Map<String, List<TeamsPicture.OneVictim>> byTeam =
        reclaim.victims().stream()
            .collect(
                Collectors.groupingBy(
                    TeamsPicture.OneVictim::team, LinkedHashMap::new, Collectors.toList()));
    String from =
        byTeam.entrySet().stream()
            .map(
                each ->
                    amount(each.getValue()) + from(each.getKey(), reclaim) + names(each.getValue()))
            .collect(Collectors.joining(", and "));
    return capital(team(reclaim.team()))
        + " "
        + verb(reclaim)
        + " "
        + from
        + " for "
        + reclaim.name()
        + ": "
        + right(reclaim)
        + ".";
  }

  private static String verb(TeamsPicture.OneReclaim reclaim) {
    return switch (reclaim.outcome()) {
      case "done" -> "took";
      case "running" -> "takes";
      default -> "tried to take";
    };
  }

  private static String from(String owner, TeamsPicture.OneReclaim reclaim) {
    return owner.equals(reclaim.team()) ? " from its own work" : " from " + team(owner);
  }

  private static String right(TeamsPicture.OneReclaim reclaim) {
    return switch (reclaim.rule()) {
      case BUDGET -> "what teams hold that have used up their budgets, and yield";
      case GUARANTEE -> "its guarantee";
      case SHARE -> "its share";
      case PRIORITY -> "higher priority in the same team";
      case PATIENCE -> "the place that was kept for it, and that others filled meanwhile";
    };
  }

  private static String names(List<TeamsPicture.OneVictim> victims) {
    String first =
        victims.stream()
            .limit(NAMED)
            .map(
                each ->
                    each.pods() == 1 ? each.name() : each.name() + " of " + each.pods() + " pods")
            .collect(Collectors.joining(", "));
    int more = victims.size() - NAMED;
    return " (" + first + (more > 0 ? " and " + more + " more" : "") + ")";
  }

  private static String amount(List<TeamsPicture.OneVictim> victims) {
    long milli = victims.stream().mapToLong(TeamsPicture.OneVictim::milli).sum();
    return brief(milli) + (milli == 1_000 ? " GPU" : " GPUs");
  }

  /** Without zeros at the end. */
  static String brief(long milli) {
    BigDecimal value = BigDecimal.valueOf(milli, DECIMALS).stripTrailingZeros();
    return value.scale() < 0 ? value.setScale(0).toPlainString() : value.toPlainString();
  }

  private static String team(String name) {
    return name.equals(NO_TEAM) ? "pods without a team" : "team " + name;
  }

  private static String capital(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }
}
