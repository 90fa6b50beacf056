package gpu.kerf.extender.team;

import gpu.kerf.extender.team.Acceptance.Reason;
import gpu.kerf.extender.team.TeamForest.Refusal;
import gpu.kerf.model.team.TeamTree;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Works out which teams are in force.
 *
 * <p>It begins with the teams that were in force before and are still there, in the form of then. A
 * team whose parent was deleted stands at the top, so that its limit holds on. Then the manifests
 * that say something else are put in one by one, each if the tree's rules hold with it, and those
 * that were refused are tried again as long as others get in: a change that spans several teams, as
 * two guarantees that are exchanged, gets in in any order. Manifests that Kerf had accepted before
 * are first, then older teams before younger ones, and a parent before its children. A manifest
 * that is refused in the end changes nothing.
 */
public final class TeamAcceptor {

  /** More than a message shows. */
  private static final int MOST_STEPS = 20;

  private static final Comparator<TeamReading> ORDER =
      Comparator.comparing((TeamReading team) -> !team.wasAccepted())
          .thenComparing(TeamReading::createdMillis)
          .thenComparing(TeamReading::name);

  private final Map<String, TeamReading> teams = new LinkedHashMap<>();
  private final Map<String, Refusal> refusals = new HashMap<>();
  private final Map<String, Map<String, String>> namespaces;
  private final TeamSource source;
  private final TeamForest forest;

  private TeamAcceptor(
      TeamSource source,
      Collection<TeamReading> readings,
      Map<String, Map<String, String>> namespaces) {
    this.source = source;
    this.namespaces = namespaces;
    this.forest = new TeamForest(source, new NamespaceOwners(namespaces));
    readings.stream().sorted(ORDER).forEach(team -> teams.put(team.name(), team));
  }

  /**
   * Works it out.
   *
   * @param readings all Teams there are
   * @param before what was in force before
   * @param namespaces the labels of each namespace
   */
  public static AcceptedTeams accept(
      TeamSource source,
      Collection<TeamReading> readings,
      AcceptedTeams before,
      Map<String, Map<String, String>> namespaces) {
    TeamAcceptor acceptor = new TeamAcceptor(source, readings, namespaces);
    acceptor.keep(before);
    acceptor.acceptAll();
    return acceptor.result();
  }

  private void keep(AcceptedTeams before) {
    Map<String, TeamSpec> kept = new HashMap<>();
    for (TeamReading team : teams.values()) {
      TeamSpec form = before.inForce().get(team.name());
      if (form != null && form.uid().equals(team.uid())) {
        kept.put(team.name(), form);
      }
    }
    for (TeamReading team : teams.values()) {
      TeamSpec form = kept.get(team.name());
      if (form != null) {
        forest.put(form.parent() == null || kept.containsKey(form.parent()) ? form : form.atTop());
      }
    }
  }

  private void acceptAll() {
    Map<String, TeamSpec> pending = new LinkedHashMap<>();
    for (TeamReading team : teams.values()) {
      TeamSpec spec = team.spec();
      if (spec != null && !isInForce(spec)) {
        pending.put(spec.name(), spec);
      }
    }
    boolean goesOn = true;
    while (goesOn) {
      List<TeamSpec> downwards = parentsFirst(pending);
      goesOn = tryEach(downwards, pending);
      Collections.reverse(downwards);
      // A parent can give up only what its children have given up before.
      goesOn |= tryEach(downwards, pending);
    }
    findCycles(pending.values());
  }

  private static List<TeamSpec> parentsFirst(Map<String, TeamSpec> pending) {
    List<TeamSpec> order = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (TeamSpec team : pending.values()) {
      Deque<TeamSpec> path = new ArrayDeque<>();
      TeamSpec at = team;
      while (at != null && seen.add(at.name())) {
        path.push(at);
        at = at.parent() == null ? null : pending.get(at.parent());
      }
      order.addAll(path);
    }
    return order;
  }

