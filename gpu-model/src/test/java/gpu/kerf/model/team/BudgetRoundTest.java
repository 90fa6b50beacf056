package gpu.kerf.model.team;

import static gpu.kerf.model.team.BudgetedScene.HOUR;
import static gpu.kerf.model.team.BudgetedScene.withDeadline;
import static gpu.kerf.model.team.TurnScene.H100;
import static gpu.kerf.model.team.TurnScene.MINUTE;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.budget.BudgetPeriod;
import gpu.kerf.model.budget.GpuBudget.OnExhausted;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a budget does to what waits and to what runs. */
class BudgetRoundTest {
  private final BudgetedScene world = new BudgetedScene();
  private final TurnScene scene = world.scene;

  private static Team team(String name, String parent, long guarantee, long limit) {
    return new Team(
        name,
        parent.isEmpty() ? null : parent,
        new GpuAmount(guarantee * 1000),
        limit == 0 ? null : new GpuAmount(limit * 1000),
        Weight.ONE,
        0);
  }

  @Test
  void holdStartsNothingNewAndWhatRunsGoesOn() {
    scene.nodes(H100, 1, 4).teams(team("research", "", 2, 0));
    world.budget("research", 2, BudgetPeriod.DAY, OnExhausted.HOLD);
    scene.asks("research", "first", 1);
    world.settle().pass(2 * HOUR);
    scene.asks("research", "second", 1);
    world.settle();
    assertThat(scene.running).containsOnlyKeys("first");
    assertThat(scene.reasons.get("second"))
        .isEqualTo(new WaitReason.Budget("research", world.balance("research"), false));
  }

  @Test
  void aBudgetHoldsForAllTeamsBelow() {
    scene.nodes(H100, 1, 4).teams(team("bank", "", 4, 0), team("research", "bank", 2, 0));
    world.budget("bank", 1, BudgetPeriod.DAY, OnExhausted.HOLD);
    scene.asks("research", "first", 1);
    world.settle().pass(HOUR);
    scene.asks("research", "second", 1);
    world.settle();
    assertThat(scene.running).containsOnlyKeys("first");
    assertThat(scene.reasons.get("second")).isInstanceOf(WaitReason.Budget.class);
  }

  @Test
  void theNextPeriodAndAnExtensionLetWorkStartAgain() {
    scene.nodes(H100, 1, 4).teams(team("research", "", 2, 0));
    world.budget("research", 1, BudgetPeriod.DAY, OnExhausted.HOLD);
    scene.asks("research", "first", 1);
    world.settle().pass(HOUR);
    scene.ends("first");
    scene.asks("research", "second", 1);
    world.settle();
    assertThat(scene.running).isEmpty();
    world.budget("research", 2, BudgetPeriod.DAY, OnExhausted.HOLD).settle();
    assertThat(scene.running).containsOnlyKeys("second");
    world.pass(2 * HOUR);
    scene.ends("second");
    scene.asks("research", "third", 1);
    world.settle();
    assertThat(scene.running).isEmpty();
    world.pass(24 * HOUR - scene.now).settle();
    assertThat(scene.running).containsOnlyKeys("third");
  }

  @Test
  void evictTakesWhatRunsOnceItHasRunForItsMinimum() {
    TeamTerms terms = new TeamTerms(team("research", "", 2, 0), Map.of(), Duration.ofMinutes(10));
    scene.nodes(H100, 1, 4).terms(terms);
    world.budget("research", 1, BudgetPeriod.DAY, OnExhausted.EVICT);
    scene.asks("research", "old", 1);
    world.settle().pass(55 * MINUTE);
    scene.asks("research", "young", 1);
    world.settle().pass(5 * MINUTE).settle();
    assertThat(scene.overspent).containsExactly("old");
    assertThat(scene.running).containsOnlyKeys("young");
    world.pass(5 * MINUTE).settle();
    assertThat(scene.overspent).containsExactly("old", "young");
    assertThat(scene.running).isEmpty();
  }

  @Test
  void evictSparesWorkThatIsNotEvictable() {
    scene.nodes(H100, 1, 4).teams(team("research", "", 2, 0));
    world.budget("research", 1, BudgetPeriod.DAY, OnExhausted.EVICT);
    scene.asks(TurnScene.notEvictable(scene.gang("research", "fixed", 1, 1)));
    world.settle().pass(HOUR).settle();
    assertThat(scene.running).containsOnlyKeys("fixed");
    assertThat(scene.book.mustEvict()).isFalse();
  }

