package gpu.kerf.model.team;

import gpu.kerf.model.eviction.Victims;
import gpu.kerf.model.fleet.Ledger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
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
  private final Places free;
  private final DrainedPlaces drained;
  private final TurnSink sink;
  private final TurnRules rules;
  private final Surroundings around;
  private final Starting turns;
  private final TurnPass pass;
  private final BudgetKeeper budgets;
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

  /**
   * A search that is under way.
   *
   * @param rule by which it may evict; null if it looks for a place to drain
   * @param anywhere whether it may also take what is drained for other work
   * @param gone what goes beside the victims of the search, and counts as held no more
   */
  private record Attempt(
      WaitingWork waiting,
      RoomSearch search,
      Reclaim.@Nullable Rule rule,
      boolean anywhere,
      List<RunningWork> gone) {

    Set<RunningWork> victims() {
      Set<RunningWork> all = new LinkedHashSet<>(gone);
      all.addAll(search.victims());
      return all;
    }
  }

  public TurnRound(
      TeamBook book,
      Places places,
      DrainedPlaces drained,
      TurnSink sink,
      TurnRules rules,
      Surroundings around) {
    this.book = book;
    this.free = places;
    this.drained = drained;
    this.sink = sink;
    this.rules = rules;
    this.around = around;
    dropOldPlaces();
    this.turns = new Starting();
    this.budgets = new BudgetKeeper(book, sink, around.now());
    this.pass = new TurnPass(book, places, turns, around.now());
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
      if (reason instanceof WaitReason.Limit
          || reason instanceof WaitReason.NotEvictable
          || reason instanceof WaitReason.Budget) {
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

    @Override
    public void overspends(Reclaim.Victim victim, WaitReason.Budget budget) {
      sink.overspends(victim, budget);
    }
  }

  private void dropOldPlaces() {
    for (DrainedPlace place : List.copyOf(drained.all())) {
      boolean there =
          place.gpus().keySet().stream().allMatch(node -> book.fleet().node(node) != null);
      WaitingWork waiting = book.lines().find(place.work());
      if (waiting == null || !there || mayNotDrain(waiting)) {
        dropPlace(place.work());
      }
    }
  }

  /** No place is drained for what runs on what no other team wants. */
  private boolean mayNotDrain(WaitingWork waiting) {
    TeamNode leaf = book.nodes().find(waiting.work.team());
    return waiting.kept == null && leaf != null && leaf.yields();
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
        LimitKeeper.of(book, sink, around.now()).shrink();
        budgets.evict();
        stage = Stage.RECLAIM;
      }
    } else if (attempt != null) {
      if (attempt.search().goOn(mayGoOn)) {
        finish(attempt);
      }
    } else if (at < pass.blocked().size()) {
      consider(pass.blocked().get(at));
    } else if (stage == Stage.RECLAIM && at < pass.blocked().size() + stopped()) {
      makeRoom(pass.stopped().get(at - pass.blocked().size()));
    } else {
      at = 0;
      stage = stage == Stage.RECLAIM ? Stage.DRAIN : Stage.OVER;
    }
  }

  private void consider(WaitingWork waiting) {
    TeamNode leaf = book.nodes().find(waiting.work.team());
    if (waiting.gone || waiting.kept != null || leaf == null) {
      at++;
    } else {
      attempt = stage == Stage.RECLAIM ? reclaim(waiting, leaf, null) : drain(waiting, leaf);
      at += attempt == null ? 1 : 0;
    }
  }

  /** How much work a limit stops that teams might have filled which yield. */
  private int stopped() {
    return book.nodes().anyYields() ? pass.stopped().size() : 0;
  }

  private void makeRoom(WaitingWork waiting) {
    TeamNode leaf = book.nodes().find(waiting.work.team());
    boolean may = !waiting.gone && waiting.kept == null && leaf != null && leaf.hasRights();
    List<RunningWork> gone = may && leaf != null ? budgets.makeRoom(leaf, waiting) : null;
    if (gone == null) {
      at++;
    } else {
      attempt =
          new Attempt(
              waiting,
              new RoomSearch(
                      book, around, drained, waiting.work, AnyWork.thatYields(book), any -> {})
                  .youngestFirst(),
              Reclaim.Rule.BUDGET,
              false,
              gone);
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
    return attempt(waiting, Reclaim.Rule.PATIENCE, victims, victims::agree, false);
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
    if (leaf.yields() && rule != Reclaim.Rule.PRIORITY) {
      // It takes nothing from other teams, also not by the guarantee of a team above it.
      return null;
    }
    if (rule == Reclaim.Rule.PATIENCE) {
      return waiting.drained ? freed(waiting, leaf) : null;
    }
    if (rule == Reclaim.Rule.BUDGET) {
      return book.nodes().anyYields() && leaf.hasRights()
          ? attempt(waiting, rule, AnyWork.thatYields(book), any -> {}, false)
          : null;
    }
    if (rule == Reclaim.Rule.PRIORITY) {
      return lowestRunning(leaf) < waiting.work.priority()
          ? attempt(waiting, rule, AnyWork.ofLowerPriority(book, waiting.work), any -> {}, false)
          : null;
    }
    if (rule == Reclaim.Rule.SHARE
        && (rules.reclaim() != TurnRules.Mode.SHARE || !hasWaitedLong(waiting))) {
      return null;
    }
    book.refreshShares();
    if (rule == Reclaim.Rule.GUARANTEE) {
      return byGuarantee(waiting, leaf, false);
    }
    TakenBack victims =
        TakenBack.ofShare(
            book, leaf, waiting.shape.atMinimum(), around.now(), waiting.work.since());
    return victims.isEntitled() ? attempt(waiting, rule, victims, victims::agree, false) : null;
  }

  private @Nullable Attempt byGuarantee(WaitingWork waiting, TeamNode leaf, boolean anywhere) {
    Reclaim.Rule rule = Reclaim.Rule.GUARANTEE;
    TakenBack victims = new TakenBack(book, leaf, waiting.shape.atMinimum(), rule, around.now());
    return victims.isEntitled() ? attempt(waiting, rule, victims, victims::agree, anywhere) : null;
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
      WaitingWork waiting,
      Reclaim.Rule rule,
      Victims victims,
      Consumer<RunningWork> agreed,
      boolean anywhere) {
    RoomSearch search =
        new RoomSearch(book, around, drained, waiting.work, victims, agreed).youngestFirst();
    return new Attempt(waiting, anywhere ? search.anywhere() : search, rule, anywhere, List.of());
  }

  /** The search for a place to drain; null if none is drained for this work now. */
  private @Nullable Attempt drain(WaitingWork waiting, TeamNode leaf) {
    boolean served = leaf.held > 0 && leaf.held >= leaf.share;
    boolean full = !drained.isEmpty() && drained.gpus() >= gpus() / DRAINED_PART;
    if (waiting.drained
        || !hasWaitedLong(waiting)
        || served
        || leaf.yields()
        || full
        || hopeless.contains(List.of(leaf.name(), waiting.shape))) {
      return null;
    }
    return new Attempt(
        waiting,
        new RoomSearch(book, around, drained, waiting.work, AnyWork.thatEnds(book), any -> {}),
        null,
        false,
        List.of());
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
    if (!done.gone().isEmpty()
        && (places == null || waiting.gone || leaf == null || breaksLimit(waiting, leaf, places))) {
      done.gone().forEach(work -> book.stays(work.work.id()));
      at++;
    } else if (waiting.gone || leaf == null) {
      at++;
    } else if (places == null || breaksLimit(waiting, leaf, places)) {
      attempt = next(done, leaf);
      at += attempt == null ? 1 : 0;
    } else {
      at++;
      dropOthersAt(waiting, places);
      if (done.victims().isEmpty() && free.areFree(places)) {
        start(waiting.work, places);
        return;
      }
      DrainedPlace place =
          DrainedPlace.of(waiting.work.id(), places, around.now(), done.rule() == null);
      drained.put(place);
      waiting.drained = true;
      if (done.rule() == null) {
        sink.drains(waiting.work, place);
      } else {
        reclaim(waiting, places, done.victims(), done.rule());
      }
    }
  }

  /** Nothing has to go: it was the drained place of other work that had no right to it. */
  private void start(Work work, List<Ledger.Claim> places) {
    if (turns.starts(work, places)) {
      book.starts(work, places, around.now());
    }
  }

  /** What to try after a search that has failed; null if nothing is left. */
  private @Nullable Attempt next(Attempt failed, TeamNode leaf) {
    WaitingWork waiting = failed.waiting();
    Reclaim.Rule rule = failed.rule();
    if (rule == null) {
      hopeless.add(List.of(leaf.name(), waiting.shape));
      return null;
    }
    if (rule == Reclaim.Rule.GUARANTEE
        && !failed.anywhere()
        && drained.fillable(waiting.work.id()) != null) {
      return byGuarantee(waiting, leaf, true);
    }
    if (rule != Reclaim.Rule.PATIENCE) {
      hopeless.add(List.of(leaf.name(), waiting.shape, rule));
    }
    return reclaim(waiting, leaf, rule);
  }

  /** A place that a team gets back by right is drained for that team alone. */
  private void dropOthersAt(WaitingWork waiting, List<Ledger.Claim> places) {
    for (DrainedPlace other : List.copyOf(drained.all())) {
      if (!other.work().equals(waiting.work.id())
          && places.stream().anyMatch(place -> other.touches(place.placement()))) {
        dropPlace(other.work());
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
