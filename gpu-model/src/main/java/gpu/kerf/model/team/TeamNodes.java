package gpu.kerf.model.team;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The nodes of a tree, found by name. */
final class TeamNodes {

  private final TeamTree tree;
  private final Map<String, TeamNode> byName = new HashMap<>();
  private final List<TeamNode> leaves = new ArrayList<>();
  private final TeamNode root = new TeamNode(null, null);
  private boolean anyYields;

  TeamNodes(TeamTree tree, Collection<TeamTerms> teams) {
    this.tree = tree;
    Map<String, TeamTerms> terms = new HashMap<>();
    teams.forEach(team -> terms.put(team.team().name(), team));
    for (Team team : tree.inOrder()) {
      TeamNode parent = team.parent() == null ? root : byName.get(team.parent());
      TeamNode node =
          new TeamNode(
              Objects.requireNonNull(terms.get(team.name())), Objects.requireNonNull(parent));
      byName.put(team.name(), node);
      if (tree.children(team).isEmpty()) {
        leaves.add(node);
      }
    }
  }

  /**
   * Says which budget is used up for each team that runs on what no other team wants.
   *
   * @param yielding the team with that budget, which is the team or above it, by team
   */
  TeamNodes markYielding(Map<String, String> yielding) {
    yielding.forEach((team, by) -> Objects.requireNonNull(byName.get(team)).yields = by);
    anyYields = !yielding.isEmpty();
    return this;
  }

  /** Whether any team yields. */
  boolean anyYields() {
    return anyYields;
  }

  @Nullable TeamNode find(String team) {
    return byName.get(team);
  }

  Collection<TeamNode> all() {
    return byName.values();
  }

  List<TeamNode> leaves() {
    return leaves;
  }

  TeamNode root() {
    return root;
  }

  TeamTree tree() {
    return tree;
  }
}
