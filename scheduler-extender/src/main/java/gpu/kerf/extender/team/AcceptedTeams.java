package gpu.kerf.extender.team;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.team.TeamTree;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The teams that are in force, and what became of every Team there is.
 *
 * @param tree the teams in force, with their amounts outside of all windows
 * @param inForce the form in which each of them is in force: its newest one that was accepted
 * @param acceptances of every Team there is, in force or not
 * @param owners the team of each namespace that has one
 */
public record AcceptedTeams(
    TeamSource source,
    TeamTree tree,
    Map<String, TeamSpec> inForce,
    Map<String, Acceptance> acceptances,
    Map<String, String> owners) {

  /** The label by which pods name their queue in KAI. */
  public static final String QUEUE_LABEL = "kai.scheduler/queue";

  /** A cluster without teams. */
  public static final AcceptedTeams NONE =
      new AcceptedTeams(TeamSource.KERF, TeamTree.of(List.of()), Map.of(), Map.of(), Map.of());

  public AcceptedTeams {
    inForce = Collections.unmodifiableMap(new TreeMap<>(inForce));
    acceptances = Collections.unmodifiableMap(new TreeMap<>(acceptances));
    owners = Map.copyOf(owners);
  }

  /** Whether no Team is in force. */
  public boolean isEmpty() {
    return inForce.isEmpty();
  }

  /** The team that a pod belongs to, which has no children; null if it belongs to none. */
  public @Nullable String teamOf(PodView pod) {
    return teamOf(pod.ref().namespace(), pod.labels().getOrDefault(QUEUE_LABEL, ""));
  }

  /** The same for a pod of a namespace with a queue of KAI; empty if it names none. */
  public @Nullable String teamOf(String namespace, String queue) {
    if (source == TeamSource.KERF) {
      return owners.get(namespace);
    }
    TeamSpec team = inForce.get(queue);
    return team != null && tree.children(team.team()).isEmpty() ? team.name() : null;
  }

  /** Whether another one says the same of every team and namespace. */
  public boolean isSameAs(AcceptedTeams other) {
    return source == other.source
        && owners.equals(other.owners)
        && acceptances.equals(other.acceptances)
        && inForce.keySet().equals(other.inForce.keySet())
        && inForce.values().stream().allMatch(team -> team.isSameAs(other.form(team.name())));
  }

  private TeamSpec form(String team) {
    TeamSpec form = inForce.get(team);
    if (form == null) {
      throw new IllegalArgumentException(
          "The team (" + team + ") is not in force.\nMaybe it was deleted.");
    }
    return form;
  }
}
