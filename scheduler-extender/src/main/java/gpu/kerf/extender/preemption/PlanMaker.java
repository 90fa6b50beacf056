package gpu.kerf.extender.preemption;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.state.Decision;
import gpu.kerf.extender.state.DecisionDraft;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.PodAsk;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.wire.NodeList;
import gpu.kerf.model.eviction.FleetSearch;
import gpu.kerf.model.eviction.PlanOutcome;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Searches for the victims of one pod, and makes a plan of those that it finds: for filter, which
 * found no room for the pod, and for kube-scheduler, which proposes nodes.
 */
final class PlanMaker {

  private static final long LOOK_AGAIN_MILLIS = 1_000;
  private static final long FOUND_MILLIS = 300_000;

  private final Scheduling scheduling;
  private final Cluster cluster;
  private final PlanSearch search;
  private final Searches searches;
  private final Plans plans;
  private final PlanBackoff pauses;
  private final Evictions evictions;

  PlanMaker(
      Scheduling scheduling,
      Cluster cluster,
      PlanSearch search,
      Searches searches,
      Evictions evictions) {
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.search = search;
    this.searches = searches;
    this.evictions = evictions;
    this.plans = evictions.plans();
    this.pauses = evictions.pauses();
  }

  private boolean kerfEvicts() {
    return scheduling.policy().kerfEvicts();
  }

  // ---- filter found no room

  /** The plan for a pod that fits nowhere; null if there is none, or if the search goes on. */
  Plan.@Nullable Found planFor(KnownPod pod, PodAsk ask, NodeList nodes, DecisionDraft decision) {
    Plan plan = plans.of(pod.uid());
    if (plan == null && mayPlan(pod, ask)) {
      plan = searching(pod, search.candidates(ask, nodes));
    }
    if (plan instanceof Plan.Searching searching) {
      return searches.goOn(new ForPlan(searching)) ? conclude(searching, decision) : null;
    }
    return plan instanceof Plan.Found found ? found : null;
  }

  private boolean mayPlan(KnownPod pod, PodAsk ask) {
    return ask.wantsGpus()
        && pod.mayPreempt()
        && plans.maySearch()
        && pauses.over(pod.uid(), scheduling.elapsedMillis());
  }

  private Plan.Searching searching(KnownPod pod, List<String> nodes) {
    FleetSearch onNodes = plans.mayBegin() ? search.on(nodes, pod) : null;
    Takeover takeover = new Takeover(plans, scheduling, search, pod, Set.copyOf(nodes));
    return put(pod, new VictimSearch(onNodes, () -> search.request(pod), takeover));
  }

  private Plan.Searching put(KnownPod pod, VictimSearch victims) {
    long until = scheduling.elapsedMillis() + FOUND_MILLIS;
    return plans.put(new Plan.Searching(pod, victims, until));
  }

  /** A search is over: the plan that comes of it, or null. */
  private Plan.@Nullable Found conclude(Plan.Searching searching, DecisionDraft decision) {
    plans.end(searching);
    KnownPod pod = searching.pod();
    PlanOutcome.Plan found = searching.search().found();
    if (found == null) {
      hopeless(pod, search.forbidden(pod.ref(), searching.search().onNodes()));
      return null;
    }
    Plan.Found lower = searching.search().insteadOf();
    if (lower != null) {
      evictions.end(lower);
    }
    if (!VictimSearch.frees(found)) {
      return null;
    }
    if (!plans.mayBegin()) {
      hopeless(pod, "");
      return null;
    }
    if (!found.victims().isEmpty()) {
      decision.evicts(found);
    }
    return evictions.decide(pod, found);
  }

  /** No pod can be evicted now; says so where that is for the budgets alone. */
  private void hopeless(KnownPod pod, String forbidden) {
    if (forbidden.isEmpty()) {
      pauses.until(pod.uid(), scheduling.elapsedMillis() + LOOK_AGAIN_MILLIS);
    } else {
      pauses.failed(pod.uid(), scheduling.elapsedMillis());
      cluster.event(new PodEvent(pod.ref(), true, "Preempting", forbidden));
    }
  }

  // ---- kube-scheduler proposes nodes

  /** As {@link Preemptions#amongProposed}. */
  List<PlanOutcome.Plan> amongProposed(KnownPod pod, List<String> nodes) {
    Plan plan = plans.of(pod.uid());
    if (plan == null && plans.maySearch()) {
      plan = put(pod, onProposed(search.refused(nodes, pod), pod));
    }
    if (!(plan instanceof Plan.Searching searching) || !searches.goOn(new ForPlan(searching))) {
      return List.of();
    }
    plans.end(searching);
    return searching.search().all().stream().filter(one -> nodes.contains(one.node())).toList();
  }

  private VictimSearch onProposed(List<String> refused, KnownPod pod) {
    FleetSearch onNodes = kerfEvicts() ? search.on(refused, pod) : search.onEach(refused, pod);
    Takeover none = new Takeover(plans, scheduling, search, pod, Set.of());
    return new VictimSearch(onNodes, () -> search.request(pod), none);
  }

  /** The search for a plan, as the loop goes on with it. */
  private final class ForPlan implements Searches.Search {
    private final Plan.Searching searching;

    ForPlan(Plan.Searching searching) {
      this.searching = searching;
    }

    @Override
    public KnownPod pod() {
      return searching.pod();
    }

    @Override
    public boolean isWanted() {
      KnownPod pod = scheduling.pods().get(searching.uid());
      return plans.stands(searching) && pod != null && pod.isPending();
    }

    @Override
    public boolean goOn(BooleanSupplier mayGoOn) {
      return searching.search().goOn(mayGoOn);
    }

    @Override
    public void ended() {
      if (!kerfEvicts()) {
        // Its victims are for kube-scheduler to evict, when it asks again.
        cluster.nudge(searching.pod().ref());
        return;
      }
      DecisionDraft decision = scheduling.deciding(Decision.Verb.PREEMPT, searching.pod().ref());
      if (conclude(searching, decision) != null) {
        scheduling.decided(decision);
      }
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof ForPlan search && search.searching.equals(searching);
    }

    @Override
    public int hashCode() {
      return searching.hashCode();
    }
  }
}
