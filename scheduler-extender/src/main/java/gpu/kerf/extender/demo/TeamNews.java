package gpu.kerf.extender.demo;

import gpu.kerf.extender.turn.TeamsPicture;
import gpu.kerf.extender.turn.TeamsPicture.OneReclaim;
import gpu.kerf.extender.turn.TeamsPicture.OneTeam;
import gpu.kerf.extender.turn.TeamsPicture.OneVictim;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Says in sentences what happens to teams, from one picture of them to the next. */
final class TeamNews {

  private final Map<String, String> windows = new HashMap<>();
  private final Set<List<Object>> told = new HashSet<>();

  /** By name, when work was last the victim of a reclaim. */
  private final Map<String, Long> victims = new HashMap<>();

  /** Who began to take GPUs back, and what is to be said of it. */
  record Taking(String team, String text) {}

  List<String> windows(TeamsPicture picture) {
    List<String> news = new ArrayList<>();
    for (OneTeam team : picture.teams()) {
      String before = windows.put(team.name(), team.window());
      if (before != null && !before.equals(team.window())) {
        String what =
            team.window().isEmpty()
                ? "the window " + before + " closes"
                : "the window " + team.window() + " opens";
        news.add(team.name() + ": " + what + ": " + terms(team));
      }
    }
    return news;
  }

  private static String terms(OneTeam team) {
    String most = team.limit() < 0 ? "" : ", at most " + gpus(team.limit());
    return gpus(team.guarantee()) + " guaranteed" + most;
  }

  /** The reclaims that have begun since the last picture. */
  List<Taking> takings(TeamsPicture picture) {
    List<Taking> news = new ArrayList<>();
    List<OneReclaim> oldestFirst = new ArrayList<>(picture.reclaims());
    Collections.reverse(oldestFirst);
    for (OneReclaim each : oldestFirst) {
      if (!each.victims().isEmpty() && told.add(List.of(each.since(), each.name()))) {
        each.victims().forEach(victim -> victims.put(name(victim.name()), each.since()));
        news.add(new Taking(each.team(), text(each)));
      }
    }
    return news;
  }

  private static String text(OneReclaim reclaim) {
    Map<String, Long> amounts = new LinkedHashMap<>();
    List<String> evicted = new ArrayList<>();
    for (OneVictim victim : reclaim.victims()) {
      amounts.merge(victim.team(), victim.milli(), Long::sum);
      evicted.add(name(victim.name()));
    }
    List<String> owners = new ArrayList<>();
    amounts.forEach((team, milli) -> owners.add(gpus(milli) + " from " + team));
    String what =
        switch (reclaim.rule()) {
          case BUDGET -> " takes " + String.join(" and ", owners) + ", whose budgets are used up,";
          case GUARANTEE -> " takes back " + String.join(" and ", owners);
          case SHARE -> " takes " + String.join(" and ", owners) + " up to its share";
          case PRIORITY -> " makes room for its more important work";
          case PATIENCE -> " gets back the place that was kept";
        };
    return reclaim.team()
        + what
        + " for "
        + name(reclaim.name())
        + ": evicted "
        + String.join(", ", evicted);
  }

  /** What teams give back because their limit has become less. */
  List<String> shrinkings(List<Life> evicted, Map<String, TeamStatistics> teams) {
    Map<String, Long> amounts = new LinkedHashMap<>();
    for (Life life : evicted) {
      if (!wasReclaimed(life)) {
        amounts.merge(life.work.team(), life.milli(), Long::sum);
      }
    }
    List<String> news = new ArrayList<>();
    amounts.forEach(
        (team, milli) -> {
          TeamStatistics numbers = Objects.requireNonNull(teams.get(team));
          String limit = numbers.limitMilli < 0 ? "none" : amount(numbers.limitMilli);
          news.add(team + " gives back " + gpus(milli) + ": its limit is " + limit + " now");
        });
    return news;
  }

  private boolean wasReclaimed(Life life) {
    Long last =
        victims.get(life.work.isGang() ? "gang " + life.work.name() : life.pods.get(0).name());
    return last != null && last >= life.started();
  }

  /** What Kerf calls work, without its namespace, which is the team's. */
  static String name(String what) {
    String name = what.substring(what.lastIndexOf('/') + 1);
    return what.startsWith("gang ") ? "gang " + name : name;
  }

  static String gpus(long milli) {
    return amount(milli) + (milli == 1000 ? " GPU" : " GPUs");
  }

  /** With one decimal where it has any. */
  static String amount(long milli) {
    BigDecimal value = BigDecimal.valueOf(Math.round(milli / 100.0), 1).stripTrailingZeros();
    return (value.scale() < 0 ? value.setScale(0) : value).toPlainString();
  }
}
