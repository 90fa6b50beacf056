package gpu.kerf.extender.verb;

import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.PodAsk;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.wire.NodeList;
import gpu.kerf.model.eviction.Candidate;
import gpu.kerf.model.eviction.EvictionPlanner;
import gpu.kerf.model.eviction.FleetPlan;
import gpu.kerf.model.eviction.Outcome;
import gpu.kerf.model.eviction.Request;
import gpu.kerf.model.eviction.Site;
import gpu.kerf.model.placement.NodeState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Finds who would have to go so that a pod fits, with what the cluster says of pods and budgets.
 */
final class PlanSearch {

  /** Where there are very many nodes, somebody is looked for on some of them. */
  static final int MOST_NODES = 256;

  private final Scheduling scheduling;
  private final Disruptions disruptions;
  private final EvictionPlanner planner;

  PlanSearch(Scheduling scheduling, Disruptions disruptions) {
    this.scheduling = scheduling;
    this.disruptions = disruptions;
    this.planner = new EvictionPlanner(scheduling.placer());
  }

  /** What eviction can do for a pod on some nodes. */
  FleetPlan within(List<String> nodes, KnownPod pod, PodAsk ask) {
    return planner.planAll(
        request(pod, ask).within(disruptions.budgets()), scheduling.ledger(), nodes, this::marked);
  }

  /** The same on one node, whatever the budgets say. */
  Outcome.@Nullable Plan onNode(String node, KnownPod pod, PodAsk ask) {
    return planner
        .planAll(request(pod, ask), scheduling.ledger(), List.of(node), this::marked)
        .best();
  }

  private Request request(KnownPod pod, PodAsk ask) {
    return Request.of(pod.holder(), ask.prepared(), scheduling.wallMillis());
  }

  /** Whether somebody has to go at all. */
  static boolean frees(Outcome.Plan plan) {
    return !plan.victims().isEmpty() || !plan.awaited().isEmpty();
  }

  /** Nodes that could ever hold the pod; where there are very many, some of them. */
  List<String> candidates(PodAsk ask, NodeList nodes) {
    List<String> names = new ArrayList<>();
    for (int place = 0; place < nodes.size() && names.size() < MOST_NODES; place++) {
      NodeState node = scheduling.fleet().at(nodes.index(place));
      var reason = node == null ? null : ask.refusal(nodes.index(place));
      if (node != null && reason != null && !reason.never()) {
        names.add(node.name());
      }
    }
    return names;
  }

  /** Adds what the ledger does not know of a pod. */
  Candidate marked(Candidate candidate) {
    KnownPod pod = scheduling.pods().get(candidate.uid());
    Candidate known = disruptions.covered(candidate);
    return pod != null && pod.terminating() ? known.terminating() : known;
  }

  /** Which budgets stand in the way, in words; empty if something else does. */
  String forbidden(FleetPlan all) {
    for (Outcome outcome : all.outcomes()) {
      if (outcome instanceof Outcome.NoHelp noHelp
          && noHelp.obstacle() == Outcome.Obstacle.BUDGETS) {
        return "Pods of lower priority could make room on node "
            + noHelp.node()
            + ", but these disruption budgets forbid to evict them: "
            + String.join(", ", exhausted(noHelp.node()))
            + ".";
      }
    }
    return "";
  }

  /** The budgets of a node's pods that allow no eviction, by name. */
  private SortedSet<String> exhausted(String node) {
    SortedSet<String> names = new TreeSet<>();
    Map<String, Integer> allowed = disruptions.budgets().allowed();
    Site site = Site.of(scheduling.ledger(), node, this::marked);
    for (Candidate candidate : site == null ? List.<Candidate>of() : site.candidates()) {
      for (String budget : candidate.budgets()) {
        if (allowed.getOrDefault(budget, 0) == 0) {
          names.add(budget);
        }
      }
    }
    return names;
  }
}
