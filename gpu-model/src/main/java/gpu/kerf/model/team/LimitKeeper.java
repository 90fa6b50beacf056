package gpu.kerf.model.team;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Evicts what exceeds a limit that has become smaller, as when a window closes: the youngest work
 * first, whole gangs, nothing before its minimal run time.
 */
final class LimitKeeper {

  private final TeamBook book;
  private final TurnSink sink;
  private final long now;

  LimitKeeper(TeamBook book, TurnSink sink, long now) {
    this.book = book;
    this.sink = sink;
    this.now = now;
  }

  void shrink() {
    List<RunningWork> youngestFirst = null;
    for (TeamNode node : book.nodes().all()) {
      if (node.held > node.limit()) {
        youngestFirst = youngestFirst == null ? youngestFirst() : youngestFirst;
        shrink(node, youngestFirst);
      }
    }
  }

  private List<RunningWork> youngestFirst() {
    List<RunningWork> works = new ArrayList<>(book.runningWork());
    works.sort(
        Comparator.comparingLong((RunningWork work) -> -work.started)
            .thenComparing(work -> work.work.id()));
    return works;
  }

  private void shrink(TeamNode node, List<RunningWork> youngestFirst) {
    for (RunningWork work : youngestFirst) {
      if (node.held <= node.limit()) {
        return;
      }
      TeamNode leaf = book.nodes().find(work.work.team());
      if (!work.leaving
          && work.work.evictable()
          && leaf != null
          && leaf.isBelow(node)
          && now - work.started >= leaf.minRuntimeMillis()) {
        WaitReason.Limit limit =
            new WaitReason.Limit(
                node.name(), null, new GpuAmount(node.held), new GpuAmount(node.limit()));
        book.leaves(work.work.id());
        sink.shrinks(work.asVictim(), limit);
      }
    }
  }
}
