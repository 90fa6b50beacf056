package gpu.kerf.model.team;

import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.team.Places.Answer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One pass over all waiting work, in the order in which it should start. Each gets its turn once:
 * it starts, or it is told why it waits.
 *
 * <p>At each level of the tree {@link TurnOrder} says which sibling comes first, and the line of a
 * team says which of its work. Later work may start although earlier work found no place: it is
 * smaller, or of another kind. During a pass less and less is free, so what did not fit once is not
 * tried again. Teams that have used up their budgets and yield come after all others. A pass can
 * pause after any piece of work; if the teams change meanwhile, it ends.
 */
public final class TurnPass {

  private final TeamBook book;
  private final Places places;
  private final TurnSink sink;
  private final long now;
  private final int treeVersion;
  private final TurnOrder order = new TurnOrder();
  private final Map<TeamNode, PriorityQueue<TeamNode>> levels = new HashMap<>();
  private final Map<TeamNode, Line> lines = new HashMap<>();
  private final Map<WaitingWork.Shape, WaitReason> refused = new HashMap<>();
  private final List<WaitingWork> blocked = new ArrayList<>();
  private final List<WaitingWork> stopped = new ArrayList<>();

  /** Whether only teams are left that run on what no other team wants. */
  private boolean yielding;

  private boolean over;

  /** The work of a team as it was when its first turn came. */
  private static final class Line {
    final WaitingWork[] works;
    int next;

    Line(TeamNode leaf) {
      works = leaf.line.toArray(WaitingWork[]::new);
    }
  }

  /**
   * @param now in milliseconds
   */
  public TurnPass(TeamBook book, Places places, TurnSink sink, long now) {
    this.book = book;
    this.places = places;
    this.sink = sink;
    this.now = now;
    this.treeVersion = book.treeVersion();
    book.refreshShares();
  }

  /**
   * Goes on.
   *
   * @param mayGoOn is asked after each piece of work
   * @return whether the pass is over
   */
  public boolean goOn(BooleanSupplier mayGoOn) {
    if (treeVersion != book.treeVersion()) {
      over = true;
    }
    while (!over) {
      step();
      if (!mayGoOn.getAsBoolean()) {
        break;
      }
    }
    return over;
  }

  /** The work that found no place, in the order of its turns. */
  List<WaitingWork> blocked() {
    return blocked;
  }

  /** The work that a limit stopped. */
  List<WaitingWork> stopped() {
    return stopped;
  }

  private void step() {
    TeamNode leaf = first();
    if (leaf == null) {
      end();
      return;
    }
    Line line = lines.computeIfAbsent(leaf, Line::new);
    while (line.next < line.works.length) {
      WaitingWork waiting = line.works[line.next++];
      if (!waiting.gone) {
        if (turn(leaf, waiting)) {
          sortAgain(leaf);
        }
        return;
      }
    }
    close(leaf);
  }

  /** The team without children whose turn it is; null if all lines are done. */
  private @Nullable TeamNode first() {
    TeamNode node = book.nodes().root();
    while (!node.children.isEmpty()) {
      node = level(node).peek();
      if (node == null) {
        return null;
      }
    }
    return node.parent == null ? null : node;
  }

  private PriorityQueue<TeamNode> level(TeamNode parent) {
    return levels.computeIfAbsent(parent, this::sorted);
  }

  private PriorityQueue<TeamNode> sorted(TeamNode parent) {
    PriorityQueue<TeamNode> queue = new PriorityQueue<>(Math.max(1, parent.children.size()), order);
    for (TeamNode child : parent.children) {
      if (book.nodes().anyYields() ? child.hasWaiting(yielding) : child.waitingWorks > 0) {
        queue.add(child);
      }
    }
    return queue;
  }

  /** The team whose turn it was holds more now, and so do those above it. */
  private void sortAgain(TeamNode leaf) {
    for (TeamNode node = leaf; node.parent != null; node = node.parent) {
      PriorityQueue<TeamNode> queue = level(node.parent);
      queue.poll();
      queue.add(node);
    }
  }