  /** Whether one of them got in. */
  private boolean tryEach(List<TeamSpec> order, Map<String, TeamSpec> pending) {
    boolean any = false;
    for (TeamSpec team : order) {
      if (!pending.containsKey(team.name())) {
        continue;
      }
      Refusal refusal = forest.problem(team);
      if (refusal == null) {
        forest.put(team);
        pending.remove(team.name());
        refusals.remove(team.name());
        any = true;
      } else {
        refusals.put(team.name(), refusal);
      }
    }
    return any;
  }

  private boolean isInForce(TeamSpec spec) {
    TeamSpec form = forest.form(spec.name());
    return form != null && form.isSameAs(spec);
  }

  /** In a cycle of new teams each parent is missing; what is wrong is the cycle. */
  private void findCycles(Collection<TeamSpec> refused) {
    Set<String> seen = new HashSet<>();
    for (TeamSpec start : refused) {
      List<String> path = new ArrayList<>();
      Map<String, Integer> places = new HashMap<>();
      String at = start.name();
      while (at != null && isParentMissing(at) && seen.add(at)) {
        places.put(at, path.size());
        path.add(at);
        at = wantedParent(at);
      }
      Integer entry = at == null ? null : places.get(at);
      if (entry != null) {
        refuseCycle(path.subList(entry, path.size()));
      }
    }
  }

  private boolean isParentMissing(String team) {
    Refusal refusal = refusals.get(team);
    return refusal != null && refusal.reason() == Reason.UNKNOWN_PARENT;
  }

  private void refuseCycle(List<String> cycle) {
    for (int i = 0; i < cycle.size(); i++) {
      List<String> path = new ArrayList<>();
      for (int step = 0; step < Math.min(cycle.size(), MOST_STEPS); step++) {
        path.add(cycle.get((i + step) % cycle.size()));
      }
      path.add(cycle.get(i));
      refusals.put(cycle.get(i), TeamForest.cycle(path));
    }
  }

  private @Nullable String wantedParent(String team) {
    TeamReading reading = teams.get(team);
    TeamSpec spec = reading == null ? null : reading.spec();
    return spec == null ? null : spec.parent();
  }

  private AcceptedTeams result() {
    // Labels of namespaces change by themselves: if two teams in force select one, the older has
    // it.
    NamespaceOwners owners = new NamespaceOwners(namespaces);
    Map<String, NamespaceOwners.Taken> lost = new HashMap<>();
    forest.forms().values().stream()
        .sorted(Comparator.comparing(TeamSpec::createdMillis).thenComparing(TeamSpec::name))
        .forEach(
            team -> {
              NamespaceOwners.Taken taken = owners.conflict(team);
              if (taken != null) {
                lost.put(team.name(), taken);
              }
              owners.take(team);
            });
    Map<String, Acceptance> acceptances = new HashMap<>();
    for (TeamReading team : teams.values()) {
      acceptances.put(team.name(), acceptance(team, lost.get(team.name())));
    }
    TeamTree tree = TeamTree.of(forest.forms().values().stream().map(TeamSpec::team).toList());
    return new AcceptedTeams(source, tree, forest.forms(), acceptances, owners.owners());
  }

  private Acceptance acceptance(TeamReading team, NamespaceOwners.@Nullable Taken lost) {
    Refusal refusal = refusal(team, lost);
    return refusal == null
        ? new Acceptance(Reason.ACCEPTED, "", team.generation())
        : new Acceptance(refusal.reason(), refusal.message(), team.generation());
  }

  private @Nullable Refusal refusal(TeamReading team, NamespaceOwners.@Nullable Taken lost) {
    if (team.spec() == null) {
      return new Refusal(Reason.INVALID, sentence(team.problems()));
    }
    Refusal refusal = refusals.get(team.name());
    return refusal == null && lost != null ? TeamForest.taken(lost) : refusal;
  }

  private static String sentence(List<InputProblems.Problem> problems) {
    if (problems.isEmpty()) {
      return "It cannot be read.";
    }
    InputProblems.Problem first = problems.get(0);
    String subject = first.path() + (first.value().isEmpty() ? "" : " (" + first.value() + ")");
    String text = subject + " " + first.what() + " " + first.hint();
    return problems.size() == 1 ? text : text + " And " + (problems.size() - 1) + " more.";
  }
}
