package gpu.kerf.model.team;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The rules of a tree that no team can break alone. */
public final class TeamRules {

  private TeamRules() {}

  /** Why these teams are no tree: a name twice, a parent that does not exist, a cycle. */
  public static List<TeamProblem> structure(Collection<Team> teams) {
    List<TeamProblem> problems = new ArrayList<>();
    Map<String, Team> byName = new TreeMap<>();
    for (Team team : teams) {
      if (byName.putIfAbsent(team.name(), team) != null) {
        problems.add(
            new TeamProblem(
                team.name(),
                "name",
                team.name(),
                "is used twice.",
                "Give each team its own name."));
      }
    }
    byName.values().forEach(team -> addUnknownParent(team, byName, problems));
    addCycles(byName, problems);
    return problems;
  }

  /** Guarantees that can never all be kept: above the own limit, or more than the parent has. */
  public static List<TeamProblem> promises(TeamTree tree) {
    List<TeamProblem> problems = new ArrayList<>();
    for (Team team : tree.inOrder()) {
      GpuAmount limit = team.limit();
      if (limit != null && team.guarantee().compareTo(limit) > 0) {
        problems.add(
            new TeamProblem(
                team.name(),
                "guarantee",
                team.guarantee().toString(),
                "is above the limit (" + limit + ").",
                "Raise the limit or lower the guarantee."));
      }
      long promised =
          tree.children(team).stream().mapToLong(child -> child.guarantee().milli()).sum();
      if (promised > team.guarantee().milli()) {
        problems.add(
            new TeamProblem(
                team.name(),
                "guarantee",
                team.guarantee().toString(),
                "is less than its children are promised (" + Thousandths.text(promised) + ").",
                "Raise it, or lower the guarantees of " + names(tree.children(team)) + "."));
      }
    }
    return problems;
  }

  private static void addUnknownParent(
      Team team, Map<String, Team> byName, List<TeamProblem> problems) {
    String parent = team.parent();
    if (parent != null && !byName.containsKey(parent)) {
      problems.add(
          new TeamProblem(
              team.name(),
              "parent",
              parent,
              "is no team.",
              "Write the name of another team, or leave it out for a team at the top."));
    }
  }

  /** Reports each cycle once, at the team whose name comes first. */
  private static void addCycles(Map<String, Team> byName, List<TeamProblem> problems) {
    Set<String> seen = new HashSet<>();
    for (Team start : byName.values()) {
      Map<String, Team> path = new LinkedHashMap<>();
      Team at = start;
      while (at != null && !seen.contains(at.name()) && path.put(at.name(), at) == null) {
        at = parentOf(at, byName);
      }
      if (at != null && path.containsKey(at.name())) {
        problems.add(cycle(List.copyOf(path.keySet()), at.name()));
      }
      seen.addAll(path.keySet());
    }
  }

  private static TeamProblem cycle(List<String> path, String entry) {
    List<String> cycle = new ArrayList<>(path.subList(path.indexOf(entry), path.size()));
    String first = cycle.stream().sorted().findFirst().orElseThrow();
    Collections.rotate(cycle, -cycle.indexOf(first));
    cycle.add(first);
    return new TeamProblem(
        first,
        "parent",
        cycle.get(1),
        "makes a cycle: " + String.join(" below ", cycle) + ".",
        "Leave parent out at the team that should be at the top.");
  }

  private static @Nullable Team parentOf(Team team, Map<String, Team> byName) {
    return team.parent() == null ? null : byName.get(team.parent());
  }

  private static String names(List<Team> teams) {
    return String.join(", ", teams.stream().map(Team::name).toList());
  }
}
