package gpu.kerf.extender.team;

import gpu.kerf.extender.team.Acceptance.Reason;
import gpu.kerf.model.team.GpuAmount;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The teams in force while they are being worked out. It keeps the rules of the tree: a team is put
 * in only if nothing is wrong with it beside the others.
 */
final class TeamForest {
  private static final int MOST_NAMES = 10;

  private final boolean promisesCount;
  private final NamespaceOwners owners;
  private final Map<String, TeamSpec> forms = new HashMap<>();
  private final Map<String, Set<String>> children = new HashMap<>();
  private final Map<String, Long> promised = new HashMap<>();

  /** Why a team cannot be in force as its manifest says. */
  record Refusal(Reason reason, String message) {}

  TeamForest(TeamSource source, NamespaceOwners owners) {
    // The quotas of KAI's queues may be more than their parent's.
    this.promisesCount = source == TeamSource.KERF;
    this.owners = owners;
  }

  /** The form in which a team is in force, or null. */
  @Nullable TeamSpec form(String team) {
    return forms.get(team);
  }

  Map<String, TeamSpec> forms() {
    return forms;
  }

  /** Puts a team in, in place of its form before. */
  void put(TeamSpec team) {
    TeamSpec before = forms.put(team.name(), team);
    if (before != null && before.parent() != null) {
      children.getOrDefault(before.parent(), new HashSet<>()).remove(team.name());
      promise(before.parent(), -before.team().guarantee().milli());
    }
    if (team.parent() != null) {
      children.computeIfAbsent(team.parent(), any -> new HashSet<>()).add(team.name());
      promise(team.parent(), team.team().guarantee().milli());
    }
    owners.release(team.name());
    owners.take(team);
  }

  private void promise(String parent, long milli) {
    promised.merge(parent, milli, Long::sum);
  }

  /** Why a team cannot be put in, or null if it can. */
  @Nullable Refusal problem(TeamSpec team) {
    Refusal wrong = parentProblem(team);
    if (wrong == null) {
      wrong = childrenProblem(team);
    }
    return wrong == null ? namespaceProblem(team) : wrong;
  }

  private @Nullable Refusal parentProblem(TeamSpec team) {
    String parent = team.parent();
    if (parent == null) {
      return null;
    }
    if (parent.equals(team.name())) {
      return cycle(List.of(parent, parent));
    }
    TeamSpec above = forms.get(parent);
    if (above == null) {
      return new Refusal(
          Reason.UNKNOWN_PARENT,
          ("parent (%s) is no team that is in force. Write the name of another team, or leave it out"
                  + " for a team at the top.")
              .formatted(parent));
    }
    if (forms.containsKey(team.name()) && isBelow(above, team.name())) {
      return cycle(path(above, team.name()));
    }
    if (!above.namespaces().isEmpty()) {
      return new Refusal(
          Reason.PARENT_HAS_NAMESPACES,
          ("parent (%s) has namespaces, so it can have no children. Give its namespaces to a team"
                  + " without children.")
              .formatted(parent));
    }
    return promiseOfParent(team, above);
  }

  private @Nullable Refusal promiseOfParent(TeamSpec team, TeamSpec above) {
    TeamSpec before = forms.get(team.name());
    long own =
        before != null && above.name().equals(before.parent())
            ? before.team().guarantee().milli()
            : 0;
    long others = promised.getOrDefault(above.name(), 0L) - own;
    GpuAmount guarantee = team.team().guarantee();
    long left = above.team().guarantee().milli() - others;
    if (!promisesCount || guarantee.milli() <= Math.max(left, 0)) {
      return null;
    }
    return new Refusal(
        Reason.PROMISES_TOO_MUCH,
        ("guarantee (%s) is more than parent %s has left (%s of %s). Lower it, or raise that of"
                + " the parent.")
            .formatted(guarantee, above.name(), text(left), above.team().guarantee()));
  }

  private @Nullable Refusal childrenProblem(TeamSpec team) {
    int below = children.getOrDefault(team.name(), Set.of()).size();
    if (below > 0 && !team.namespaces().isEmpty()) {
      return new Refusal(
          Reason.HAS_CHILDREN,
          ("namespaces is set, but the team has children (%d). Give the namespaces to a team without"
                  + " children.")
              .formatted(below));
    }
    long milli = promised.getOrDefault(team.name(), 0L);
    if (promisesCount && milli > team.team().guarantee().milli()) {
      return new Refusal(
          Reason.PROMISES_TOO_MUCH,
          "guarantee (%s) is less than its children are promised (%s). Raise it, or lower theirs."
              .formatted(team.team().guarantee(), text(milli)));
    }
    return null;
  }

  private @Nullable Refusal namespaceProblem(TeamSpec team) {
    NamespaceOwners.Taken taken = owners.conflict(team);
    return taken == null ? null : taken(taken);
  }

  static Refusal taken(NamespaceOwners.Taken taken) {
    return new Refusal(
        Reason.NAMESPACE_TAKEN,
        "namespaces: %s is a namespace of team %s already. Leave it out at one of them."
            .formatted(taken.namespace(), taken.owner()));
  }

  private boolean isBelow(TeamSpec team, String ancestor) {
    String at = team.name();
    while (at != null) {
      if (at.equals(ancestor)) {
        return true;
      }
      TeamSpec form = forms.get(at);
      at = form == null ? null : form.parent();
    }
    return false;
  }

  /** From an ancestor's name down to a team, and the ancestor once more. */
  private List<String> path(TeamSpec team, String ancestor) {
    List<String> names = new ArrayList<>(List.of(ancestor));
    TeamSpec at = team;
    while (at != null && !at.name().equals(ancestor)) {
      names.add(at.name());
      at = at.parent() == null ? null : forms.get(at.parent());
    }
    names.add(ancestor);
    return names;
  }

  /**
   * @param path each team is below the next one; the first is the last
   */
  static Refusal cycle(List<String> path) {
    List<String> shown = new ArrayList<>(path);
    if (path.size() > MOST_NAMES) {
      shown = new ArrayList<>(path.subList(0, MOST_NAMES - 2));
      shown.add("…");
      shown.add(path.get(path.size() - 1));
    }
    return new Refusal(
        Reason.CYCLE,
        "parent (%s) makes a cycle: %s. Leave parent out at the team that should be at the top."
            .formatted(path.get(1), String.join(" below ", shown)));
  }

  private static String text(long milli) {
    return BigDecimal.valueOf(milli, 3).toPlainString();
  }
}
