package gpu.kerf.extender.state;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.VerbError;
import gpu.kerf.model.eviction.Candidate;
import gpu.kerf.model.eviction.PlanOutcome;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.placement.Reason;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects the reasons of a decision while it is made. */
public final class DecisionDraft {

  private final Decision.Verb verb;
  private final PodView.Ref pod;
  private final long began;
  private Decision.Outcome outcome = Decision.Outcome.ERROR;
  private String text = "";
  private Decision.@Nullable Choice chosen;
  private Decision.@Nullable Choice runnerUp;
  private int alternatives;
  private Map<Reason, Integer> refused = Map.of();
  private List<Decision.Victim> victims = List.of();

  DecisionDraft(Decision.Verb verb, PodView.Ref pod, long began) {
    this.verb = verb;
    this.pod = pod;
    this.began = began;
  }

  public DecisionDraft placed(Decision.@Nullable Choice choice, int alike) {
    outcome = Decision.Outcome.PLACED;
    chosen = choice;
    alternatives = alike;
    return this;
  }

  public DecisionDraft runnerUp(Decision.@Nullable Choice second) {
    runnerUp = second;
    return this;
  }

  public DecisionDraft refused(Map<Reason, Integer> byReason) {
    outcome = Decision.Outcome.REFUSED;
    refused = byReason;
    return this;
  }

  public DecisionDraft refused(String why) {
    outcome = Decision.Outcome.REFUSED;
    text = why;
    return this;
  }

  public DecisionDraft failed(VerbError error) {
    outcome = Decision.Outcome.ERROR;
    text = error.answer();
    return this;
  }

  /** The victims of a plan have to go. */
  public DecisionDraft evicts(PlanOutcome.Plan plan) {
    outcome = Decision.Outcome.EVICTS;
    chosen = new Decision.Choice(plan.node(), null, plan.placements().get(0));
    victims = plan.victims().stream().map(DecisionDraft::victim).toList();
    return this;
  }

  private static Decision.Victim victim(Candidate candidate) {
    Holder holder = candidate.holder();
    PodView.Ref ref = new PodView.Ref(holder.namespace(), holder.name(), holder.uid());
    return new Decision.Victim(ref, holder.priority());
  }

  /** Whether the decision evicts pods. */
  public boolean evicts() {
    return outcome == Decision.Outcome.EVICTS;
  }

  Decision decision(long id, long time, long nanos) {
    long micros = Math.max(0, (nanos - began) / 1000);
    return new Decision(
        id,
        time,
        verb,
        pod,
        outcome,
        text,
        chosen,
        runnerUp,
        alternatives,
        refused,
        victims,
        micros);
  }
}
