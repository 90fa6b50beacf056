package gpu.kerf.extender.preemption;

import gpu.kerf.extender.cluster.Disruptions;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.PodAsk;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.wire.NodeList;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.eviction.Candidate;
import gpu.kerf.model.eviction.EvictionPlanner;
import gpu.kerf.model.eviction.FleetPlan;
import gpu.kerf.model.eviction.FleetSearch;
import gpu.kerf.model.eviction.NodeCandidates;
import gpu.kerf.model.eviction.PlanOutcome;
import gpu.kerf.model.eviction.Request;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Slot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds the victims that must be evicted so that a pod fits, from the cluster's pods and disruption
 * budgets.
 */
final class PlanSearch {

  private final Scheduling scheduling;
  private final Disruptions disruptions;
  private final EvictionPlanner planner;

  PlanSearch(Scheduling scheduling, Disruptions disruptions) {
    this.scheduling = scheduling;
    this.disruptions = disruptions;
    this.planner = new EvictionPlanner(scheduling.placer());
  }

  /** A search for the least harmful plan on some nodes, as they are when it comes to them. */
  FleetSearch on(List<String> nodes, KnownPod pod) {
    return on(nodes, pod, node -> site(node, pod));
  }

  /** A search for the least harmful plan on each of some nodes. */
  FleetSearch onEach(List<String> nodes, KnownPod pod) {
    return planner.searchEach(request(pod), nodes, node -> site(node, pod));
  }

  FleetSearch on(
      List<String> nodes, KnownPod pod, Function<String, @Nullable NodeCandidates> sites) {
    return planner.search(request(pod), nodes, sites);
  }

  /**
   * What the ledger and the cluster know of a node now; null if Kerf does not manage it. GPUs with
   * a place for another pod that does not yield to this one are closed: a plan gets its GPUs alone,
   * and the other pod would lose the place for which its victims have gone.
   */
  @Nullable NodeCandidates site(String node, KnownPod pod) {
    NodeCandidates site = site(node);
    long kept = kept(node, pod);
    return site == null || kept == 0
        ? site
        : new NodeCandidates(closed(site.node(), kept), site.candidates());
  }

  private @Nullable NodeCandidates site(String node) {
    return NodeCandidates.of(scheduling.ledger(), node, this::marked);
  }

  /** The GPUs of a node, as bits, with places that do not yield to a pod. */
  private long kept(String node, KnownPod pod) {
    long gpus = 0;
    for (Entry entry : scheduling.ledger().entriesOn(node)) {
      boolean keeps = scheduling.proposals().isFirm(entry.uid(), pod.holder().priority());
      if (keeps && !entry.uid().equals(pod.uid())) {
        for (Slot slot : entry.placement().slots()) {
          gpus |= 1L << slot.gpu();
        }
      }
    }
    return gpus;
  }

  private static NodeState closed(NodeState node, long gpus) {
    NodeState closed = node.copy();
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      if ((gpus >> gpu & 1) != 0) {
        closed.block(gpu);
      }
    }
    return closed;
  }

  /** What a pod asks, with the time and the budgets of now. */
  Request request(KnownPod pod) {
    return unlimited(pod).within(disruptions.budgets());
  }

  private Request unlimited(KnownPod pod) {
    PodAsk ask = scheduling.ask(pod.demand());
    return Request.of(pod.holder(), ask.prepared(), scheduling.wallMillis());
  }

  /** Where a pod fits on a node once those have gone who are on their way out; null if nowhere. */
  PlanOutcome.@Nullable Plan withoutVictims(String node, KnownPod pod) {
    FleetSearch search = planner.search(unlimited(pod), List.of(node), each -> site(each, pod));
    // The first step asks nothing else.
    search.goOn(() -> false);
    PlanOutcome.Plan plan = search.result().best();
    return plan != null && plan.victims().isEmpty() ? plan : null;
  }

  /** Nodes that could ever hold the pod. */
  List<String> candidates(PodAsk ask, NodeList nodes) {
    List<String> names = new ArrayList<>();
    for (int place = 0; place < nodes.size(); place++) {
      NodeState node = scheduling.fleet().at(nodes.index(place));
      var reason = node == null ? null : ask.refusal(nodes.index(place));
      if (node != null && reason != null && !reason.never()) {
        names.add(node.name());
      }
    }
    return names;
  }

  /**
   * Those of some nodes that kube-scheduler proposes on which an eviction for GPUs can help. It
   * cannot where the pod fits: something else than Kerf refuses it. Nor where another pod counts in
   * the sums and holds no GPU any more: what Kerf frees may be too little for the sums, and the
   * next pod there would be evicted as well.
   */
  List<String> refused(List<String> nodes, KnownPod pod) {
    PodAsk ask = scheduling.ask(pod.demand());
    return nodes.stream()
        .filter(
            node -> {
              int index = scheduling.fleet().indexOf(node);
              return index >= 0 && ask.refusal(index) != null && !hasPodWithoutSlots(node);
            })
        .toList();
  }

  /** Whether a pod of a node asks for GPUs and holds none, or none that is still there. */
  private boolean hasPodWithoutSlots(String node) {
    return scheduling.ledger().entriesOn(node).stream()
        .filter(entry -> entry.placement().slots().isEmpty())
        .map(entry -> scheduling.pods().get(entry.uid()))
        .anyMatch(pod -> pod != null && !pod.demand().containers().isEmpty());
  }

  /** Adds what the ledger does not know of a pod. */
  private Candidate marked(Candidate candidate) {
    KnownPod pod = scheduling.pods().get(candidate.uid());
    Candidate known = disruptions.covered(candidate);
    return pod != null && pod.terminating() ? known.terminating() : known;
  }

  /** Which budgets stand in the way, in words; empty if something else does. */
  String forbidden(PodView.Ref pod, FleetPlan all) {
    for (PlanOutcome outcome : all.outcomes()) {
      if (outcome instanceof PlanOutcome.NoHelp noHelp
          && noHelp.obstacle() == PlanOutcome.Obstacle.BUDGETS) {
        return EvictionText.forbidden(pod, noHelp.node(), exhausted(noHelp.node()));
      }
    }
    return "";
  }

  /** The budgets of a node's pods that allow no eviction, by name. */
  private SortedSet<String> exhausted(String node) {
    SortedSet<String> names = new TreeSet<>();
    Map<String, Integer> allowed = disruptions.budgets().allowed();
    NodeCandidates cluster = site(node);
    for (Candidate candidate : cluster == null ? List.<Candidate>of() : cluster.candidates()) {
      for (String budget : candidate.budgets()) {
        if (allowed.getOrDefault(budget, 0) == 0) {
          names.add(budget);
        }
      }
    }
    return names;
  }
}