  @Test
  void whatYieldsRunsOnWhatIsLeftAndGoesForEveryTeamWithABudget() {
    scene.nodes(H100, 1, 4).teams(team("research", "", 4, 0), team("analytics", "", 0, 0));
    world.budget("research", 1, BudgetPeriod.DAY, OnExhausted.YIELD);
    scene.asks("research", "r", 2);
    world.settle().pass(HOUR);
    scene.asks("research", "more", 2);
    world.settle();
    assertThat(scene.running).containsOnlyKeys("r", "more");
    // analytics has no guarantee at all
    scene.asks("analytics", "a", 3);
    world.settle();
    assertThat(scene.reclaims).hasSize(1);
    assertThat(scene.reclaims.get(0).rule()).isEqualTo(Reclaim.Rule.BUDGET);
    assertThat(scene.running).containsOnlyKeys("a");
  }

  @Test
  void whatYieldsMakesRoomUnderALimitThatItShares() {
    scene
        .nodes(H100, 1, 8)
        .teams(team("bank", "", 4, 4), team("research", "bank", 2, 0), team("fraud", "bank", 0, 0));
    world.budget("research", 1, BudgetPeriod.DAY, OnExhausted.YIELD);
    scene.asks("research", "one", 2).asks("research", "two", 2);
    world.settle().pass(HOUR);
    scene.asks("fraud", "f", 1);
    world.settle();
    assertThat(scene.reclaims).hasSize(1);
    assertThat(scene.running).containsKey("f").hasSize(2);
  }

  @Test
  void whatYieldsStartsAfterAllOthers() {
    scene
        .nodes(H100, 1, 4)
        .teams(team("bank", "", 4, 0), team("research", "bank", 4, 0), team("other", "", 0, 0));
    world.budget("research", 0, BudgetPeriod.DAY, OnExhausted.YIELD);
    scene.asks("research", "r", 4).asks("other", "o", 4);
    world.settle();
    assertThat(scene.started).containsExactly("o");
    assertThat(scene.held("research")).isEqualTo("0.000");
  }

  @Test
  void workWithADeadlineStartsOnlyIfItFitsBesideWhatRuns() {
    scene.nodes(H100, 1, 8).teams(team("research", "", 8, 0));
    world.budget("research", 10, BudgetPeriod.MONTH, OnExhausted.HOLD);
    scene.asks(withDeadline(scene.gang("research", "a-six", 1, 1), 6 * HOUR));
    scene.asks(withDeadline(scene.gang("research", "b-two-by-two", 1, 2), 2 * HOUR));
    scene.asks(withDeadline(scene.gang("research", "c-one", 1, 1), HOUR));
    world.settle();
    // 6 + 4 are all that there is
    assertThat(scene.started).containsExactlyInAnyOrder("a-six", "b-two-by-two");
    assertThat(scene.reasons.get("c-one"))
        .isEqualTo(new WaitReason.Budget("research", world.balance("research"), true));
    world.pass(HOUR);
    scene.ends("a-six");
    world.settle();
    assertThat(scene.started).contains("c-one");
  }

  @Test
  void whatRunsOnIntoTheNextPeriodIsChargedThere() {
    scene.nodes(H100, 1, 8).teams(team("research", "", 8, 0));
    world.budget("research", 10, BudgetPeriod.DAY, OnExhausted.HOLD).pass(22 * HOUR);
    // 2 of its 11 hours lie in this day, and 9 in the next
    scene.asks(withDeadline(scene.gang("research", "long", 1, 1), 11 * HOUR));
    world.settle();
    assertThat(scene.running).containsOnlyKeys("long");
    // 2 hours of this day are left to it, and of the next 1
    scene.asks(withDeadline(scene.gang("research", "another", 1, 1), 4 * HOUR));
    world.settle();
    assertThat(scene.reasons.get("another")).isInstanceOf(WaitReason.Budget.class);
    scene.asks(withDeadline(scene.gang("research", "short", 1, 1), 3 * HOUR));
    world.settle();
    assertThat(scene.running).containsKey("short");
  }
}
