package gpu.kerf.extender.verb;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.Disruptions;
import gpu.kerf.extender.gang.Gangs;
import gpu.kerf.extender.gang.start.GangStarts;
import gpu.kerf.extender.preemption.Preemptions;
import gpu.kerf.extender.state.Decision;
import gpu.kerf.extender.state.DecisionDraft;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.turn.Turns;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PreemptAnswer;
import gpu.kerf.extender.wire.PreemptCall;
import gpu.kerf.extender.wire.VerbError;
import gpu.kerf.model.eviction.Budgets;
import gpu.kerf.model.eviction.FleetPlan;
import gpu.kerf.model.eviction.PlanOutcome;
import java.util.List;

/**
 * Answers preempt: the victims to evict so that a pod fits.
 *
 * <p>kube-scheduler proposes nodes and victims by sums, which do not tell the positions of slots;
 * it may even propose a node without victims. So Kerf computes the victims anew from the ledger,
 * all of lower priority, and keeps a node only if an eviction there helps.
 */
public final class PreemptVerb {

  private final Scheduling scheduling;
  private final DecisionGate gate;
  private final Preemptions preemptions;
  private final Turns turns;
  private final GangStarts starts;

  public PreemptVerb(Scheduling scheduling, Cluster cluster, Disruptions disruptions) {
    this(scheduling, cluster, new Preemptions(scheduling, cluster, disruptions, new Gangs()));
  }

  PreemptVerb(Scheduling scheduling, Cluster cluster, Preemptions preemptions) {
    this(
        scheduling,
        cluster,
        preemptions,
        new GangStarts(scheduling, cluster, new Gangs(), () -> true),
        Turns.none(scheduling, cluster));
  }

  /**
   * @param turns decide who is evicted for pods that ask for GPUs, where the cluster has teams
   */
  public PreemptVerb(
      Scheduling scheduling,
      Cluster cluster,
      Preemptions preemptions,
      GangStarts starts,
      Turns turns) {
    this.starts = starts;
    this.turns = turns;
    this.scheduling = scheduling;
    this.gate = new DecisionGate(scheduling, cluster);
    this.preemptions = preemptions;
  }

  public PreemptAnswer preempt(PreemptCall call) throws VerbException {
    DecisionDraft decision = scheduling.deciding(Decision.Verb.PREEMPT, call.pod().ref());
    VerbError refusal = gate.refusal();
    if (refusal != null) {
      scheduling.decided(decision.failed(refusal));
      throw new VerbException(refusal);
    }
    KnownPod pod = scheduling.arrived(call.pod());
    PreemptAnswer answer =
        pod.isNonsense() || !pod.mayPreempt() || turns.decides(pod) || waitsForGang(call.pod())
            ? noVictims(decision)
            : answer(pod, call.candidates(), decision);
    scheduling.decided(decision);
    scheduling.answered();
    return answer;
  }

  /** Room for one pod is none for its gang. */
  private boolean waitsForGang(PodView pod) {
    GangStarts.Verdict verdict = starts.verdict(pod);
    return verdict == GangStarts.Verdict.WAITS || verdict == GangStarts.Verdict.HELD;
  }

  private static PreemptAnswer noVictims(DecisionDraft decision) {
    decision.refused("Evicting others helps on none of the nodes.");
    return PreemptAnswer.NONE;
  }

  private PreemptAnswer answer(
      KnownPod pod, List<PreemptCall.Candidate> proposed, DecisionDraft decision) {
    scheduling.chooser().refresh();
    List<String> nodes = proposed.stream().map(PreemptCall.Candidate::node).toList();
    FleetPlan found = new FleetPlan(List.copyOf(preemptions.amongProposed(pod, nodes)));
    PlanOutcome.Plan best = found.best();
    if (best == null || best.victims().isEmpty()) {
      return noVictims(decision);
    }
    decision.evicts(best);
    preemptions.adopt(pod, best);
    Budgets budgets = preemptions.disruptions().budgets();
    return new PreemptAnswer(
        found.plans().stream()
            .filter(plan -> preemptions.isOn() ? plan.equals(best) : !plan.victims().isEmpty())
            .map(plan -> victims(plan, proposed, budgets))
            .toList());
  }

  /** Where Kerf knows no budgets, kube-scheduler's count of violated ones is the best there is. */
  private static PreemptAnswer.Victims victims(
      PlanOutcome.Plan plan, List<PreemptCall.Candidate> proposed, Budgets budgets) {
    int violations = plan.harm().violations();
    for (PreemptCall.Candidate candidate : proposed) {
      if (budgets.allowed().isEmpty() && candidate.node().equals(plan.node())) {
        violations = Math.max(0, candidate.violations());
      }
    }
    return new PreemptAnswer.Victims(plan.node(), plan.victimUids(), violations);
  }
}
