package gpu.kerf.extender.turn;

import gpu.kerf.extender.gang.Gang;
import gpu.kerf.extender.gang.GangKey;
import gpu.kerf.extender.gang.Gangs;
import gpu.kerf.extender.gang.start.GangStarts;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.PodAsk;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.model.fleet.CheapestNodes;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.team.DrainedPlaces;
import gpu.kerf.model.team.LedgerPlaces;
import gpu.kerf.model.team.Places;
import gpu.kerf.model.team.Work;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The places of the ledger; for a pod that kube-scheduler offers some nodes only, because of what
 * Kerf does not look at, such as node affinity and taints, the places on those nodes.
 */
final class OfferedPlaces implements Places {

  private final Scheduling scheduling;
  private final Gangs gangs;
  private final GangStarts starts;
  private final DrainedPlaces drained;
  private final LedgerPlaces all;
  private final Map<String, Set<String>> offered = new HashMap<>();

  OfferedPlaces(Scheduling scheduling, Gangs gangs, GangStarts starts, DrainedPlaces drained) {
    this.scheduling = scheduling;
    this.gangs = gangs;
    this.starts = starts;
    this.drained = drained;
    this.all = new LedgerPlaces(scheduling.fleet(), scheduling.chooser(), drained);
  }

  /** kube-scheduler offers a pod these nodes. */
  void restrict(String uid, Set<String> nodes) {
    offered.put(uid, Set.copyOf(nodes));
  }

  void forget(String uid) {
    offered.remove(uid);
  }

  /** What was offered before says nothing of other nodes. */
  void fleetChanged() {
    offered.clear();
    all.fleetChanged();
  }

  @Override
  public Answer place(Work work) {
    Gang gang = gangs.named(work.id());
    if (gang != null) {
      return ofGang(gang.key(), work);
    }
    Answer anywhere = all.place(work);
    if (!(anywhere instanceof Answer.Found found)) {
      return anywhere;
    }
    String uid = work.members().get(0).holder().uid();
    return isOpen(uid, found.places().get(0).placement().node()) ? anywhere : elsewhere(uid, work);
  }

  @Override
  public boolean areFree(List<Ledger.Claim> places) {
    return all.areFree(places);
  }

  private Answer ofGang(GangKey gang, Work work) {
    if (starts.isPaused(gang)) {
      return FULL;
    }
    if (!starts.hasOffers(gang)) {
      return all.place(work);
    }
    List<KnownPod> pods = new ArrayList<>();
    for (Work.Member member : work.members()) {
      KnownPod pod = scheduling.pods().get(member.holder().uid());
      if (pod != null) {
        pods.add(pod);
      }
    }
    drained.block(scheduling.fleet(), work.id(), true);
    try {
      List<Ledger.Claim> claims = starts.plan(gang, pods, work.minimum());
      return claims == null ? FULL : new Answer.Found(claims);
    } finally {
      drained.unblock(scheduling.fleet(), work.id(), true);
    }
  }

  /** Whether kube-scheduler offers a pod the node, and no binding there has failed lately. */
  private boolean isOpen(String uid, String node) {
    Set<String> nodes = offered.get(uid);
    return (nodes == null || nodes.contains(node))
        && !scheduling.failedBinds().isAvoided(uid, node, scheduling.elapsedMillis());
  }

  private Answer elsewhere(String uid, Work work) {
    Fleet fleet = scheduling.fleet();
    List<String> open = new ArrayList<>();
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      if (node != null && isOpen(uid, node.name())) {
        open.add(node.name());
      }
    }
    return among(open, work);
  }

  private Answer among(List<String> nodes, Work work) {
    Work.Member member = work.members().get(0);
    Fleet fleet = scheduling.fleet();
    drained.block(fleet, work.id(), true);
    try {
      scheduling.chooser().refresh();
      PodAsk ask = scheduling.ask(member.demand());
      CheapestNodes cheapest = scheduling.chooser().cheapest();
      for (String name : nodes) {
        int index = fleet.indexOf(name);
        if (index >= 0) {
          cheapest.offer(ask.prepared(), index, index);
        }
      }
      NodeState node = cheapest.index() < 0 ? null : fleet.at(cheapest.index());
      if (node == null || !scheduling.placer().tryOn(ask.prepared(), node)) {
        return FULL;
      }
      return new Answer.Found(
          List.of(
              new Ledger.Claim(
                  member.holder(), scheduling.placer().placement(ask.prepared(), node))));
    } finally {
      drained.unblock(fleet, work.id(), true);
    }
  }
}
