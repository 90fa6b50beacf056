package gpu.kerf.model.team;

import static gpu.kerf.model.team.TurnScene.H100;
import static gpu.kerf.model.team.TurnScene.MINUTE;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.budget.BudgetPeriod;
import gpu.kerf.model.budget.GpuBudget.OnExhausted;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Random teams with budgets, and what holds after every step. */
class BudgetPropertiesTest {

  private static final int WORLDS = 40;
  private static final int STEPS = 60;

  /** Teams of which about half have a budget, also such as have teams below them. */
  private static final class Walk {
    final BudgetedScene world = new BudgetedScene();
    final TurnScene scene = world.scene;
    final Map<String, Team> teams = new LinkedHashMap<>();
    private final List<String> leaves = new ArrayList<>();
    private final Random random;
    private final boolean deadlines;
    private int asked;

    Walk(long seed, OnExhausted then, boolean deadlines) {
      random = new Random(seed);
      this.deadlines = deadlines;
      scene.rules = new TurnRules(TurnRules.Mode.GUARANTEE, Duration.ofMinutes(random.nextInt(20)));
      scene.nodes(H100, 2, 4);
      for (int i = 0; i < 3; i++) {
        add("t" + i, null, 2);
        if (random.nextBoolean()) {
          add("t" + i + "a", "t" + i, 1);
          add("t" + i + "b", "t" + i, 0);
          leaves.remove("t" + i);
        }
      }
      scene.terms(
          teams.values().stream()
              .map(
                  team -> new TeamTerms(team, Map.of(), Duration.ofMinutes(random.nextInt(3) * 5L)))
              .toArray(TeamTerms[]::new));
      for (String team : teams.keySet()) {
        if (random.nextBoolean()) {
          world.budget(team, random.nextInt(12) * 0.5, BudgetPeriod.DAY, then);
        }
      }
    }

    private void add(String name, @Nullable String parent, long gpus) {
      GpuAmount limit = random.nextInt(3) == 0 ? new GpuAmount((gpus + 2) * 1000) : null;
      teams.put(name, new Team(name, parent, new GpuAmount(gpus * 1000), limit, Weight.ONE, 0));
      leaves.add(name);
    }

    void step() {
      for (int minutes = random.nextInt(5) * 10; minutes > 0; minutes -= 10) {
        world.pass(10 * MINUTE);
        for (String id : List.copyOf(scene.running.keySet())) {
          if (isOver(id) || (!deadlines && random.nextInt(20) == 0)) {
            scene.ends(id);
          }
        }
      }
      for (int i = random.nextInt(4); i > 0; i--) {
        String team = leaves.get(random.nextInt(leaves.size()));
        int pods = random.nextInt(4) == 0 ? 2 : 1;
        Work work = scene.gang(team, "w" + asked++, pods, 1 + random.nextInt(2));
        boolean fixed = random.nextInt(6) == 0;
        work = fixed ? TurnScene.notEvictable(work) : work;
        scene.asks(
            deadlines
                ? BudgetedScene.withDeadline(work, (1L + random.nextInt(30)) * 10 * MINUTE)
                : work);
      }
      world.settle();
    }

    private boolean isOver(String id) {
      Work work = Objects.requireNonNull(scene.running.get(id));
      return deadlines && scene.now - started(id) >= work.longestMillis();
    }

    private long started(String id) {
      return Objects.requireNonNull(scene.book.runningOf(id + "/0")).started;
    }

    /** Whether a budget on the way of a team to the top is used up. */
    boolean isExhausted(String team) {
      for (Team each = teams.get(team);
          each != null;
          each = each.parent() == null ? null : teams.get(each.parent())) {
        if (world.budgets.containsKey(each.name()) && world.balance(each.name()).isExhausted()) {
          return true;
        }
      }
      return false;
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = OnExhausted.class,
      names = {"HOLD", "EVICT"})
  void aTeamWithoutABudgetLeftStartsNothing(OnExhausted then) {
    long exhausted = 0;
    for (long seed = 0; seed < WORLDS; seed++) {
      Walk walk = new Walk(seed, then, false);
      for (int step = 0; step < STEPS; step++) {
        int before = walk.scene.started.size();
        walk.step();
        for (String id : walk.scene.started.subList(before, walk.scene.started.size())) {
          Work work = walk.scene.running.get(id);
          if (work != null) {
            assertThat(walk.isExhausted(work.team()))
                .as("%s starts, seed %d, step %d", work, seed, step)
                .isFalse();
          }
        }
        exhausted += walk.leaves.stream().filter(walk::isExhausted).count();
      }
    }
    assertThat(exhausted).isGreaterThan(WORLDS * 10);
  }

