package gpu.kerf.model.eviction;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The victims that kube-scheduler proposed, compared with those that the model finds.
 *
 * @param outcome the model's result; its victims are the ones to evict
 * @param spared proposed pods that need not be evicted
 * @param added pods that must be evicted although they were not proposed
 * @param unknown proposed pods that are no candidates on the node: the model does not know what
 *     they hold
 */
public record Recheck(
    PlanOutcome outcome, List<String> spared, List<String> added, List<String> unknown) {

  public Recheck {
    spared = List.copyOf(spared);
    added = List.copyOf(added);
    unknown = List.copyOf(unknown);
  }

  static Recheck of(PlanOutcome outcome, List<Candidate> candidates, List<String> proposed) {
    Set<String> known = new LinkedHashSet<>(candidates.stream().map(Candidate::uid).toList());
    Set<String> needed = new LinkedHashSet<>();
    if (outcome instanceof PlanOutcome.Plan plan) {
      needed.addAll(plan.victimUids());
    }
    List<String> added = new ArrayList<>(needed);
    added.removeAll(proposed);
    List<String> spared = new ArrayList<>(new LinkedHashSet<>(proposed));
    List<String> unknown = new ArrayList<>(spared);
    spared.removeIf(uid -> needed.contains(uid) || !known.contains(uid));
    unknown.removeIf(known::contains);
    return new Recheck(outcome, spared, added, unknown);
  }
}
