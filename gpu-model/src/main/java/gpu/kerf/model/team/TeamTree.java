package gpu.kerf.model.team;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Teams and who is below whom. Siblings are sorted by name, so that the order in which teams were
 * listed has no influence on any result.
 */
public final class TeamTree {
  private final Map<@Nullable String, List<Team>> children = new HashMap<>();
  private final List<Team> inOrder = new ArrayList<>();

  private TeamTree(Collection<Team> teams) {
    teams.stream()
        .sorted(Comparator.comparing(Team::name))
        .forEach(
            team -> children.computeIfAbsent(team.parent(), any -> new ArrayList<>()).add(team));
    Deque<Team> open = new ArrayDeque<>();
    pushAll(open, roots());
    while (!open.isEmpty()) {
      Team team = open.pop();
      inOrder.add(team);
      pushAll(open, children(team));
    }
  }

  private static void pushAll(Deque<Team> open, List<Team> siblings) {
    for (int i = siblings.size() - 1; i >= 0; i--) {
      open.push(siblings.get(i));
    }
  }

  /** The tree of these teams; {@link TeamRules#structure} says why they may be none. */
  public static TeamTree of(Collection<Team> teams) {
    List<TeamProblem> problems = TeamRules.structure(teams);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(
          String.join("\n", problems.stream().map(TeamProblem::toString).toList()));
    }
    return new TeamTree(teams);
  }

  /** The teams at the top. */
  public List<Team> roots() {
    return children.getOrDefault(null, List.of());
  }

  public List<Team> children(Team team) {
    return children.getOrDefault(team.name(), List.of());
  }

  /** All teams: each before the teams below it. */
  public List<Team> inOrder() {
    return List.copyOf(inOrder);
  }
}
