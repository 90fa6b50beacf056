package gpu.kerf.extender.verb;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.state.Decision;
import gpu.kerf.extender.state.DecisionDraft;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.state.Trouble;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PreemptAnswer;
import gpu.kerf.extender.wire.PreemptCall;
import gpu.kerf.model.eviction.Budgets;
import gpu.kerf.model.eviction.Candidate;
import gpu.kerf.model.eviction.EvictionPlanner;
import gpu.kerf.model.eviction.FleetPlan;
import gpu.kerf.model.eviction.Outcome;
import gpu.kerf.model.eviction.Request;
import gpu.kerf.model.fleet.Holder;
import java.util.ArrayList;
import java.util.List;

/**
 * Says whom to evict so that a pod fits.
 *
 * <p>kube-scheduler proposes nodes and victims by sums, which say nothing of where things lie; its
 * victims may even be none. So the victims are worked out anew from the ledger, all of lower
 * priority, and a node stays only if evicting somebody there helps.
 */
public final class PreemptVerb {

  private final Scheduling scheduling;
  private final DecisionGate gate;
  private final Preemptions preemptions;
  private final EvictionPlanner planner;

  public PreemptVerb(Scheduling scheduling, Cluster cluster, Disruptions disruptions) {
    this(scheduling, cluster, new Preemptions(scheduling, cluster, disruptions));
  }

  public PreemptVerb(Scheduling scheduling, Cluster cluster, Preemptions preemptions) {
    this.scheduling = scheduling;
    this.gate = new DecisionGate(scheduling, cluster);
    this.preemptions = preemptions;
    this.planner = new EvictionPlanner(scheduling.placer());
  }

  public PreemptAnswer preempt(PreemptCall call) throws VerbException {
    DecisionDraft decision = scheduling.deciding(Decision.Verb.PREEMPT, call.pod().ref());
    Trouble refusal = gate.refusal();
    if (refusal != null) {
      scheduling.decided(decision.failed(refusal));
      throw new VerbException(refusal);
    }
    KnownPod pod = scheduling.arrived(call.pod());
    PreemptAnswer answer =
        pod.isNonsense() || !pod.mayPreempt() || preemptions.has(pod.uid())
            ? nobody(decision)
            : answer(pod, call.candidates(), decision);
    scheduling.decided(decision);
    scheduling.answered();
    return answer;
  }

  private static PreemptAnswer nobody(DecisionDraft decision) {
    decision.refused("Evicting others helps on none of the nodes.");
    return PreemptAnswer.NONE;
  }

  private PreemptAnswer answer(
      KnownPod pod, List<PreemptCall.Candidate> proposed, DecisionDraft decision) {
    Budgets budgets = preemptions.disruptions().budgets();
    Request request =
        Request.of(pod.holder(), scheduling.ask(pod.demand()).prepared(), scheduling.wallMillis())
            .within(budgets);
    List<String> nodes = proposed.stream().map(PreemptCall.Candidate::node).toList();
    scheduling.chooser().refresh();
    FleetPlan plan = planner.planAll(request, scheduling.ledger(), nodes, preemptions::marked);
    List<PreemptAnswer.Victims> answer = new ArrayList<>();
    for (Outcome.Plan one : plan.plans()) {
      // What comes free is kept for the pod, so the choice among nodes must be Kerf's.
      boolean chosen = !preemptions.isOn() || one.equals(plan.best());
      if (chosen && !one.victims().isEmpty()) {
        answer.add(victims(one, proposed, budgets));
      }
    }
    Outcome.Plan best = plan.best();
    if (answer.isEmpty() || best == null || best.victims().isEmpty()) {
      nobody(decision);
    } else {
      describe(best, decision);
      preemptions.adopt(pod, best);
    }
    return new PreemptAnswer(answer);
  }

  /** Where Kerf knows no budgets, kube-scheduler's count of violated ones is the best there is. */
  private static PreemptAnswer.Victims victims(
      Outcome.Plan plan, List<PreemptCall.Candidate> proposed, Budgets budgets) {
    int violations = plan.harm().violations();
    for (PreemptCall.Candidate candidate : proposed) {
      if (budgets.allowed().isEmpty() && candidate.node().equals(plan.node())) {
        violations = Math.max(0, candidate.violations());
      }
    }
    return new PreemptAnswer.Victims(plan.node(), plan.victimUids(), violations);
  }

  static void describe(Outcome.Plan plan, DecisionDraft decision) {
    List<Decision.Victim> victims = new ArrayList<>();
    for (Candidate victim : plan.victims()) {
      Holder holder = victim.holder();
      PodView.Ref ref = new PodView.Ref(holder.namespace(), holder.name(), holder.uid());
      victims.add(new Decision.Victim(ref, holder.priority()));
    }
    decision.evicts(new Decision.Choice(plan.node(), null, plan.placements().get(0)), victims);
  }
}