  private void close(TeamNode leaf) {
    TeamNode node = leaf;
    while (node.parent != null) {
      PriorityQueue<TeamNode> queue = level(node.parent);
      queue.poll();
      if (!queue.isEmpty()) {
        return;
      }
      node = node.parent;
    }
    end();
  }

  /** All lines are done, or those of the teams that yield come next. */
  private void end() {
    over = yielding || !book.nodes().anyYields();
    yielding = true;
    levels.clear();
  }

  /** Whether it started. */
  private boolean turn(TeamNode leaf, WaitingWork waiting) {
    WaitReason reason = refused.get(waiting.shape);
    boolean own = waiting.kept != null || waiting.drained;
    if (reason == null
        || own
        || (reason instanceof WaitReason.Behind && mayFillIn(leaf, waiting))) {
      reason = tryToStart(leaf, waiting);
    } else {
      WaitReason limit = limit(leaf, waiting);
      reason = limit == null ? reason : limit;
    }
    if (reason == null) {
      return true;
    }
    if (reason instanceof WaitReason.Limit) {
      stopped.add(waiting);
    }
    if (reason instanceof WaitReason.NoRoom || reason instanceof WaitReason.Behind) {
      blocked.add(waiting);
    }
    sink.waits(waiting.work, reason);
    return false;
  }

  private @Nullable WaitReason limit(TeamNode leaf, WaitingWork waiting) {
    return TurnLimits.broken(leaf, waiting.work, waiting.shape.atMinimum(), waiting.kept);
  }

  private @Nullable WaitReason tryToStart(TeamNode leaf, WaitingWork waiting) {
    WaitReason limit = limit(leaf, waiting);
    if (limit != null) {
      return limit;
    }
    if (waiting.kept != null) {
      return places.areFree(waiting.keptPlaces)
          ? start(leaf, waiting, waiting.keptPlaces)
          : WaitReason.Evicting.NOW;
    }
    Work work = TurnLimits.withinModels(leaf, waiting.work, book.fleet().models());
    if (work == null) {
      return TurnLimits.ofModels(leaf, waiting);
    }
    Answer answer = places.place(work);
    if (!(answer instanceof Answer.Found) && work.minimum() < work.members().size()) {
      answer = places.place(work.atMinimum());
    }
    if (answer instanceof Answer.Found found) {
      return start(leaf, waiting, found.places());
    }
    if (answer instanceof Answer.Drained behind && mayFillIn(leaf, waiting)) {
      return start(leaf, waiting, behind.places());
    }
    WaitReason reason = reason(answer);
    if (work.equals(waiting.work) && !waiting.drained) {
      refused.put(waiting.shape, reason);
    }
    if (reason instanceof WaitReason.Never && !waiting.never) {
      book.never(waiting);
    }
    return reason;
  }

  /**
   * Whether it may run where a place is drained for other work: borrowed, until the rest of that
   * place is free, or because it is its team's by guarantee, which comes before patience.
   */
  private static boolean mayFillIn(TeamNode leaf, WaitingWork waiting) {
    if (leaf.held + waiting.shape.atMinimum().milli() <= leaf.guarantee()) {
      return true;
    }
    return waiting.work.evictable()
        && leaf.minRuntimeMillis() == 0
        && leaf.held >= leaf.guarantee();
  }

  private static WaitReason reason(Answer answer) {
    if (answer instanceof Answer.Drained behind) {
      return new WaitReason.Behind(behind.work());
    }
    return answer instanceof Answer.Impossible
        ? WaitReason.Never.AS_THE_FLEET_IS
        : WaitReason.NoRoom.NOW;
  }

  private @Nullable WaitReason start(TeamNode leaf, WaitingWork waiting, List<Ledger.Claim> found) {
    GpuHolding holding = GpuHolding.of(found, book.fleet());
    WaitReason limit = TurnLimits.broken(leaf, waiting.work, holding, waiting.kept);
    if (limit != null) {
      return limit;
    }
    if (!sink.starts(waiting.work, found)) {
      return WaitReason.NoRoom.NOW;
    }
    book.starts(waiting.work, found, now);
    return null;
  }
}
