package gpu.kerf.model.fleet;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.placement.Cost;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placer;
import gpu.kerf.model.placement.PreparedDemand;
import gpu.kerf.model.price.Mix;
import gpu.kerf.model.price.PriceMaker;
import gpu.kerf.model.price.Prices;
import gpu.kerf.model.price.Supply;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the node of a fleet on which a placement takes least from the demands that usually come,
 * and learns what usually comes.
 *
 * <p>Learning is two calls: {@link #arrived} counts, which is cheap; {@link #renew} works out new
 * prices, which takes milliseconds and is for the time between decisions, when {@link #isDue} says
 * so.
 */
public final class Chooser {

  /**
   * Prices are renewed after so many arrivals; after fewer, a third of all, while little is known.
   */
  private static final int RENEW_AFTER = 50;

  private final Fleet fleet;
  private final Mix mix = new Mix();
  private final PriceMaker maker;
  private final Placer placer;
  private final StartCounts starts = new StartCounts();
  private int sinceRenewal;

  public Chooser(Fleet fleet) {
    this.fleet = fleet;
    this.maker = new PriceMaker(fleet.models(), mix);
    this.placer = new Placer(Prices.neutral(fleet.models()));
  }

  /** What was chosen. */
  public record Choice(int node, Cost cost, Placement placement) {}

  /** A pod has arrived for the first time. */
  public void arrived(PodDemand demand) {
    mix.arrived(demand);
    sinceRenewal++;
  }

  /** Whether enough has been learned since the last renewal for prices to be made again. */
  public boolean isDue() {
    return sinceRenewal >= Math.max(1, Math.min(RENEW_AFTER, mix.total() / 3));
  }

  /** Makes new prices from what has been learned and from what is left. */
  public void renew() {
    sinceRenewal = 0;
    placer.use(maker.make(supply()));
  }

  /** The best node of all, or null if the demand fits on none now. */
  public @Nullable Choice best(PreparedDemand demand) {
    refresh();
    int best = -1;
    Cost cost = Cost.NONE;
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      if (node == null || !placer.tryOn(demand, node)) {
        continue;
      }
      int order = placer.compareCostTo(cost);
      if (order < 0 || (order == 0 && fleet.rank(i) < fleet.rank(best))) {
        best = i;
        cost = order < 0 ? placer.cost() : cost;
      }
    }
    return best < 0 ? null : choice(demand, best);
  }

  /** Starts a decision: makes what it looks up current; for those who try nodes one by one. */
  public void refresh() {
    placer.startDecision();
    if (placer.prices().models() < fleet.models().size()) {
      renew();
    }
    countStarts();
  }

  /** Tells the placer how many MIG instances of each kind could still start in the fleet. */
  private void countStarts() {
    Prices prices = placer.prices();
    starts.refresh(fleet, prices);
    for (int model = 0; model < prices.models(); model++) {
      if (fleet.models().get(model).migCapable()) {
        placer.setSupply(model, starts.of(model));
      }
    }
  }

  private Choice choice(PreparedDemand demand, int index) {
    NodeState node = Objects.requireNonNull(fleet.at(index));
    placer.tryOn(demand, node);
    return new Choice(index, placer.cost(), placer.placement(demand, node));
  }

  public PreparedDemand prepare(PodDemand demand) {
    return new PreparedDemand(demand, fleet.models());
  }

  public Placer placer() {
    return placer;
  }

  public Mix mix() {
    return mix;
  }

  /** What is left in the fleet, at today's prices. */
  private Supply supply() {
    GpuModels models = fleet.models();
    Supply supply = new Supply(models.size());
    Prices prices =
        placer.prices().models() < models.size() ? Prices.neutral(models) : placer.prices();
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      if (node != null) {
        node.countInto(supply, prices);
      }
    }
    return supply;
  }
}
