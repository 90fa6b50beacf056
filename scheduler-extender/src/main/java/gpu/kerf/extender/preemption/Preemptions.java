package gpu.kerf.extender.preemption;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.Disruptions;
import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.state.Decision;
import gpu.kerf.extender.state.DecisionDraft;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.PodAsk;
import gpu.kerf.extender.state.Policy;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.wire.NodeList;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.eviction.Candidate;
import gpu.kerf.model.eviction.FleetSearch;
import gpu.kerf.model.eviction.PlanOutcome;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Evicts where kube-scheduler cannot see that it would help: on nodes whose sums fit and whose
 * pieces do not. It asks no extender about such nodes, so filter asks here for a {@link Plan}.
 *
 * <p>Ten preemptors at once make no storm: at most {@value #MOST_PLANS} plans are under way, each
 * pod has one, and no two concern the same GPU.
 */
public final class Preemptions {

  public static final int MOST_PLANS = Plans.MOST;

  private static final long LOOK_AGAIN_MILLIS = 1_000;
  private static final long FOUND_MILLIS = 300_000;

  private final Scheduling scheduling;
  private final Cluster cluster;
  private final Disruptions disruptions;
  private final PlanSearch search;
  private final Searches searches;
  private final Plans plans = new Plans();
  private final PlanBackoff pauses = new PlanBackoff();
  private final Evictions evictions;
  private final Restart restart;
  private @Nullable Hope hope;

  public Preemptions(Scheduling scheduling, Cluster cluster, Disruptions disruptions) {
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.disruptions = disruptions;
    this.search = new PlanSearch(scheduling, disruptions);
    this.searches = new Searches(scheduling);
    this.evictions = new Evictions(scheduling, cluster, plans, pauses);
    this.restart = new Restart(scheduling, cluster, search, evictions);
  }

  /** Differs when a pod for which there was no plan may get one: a budget, or another's plan. */
  public long loosened() {
    return disruptions.loosened() + plans.ended();
  }

  public Disruptions disruptions() {
    return disruptions;
  }

  /** Whether Kerf evicts by itself. */
  public boolean isOn() {
    return scheduling.policy().preemption() == Policy.Preemption.KERF;
  }

  /** What the cluster says of a pod; before all of it is known, plans are restored from that. */
  public void podChanged(PodView pod) {
    restart.podChanged(pod);
  }

  /** Makes plans again that an earlier life of Kerf had begun, once, when everything is known. */
  public void restore() {
    if (restart.restore(isOn())) {
      look();
    }
  }

  /** The inventory of a node has changed: plans go with their GPUs, and end if one is gone. */
  public void nodeChanged(NodeSpec node) {
    evictions.nodeChanged(node);
  }

  /** Whether a plan exists for a pod, or is looked for. */
  public boolean has(String uid) {
    return plans.has(uid);
  }

  /** Whether slots wait for a pod because others have gone. */
  public boolean isReady(String uid) {
    return plans.of(uid) instanceof Plan.Ready && scheduling.ledger().entry(uid) != null;
  }

  /** How many plans have victims. */
  public int underWay() {
    return plans.found();
  }

  // ---- filter finds no room

  /**
   * A pod fits nowhere: makes a plan for it where that helps. The search for victims may go on when
   * the call has been answered; then the plan begins by itself.
   *
   * @return the place in the list of the node that is being freed for it; -1 if there is none
   */
  public int consider(KnownPod pod, PodAsk ask, NodeList nodes, DecisionDraft decision) {
    if (!isOn()) {
      return -1;
    }
    look();
    Plan plan = plans.of(pod.uid());
    if (plan == null && mayPlan(pod, ask)) {
      plan = searching(pod, search.candidates(ask, nodes));
    }
    if (plan instanceof Plan.Searching searching) {
      plan = searches.goOn(new ForPlan(searching)) ? conclude(searching, decision) : null;
    }
    return plan instanceof Plan.Found found ? place(found.node(), nodes) : -1;
  }

  private int place(String node, NodeList nodes) {
    int index = scheduling.names().find(node);
    for (int place = 0; place < nodes.size(); place++) {
      if (nodes.index(place) == index) {
        return place;
      }
    }
    return -1;
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
      hopeless(pod, search.forbidden(searching.search().onNodes()));
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
      describe(found, decision);
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

  /** Writes into a decision who has to go for it. */
  public static void describe(PlanOutcome.Plan plan, DecisionDraft decision) {
    List<Decision.Victim> victims = new ArrayList<>();
    for (Candidate victim : plan.victims()) {
      Holder holder = victim.holder();
      PodView.Ref ref = new PodView.Ref(holder.namespace(), holder.name(), holder.uid());
      victims.add(new Decision.Victim(ref, holder.priority()));
    }
    decision.evicts(new Decision.Choice(plan.node(), null, plan.placements().get(0)), victims);
  }

  /** The pod fits without a victim. */
  public void fits(String uid) {
    Plan plan = plans.of(uid);
    if (plan != null && !(plan instanceof Plan.Ready)) {
      evictions.end(plan);
    }
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
      if (!isOn()) {
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

  // ---- kube-scheduler asks for victims

  /**
   * Plans for a pod on nodes that kube-scheduler proposes, from which it chooses. Where what comes
   * free is kept for the pod the choice is Kerf's: it is the least harmful plan alone.
   *
   * @return none if there is none, if Kerf evicts for the pod already, or if the search goes on:
   *     then Kerf evicts by itself when it is over, or has kube-scheduler ask again
   */
  public List<PlanOutcome.Plan> amongProposed(KnownPod pod, List<String> nodes) {
    Plan plan = plans.of(pod.uid());
    if (plan == null && plans.maySearch()) {
      plan = put(pod, amongProposed(search.refused(nodes, pod), pod));
    }
    if (!(plan instanceof Plan.Searching searching) || !searches.goOn(new ForPlan(searching))) {
      return List.of();
    }
    plans.end(searching);
    return searching.search().all().stream().filter(one -> nodes.contains(one.node())).toList();
  }

  private VictimSearch amongProposed(List<String> refused, KnownPod pod) {
    FleetSearch onNodes = isOn() ? search.on(refused, pod) : search.onEach(refused, pod);
    Takeover none = new Takeover(plans, scheduling, search, pod, Set.of());
    return new VictimSearch(onNodes, () -> search.request(pod), none);
  }

  /** kube-scheduler evicts by this plan; what comes free is kept for the pod. */
  public void adopt(KnownPod pod, PlanOutcome.Plan outcome) {
    if (isOn() && !has(pod.uid())) {
      evictions.await(pod, outcome);
    }
  }

  // ---- a pod may get a plan that could not before

  /**
   * Finds out, when the loop has time, whether evicting others from some nodes would make room for
   * a pod; then it need not wait any longer. One pod at a time.
   *
   * @return whether it is looked into
   */
  public boolean lookAgain(KnownPod pod, List<String> nodes, Runnable ifItHelps) {
    if (hope != null && hope.isWanted()) {
      return false;
    }
    if (isOn() && !has(pod.uid()) && plans.mayBegin()) {
      hope = new Hope(pod, search.on(nodes, pod), ifItHelps);
      searches.later(hope);
    }
    return true;
  }

  /** The search for any plan at all. */
  private final class Hope implements Searches.Search {
    private final KnownPod pod;
    private final FleetSearch nodes;
    private final Runnable ifItHelps;
    private boolean over;

    Hope(KnownPod pod, FleetSearch nodes, Runnable ifItHelps) {
      this.pod = pod;
      this.nodes = nodes;
      this.ifItHelps = ifItHelps;
    }

    @Override
    public KnownPod pod() {
      return pod;
    }

    @Override
    public boolean isWanted() {
      return !over && !has(pod.uid()) && scheduling.pods().get(pod.uid()) != null;
    }

    @Override
    public boolean goOn(BooleanSupplier mayGoOn) {
      nodes.goOn(() -> nodes.best() == null && mayGoOn.getAsBoolean());
      return nodes.isOver() || nodes.best() != null;
    }

    @Override
    public void ended() {
      over = true;
      PlanOutcome.Plan best = nodes.best();
      if (best != null && VictimSearch.frees(best)) {
        pauses.until(pod.uid(), scheduling.elapsedMillis());
        ifItHelps.run();
      }
    }
  }

  // ---- time passes

  /** Looks how the plans have come along; to be called when pods go, and now and then. */
  public void look() {
    plans.all().forEach(evictions::look);
    for (String uid : pauses.ended(scheduling.elapsedMillis())) {
      KnownPod pod = scheduling.pods().get(uid);
      if (pod == null) {
        pauses.forget(uid);
      } else if (pod.isPending() && isOn()) {
        // kube-scheduler has no reason of its own to ask for it again.
        cluster.nudge(pod.ref());
      }
    }
  }
}
