package gpu.kerf.model.team;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Evicts what exceeds a limit that has become smaller, as when a window closes: the youngest work
 * first, whole gangs, nothing before its minimal run time.
 */
final class LimitKeeper {

  private final TeamNodes nodes;
  private final Collection<RunningWork> running;
  private final long now;
  private final Eviction eviction;
  private final Set<RunningWork> gone = new HashSet<>();

  /** What is done with work that goes. */
  @FunctionalInterface
  interface Eviction {
    /** The work goes, and must count as held no more when this returns. */
    void evict(RunningWork work, WaitReason.Limit limit);
  }

  LimitKeeper(TeamNodes nodes, Collection<RunningWork> running, long now, Eviction eviction) {
    this.nodes = nodes;
    this.running = running;
    this.now = now;
    this.eviction = eviction;
  }

  /** Of a book, whose sink is told. */
  static LimitKeeper of(TeamBook book, TurnSink sink, long now) {
    return new LimitKeeper(
        book.nodes(),
        book.runningWork(),
        now,
        (work, limit) -> {
          book.leaves(work.work.id());
          sink.shrinks(work.asVictim(), limit);
        });
  }

  void shrink() {
    List<RunningWork> youngestFirst = null;
    for (TeamNode node : nodes.all()) {
      for (Limit limit : exceeded(node)) {
        youngestFirst = youngestFirst == null ? youngestFirst() : youngestFirst;
        shrink(limit, youngestFirst);
      }
    }
  }

  /**
   * A limit of a team.
   *
   * @param model the GPU model that it is of; null for all
   */
  private record Limit(TeamNode node, @Nullable String model) {

    private TeamNode.@Nullable ModelPart part() {
      return model == null ? null : node.models.get(model);
    }

    long held() {
      TeamNode.ModelPart part = part();
      return part == null ? node.held : part.held;
    }

    long most() {
      TeamNode.ModelPart part = part();
      return part == null ? node.limit() : part.limit;
    }

    boolean isExceeded() {
      return held() > most();
    }

    boolean counts(RunningWork work) {
      return model == null || work.holding().of(model) > 0;
    }

    WaitReason.Limit reason() {
      return new WaitReason.Limit(node.name(), model, new GpuAmount(held()), new GpuAmount(most()));
    }
  }

  private static List<Limit> exceeded(TeamNode node) {
    List<Limit> limits = new ArrayList<>();
    limits.add(new Limit(node, null));
    node.models.keySet().forEach(model -> limits.add(new Limit(node, model)));
    limits.removeIf(limit -> !limit.isExceeded());
    return limits;
  }

  private List<RunningWork> youngestFirst() {
    List<RunningWork> works = new ArrayList<>(running);
    works.sort(
        Comparator.comparingLong((RunningWork work) -> -work.started)
            .thenComparing(work -> work.work.id()));
    return works;
  }

  private void shrink(Limit limit, List<RunningWork> youngestFirst) {
    for (RunningWork work : youngestFirst) {
      if (!limit.isExceeded()) {
        return;
      }
      TeamNode leaf = nodes.find(work.work.team());
      if (!work.leaving
          && !gone.contains(work)
          && work.work.evictable()
          && leaf != null
          && leaf.isBelow(limit.node())
          && limit.counts(work)
          && now - work.started >= leaf.minRuntimeMillis()) {
        gone.add(work);
        eviction.evict(work, limit.reason());
      }
    }
  }
}
