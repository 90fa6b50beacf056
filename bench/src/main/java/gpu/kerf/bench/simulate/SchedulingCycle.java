package gpu.kerf.bench.simulate;

import gpu.kerf.extender.wire.PreemptAnswer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One scheduling cycle of kube-scheduler for one pod: the nominated node alone; else filter on all
 * nodes whose sums fit, prioritize if several are left, and preempt if none is.
 */
final class SchedulingCycle {
  private final PodObject pod;
  private final Host host;
  private final Replica replica;
  private final DefaultPreemption preemption;
  private final SplittableRandom random;

  /** kube-scheduler as a cycle sees it. */
  interface Host extends DefaultPreemption.View {
    Collection<String> nodeNames();

    /** Whether the sums of a pod would fit on a node without any pod. */
    boolean couldFit(PodObject pod, String node);

    /** Where a pod is nominated; empty if nowhere. */
    String nominated(PodObject pod);

    /** Asks the extender, with a limit of time. */
    <T> void call(Consumer<Consumer<T>> send, Consumer<T> answered, Runnable late);

    void assume(String node);

    /** No node fits, and no pod goes for it. */
    void refused();

    /** Nothing can be said of it now. */
    void failed();

    /** No node fits, and some pods go for it. */
    void preempt(DefaultPreemption.Candidate chosen);

    /** It waits for no node any more. */
    void clearNomination();
  }

  SchedulingCycle(
      PodObject pod,
      Host host,
      Replica replica,
      DefaultPreemption preemption,
      SplittableRandom random) {
    this.pod = pod;
    this.host = host;
    this.replica = replica;
    this.preemption = preemption;
    this.random = random;
  }

  private boolean fits(String node) {
    return host.fitsBeside(pod, node, host.pods(node));
  }

  void run() {
    String nominated = host.nominated(pod);
    if (host.nodeNames().contains(nominated) && fits(nominated)) {
      filter(
          List.of(nominated),
          said -> {
            if (said.nodes().contains(nominated)) {
              host.assume(nominated);
            } else {
              onAll();
            }
          },
          this::onAll);
    } else {
      onAll();
    }
  }

  private void filter(List<String> nodes, Consumer<Replica.Filtered> then, Runnable failed) {
    host.<Replica.Filtered>call(
        answer -> replica.filter(pod.view(), nodes, answer),
        said -> {
          if (said.error().isEmpty()) {
            then.accept(said);
          } else {
            failed.run();
          }
        },
        failed);
  }

  private void onAll() {
    List<String> fitting = new ArrayList<>();
    Set<String> resolvable = new LinkedHashSet<>();
    for (String node : host.nodeNames()) {
      if (fits(node)) {
        fitting.add(node);
      } else if (host.couldFit(pod, node)) {
        resolvable.add(node);
      }
    }
    if (fitting.isEmpty()) {
      preempt(resolvable);
    } else {
      filter(fitting, said -> filtered(said, resolvable), this::cannotSay);
    }
  }

  private void cannotSay() {
    host.clearNomination();
    host.failed();
  }

  private void filtered(Replica.Filtered said, Set<String> resolvable) {
    List<String> nodes = said.nodes();
    if (nodes.isEmpty()) {
      resolvable.addAll(said.resolvable());
      preempt(resolvable);
    } else if (nodes.size() == 1) {
      host.assume(nodes.get(0));
    } else {
      // An error of prioritize counts for nothing.
      host.<Map<String, Integer>>call(
          answer -> replica.prioritize(pod.view(), nodes, answer),
          scores -> host.assume(best(nodes, scores)),
          () -> host.assume(best(nodes, Map.of())));
    }
  }

  /** The extender's weight dominates; the scores of other plugins are any. */
  private String best(List<String> nodes, Map<String, Integer> scores) {
    int highest = nodes.stream().mapToInt(node -> scores.getOrDefault(node, 0)).max().orElse(0);
    List<String> best =
        nodes.stream().filter(node -> scores.getOrDefault(node, 0) == highest).toList();
    return best.get(random.nextInt(best.size()));
  }

  private void preempt(Set<String> resolvable) {
    String nominated = host.nominated(pod);
    if (!DefaultPreemption.isEligible(pod, nominated, resolvable.contains(nominated), host)) {
      host.refused();
      return;
    }
    DefaultPreemption.DryRun found = preemption.dryRun(pod, resolvable, host);
    if (found.candidates().isEmpty()) {
      if (!found.hasError()) {
        host.clearNomination();
      }
      host.refused();
      return;
    }
    host.<PreemptAnswer>call(
        answer -> replica.preempt(pod.view(), DefaultPreemption.toSend(found.candidates()), answer),
        this::preempted,
        host::refused);
  }

  private void preempted(PreemptAnswer answer) {
    DefaultPreemption.@Nullable Candidate chosen = DefaultPreemption.chosen(answer, host);
    if (chosen == null) {
      host.refused();
    } else {
      host.preempt(chosen);
    }
  }
}
