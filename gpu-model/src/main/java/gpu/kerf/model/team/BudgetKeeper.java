package gpu.kerf.model.team;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Evicts what exceeds a budget: all work of a team whose budget says so, and work of a team that
 * yields where it fills a limit under which other teams wait. The youngest work goes first, whole
 * gangs, and a few pieces of a team at a time.
 */
final class BudgetKeeper {

  /** So many pieces of work of a team are on their way out at once. */
  private static final int MOST_AT_ONCE = 16;

  private final TeamBook book;
  private final TurnSink sink;
  private final long now;

  BudgetKeeper(TeamBook book, TurnSink sink, long now) {
    this.book = book;
    this.sink = sink;
    this.now = now;
  }

  /** Evicts work of teams whose budget is used up, if it says so. */
  void evict() {
    for (TeamNode node : book.nodes().all()) {
      NodeBudget budget = node.budget;
      if (budget != null && budget.evicts() && node.held > node.fixed) {
        evict(node, new WaitReason.Budget(node.name(), budget.balance, false));
      }
    }
  }

  private void evict(TeamNode node, WaitReason.Budget reason) {
    int leaving = 0;
    List<RunningWork> goes = new ArrayList<>();
    for (RunningWork work : book.runningWork()) {
      TeamNode leaf = book.nodes().find(work.work.team());
      if (leaf != null && leaf.isBelow(node)) {
        leaving += work.leaving ? 1 : 0;
        if (mayGo(work, leaf)) {
          goes.add(work);
        }
      }
    }
    goes.sort(youngestFirst());
    goes.stream().limit(Math.max(0, MOST_AT_ONCE - leaving)).forEach(work -> evict(work, reason));
  }

  private boolean mayGo(RunningWork work, TeamNode leaf) {
    return !work.leaving && work.work.evictable() && now - work.started >= leaf.minRuntimeMillis();
  }

  /**
   * Work of teams that yield which must go so that no limit stops other work, the youngest first.
   * It counts as held no more. Null if no such work helps; then nothing has changed.
   */
  @Nullable List<RunningWork> makeRoom(TeamNode leaf, WaitingWork waiting) {
    List<RunningWork> goes = new ArrayList<>();
    WaitReason.Limit full = full(leaf, waiting);
    while (full != null) {
      RunningWork next = youngestThatYields(full);
      if (next == null) {
        // Other work fills it: nothing goes for nothing.
        goes.forEach(work -> book.stays(work.work.id()));
        return null;
      }
      goes.add(next);
      book.leaves(next.work.id());
      full = full(leaf, waiting);
    }
    return goes;
  }

  /** The limit that stops the work; null if none does. */
  private WaitReason.@Nullable Limit full(TeamNode leaf, WaitingWork waiting) {
    WaitReason reason = TurnLimits.inTheWay(leaf, waiting, book.fleet().models());
    return reason instanceof WaitReason.Limit limit ? limit : null;
  }

  private @Nullable RunningWork youngestThatYields(WaitReason.Limit full) {
    TeamNode node = book.nodes().find(full.team());
    RunningWork youngest = null;
    for (RunningWork work : book.runningWork()) {
      TeamNode leaf = book.nodes().find(work.work.team());
      boolean may =
          leaf != null
              && node != null
              && leaf.yields()
              && leaf.isBelow(node)
              && (full.model() == null || work.holding().of(full.model()) > 0)
              && mayGo(work, leaf);
      if (may && (youngest == null || youngestFirst().compare(work, youngest) < 0)) {
        youngest = work;
      }
    }
    return youngest;
  }

  private static Comparator<RunningWork> youngestFirst() {
    return Comparator.comparingLong((RunningWork work) -> -work.started)
        .thenComparing(work -> work.work.id());
  }

  private void evict(RunningWork work, WaitReason.Budget reason) {
    book.leaves(work.work.id());
    sink.overspends(work.asVictim(), reason);
  }
}
