package gpu.kerf.model.team;

import gpu.kerf.model.eviction.Victims;
import gpu.kerf.model.fleet.Ledger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One round: all waiting work gets its turn; then what has found no place and is its team's by
 * right gets it by eviction; then places are drained for what has waited for long.
 *
 * <p>A round can pause after each step, and goes on where it stopped.
 */
public final class TurnRound {

  /** Places are drained on at most this part of the GPUs, but always one place. */
  private static final int DRAINED_PART = 16;

  private final TeamBook book;
  private final DrainedPlaces drained;
  private final TurnSink sink;
  private final TurnRules rules;
  private final Surroundings around;
  private final TurnPass pass;
  private final Set<List<Object>> hopeless = new HashSet<>();
  private final Map<String, Integer> lowest = new HashMap<>();
  private Stage stage = Stage.TURNS;
  private int at;
  private @Nullable Attempt attempt;

  private enum Stage {
    TURNS,
    RECLAIM,
    DRAIN,
    OVER
  }

  /** A search that is under way. */
  private record Attempt(WaitingWork waiting, RoomSearch search, Reclaim.@Nullable Rule rule) {}

  public TurnRound(
      TeamBook book,
      Places places,
      DrainedPlaces drained,
      TurnSink sink,
      TurnRules rules,
      Surroundings around) {
    this.book = book;
    this.drained = drained;
    this.sink = sink;
    this.rules = rules;
    this.around = around;
    dropOldPlaces();
    this.pass = new TurnPass(book, places, new Starting(), around.now());
  }

  /** Keeps the drained places in step with what waits. */
  private final class Starting implements TurnSink {
    @Override
    public boolean starts(Work work, List<Ledger.Claim> places) {
      boolean started = sink.starts(work, places);
      if (started) {
        drained.remove(work.id());
      }
      return started;
    }

    @Override
    public void waits(Work work, WaitReason reason) {
      if (reason instanceof WaitReason.Limit || reason instanceof WaitReason.NotEvictable) {
        dropPlace(work.id());
      }
      sink.waits(work, reason);
    }

    @Override
    public void reclaims(Reclaim reclaim) {
      sink.reclaims(reclaim);
    }

    @Override
    public void drains(Work work, DrainedPlace place) {
      sink.drains(work, place);
    }

    @Override
    public void shrinks(Reclaim.Victim victim, WaitReason.Limit limit) {
      sink.shrinks(victim, limit);
    }
  }

  private void dropOldPlaces() {
    for (DrainedPlace place : List.copyOf(drained.all())) {
      boolean there =
          place.gpus().keySet().stream().allMatch(node -> book.fleet().node(node) != null);
      if (book.lines().find(place.work()) == null || !there) {
        dropPlace(place.work());
      }
    }
  }

  /** A place is not kept any more; the work waits as all other work does. */
  private void dropPlace(String id) {
    drained.remove(id);
    book.givesUp(id);
  }

  /**
   * Goes on.
   *
   * @param mayGoOn is asked after every step
   * @return whether the round is over
   */
  public boolean goOn(BooleanSupplier mayGoOn) {
    boolean more = true;
    while (stage != Stage.OVER && more) {
      step(mayGoOn);
      more = mayGoOn.getAsBoolean();
    }
    return stage == Stage.OVER;
  }

  private void step(BooleanSupplier mayGoOn) {
    if (stage == Stage.TURNS) {
      if (pass.goOn(mayGoOn)) {
        new LimitKeeper(book, sink, around.now()).shrink();
        stage = Stage.RECLAIM;
      }
    } else if (attempt != null) {
      if (attempt.search().goOn(mayGoOn)) {
        finish(attempt);
      }
    } else if (at < pass.blocked().size()) {
      consider(pass.blocked().get(at));
    } else {
      at = 0;
      stage = stage == Stage.RECLAIM ? Stage.DRAIN : Stage.OVER;
    }
  }

  private void consider(WaitingWork waiting) {
    TeamNode leaf = book.nodes().find(waiting.work.team());
    if (waiting.gone || waiting.kept != null || leaf == null) {
      at++;
    } else if (waiting.drained) {
      attempt = stage == Stage.RECLAIM ? freed(waiting, leaf) : null;
      at += attempt == null ? 1 : 0;
    } else if (stage == Stage.RECLAIM) {
      attempt = reclaim(waiting, leaf, null);
      at += attempt == null ? 1 : 0;
    } else {
      attempt = drain(waiting, leaf);
      at += attempt == null ? 1 : 0;
    }
  }

  /** The search for what to evict from the place that is drained; null if there is none. */
  private @Nullable Attempt freed(WaitingWork waiting, TeamNode leaf) {
    DrainedPlace place = drained.of(waiting.work.id());
    if (place == null || leaf.held >= leaf.share) {
      return null;
    }
    TakenBack victims =
        TakenBack.fillingIn(book, leaf, waiting.shape.atMinimum(), around.now(), place);
    return attempt(waiting, Reclaim.Rule.PATIENCE, victims, victims::agree);
  }

