package gpu.kerf.model.fleet;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.placement.Cost;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placer;
import gpu.kerf.model.placement.PreparedDemand;
import gpu.kerf.model.placement.Reason;
import gpu.kerf.model.price.Prices;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What if: how many of some pods have room on a fleet at the same time. It tries them on copies of
 * the nodes that it takes, so the fleet and its ledger never change.
 *
 * <p>Pods come in sets that ask the same. A set fills one node after the other, the node where its
 * first pod costs least first. Nodes do not depend on each other, so of one set every pod that has
 * room is found, and each node is looked at once: the work grows with the nodes and with the pods,
 * and not with their product. Of sets that ask different things it may miss a division that fits;
 * begin with the set that is hardest to place.
 *
 * <p>Belongs to the thread that owns the fleet.
 */
public final class JointFit {

  private final Fleet fleet;
  private final Placer placer;

  /** The nodes that are not any more as the fleet has them, by index. */
  private final Map<Integer, NodeState> tried = new HashMap<>();

  /** A node on which a pod fits, and what that costs. */
  private record Offer(int index, int rank, Cost cost) {}

  private static final Comparator<Offer> CHEAPEST_FIRST =
      Comparator.comparing(Offer::cost).thenComparing(Offer::rank);

  /**
   * @param prices those of the fleet's chooser; neutral ones where they do not know all models
   */
  public JointFit(Fleet fleet, Prices prices) {
    this.fleet = fleet;
    boolean complete = prices.models() >= fleet.models().size();
    this.placer = new Placer(complete ? prices : Prices.neutral(fleet.models()));
  }

  /**
   * Takes places that were found before, as long as they are free and there are enough.
   *
   * @param most how many are needed
   */
  public void take(Collection<Placement> places, int most) {
    int taken = 0;
    for (Placement place : places) {
      int index = taken < most ? fleet.indexOf(place.node()) : -1;
      NodeState node = index < 0 ? null : copyOf(index);
      taken += node != null && node.take(place) ? 1 : 0;
    }
  }

  /**
   * Adds pods beside those that were added before.
   *
   * @param nodes which nodes they may go to, by name
   * @return their places, as many as have room
   */
  public List<Placement> add(PodDemand demand, int count, Predicate<String> nodes) {
    PreparedDemand prepared = new PreparedDemand(demand, fleet.models());
    List<Placement> places = new ArrayList<>();
    for (Offer offer : offers(prepared, nodes)) {
      if (places.size() >= count) {
        break;
      }
      fill(prepared, Objects.requireNonNull(copyOf(offer.index)), count, places);
    }
    return places;
  }

  private List<Offer> offers(PreparedDemand prepared, Predicate<String> nodes) {
    List<Offer> offers = new ArrayList<>();
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = now(i);
      if (node != null && nodes.test(node.name()) && fits(prepared, node)) {
        offers.add(new Offer(i, fleet.rank(i), placer.cost()));
      }
    }
    offers.sort(CHEAPEST_FIRST);
    return offers;
  }

  private void fill(PreparedDemand prepared, NodeState node, int count, List<Placement> places) {
    while (places.size() < count && fits(prepared, node)) {
      Placement place = placer.placement(prepared, node);
      if (!node.take(place)) {
        return;
      }
      places.add(place);
    }
  }

  /** Each look has its own time to search, so that the answer does not depend on the others. */
  private boolean fits(PreparedDemand prepared, NodeState node) {
    placer.startDecision();
    return placer.tryOn(prepared, node);
  }

  /**
   * Why one more pod fits on none of some nodes, beside those that were added: each reason with the
   * number of nodes, the most frequent first by the order of {@link Reason}. A node on which it
   * fits has none.
   */
  public Map<Reason, Integer> reasons(PodDemand demand, Predicate<String> nodes) {
    PreparedDemand prepared = new PreparedDemand(demand, fleet.models());
    Map<Reason, Integer> reasons = new EnumMap<>(Reason.class);
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = now(i);
      if (node != null && nodes.test(node.name())) {
        placer.startDecision();
        Reason reason = placer.judge(prepared, node).reason();
        if (reason != null) {
          reasons.merge(reason, 1, Integer::sum);
        }
      }
    }
    return reasons;
  }

  /** Whether no node could ever take such a pod, not even an empty one; false without any node. */
  public boolean isImpossible(PodDemand demand) {
    Map<Reason, Integer> reasons = reasons(demand, node -> true);
    int nodes = reasons.values().stream().mapToInt(Integer::intValue).sum();
    return nodes > 0 && nodes == fleet.size() && reasons.keySet().stream().allMatch(Reason::never);
  }

  private @Nullable NodeState now(int index) {
    NodeState copy = tried.get(index);
    return copy == null ? fleet.at(index) : copy;
  }

  private @Nullable NodeState copyOf(int index) {
    NodeState known = fleet.at(index);
    return known == null ? null : tried.computeIfAbsent(index, unused -> known.copy());
  }
}
