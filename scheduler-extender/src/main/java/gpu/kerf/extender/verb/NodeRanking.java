package gpu.kerf.extender.verb;

import gpu.kerf.extender.state.Decision;
import gpu.kerf.extender.state.PodAsk;
import gpu.kerf.extender.wire.NodeList;
import gpu.kerf.model.fleet.CheapestNodes;
import gpu.kerf.model.fleet.Chooser;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.placement.Cost;
import java.util.BitSet;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One decision among the nodes of a list, by their positions in the list: the nodes on which a
 * demand fits, and the cheapest of them ({@link CheapestNodes}). The object is reused for every
 * request.
 */
final class NodeRanking {

  private final Fleet fleet;
  private final CheapestNodes cheapest;
  private final BitSet fitting = new BitSet();

  NodeRanking(Fleet fleet, Chooser chooser) {
    this.fleet = fleet;
    this.cheapest = chooser.cheapest();
  }

  /** Looks at every node; how many of them cost least, 0 if the demand fits nowhere. */
  int look(PodAsk ask, NodeList nodes) {
    return look(ask, nodes, null);
  }

  /**
   * The same beside some nodes.
   *
   * @param avoided their places in the list; null if there are none
   */
  int look(PodAsk ask, NodeList nodes, @Nullable BitSet avoided) {
    fitting.clear();
    cheapest.restart();
    for (int place = 0; place < nodes.size(); place++) {
      if ((avoided == null || !avoided.get(place))
          && cheapest.offer(ask.prepared(), place, nodes.index(place))) {
        fitting.set(place);
      }
    }
    return cheapest.count();
  }

  boolean fits(int place) {
    return fitting.get(place);
  }

  int bests() {
    return cheapest.count();
  }

  /** The place in the list of one of the nodes that cost least. */
  int best(int number) {
    return cheapest.number(number);
  }

  Cost bestCost() {
    return cheapest.cost();
  }

  /** The fleet's index of the node that would be taken. */
  int likely() {
    return cheapest.index();
  }

  /** The best node of the next class; null if there is none. */
  Decision.@Nullable Choice runnerUp(NodeList nodes) {
    int second = cheapest.runnerUp();
    return second < 0
        ? null
        : new Decision.Choice(name(nodes.index(second)), cheapest.runnerUpCost(), null);
  }

  private String name(int index) {
    return Objects.requireNonNull(fleet.at(index)).name();
  }
}
