package gpu.kerf.extender.preemption;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.Disruptions;
import gpu.kerf.extender.gang.Gangs;
import gpu.kerf.extender.state.DecisionDraft;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.PodAsk;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.wire.NodeList;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.eviction.PlanOutcome;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes room by evictions that kube-scheduler cannot find: on nodes where the sum of free memory is
 * large enough, but no free part is. kube-scheduler does not ask extenders about preemption on such
 * nodes, so filter asks this class for a {@link Plan}.
 *
 * <p>This is what the verbs call. {@link PlanMaker} searches and makes plans, {@link Plans} has
 * them, {@link Evictions} carries them out, and {@link Restart} makes them again after a restart.
 * Ten preemptors at once make no storm: at most {@value #MOST_PLANS} plans are under way, each pod
 * has one, and no two concern the same GPU.
 */
public final class Preemptions {

  public static final int MOST_PLANS = Plans.MOST;

  private final Scheduling scheduling;
  private final Disruptions disruptions;
  private final PlanSearch search;
  private final Searches searches;
  private final Plans plans = new Plans();
  private final PlanBackoff pauses = new PlanBackoff();
  private final Evictions evictions;
  private final PlanMaker maker;
  private final Restart restart;
  private @Nullable HopeSearch hope;

  /**
   * @param gangs is told of pods before this is
   */
  public Preemptions(Scheduling scheduling, Cluster cluster, Disruptions disruptions, Gangs gangs) {
    this.scheduling = scheduling;
    this.disruptions = disruptions;
    this.search = new PlanSearch(scheduling, disruptions);
    this.searches = new Searches(scheduling);
    this.evictions =
        new Evictions(scheduling, cluster, plans, pauses, new GangMates(scheduling, gangs));
    this.maker = new PlanMaker(scheduling, cluster, search, searches, evictions);
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
    return scheduling.policy().kerfEvicts();
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
    Plan.Found plan = maker.planFor(pod, ask, nodes, decision);
    return plan == null ? -1 : place(plan.node(), nodes);
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

  /** The pod fits without a victim. */
  public void fits(String uid) {
    Plan plan = plans.of(uid);
    if (plan != null && !(plan instanceof Plan.Ready)) {
      evictions.end(plan);
    }
  }

  /**
   * Plans for a pod on nodes that kube-scheduler proposes, from which it chooses. Where what comes
   * free is kept for the pod the choice is Kerf's: it is the least harmful plan alone.
   *
   * @return none if there is none, if Kerf evicts for the pod already, or if the search goes on:
   *     then Kerf evicts by itself when it is over, or has kube-scheduler ask again
   */
  public List<PlanOutcome.Plan> amongProposed(KnownPod pod, List<String> nodes) {
    return maker.amongProposed(pod, nodes);
  }

  /** kube-scheduler evicts by this plan; what comes free is kept for the pod. */
  public void adopt(KnownPod pod, PlanOutcome.Plan outcome) {
    if (isOn() && !has(pod.uid())) {
      evictions.await(pod, outcome);
    }
  }

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
      hope =
          new HopeSearch(
              pod, search.on(nodes, pod), this::waitsForPlan, () -> hopes(pod, ifItHelps));
      searches.later(hope);
    }
    return true;
  }

  private boolean waitsForPlan(KnownPod pod) {
    return !has(pod.uid()) && scheduling.pods().get(pod.uid()) != null;
  }

  private void hopes(KnownPod pod, Runnable ifItHelps) {
    pauses.until(pod.uid(), scheduling.elapsedMillis());
    ifItHelps.run();
  }

  /** Looks how the plans have come along; to be called when pods go, and now and then. */
  public void look() {
    evictions.look();
  }
}
