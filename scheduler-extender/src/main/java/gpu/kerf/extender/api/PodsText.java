package gpu.kerf.extender.api;

import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.explain.DemandText;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.turn.TeamsSource;
import gpu.kerf.extender.wire.SlotText;
import gpu.kerf.model.fleet.Entry;
import java.util.List;
import java.util.stream.Collectors;

/** Why pods wait, or what they hold, as text for a terminal. */
final class PodsText {

  private final Scheduling scheduling;
  private final Changes changes;
  private final TeamsSource teams;

  PodsText(Scheduling scheduling, Changes changes, TeamsSource teams) {
    this.teams = teams;
    this.scheduling = scheduling;
    this.changes = changes;
  }

  String render(PodsJson.Query query, Viewer viewer) {
    List<KnownPod> pods = PodsJson.matching(scheduling, query, viewer);
    if (pods.isEmpty()) {
      return "Kerf knows no such pod that asks for GPUs.\n";
    }
    String some =
        pods.stream()
            .limit(query.limit())
            .map(pod -> pod.isPending() ? waits(pod, viewer) : holds(pod))
            .collect(Collectors.joining("\n"));
    int more = pods.size() - query.limit();
    return more > 0 ? some + "\nand " + more + " more\n" : some;
  }

  private String waits(KnownPod pod, Viewer viewer) {
    String reason = pod.whyPending();
    return name(pod)
        + " has waited for "
        + TeamsText.since(pod.since(), scheduling.wallMillis())
        + (pod.isNonsense() ? "" : " and asks for " + DemandText.brief(pod.demand()))
        + ".\n  why: "
        + (reason.isEmpty() ? "it has not been tried yet." : viewer.sentence(reason))
        + "\n"
        + place(pod, viewer)
        + change(pod, reason);
  }

  private String place(KnownPod pod, Viewer viewer) {
    String place = teams.place(pod.uid());
    return place.isEmpty() ? "" : "  in line: " + viewer.sentence(place) + "\n";
  }

  private String change(KnownPod pod, String reason) {
    if (reason.isEmpty() || pod.isNonsense() || !changes.isKnown(pod.demand())) {
      return "";
    }
    String change = changes.of(pod.demand());
    return change == null ? "" : "  would fit now: " + change + "\n";
  }

  private String holds(KnownPod pod) {
    Entry entry = scheduling.ledger().entry(pod.uid());
    return name(pod)
        + " is on node "
        + pod.node()
        + (entry == null ? "" : ": " + SlotText.of(entry.placement()))
        + "\n";
  }

  private static String name(KnownPod pod) {
    return pod.holder().namespace() + "/" + pod.holder().name();
  }
}
