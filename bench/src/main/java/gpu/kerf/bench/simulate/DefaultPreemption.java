package gpu.kerf.bench.simulate;

import gpu.kerf.extender.wire.PreemptAnswer;
import gpu.kerf.extender.wire.PreemptCall;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * kube-scheduler's plugin of that name, as far as it concerns an extender: victims are chosen by
 * sums and without the extender's filter, the extender may choose others, and nothing checks their
 * priorities.
 */
final class DefaultPreemption {
  /** The more important pod first. */
  private static final Comparator<PodObject> IMPORTANCE =
      Comparator.<PodObject>comparingInt(pod -> -pod.priority()).thenComparing(PodObject::uid);

  private static final Comparator<Candidate> LEAST_HARM =
      Comparator.<Candidate>comparingInt(each -> each.violations)
          .thenComparingInt(each -> each.victims.get(0).priority())
          .thenComparingLong(Candidate::sumOfPriorities)
          .thenComparingInt(each -> each.victims.size());

  private final DisruptionBudgets budgets;

  /** What kube-scheduler knows of a node. */
  interface View {
    /** The pods that are bound to it, or assumed there. */
    Collection<PodObject> pods(String node);

    /** Whether the sums of a pod fit beside some pods, and beside what is nominated there. */
    boolean fitsBeside(PodObject pod, String node, Collection<PodObject> others);
  }

  /** A node, and the pods that go, the most important first. */
  record Candidate(String node, List<PodObject> victims, int violations) {
    private long sumOfPriorities() {
      return victims.stream().mapToLong(PodObject::priority).sum();
    }
  }

  /**
   * What a dry run found.
   *
   * @param hasError whether a node needs no victim by the sums, which the plugin takes for an error
   */
  record DryRun(List<Candidate> candidates, boolean hasError) {}

  DefaultPreemption(DisruptionBudgets budgets) {
    this.budgets = budgets;
  }

  /** Whether a pod may preempt now: not while its nominated node is being freed for it. */
  static boolean isEligible(PodObject pod, String nominated, boolean resolvable, View view) {
    if (pod.neverPreempts()) {
      return false;
    }
    return nominated.isEmpty()
        || !resolvable
        || view.pods(nominated).stream()
            .noneMatch(
                each -> each.priority() < pod.priority() && each.isTerminatingByPreemption());
  }

  /** Chooses victims on every node where an eviction may help. */
  DryRun dryRun(PodObject pod, Collection<String> nodes, View view) {
    List<Candidate> candidates = new ArrayList<>();
    boolean hasError = false;
    for (String node : nodes) {
      List<PodObject> lower = new ArrayList<>();
      List<PodObject> staying = new ArrayList<>();
      for (PodObject each : view.pods(node)) {
        (each.priority() < pod.priority() ? lower : staying).add(each);
      }
      if (!lower.isEmpty() && view.fitsBeside(pod, node, staying)) {
        Candidate candidate = reprieve(pod, node, lower, staying, view);
        hasError |= candidate.victims.isEmpty();
        if (!candidate.victims.isEmpty()) {
          candidates.add(candidate);
        }
      }
    }
    return new DryRun(candidates, hasError);
  }

  /** Those stay who need not go, the most important first, and those with budgets before all. */
  private Candidate reprieve(
      PodObject pod, String node, List<PodObject> lower, List<PodObject> staying, View view) {
    lower.sort(IMPORTANCE);
    List<PodObject> violating = budgets.violating(lower);
    List<PodObject> order = new ArrayList<>(violating);
    lower.stream().filter(each -> !violating.contains(each)).forEach(order::add);
    List<PodObject> victims = new ArrayList<>();
    int violations = 0;
    for (PodObject each : order) {
      staying.add(each);
      if (!view.fitsBeside(pod, node, staying)) {
        staying.remove(each);
        victims.add(each);
        violations += violating.contains(each) ? 1 : 0;
      }
    }
    victims.sort(IMPORTANCE);
    return new Candidate(node, victims, violations);
  }

  /** What the extender is sent of the candidates. */
  static List<PreemptCall.Candidate> toSend(List<Candidate> candidates) {
    return candidates.stream()
        .map(
            each ->
                new PreemptCall.Candidate(
                    each.node, each.victims.stream().map(PodObject::uid).toList(), each.violations))
        .toList();
  }

  /** The best of the nodes that the extender answered; null if there is none or it is wrong. */
  static @Nullable Candidate chosen(PreemptAnswer answer, View view) {
    List<Candidate> left = new ArrayList<>();
    for (PreemptAnswer.Victims each : answer.nodes()) {
      Map<String, PodObject> there = new LinkedHashMap<>();
      view.pods(each.node()).forEach(pod -> there.put(pod.uid(), pod));
      if (!there.keySet().containsAll(each.uids())) {
        return null;
      }
      List<PodObject> victims =
          each.uids().stream().map(uid -> Objects.requireNonNull(there.get(uid))).toList();
      left.add(new Candidate(each.node(), victims, each.violations()));
    }
    return left.stream().min(LEAST_HARM).orElse(null);
  }
}
