package gpu.kerf.model.eviction;

import gpu.kerf.model.placement.NodeState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the victims of a scope that must be evicted, by branch and bound over its subsets, one step
 * at a time.
 *
 * <p>A scope is a list of blocks. A block holds victims that are spared or evicted together, mostly
 * a single one. The search starts with all blocks evicted. Block by block, in the given order, it
 * spares the block if the request still fits without that eviction, as kube-scheduler reprieves
 * victims. This gives the first plan. Then the search goes back, evicts a block that it has spared,
 * and spares others for it, as long as that can still be less harmful than the best plan so far.
 * When the search ends by itself, no better plan exists in the scope, and no block of a plan that
 * it finds is superfluous. One object searches several scopes, and the best plan of one scope
 * bounds the search in the next.
 *
 * <p>The path in the search tree is kept in fields and not on the thread's stack, so the search can
 * pause after any step and continue later.
 */
final class SubsetSearch {

  /** What was last tried with the block at a depth. */
  private enum Tried {
    NOTHING,
    SPARED,
    EVICTED
  }

  private final Room room;
  private final HarmCount count;
  private final NodeState node;
  private final List<Victim> evicted = new ArrayList<>();
  private List<List<Victim>> scope = List.of();
  private Tried[] tried = {};

  /** -1 when the scope has been searched. */
  private int depth = -1;

  private int triesLeft;
  private boolean brokenOff;
  private @Nullable Harm ceiling;
  private boolean asHarmfulCounts;
  private @Nullable Harm least;
  private List<Victim> best = List.of();

  SubsetSearch(Room room, HarmCount count, NodeState node) {
    this.room = room;
    this.count = count;
    this.node = node;
  }

  /**
   * Only plans that are less harmful than another one count.
   *
   * @param equal whether one that is as harmful counts too
   */
  void below(@Nullable Harm other, boolean equal) {
    ceiling = other;
    asHarmfulCounts = equal;
  }

  /**
   * Begins to look for less harmful subsets of a scope.
   *
   * @param tries after how many the search is broken off; the first plan is always found
   */
  void begin(List<List<Victim>> blocks, int tries) {
    scope = blocks;
    triesLeft = Math.max(tries, blocks.size());
    brokenOff = false;
    tried = new Tried[blocks.size() + 1];
    blocks.forEach(this::release);
    if (room.isOn(node)) {
      depth = 0;
      tried[0] = Tried.NOTHING;
    } else {
      end();
    }
  }

  boolean isOver() {
    return depth < 0;
  }

  /**
   * Whether the search of the scope ended by itself: nothing in it is better than what is known.
   */
  boolean isExhausted() {
    return !brokenOff;
  }

  /** Goes on until the request has been tried once more, or the scope has been searched. */
  void step() {
    boolean asked = false;
    while (!asked && depth >= 0) {
      switch (tried[depth]) {
        case NOTHING -> asked = goDown();
        case SPARED -> {
          release(scope.get(depth));
          evictBlock();
        }
        case EVICTED -> {
          takeBack(scope.get(depth));
          goUp();
        }
      }
    }
  }

  /** Whether the request was tried. */
  private boolean goDown() {
    if (depth == scope.size()) {
      least = count.harm();
      best = List.copyOf(evicted);
      goUp();
      return false;
    }
    if (triesLeft-- <= 0) {
      brokenOff = true;
      goUp();
      return false;
    }
    List<Victim> block = scope.get(depth);
    force(block);
    if (room.isOn(node)) {
      tried[depth] = Tried.SPARED;
      next();
    } else {
      release(block);
      evictBlock();
    }
    return true;
  }

  private void evictBlock() {
    evict(scope.get(depth));
    tried[depth] = Tried.EVICTED;
    if (!count.isForbidden() && isLessThanKnown(count.harm())) {
      next();
    }
  }

  private boolean isLessThanKnown(Harm harm) {
    if (least != null) {
      return harm.isLessThan(least);
    }
    return ceiling == null
        || harm.isLessThan(ceiling)
        || (asHarmfulCounts && harm.compareTo(ceiling) == 0);
  }

  private void next() {
    tried[++depth] = Tried.NOTHING;
  }

  private void goUp() {
    if (--depth < 0) {
      end();
    }
  }

  private void end() {
    scope.forEach(this::force);
    depth = -1;
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
      count.add(victim);
      evicted.add(victim);
    }
  }

  private void takeBack(List<Victim> block) {
    for (int i = block.size() - 1; i >= 0; i--) {
      count.remove(block.get(i));
      evicted.remove(evicted.size() - 1);
    }
  }

  /** The least harm found; null if nothing helps within the budgets and below the ceiling. */
  @Nullable Harm least() {
    return least;
  }

  List<Victim> best() {
    return best;
  }
}