  /** The search by the next rule after one that has failed; null if no other rule applies. */
  private @Nullable Attempt reclaim(
      WaitingWork waiting, TeamNode leaf, Reclaim.@Nullable Rule failed) {
    for (Reclaim.Rule rule : Reclaim.Rule.values()) {
      boolean tried = failed != null && rule.compareTo(failed) <= 0;
      if (!tried && !hopeless.contains(List.of(leaf.name(), waiting.shape, rule))) {
        Attempt next = byRule(waiting, leaf, rule);
        if (next != null) {
          return next;
        }
      }
    }
    return null;
  }

  private @Nullable Attempt byRule(WaitingWork waiting, TeamNode leaf, Reclaim.Rule rule) {
    if (rule == Reclaim.Rule.PATIENCE) {
      return null;
    }
    if (rule == Reclaim.Rule.PRIORITY) {
      return lowestRunning(leaf) < waiting.work.priority()
          ? attempt(waiting, rule, AnyWork.ofLowerPriority(book, waiting.work), any -> {})
          : null;
    }
    if (rule == Reclaim.Rule.SHARE
        && (rules.reclaim() != TurnRules.Mode.SHARE || !hasWaitedLong(waiting))) {
      return null;
    }
    book.refreshShares();
    TakenBack victims =
        rule == Reclaim.Rule.SHARE
            ? TakenBack.ofShare(
                book, leaf, waiting.shape.atMinimum(), around.now(), waiting.work.since())
            : new TakenBack(book, leaf, waiting.shape.atMinimum(), rule, around.now());
    return victims.isEntitled() ? attempt(waiting, rule, victims, victims::agree) : null;
  }

  /** The lowest priority of what runs of a team. */
  private int lowestRunning(TeamNode leaf) {
    if (lowest.isEmpty()) {
      for (RunningWork running : book.runningWork()) {
        if (!running.leaving) {
          lowest.merge(running.work.team(), running.work.priority(), Math::min);
        }
      }
    }
    return lowest.getOrDefault(leaf.name(), Integer.MAX_VALUE);
  }

  private Attempt attempt(
      WaitingWork waiting, Reclaim.Rule rule, Victims victims, Consumer<RunningWork> agreed) {
    return new Attempt(
        waiting, new RoomSearch(book, around, drained, waiting.work, victims, true, agreed), rule);
  }

  /** The search for a place to drain; null if none is drained for this work now. */
  private @Nullable Attempt drain(WaitingWork waiting, TeamNode leaf) {
    boolean served = leaf.held > 0 && leaf.held >= leaf.share;
    boolean full = !drained.isEmpty() && drained.gpus() >= gpus() / DRAINED_PART;
    if (!hasWaitedLong(waiting)
        || served
        || full
        || hopeless.contains(List.of(leaf.name(), waiting.shape))) {
      return null;
    }
    return new Attempt(
        waiting,
        new RoomSearch(
            book, around, drained, waiting.work, AnyWork.thatEnds(book), false, any -> {}),
        null);
  }

  private boolean hasWaitedLong(WaitingWork waiting) {
    return around.now() - waiting.work.since() >= rules.patience().toMillis();
  }

  private long gpus() {
    return book.nodes().root().share / 1000;
  }

  private void finish(Attempt done) {
    WaitingWork waiting = done.waiting();
    TeamNode leaf = book.nodes().find(waiting.work.team());
    List<Ledger.Claim> places = done.search().places();
    attempt = null;
    if (waiting.gone || leaf == null) {
      at++;
    } else if (places == null || breaksLimit(waiting, leaf, places)) {
      hopeless.add(
          done.rule() == null
              ? List.of(leaf.name(), waiting.shape)
              : List.of(leaf.name(), waiting.shape, done.rule()));
      attempt = done.rule() == null || waiting.drained ? null : reclaim(waiting, leaf, done.rule());
      at += attempt == null ? 1 : 0;
    } else {
      at++;
      DrainedPlace place =
          DrainedPlace.of(waiting.work.id(), places, around.now(), done.rule() == null);
      drained.put(place);
      waiting.drained = true;
      if (done.rule() == null) {
        sink.drains(waiting.work, place);
      } else {
        reclaim(waiting, places, done.search().victims(), done.rule());
      }
    }
  }

  /** There it would hold more than it holds at least. */
  private boolean breaksLimit(WaitingWork waiting, TeamNode leaf, List<Ledger.Claim> places) {
    GpuHolding holding = GpuHolding.of(places, book.fleet());
    return TurnLimits.broken(leaf, waiting.work, holding, null) != null;
  }

  private void reclaim(
      WaitingWork waiting, List<Ledger.Claim> places, Set<RunningWork> running, Reclaim.Rule rule) {
    List<Reclaim.Victim> victims = new ArrayList<>();
    for (RunningWork victim : running) {
      victims.add(victim.asVictim());
      book.leaves(victim.work.id());
    }
    victims.sort(Comparator.comparing((Reclaim.Victim victim) -> victim.work().id()));
    book.keeps(waiting.work.id(), places);
    sink.reclaims(new Reclaim(waiting.work, places, victims, rule));
  }
}
