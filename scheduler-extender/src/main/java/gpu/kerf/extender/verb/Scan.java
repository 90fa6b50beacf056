package gpu.kerf.extender.verb;

import gpu.kerf.extender.state.Decision;
import gpu.kerf.extender.state.PodAsk;
import gpu.kerf.extender.wire.NodeList;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.placement.Cost;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One look at every node of a list: on which a demand fits, which of them cost least, and which
 * comes next.
 *
 * <p>A cost class is all nodes of exactly equal {@link Cost}: taken, distance, leftover and free.
 * Used again for every request.
 */
final class Scan {

  private final Fleet fleet;
  private final Placer placer;
  private final BitSet fitting = new BitSet();
  private int[] best = new int[16];
  private int bests;
  private Cost bestCost = Cost.NONE;
  private int second;
  private Cost secondCost = Cost.NONE;

  Scan(Fleet fleet, Placer placer) {
    this.fleet = fleet;
    this.placer = placer;
  }

  /** Looks at every node; how many of them cost least, 0 if the demand fits nowhere. */
  int look(PodAsk ask, NodeList nodes) {
    fitting.clear();
    bests = 0;
    second = -1;
    bestCost = Cost.NONE;
    secondCost = Cost.NONE;
    for (int place = 0; place < nodes.size(); place++) {
      NodeState node = fleet.at(nodes.index(place));
      if (node != null && placer.tryOn(ask.prepared(), node)) {
        fitting.set(place);
        rank(place);
      }
    }
    return bests;
  }

  private void rank(int place) {
    int order = placer.compareCostTo(bestCost);
    if (order < 0) {
      if (bests > 0) {
        second = best[0];
        secondCost = bestCost;
      }
      bests = 0;
      bestCost = placer.cost();
    }
    if (order <= 0) {
      add(place);
    } else if (placer.compareCostTo(secondCost) < 0) {
      second = place;
      secondCost = placer.cost();
    }
  }

  private void add(int place) {
    if (bests == best.length) {
      best = Arrays.copyOf(best, bests * 2);
    }
    best[bests++] = place;
  }

  boolean fits(int place) {
    return fitting.get(place);
  }

  int bests() {
    return bests;
  }

  /** The place in the list of one of the nodes that cost least. */
  int best(int number) {
    return best[number];
  }

  Cost bestCost() {
    return bestCost;
  }

  /** Of the nodes that cost least, the fleet's index of the one whose name comes first. */
  int likely(NodeList nodes) {
    int likely = nodes.index(best[0]);
    for (int i = 1; i < bests; i++) {
      int index = nodes.index(best[i]);
      likely = fleet.rank(index) < fleet.rank(likely) ? index : likely;
    }
    return likely;
  }

  /** The best node of the next class; null if there is none. */
  Decision.@Nullable Choice runnerUp(NodeList nodes) {
    return second < 0 ? null : new Decision.Choice(name(nodes.index(second)), secondCost, null);
  }

  private String name(int index) {
    return Objects.requireNonNull(fleet.at(index)).name();
  }
}
