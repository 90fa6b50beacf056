package gpu.kerf.extender.verb;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.Disruptions;
import gpu.kerf.extender.gang.Gangs;
import gpu.kerf.extender.gang.start.GangStarts;
import gpu.kerf.extender.preemption.Preemptions;
import gpu.kerf.extender.state.Decision;
import gpu.kerf.extender.state.DecisionDraft;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.PodAsk;
import gpu.kerf.extender.state.Policy;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.turn.Turns;
import gpu.kerf.extender.wire.ClaimFinding;
import gpu.kerf.extender.wire.FilterAnswer;
import gpu.kerf.extender.wire.FilterCall;
import gpu.kerf.extender.wire.NodeList;
import gpu.kerf.extender.wire.VerbError;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Reason;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Answers filter: the nodes that a pod may go to, and the reasons against the others.
 *
 * <p>With {@link Policy.Answer#WINNERS} it names the nodes of the best cost class alone: the
 * extender's weight dominates, so no other could be chosen. Filter changes only memory: a proposal
 * for the likely node steers the next filter call away from it. If the pod fits nowhere beside the
 * proposals of others, it is judged without them, for they are hints.
 */
public final class FilterVerb {

  private final Scheduling scheduling;
  private final Cluster cluster;
  private final DecisionGate gate;
  private final Preemptions preemptions;
  private final WakeUps wakeUps;
  private final GangStarts starts;
  private final Turns turns;
  private final NodeRanking ranking;

  public FilterVerb(Scheduling scheduling, Cluster cluster) {
    this(scheduling, cluster, new Preemptions(scheduling, cluster, Disruptions.NONE, new Gangs()));
  }

  FilterVerb(Scheduling scheduling, Cluster cluster, Preemptions preemptions) {
    this(scheduling, cluster, preemptions, new WakeUps(scheduling, cluster, preemptions));
  }

  FilterVerb(Scheduling scheduling, Cluster cluster, Preemptions preemptions, WakeUps wakeUps) {
    this(
        scheduling,
        cluster,
        preemptions,
        wakeUps,
        new GangStarts(scheduling, cluster, new Gangs(), () -> true),
        Turns.none(scheduling, cluster));
  }

  public FilterVerb(
      Scheduling scheduling,
      Cluster cluster,
      Preemptions preemptions,
      WakeUps wakeUps,
      GangStarts starts,
      Turns turns) {
    this.turns = turns;
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.starts = starts;
    this.gate = new DecisionGate(scheduling, cluster);
    this.preemptions = preemptions;
    this.wakeUps = wakeUps;
    this.ranking = new NodeRanking(scheduling.fleet(), scheduling.chooser());
  }

  public FilterAnswer filter(FilterCall call) {
    DecisionDraft decision = scheduling.deciding(Decision.Verb.FILTER, call.pod().ref());
    FilterAnswer answer = answer(call, decision);
    scheduling.decided(decision);
    scheduling.answered();
    return answer;
  }

  private FilterAnswer answer(FilterCall call, DecisionDraft decision) {
    VerbError closed = gate.refusal();
    if (closed != null) {
      decision.failed(closed);
      return FilterAnswer.failed(closed);
    }
    preemptions.restore();
    scheduling.proposals().expire(scheduling.elapsedMillis());
    KnownPod pod = scheduling.arrived(call.pod());
    if (pod.isNonsense()) {
      return nonsense(pod, call.nodes(), pod.problem(), decision);
    }
    if (claimsGpus(pod)) {
      return refusedEverywhere(pod, call.nodes(), Reason.CLAIM_OF_GPUS, decision);
    }
    GangStarts.Verdict verdict = starts.verdict(call.pod());
    if (turns.isOn() && verdict != GangStarts.Verdict.REFUSED) {
      return inTurn(pod, call, decision, verdict);
    }
    return switch (verdict) {
      case FREE -> free(pod, call, decision);
      case HELD -> held(pod, call.nodes(), decision);
      case WAITS -> waits(pod, call.nodes(), decision);
      case REFUSED -> nonsense(pod, call.nodes(), starts.problem(call.pod()), decision);
    };
  }

  /** What is not known yet is not refused: bind knows what is allocated. */
  private boolean claimsGpus(KnownPod pod) {
    return pod.claimsBesideGpus()
        && cluster.claimsOf(pod.holder().namespace(), pod.claims()).kind()
            == ClaimFinding.Kind.GPUS;
  }

  /** Where the cluster has teams, they decide when, and gangs with them. */
  private FilterAnswer inTurn(
      KnownPod pod, FilterCall call, DecisionDraft decision, GangStarts.Verdict verdict) {
    return switch (turns.ask(pod)) {
      case HELD -> held(pod, call.nodes(), decision);
      case WAITS -> waits(pod, call.nodes(), decision);
      case FREE ->
          verdict == GangStarts.Verdict.WAITS
              ? waits(pod, call.nodes(), decision)
              : besideDrained(pod, call, decision);
    };
  }

  private FilterAnswer besideDrained(KnownPod pod, FilterCall call, DecisionDraft decision) {
    Ledger.Undo undo = turns.keepDrained();
    try {
      return free(pod, call, decision);
    } finally {
      undo.undo();
    }
  }

  private FilterAnswer nonsense(
      KnownPod pod, NodeList nodes, String problem, DecisionDraft decision) {
    decision.refused(problem);
    scheduling.pods().explain(pod, problem);
    return FilterAnswer.nonsense(nodes, problem);
  }

  /** It is not its turn, or the pods of its gang start together and cannot yet. */
  private FilterAnswer waits(KnownPod pod, NodeList nodes, DecisionDraft decision) {
    Reason reason = turns.decides(pod) ? turns.whyNot(pod) : Reason.GANG_WAITS;
    return refusedEverywhere(pod, nodes, reason, decision);
  }

  private FilterAnswer refusedEverywhere(
      KnownPod pod, NodeList nodes, Reason reason, DecisionDraft decision) {
    FilterAnswer answer = FilterAnswer.to(nodes);
    answer.refuseAll(reason);
    decision.refused(answer.refusedByReason());
    scheduling.pods().explain(pod, answer.refusedByReason());
    return answer;
  }

  /** A place is held for the pod, and it may go there alone. */
  private FilterAnswer held(KnownPod pod, NodeList nodes, DecisionDraft decision) {
    int place = heldPlace(pod, nodes);
    if (place >= 0) {
      scheduling.pods().explain(pod, "");
      return again(pod, nodes, place, decision);
    }
    scheduling.held().excluded(pod.uid(), names(nodes));
    return scheduling.held().of(pod.uid()) != null && heldPlace(pod, nodes) >= 0
        ? again(pod, nodes, heldPlace(pod, nodes), decision)
        : waits(pod, nodes, decision);
  }

  private Set<String> names(NodeList nodes) {
    Set<String> names = new HashSet<>();
    for (int place = 0; place < nodes.size(); place++) {
      names.add(scheduling.names().name(nodes.index(place)));
    }
    return names;
  }

  private FilterAnswer free(KnownPod pod, FilterCall call, DecisionDraft decision) {
    if (!preemptions.isReady(pod.uid())) {
      scheduling.proposals().drop(pod.uid());
    }
    int held = heldPlace(pod, call.nodes());
    return held >= 0 ? again(pod, call.nodes(), held, decision) : search(pod, call, decision);
  }

  /** Where in the list the node is on which a pod holds slots; -1 if it holds none there. */
  private int heldPlace(KnownPod pod, NodeList nodes) {
    Entry entry = scheduling.ledger().entry(pod.uid());
    if (entry != null) {
      int index = scheduling.names().find(entry.placement().node());
      for (int place = 0; place < nodes.size(); place++) {
        if (nodes.index(place) == index) {
          return place;
        }
      }
    }
    return -1;
  }

  /** A binding whose result is unknown: the pod should go to the node where its slots are held. */
  private FilterAnswer again(KnownPod pod, NodeList nodes, int place, DecisionDraft decision) {
    FilterAnswer answer = FilterAnswer.to(nodes);
    answer.choose(place);
    Placement placement = Objects.requireNonNull(scheduling.ledger().entry(pod.uid())).placement();
    decision.placed(new Decision.Choice(placement.node(), null, placement), 1);
    return answer;
  }

  private FilterAnswer search(KnownPod pod, FilterCall call, DecisionDraft decision) {
    PodAsk ask = scheduling.ask(pod.demand());
    scheduling.chooser().refresh();
    if (!ask.wantsGpus() && !call.nodes().unknown().isEmpty()) {
      return elsewhere(pod, call.nodes(), ask, decision);
    }
    BitSet avoided = avoided(pod, call.nodes());
    if (avoided != null && ranking.look(ask, call.nodes(), avoided) > 0) {
      return placed(pod, ask, call.nodes(), decision, true);
    }
    if (ranking.look(ask, call.nodes()) > 0) {
      return placed(pod, ask, call.nodes(), decision, true);
    }
    List<String> proposed = scheduling.proposals().uids(pod.holder().priority());
    FilterAnswer answer =
        proposed.isEmpty()
            ? refused(ask, call.nodes(), decision)
            : without(proposed, pod, ask, call.nodes(), decision);
    if (answer.chosen() > 0) {
      return answer;
    }
    if (turns.decides(pod)) {
      turns.refused(pod.uid());
      return waits(pod, call.nodes(), decision);
    }
    return makeRoom(pod, ask, call.nodes(), decision, answer);
  }

  /** Judges as if some pods were proposed nowhere. */
  private FilterAnswer without(
      List<String> proposed, KnownPod pod, PodAsk ask, NodeList nodes, DecisionDraft decision) {
    Ledger.Undo undo = scheduling.ledger().without(proposed);
    try {
      scheduling.chooser().refresh();
      return ranking.look(ask, nodes) > 0
          ? placed(pod, ask, nodes, decision, false)
          : refused(ask, nodes, decision);
    } finally {
      undo.undo();
    }
  }

  /** The places of the nodes on which binding the pod has failed; null if there are none. */
  private @Nullable BitSet avoided(KnownPod pod, NodeList nodes) {
    if (!scheduling.failedBinds().has(pod.uid())) {
      return null;
    }
    long now = scheduling.elapsedMillis();
    BitSet avoided = new BitSet(nodes.size());
    for (int place = 0; place < nodes.size(); place++) {
      NodeState node = scheduling.fleet().at(nodes.index(place));
      boolean failed =
          node != null && scheduling.failedBinds().isAvoided(pod.uid(), node.name(), now);
      avoided.set(place, failed);
    }
    return avoided;
  }

  /** A pod without GPUs strands least where there are none. */
  private FilterAnswer elsewhere(KnownPod pod, NodeList nodes, PodAsk ask, DecisionDraft decision) {
    FilterAnswer answer = FilterAnswer.to(nodes);
    answer.chooseUnknown();
    if (scheduling.policy().answer() == Policy.Answer.ALL) {
      ranking.look(ask, nodes);
      fill(answer, ask, nodes);
    }
    scheduling.pods().explain(pod, "");
    decision.placed(null, answer.chosen());
    return answer;
  }

  private FilterAnswer placed(
      KnownPod pod, PodAsk ask, NodeList nodes, DecisionDraft decision, boolean propose) {
    FilterAnswer answer = FilterAnswer.to(nodes);
    if (scheduling.policy().answer() == Policy.Answer.ALL) {
      fill(answer, ask, nodes);
    } else {
      for (int i = 0; i < ranking.bests(); i++) {
        answer.choose(ranking.best(i));
      }
    }
    preemptions.fits(pod.uid());
    wakeUps.placed(pod.uid());
    Placement likely = placementOn(ranking.likely(), ask);
    if (likely != null) {
      decision.placed(
          new Decision.Choice(likely.node(), ranking.bestCost(), likely), ranking.bests());
      decision.runnerUp(ranking.runnerUp(nodes));
      if (propose && ask.wantsGpus()) {
        long life = scheduling.policy().proposalMillis();
        scheduling.proposals().propose(pod.holder(), likely, scheduling.elapsedMillis(), life);
      }
    }
    scheduling.pods().explain(pod, "");
    return answer;
  }

  private @Nullable Placement placementOn(int index, PodAsk ask) {
    NodeState node = scheduling.fleet().at(index);
    return node != null && scheduling.placer().tryOn(ask.prepared(), node)
        ? scheduling.placer().placement(ask.prepared(), node)
        : null;
  }

  private FilterAnswer refused(PodAsk ask, NodeList nodes, DecisionDraft decision) {
    FilterAnswer answer = FilterAnswer.to(nodes);
    fill(answer, ask, nodes);
    decision.refused(answer.refusedByReason());
    return answer;
  }

  /** A pod fits nowhere: others may have to go for it. */
  private FilterAnswer makeRoom(
      KnownPod pod, PodAsk ask, NodeList nodes, DecisionDraft decision, FilterAnswer answer) {
    wakeUps.refused(pod.uid(), nodes);
    if (preemptions.isOn()) {
      int freeing = preemptions.consider(pod, ask, nodes, decision);
      if (freeing >= 0) {
        answer.refuse(freeing, Reason.FRAGMENTED);
      }
      answer.onlyHopeAt(freeing);
      if (decision.evicts()) {
        answer.evicting();
      }
    }
    scheduling.pods().explain(pod, answer.refusedByReason());
    return answer;
  }

  /** Puts every node of the fleet where it belongs. */
  private void fill(FilterAnswer answer, PodAsk ask, NodeList nodes) {
    for (int place = 0; place < nodes.size(); place++) {
      if (ranking.fits(place)) {
        answer.choose(place);
      } else {
        Reason reason = ask.refusal(nodes.index(place));
        answer.refuse(place, reason == null ? Reason.FRAGMENTED : reason);
      }
    }
  }
}
