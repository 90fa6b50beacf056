package gpu.kerf.model.eviction;

import gpu.kerf.model.placement.NodeState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds which victims of a scope must go, by branch and bound over its subsets.
 *
 * <p>A scope is a list of blocks: victims who are spared or evicted together, mostly one each. At
 * first all of them are gone. Block by block, in the order handed in, each is spared if the request
 * still fits, and else evicted: that is how kube-scheduler reprieves, and it is the first plan
 * found here. Then the search goes back, evicts a block that it has spared, and spares others for
 * it, as long as that can still be less harmful than the best plan so far. When it ends by itself
 * nothing better exists in the scope, and no block of a plan that it finds is superfluous. The same
 * object goes over several scopes, and what it found in one bounds the next.
 */
final class SubsetSearch {

  private final Room room;
  private final Tally tally;
  private final NodeState node;
  private final List<Victim> evicted = new ArrayList<>();
  private List<List<Victim>> scope = List.of();
  private int triesLeft;
  private boolean brokenOff;
  private @Nullable Harm least;
  private List<Victim> best = List.of();

  SubsetSearch(Room room, Tally tally, NodeState node) {
    this.room = room;
    this.tally = tally;
    this.node = node;
  }

  /**
   * Looks for less harmful subsets of a scope.
   *
   * @param tries after how many the search is broken off; the first plan is always found
   * @return whether none is left that is better
   */
  boolean over(List<List<Victim>> blocks, int tries) {
    scope = blocks;
    triesLeft = Math.max(tries, blocks.size());
    brokenOff = false;
    blocks.forEach(this::release);
    if (room.isOn(node)) {
      decide(0);
    }
    blocks.forEach(this::force);
    return !brokenOff;
  }

  private void decide(int depth) {
    if (depth == scope.size()) {
      least = tally.harm();
      best = List.copyOf(evicted);
      return;
    }
    if (triesLeft-- <= 0) {
      brokenOff = true;
      return;
    }
    List<Victim> block = scope.get(depth);
    force(block);
    if (room.isOn(node)) {
      decide(depth + 1);
    }
    release(block);
    evict(block);
    if (!tally.isForbidden() && (least == null || tally.harm().isLessThan(least))) {
      decide(depth + 1);
    }
    takeBack(block);
  }

  private void force(List<Victim> block) {
    for (Victim victim : block) {
      node.force(victim.candidate().placement());
    }
  }

  private void release(List<Victim> block) {
    for (Victim victim : block) {
      node.release(victim.candidate().placement());
    }
  }

  private void evict(List<Victim> block) {
    for (Victim victim : block) {
      tally.add(victim);
      evicted.add(victim);
    }
  }

  private void takeBack(List<Victim> block) {
    for (int i = block.size() - 1; i >= 0; i--) {
      tally.remove(block.get(i));
      evicted.remove(evicted.size() - 1);
    }
  }

  /** The least harm found; null if nothing helps within the budgets. */
  @Nullable Harm least() {
    return least;
  }

  List<Victim> best() {
    return best;
  }
}
