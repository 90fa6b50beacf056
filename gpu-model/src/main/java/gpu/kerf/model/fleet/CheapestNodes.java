package gpu.kerf.model.fleet;

import gpu.kerf.model.placement.Cost;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placer;
import gpu.kerf.model.placement.PreparedDemand;
import gpu.kerf.model.price.Prices;
import java.util.Arrays;

/**
 * The nodes on which a demand costs least, and the one that is taken: the node with the least
 * {@link Cost}, and among equal ones the node whose name comes first. The service, the replays and
 * explain all decide with this class.
 *
 * <p>A decision is {@link #start}, then {@link #offer} for each node in question, in any order,
 * under a number that the caller chooses and gets back. The nodes of exactly equal cost are one
 * class. One object serves many decisions, so that a decision allocates costs only.
 */
public final class CheapestNodes {

  private final Fleet fleet;
  private final Placer placer;
  private final StartCounts starts = new StartCounts();
  private int[] numbers = new int[16];
  private int count;
  private int first;
  private Cost cost = Cost.NONE;
  private int second;
  private Cost secondCost = Cost.NONE;

  public CheapestNodes(Fleet fleet, Placer placer) {
    this.fleet = fleet;
    this.placer = placer;
  }

  /**
   * Begins a decision. The placer's prices must know all models of the fleet; it is told how many
   * MIG instances of each kind could still start.
   */
  public void start() {
    placer.startDecision();
    countStarts();
    restart();
  }

  /** Begins again on an unchanged fleet. */
  public void restart() {
    count = 0;
    first = -1;
    cost = Cost.NONE;
    second = -1;
    secondCost = Cost.NONE;
  }

  private void countStarts() {
    Prices prices = placer.prices();
    starts.refresh(fleet, prices);
    for (int model = 0; model < prices.models(); model++) {
      if (fleet.models().get(model).migCapable()) {
        placer.setSupply(model, starts.of(model));
      }
    }
  }

  /**
   * Tries a node; whether the demand fits on it.
   *
   * @param index the fleet's
   */
  public boolean offer(PreparedDemand demand, int number, int index) {
    NodeState node = fleet.at(index);
    if (node == null || !placer.tryOn(demand, node)) {
      return false;
    }
    accept(number, index);
    return true;
  }

  private void accept(int number, int index) {
    int order = placer.compareCostTo(cost);
    if (order < 0) {
      if (count > 0) {
        second = numbers[0];
        secondCost = cost;
      }
      count = 0;
      first = -1;
      cost = placer.cost();
    }
    if (order <= 0) {
      add(number);
      first = first < 0 || fleet.rank(index) < fleet.rank(first) ? index : first;
    } else if (placer.compareCostTo(secondCost) < 0) {
      second = number;
      secondCost = placer.cost();
    }
  }

  private void add(int number) {
    if (count == numbers.length) {
      numbers = Arrays.copyOf(numbers, count * 2);
    }
    numbers[count++] = number;
  }

  /** How many nodes cost least; 0 if the demand fits on none. */
  public int count() {
    return count;
  }

  /** The caller's number of one of the nodes that cost least, in the order of their offers. */
  public int number(int place) {
    return numbers[place];
  }

  /** The fleet's index of the node that is taken; -1 if the demand fits on none. */
  public int index() {
    return first;
  }

  public Cost cost() {
    return cost;
  }

  /** The caller's number of the best node outside the cheapest class; -1 if there is none. */
  public int runnerUp() {
    return second;
  }

  public Cost runnerUpCost() {
    return secondCost;
  }
}
