package gpu.kerf.model.eviction;

import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placer;
import gpu.kerf.model.placement.PreparedDemand;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rules of eviction, told again in the slowest way: every subset of the pods that may go is
 * tried, and harm is counted from nothing.
 */
final class NaiveEviction {

  private final Placer placer;
  private final Request request;
  private final NodeCandidates cluster;
  private final NodeState base;
  private final List<Candidate> mayGo = new ArrayList<>();

  NaiveEviction(Placer placer, Request request, NodeCandidates cluster) {
    this.placer = placer;
    this.request = request;
    this.cluster = cluster;
    this.base = cluster.node().copy();
    int priority = request.preemptors().get(0).holder().priority();
    for (Candidate candidate : cluster.candidates()) {
      if (candidate.standing() == Candidate.Standing.TERMINATING) {
        base.release(candidate.placement());
      } else if (candidate.priority() < priority) {
        mayGo.add(candidate);
      }
    }
  }

  List<Candidate> mayGo() {
    return mayGo;
  }

  /** Who may go and stands on one of these GPUs, which are bits. */
  List<Candidate> on(int gpus) {
    return mayGo.stream()
        .filter(
            pod -> pod.placement().slots().stream().anyMatch(slot -> (gpus >> slot.gpu() & 1) != 0))
        .toList();
  }

  /** Null if no set of victims helps. */
  @Nullable Harm least() {
    Harm least = null;
    for (int subset = 0; subset < 1 << mayGo.size(); subset++) {
      List<Candidate> victims = new ArrayList<>();
      for (int i = 0; i < mayGo.size(); i++) {
        if ((subset >> i & 1) != 0) {
          victims.add(mayGo.get(i));
        }
      }
      Harm harm = harm(victims);
      boolean allowed = request.budgets().mode() == Budgets.Mode.PREFER || harm.violations() == 0;
      if (allowed && (least == null || harm.compareTo(least) < 0) && helps(victims)) {
        least = harm;
      }
    }
    return least;
  }

  /**
   * Whether the request fits after these victims, and the pods that terminate already, are gone.
   */
  boolean helps(List<Candidate> victims) {
    NodeState trial = base.copy();
    victims.forEach(victim -> trial.release(victim.placement()));
    PreparedDemand demand = request.preemptors().get(0).demand();
    return placer.tryOn(demand, trial);
  }

  Harm harm(List<Candidate> victims) {
    Map<String, Integer> uses = new HashMap<>();
    Set<String> groups = new HashSet<>();
    int loners = 0;
    BigInteger sum = BigInteger.ZERO;
    long lost = 0;
    for (Candidate victim : victims) {
      victim.budgets().forEach(budget -> uses.merge(budget, 1, Integer::sum));
      sum = sum.add(BigInteger.valueOf(victim.priority())).add(BigInteger.ONE.shiftLeft(31));
      String group = victim.holder().group();
      if (group.isEmpty()) {
        loners++;
        lost += request.now() - victim.since();
      } else if (groups.add(group)) {
        lost += ageOf(group);
      }
    }
    int violations = 0;
    for (Map.Entry<String, Integer> use : uses.entrySet()) {
      int allowed = request.budgets().allowed().getOrDefault(use.getKey(), 0);
      violations += Math.max(0, use.getValue() - allowed);
    }
    int highest =
        victims.stream()
            .map(Candidate::priority)
            .max(Comparator.naturalOrder())
            .orElse(Integer.MIN_VALUE);
    return new Harm(
        violations, highest, loners + groups.size(), sum.longValueExact(), lost, victims.size());
  }

  private long ageOf(String group) {
    return cluster.candidates().stream()
        .filter(candidate -> candidate.holder().group().equals(group))
        .mapToLong(candidate -> request.now() - candidate.since())
        .sum();
  }
}
