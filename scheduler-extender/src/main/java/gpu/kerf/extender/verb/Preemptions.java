package gpu.kerf.extender.verb;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.EvictResult;
import gpu.kerf.extender.cluster.Eviction;
import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.state.DecisionDraft;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.PodAsk;
import gpu.kerf.extender.state.Policy;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.wire.NodeList;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.eviction.Candidate;
import gpu.kerf.model.eviction.FleetPlan;
import gpu.kerf.model.eviction.Outcome;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Evicts where kube-scheduler cannot see that it would help: on nodes whose sums fit and whose
 * pieces do not. It asks nobody about such nodes, so filter makes the plan.
 *
 * <pre>
 *   planned   the GPUs get no new pods; the node is nominated; victims are evicted one by one
 *   ready     all of them are gone: the slots are proposed to the preemptor, and yield only
 *             to pods of higher priority
 *   over      the preemptor has bound, is gone, or fits elsewhere; a budget forbade an eviction;
 *             or it took too long. Then the next plan for it has to wait, longer each time.
 * </pre>
 *
 * <p>Ten preemptors at once make no storm: at most {@value #MOST_PLANS} plans are under way, each
 * pod has one, and no two concern the same GPU. Nothing of it is written down but the nominated
 * node: after a restart, a pod that has one gets a plan again, if it fits there once those have
 * gone who are on their way out already.
 */
public final class Preemptions {

  static final int MOST_PLANS = 8;

  private static final long LEAVING_MILLIS = 300_000;
  private static final long LANDING_MILLIS = 60_000;
  private static final long LOOK_AGAIN_MILLIS = 1_000;

  private final Scheduling scheduling;
  private final Cluster cluster;
  private final Disruptions disruptions;
  private final PlanSearch search;
  private final Map<String, Plan> plans = new LinkedHashMap<>();
  private final PlanPauses pauses = new PlanPauses();
  private final Map<String, String> nominated = new LinkedHashMap<>();
  private boolean restored;
  private long ended;

  public Preemptions(Scheduling scheduling, Cluster cluster, Disruptions disruptions) {
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.disruptions = disruptions;
    this.search = new PlanSearch(scheduling, disruptions);
  }

  /** Differs when somebody for whom there was no plan may get one: a budget, or another's plan. */
  long loosened() {
    return disruptions.loosened() + ended;
  }

  Disruptions disruptions() {
    return disruptions;
  }

  boolean isOn() {
    return scheduling.policy().preemption() == Policy.Preemption.KERF;
  }

  /** What the cluster says of a pod before all of it is known; later it is of no interest. */
  public void seen(PodView pod) {
    if (restored) {
      return;
    }
    if (pod.isBound() || pod.nominatedNode().isEmpty()) {
      nominated.remove(pod.uid());
    } else {
      nominated.put(pod.uid(), pod.nominatedNode());
    }
  }

  /**
   * Makes plans again that an earlier life of Kerf had begun, once, when everything is known: what
   * comes free must not be given to others. The most urgent pod comes first.
   */
  public void restore() {
    if (restored || !cluster.synced()) {
      return;
    }
    restored = true;
    nominated.keySet().stream()
        .map(uid -> scheduling.pods().get(uid))
        .filter(Objects::nonNull)
        .filter(pod -> pod.isPending() && !pod.isNonsense() && isOn())
        .sorted(Comparator.comparing(pod -> pod.holder().priority(), Comparator.reverseOrder()))
        .forEach(pod -> restore(pod, nominated.getOrDefault(pod.uid(), "")));
    nominated.clear();
    look();
  }

  private void restore(KnownPod pod, String node) {
    PodAsk ask = scheduling.ask(pod.demand());
    Outcome.Plan plan = search.onNode(node, pod, ask);
    if (ask.wantsGpus() && plan != null && plan.victims().isEmpty()) {
      adopt(pod, plan);
    } else {
      // Nobody is leaving for it, and kube-scheduler would ask again after minutes only.
      cluster.nudge(pod.ref());
    }
  }

  /** Whether evicting others from these nodes would make room for a pod; then it need not wait. */
  boolean couldHelp(KnownPod pod, List<String> nodes) {
    if (!isOn() || has(pod.uid()) || plans.size() >= MOST_PLANS) {
      return false;
    }
    PodAsk ask = scheduling.ask(pod.demand());
    Outcome.Plan best = search.within(nodes, pod, ask).best();
    boolean helps = best != null && PlanSearch.frees(best);
    if (helps) {
      pauses.until(pod.uid(), scheduling.elapsedMillis());
    }
    return helps;
  }

  /** Whether a plan exists for a pod. */
  boolean has(String uid) {
    return plans.containsKey(uid);
  }

  /** Whether slots wait for a pod because others have gone. */
  boolean isReady(String uid) {
    Plan plan = plans.get(uid);
    return plan != null && plan.ready && scheduling.ledger().entry(uid) != null;
  }

  /**
   * A pod fits nowhere: makes a plan for it where that helps.
   *
   * @return the place in the list of the node that is being freed for it; -1 if there is none
   */
  int consider(KnownPod pod, PodAsk ask, NodeList nodes, DecisionDraft decision) {
    if (!isOn()) {
      return -1;
    }
    look();
    Plan plan = plans.get(pod.uid());
    if (plan == null && mayPlan(pod, ask)) {
      plan = plan(pod, ask, nodes, decision);
    }
    return plan == null ? -1 : place(plan.node(), nodes);
  }

  private @Nullable Plan plan(KnownPod pod, PodAsk ask, NodeList nodes, DecisionDraft decision) {
    String forbidden = "";
    if (plans.size() < MOST_PLANS) {
      FleetPlan all = search.within(search.candidates(ask, nodes), pod, ask);
      Outcome.Plan best = all.best();
      if (best != null && PlanSearch.frees(best)) {
        return begin(pod, best, decision);
      }
      forbidden = search.forbidden(all);
    }
    for (Plan lower : lowerThan(pod)) {
      Outcome.Plan instead = insteadOf(lower, pod, ask, nodes);
      if (instead != null) {
        return PlanSearch.frees(instead) ? begin(pod, instead, decision) : null;
      }
    }
    hopeless(pod, forbidden);
    return null;
  }

  /** Nobody can be evicted now; says so where that is for the budgets alone. */
  private void hopeless(KnownPod pod, String forbidden) {
    if (forbidden.isEmpty()) {
      pauses.until(pod.uid(), scheduling.elapsedMillis() + LOOK_AGAIN_MILLIS);
    } else {
      pauses.failed(pod.uid(), scheduling.elapsedMillis());
      cluster.event(new PodEvent(pod.ref(), true, "Preempting", forbidden));
    }
  }

  /** The plans for pods of lower priority, the lowest first. */
  private List<Plan> lowerThan(KnownPod pod) {
    return plans.values().stream()
        .filter(plan -> !plan.ready && plan.priority() < pod.holder().priority())
        .sorted(Comparator.comparing(Plan::priority))
        .toList();
  }

  /** What others leave for a pod of lower priority this one gets, if it helps it. */
  private Outcome.@Nullable Plan insteadOf(Plan lower, KnownPod pod, PodAsk ask, NodeList nodes) {
    if (place(lower.node(), nodes) < 0) {
      return null;
    }
    scheduling.unreserve(lower.uid());
    Outcome.Plan best = search.within(List.of(lower.node()), pod, ask).best();
    if (best == null) {
      if (lower.underWay) {
        scheduling.reserve(lower.uid(), lower.node(), lower.gpus());
      }
    } else {
      end(lower);
    }
    return best;
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
        && pauses.over(pod.uid(), scheduling.elapsedMillis());
  }

  private Plan begin(KnownPod pod, Outcome.Plan best, DecisionDraft decision) {
    Plan plan =
        new Plan(
            pod, best, spec(best), best.victims(), scheduling.elapsedMillis() + LEAVING_MILLIS);
    plans.put(pod.uid(), plan);
    if (!best.victims().isEmpty()) {
      PreemptVerb.describe(best, decision);
    }
    // Filter may have lifted proposals for its answer; nothing else may change meanwhile.
    scheduling.loop().execute(() -> begin(plan));
    return plan;
  }

  private NodeSpec spec(Outcome.Plan outcome) {
    return Objects.requireNonNull(scheduling.fleet().node(outcome.node())).spec();
  }

  /** The inventory of a node has changed: plans go with their GPUs, and end if one is gone. */
  public void nodeChanged(NodeSpec node) {
    for (Plan plan : List.copyOf(plans.values())) {
      if (plan.node().equals(node.name()) && !plan.follow(node)) {
        giveUp(plan);
      }
    }
  }

  /** Adds what the ledger does not know of a pod. */
  Candidate marked(Candidate candidate) {
    return search.marked(candidate);
  }

  /** kube-scheduler evicts by this plan; what comes free is kept for the pod. */
  void adopt(KnownPod pod, Outcome.Plan outcome) {
    if (isOn() && !has(pod.uid())) {
      Plan plan =
          new Plan(
              pod, outcome, spec(outcome), List.of(), scheduling.elapsedMillis() + LEAVING_MILLIS);
      plans.put(pod.uid(), plan);
      plan.underWay = true;
      scheduling.reserve(pod.uid(), plan.node(), plan.gpus());
    }
  }

  private boolean stands(Plan plan) {
    return plans.get(plan.uid()) == plan;
  }

  private void begin(Plan plan) {
    if (!stands(plan)) {
      return;
    }
    plan.underWay = true;
    scheduling.reserve(plan.uid(), plan.node(), plan.gpus());
    if (!plan.left.isEmpty()) {
      tell(
          plan,
          false,
          "Evicting "
              + plan.left.size()
              + " pods of lower priority from node "
              + plan.node()
              + " to make room.");
    }
    scheduling.whenDone(
        () -> cluster.nominate(plan.pod.ref(), plan.node()), (done, failure) -> next(plan));
  }

  /** One after the other: if a budget forbids the first, nobody has died for nothing. */
  private void next(Plan plan) {
    if (!stands(plan)) {
      return;
    }
    Candidate victim = plan.left.peek();
    if (victim == null) {
      look();
      return;
    }
    Holder holder = victim.holder();
    PodView.Ref ref = new PodView.Ref(holder.namespace(), holder.name(), holder.uid());
    String why = "Evicted to make room for " + plan.pod.ref() + " of higher priority.";
    scheduling.whenDone(
        () -> cluster.evict(new Eviction(ref, why)),
        (result, failure) -> evicted(plan, ref, why, result));
  }

  private void evicted(Plan plan, PodView.Ref victim, String why, @Nullable EvictResult result) {
    EvictResult.Kind kind = result == null ? EvictResult.Kind.FAILED : result.kind();
    switch (kind) {
      case EVICTED, GONE -> {
        cluster.event(new PodEvent(victim, true, "Preempted", why));
        plan.left.poll();
        next(plan);
      }
      case BLOCKED, FAILED -> {
        String text = result == null ? "no answer" : result.text();
        if (stands(plan)) {
          tell(plan, true, "Cannot evict " + victim + ": " + text);
          giveUp(plan);
        }
      }
    }
  }

  private void tell(Plan plan, boolean warning, String text) {
    cluster.event(new PodEvent(plan.pod.ref(), warning, "Preempting", text));
  }

  /** The pod fits without anybody leaving. */
  void fits(String uid) {
    Plan plan = plans.get(uid);
    if (plan != null && !plan.ready) {
      end(plan);
    }
  }

  private void giveUp(Plan plan) {
    pauses.failed(plan.uid(), scheduling.elapsedMillis());
    end(plan);
  }

  private void end(Plan plan) {
    String uid = plan.uid();
    plans.remove(uid);
    ended++;
    scheduling.unreserve(uid);
    if (plan.ready) {
      scheduling.proposals().drop(uid);
    }
  }

  /** Looks how the plans have come along; to be called when pods go, and now and then. */
  public void look() {
    for (Plan plan : List.copyOf(plans.values())) {
      look(plan);
    }
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

  private void look(Plan plan) {
    String uid = plan.uid();
    Entry entry = scheduling.ledger().entry(uid);
    boolean landed = entry != null && entry.state() != Entry.State.PROPOSED;
    boolean overtaken = plan.ready && entry == null && scheduling.elapsedMillis() <= plan.until;
    if (landed || overtaken || scheduling.pods().get(uid) == null) {
      pauses.forget(uid);
      end(plan);
    } else if (scheduling.elapsedMillis() > plan.until) {
      giveUp(plan);
    } else if (!plan.ready && plan.underWay && plan.allGone(scheduling.ledger())) {
      ready(plan);
    }
  }

  private void ready(Plan plan) {
    String uid = plan.uid();
    scheduling.unreserve(uid);
    plan.ready = true;
    plan.until = scheduling.elapsedMillis() + LANDING_MILLIS;
    boolean kept =
        scheduling
            .proposals()
            .reserve(
                plan.pod.holder(), plan.placement(), scheduling.elapsedMillis(), LANDING_MILLIS);
    if (kept) {
      // kube-scheduler, which heard of it too, may have asked before Kerf had heard of it.
      cluster.nudge(plan.pod.ref());
    } else {
      giveUp(plan);
    }
  }

  /** How many plans are under way. */
  public int underWay() {
    return plans.size();
  }
}
