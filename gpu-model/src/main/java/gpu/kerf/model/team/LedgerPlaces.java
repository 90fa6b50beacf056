package gpu.kerf.model.team;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Chooser;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.placement.Cost;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.PreparedDemand;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The places of a ledger, each where it takes least from the demands that usually come. A gang's
 * members are placed one after the other, each beside those before it.
 */
public final class LedgerPlaces implements Places {

  private static final int MOST_REMEMBERED = 4096;

  private final Fleet fleet;
  private final Chooser chooser;
  private final DrainedPlaces drained;
  private final Map<PodDemand, PreparedDemand> prepared = new HashMap<>();
  private final Map<List<PodDemand>, Boolean> possible = new HashMap<>();
  private @Nullable LedgerPlaces empty;

  public LedgerPlaces(Fleet fleet, Chooser chooser, DrainedPlaces drained) {
    this.fleet = fleet;
    this.chooser = chooser;
    this.drained = drained;
  }

  /** A node has come, gone or changed: what was impossible may be possible now. */
  public void fleetChanged() {
    empty = null;
    possible.clear();
  }

  @Override
  public Answer place(Work work) {
    List<Ledger.Claim> places = find(work, true);
    if (places != null) {
      return new Answer.Found(places);
    }
    if (!isPossible(work)) {
      return IMPOSSIBLE;
    }
    DrainedPlace other = drained.fillable(work.id());
    List<Ledger.Claim> anyway = other == null ? null : find(work, false);
    return other == null || anyway == null ? FULL : new Answer.Drained(other.work(), anyway);
  }

  @Override
  public boolean areFree(List<Ledger.Claim> places) {
    List<Placement> taken = new ArrayList<>();
    for (Ledger.Claim place : places) {
      NodeState node = fleet.node(place.placement().node());
      if (node != null && node.take(place.placement())) {
        taken.add(place.placement());
      }
    }
    taken.forEach(placement -> node(placement).release(placement));
    return taken.size() == places.size();
  }

  /**
   * @param all whether drained places are closed where work may fill in, too
   */
  private @Nullable List<Ledger.Claim> find(Work work, boolean all) {
    drained.block(fleet, work.id(), all);
    try {
      return find(work);
    } finally {
      drained.unblock(fleet, work.id(), all);
    }
  }

  private boolean isPossible(Work work) {
    List<PodDemand> demands = work.demands();
    Boolean known = possible.get(demands);
    if (known == null) {
      known = ofEmpty().find(work) != null;
      if (possible.size() >= MOST_REMEMBERED) {
        possible.clear();
      }
      possible.put(demands, known);
    }
    return known;
  }

  private LedgerPlaces ofEmpty() {
    if (empty == null) {
      Fleet nothingHeld = new Fleet();
      for (int i = 0; i < fleet.limit(); i++) {
        NodeState node = fleet.at(i);
        if (node != null) {
          nothingHeld.put(node.spec());
        }
      }
      empty = new LedgerPlaces(nothingHeld, new Chooser(nothingHeld), new DrainedPlaces());
    }
    return empty;
  }

  private @Nullable List<Ledger.Claim> find(Work work) {
    if (work.members().size() > 1) {
      return findAll(work);
    }
    Work.Member member = work.members().get(0);
    Chooser.Choice choice = chooser.best(prepare(member.demand()));
    return choice == null ? null : List.of(new Ledger.Claim(member.holder(), choice.placement()));
  }

  private PreparedDemand prepare(PodDemand demand) {
    if (prepared.size() >= MOST_REMEMBERED) {
      prepared.clear();
    }
    return prepared.computeIfAbsent(demand, chooser::prepare);
  }

  private @Nullable List<Ledger.Claim> findAll(Work gang) {
    List<Ledger.Claim> places = new ArrayList<>();
    NodesByCost nodes = null;
    for (Work.Member member : gang.members()) {
      if (nodes == null || !nodes.demand.demand().equals(member.demand())) {
        nodes = new NodesByCost(prepare(member.demand()));
      }
      Placement placement = nodes.take();
      if (placement == null) {
        break;
      }
      places.add(new Ledger.Claim(member.holder(), placement));
    }
    for (Ledger.Claim place : places) {
      node(place.placement()).release(place.placement());
    }
    return places.size() == gang.members().size() ? places : null;
  }

  private NodeState node(Placement placement) {
    return Objects.requireNonNull(fleet.node(placement.node()));
  }

  /** The nodes that can hold a demand, the cheapest first; only a node that is used changes. */
  private final class NodesByCost {

    private record Offer(Cost cost, int rank, int node) implements Comparable<Offer> {
      @Override
      public int compareTo(Offer other) {
        int order = cost.compareTo(other.cost);
        return order != 0 ? order : Integer.compare(rank, other.rank);
      }
    }

    final PreparedDemand demand;
    private final PriorityQueue<Offer> offers = new PriorityQueue<>();

    NodesByCost(PreparedDemand demand) {
      this.demand = demand;
      chooser.refresh();
      for (int i = 0; i < fleet.limit(); i++) {
        offer(i);
      }
    }

    private void offer(int index) {
      NodeState node = fleet.at(index);
      if (node != null && chooser.placer().tryOn(demand, node)) {
        offers.add(new Offer(chooser.placer().cost(), fleet.rank(index), index));
      }
    }

    /** Takes the place that costs least; null if there is none. */
    @Nullable Placement take() {
      Offer least = offers.poll();
      NodeState node = least == null ? null : fleet.at(least.node());
      if (least == null || node == null || !chooser.placer().tryOn(demand, node)) {
        return null;
      }
      Placement placement = chooser.placer().placement(demand, node);
      node.force(placement);
      offer(least.node());
      return placement;
    }
  }
}
