package gpu.kerf.extender.verb;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.PodAsk;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.wire.FilterCall;
import gpu.kerf.extender.wire.NodeList;
import gpu.kerf.extender.wire.Scores;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.placement.Cost;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placer;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Answers prioritize: scores nodes by the cost of a placement there. The best cost class alone gets
 * 10, the others get 9 to 0 in even steps, and nodes where the pod does not fit get 0.
 */
public final class PrioritizeVerb {

  private static final int SECOND = Scores.HIGHEST - 1;

  private final Scheduling scheduling;
  private final DecisionGate gate;

  public PrioritizeVerb(Scheduling scheduling, Cluster cluster) {
    this.scheduling = scheduling;
    this.gate = new DecisionGate(scheduling, cluster);
  }

  public Scores prioritize(FilterCall call) throws VerbException {
    gate.pass();
    KnownPod pod = scheduling.arrived(call.pod());
    NodeList nodes = call.nodes();
    if (pod.isNonsense()) {
      return new Scores(nodes, new byte[nodes.size()], 0);
    }
    Scores scores = scores(pod, nodes);
    scheduling.answered();
    return scores;
  }

  private Scores scores(KnownPod pod, NodeList nodes) {
    PodAsk ask = scheduling.ask(pod.demand());
    if (!ask.wantsGpus() && !nodes.unknown().isEmpty()) {
      return new Scores(nodes, new byte[nodes.size()], Scores.HIGHEST);
    }
    @Nullable Cost[] costs = without(List.of(pod.uid()), ask, nodes);
    if (Arrays.stream(costs).allMatch(Objects::isNull)) {
      costs = without(scheduling.proposals().uids(pod.holder().priority()), ask, nodes);
    }
    return new Scores(nodes, ranked(costs), 0);
  }

  /** The costs by place while some proposals are lifted; null where the pod does not fit. */
  private @Nullable Cost[] without(List<String> uids, PodAsk ask, NodeList nodes) {
    List<String> proposed = uids.stream().filter(this::isProposed).toList();
    Ledger.Undo undo = scheduling.ledger().without(proposed);
    try {
      scheduling.chooser().refresh();
      @Nullable Cost[] costs = new Cost[nodes.size()];
      Placer placer = scheduling.placer();
      for (int place = 0; place < costs.length; place++) {
        NodeState node = scheduling.fleet().at(nodes.index(place));
        if (node != null && placer.tryOn(ask.prepared(), node)) {
          costs[place] = placer.cost();
        }
      }
      return costs;
    } finally {
      undo.undo();
    }
  }

  private boolean isProposed(String uid) {
    Entry entry = scheduling.ledger().entry(uid);
    return entry != null && entry.state() == Entry.State.PROPOSED;
  }

  private static byte[] ranked(@Nullable Cost[] costs) {
    Cost[] classes =
        Arrays.stream(costs).filter(Objects::nonNull).distinct().sorted().toArray(Cost[]::new);
    byte[] scores = new byte[costs.length];
    for (int place = 0; place < costs.length; place++) {
      Cost cost = costs[place];
      scores[place] = cost == null ? 0 : score(Arrays.binarySearch(classes, cost), classes.length);
    }
    return scores;
  }

  /** The score of a class by its rank among all classes. */
  private static byte score(int rank, int classes) {
    if (rank == 0) {
      return Scores.HIGHEST;
    }
    int steps = Math.max(SECOND, classes - 2);
    return (byte) (SECOND - (long) (rank - 1) * SECOND / steps);
  }
}
