package gpu.kerf.extender.service;

import gpu.kerf.extender.access.VisibleNames;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.stream.EventLog;
import gpu.kerf.extender.team.AcceptedTeams;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The namespaces and teams of which the API may tell: those of pods, decisions, events and Teams.
 */
final class KnownNames implements VisibleNames {
  private final Scheduling scheduling;
  private final Supplier<AcceptedTeams> teams;
  private final EventLog events;

  KnownNames(Scheduling scheduling, Supplier<AcceptedTeams> teams, EventLog events) {
    this.scheduling = scheduling;
    this.teams = teams;
    this.events = events;
  }

  @Override
  public Set<String> namespaces() {
    Set<String> names = new HashSet<>(teams.get().owners().keySet());
    scheduling.pods().all().forEach(pod -> names.add(pod.holder().namespace()));
    scheduling.ledger().entries().forEach(entry -> names.add(entry.holder().namespace()));
    scheduling
        .decisions()
        .latest(Integer.MAX_VALUE, "")
        .forEach(decision -> names.add(decision.pod().namespace()));
    names.addAll(events.namespaces());
    return names;
  }

  @Override
  public Set<String> teams() {
    return teams.get().inForce().keySet();
  }
}
