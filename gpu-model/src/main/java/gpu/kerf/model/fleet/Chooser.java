package gpu.kerf.model.fleet;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.placement.Cost;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.NodeWorth;
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
  private final CheapestNodes cheapest;
  private int sinceRenewal;

  public Chooser(Fleet fleet) {
    this.fleet = fleet;
    this.maker = new PriceMaker(fleet.models(), mix);
    this.placer = new Placer(Prices.neutral(fleet.models()));
    this.cheapest = new CheapestNodes(fleet, placer);
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
    for (int i = 0; i < fleet.limit(); i++) {
      cheapest.offer(demand, i, i);
    }
    return cheapest.index() < 0 ? null : choice(demand, cheapest.index());
  }

  /** Starts a decision: makes what it looks up current. */
  public void refresh() {
    if (placer.prices().models() < fleet.models().size()) {
      renew();
    }
    cheapest.start();
  }

  /** For callers that decide among some nodes; {@link #refresh} starts a decision. */
  public CheapestNodes cheapest() {
    return cheapest;
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
        NodeWorth.countInto(supply, node, prices);
      }
    }
    return supply;
  }
}