  @Test
  void whereABudgetEvictsNothingIsHeldBeyondTheLeastRunTime() {
    int evicted = 0;
    for (long seed = 0; seed < WORLDS; seed++) {
      Walk walk = new Walk(seed, OnExhausted.EVICT, false);
      for (int step = 0; step < STEPS; step++) {
        walk.step();
        for (Work work : walk.scene.running.values()) {
          TeamNode leaf = Objects.requireNonNull(walk.scene.book.nodes().find(work.team()));
          long ran = walk.scene.now - walk.started(work.id());
          if (work.evictable() && walk.isExhausted(work.team())) {
            assertThat(ran)
                .as("%s, seed %d, step %d", work, seed, step)
                .isLessThan(leaf.minRuntimeMillis());
          }
        }
      }
      evicted += walk.scene.overspent.size();
    }
    assertThat(evicted).isGreaterThan(WORLDS);
  }

  @Test
  void whatYieldsKeepsNoTeamWithABudgetWaiting() {
    int gone = 0;
    for (long seed = 0; seed < WORLDS; seed++) {
      Walk walk = new Walk(seed, OnExhausted.YIELD, false);
      for (int step = 0; step < STEPS; step++) {
        walk.step();
        checkThatYieldingHelpsNoMore(walk, "seed " + seed + ", step " + step);
      }
      gone += walk.scene.overspent.size();
      gone +=
          (int)
              walk.scene.reclaims.stream()
                  .filter(reclaim -> reclaim.rule() == Reclaim.Rule.BUDGET)
                  .count();
    }
    assertThat(gone).isGreaterThan(WORLDS);
  }

  /** Were all that yields gone, the work that waits would still find no place. */
  private static void checkThatYieldingHelpsNoMore(Walk walk, String where) {
    List<Work> yielding = new ArrayList<>();
    for (Work work : List.copyOf(walk.scene.running.values())) {
      if (work.evictable() && walk.isExhausted(work.team())) {
        yielding.add(work);
      }
    }
    List<Work> waiting = new ArrayList<>();
    for (String leaf : walk.leaves) {
      if (!walk.isExhausted(leaf)) {
        waiting.addAll(walk.scene.book.line(leaf));
      }
    }
    if (yielding.isEmpty() || waiting.isEmpty()) {
      return;
    }
    TeamBook book = walk.scene.book;
    yielding.forEach(work -> book.leaves(work.id()));
    for (Work work : waiting) {
      boolean limited = book.limit(work) != null;
      boolean room = !limited && fits(walk, work, yielding);
      assertThat(room).as("%s waits for what yields, %s", work, where).isFalse();
    }
    yielding.forEach(work -> book.stays(work.id()));
  }

  private static boolean fits(Walk walk, Work work, List<Work> gone) {
    RoomSearch search =
        new RoomSearch(
            walk.scene.book,
            Surroundings.of(walk.scene.ledger, walk.scene.chooser, walk.scene.now),
            walk.scene.drained,
            work,
            new AnyWork(walk.scene.book, running -> gone.stream().anyMatch(running.work::equals)),
            any -> {});
    while (!search.goOn(() -> true)) {
      assertThat(search).isNotNull();
    }
    return search.places() != null;
  }

  @ParameterizedTest
  @EnumSource(
      value = OnExhausted.class,
      names = {"HOLD", "EVICT"})
  void workWithDeadlinesNeverExceedsABudget(OnExhausted then) {
    int waited = 0;
    for (long seed = 0; seed < WORLDS; seed++) {
      Walk walk = new Walk(seed, then, true);
      for (int step = 0; step < STEPS; step++) {
        walk.step();
        for (String team : walk.world.budgets.keySet()) {
          assertThat(walk.world.balance(team).used())
              .as("%s, seed %d, step %d", team, seed, step)
              .isLessThanOrEqualTo(walk.world.balance(team).budget().milliGpuMillis());
        }
        waited +=
            (int)
                walk.scene.reasons.values().stream()
                    .filter(reason -> reason instanceof WaitReason.Budget)
                    .count();
      }
    }
    assertThat(waited).isGreaterThan(WORLDS);
  }
}
