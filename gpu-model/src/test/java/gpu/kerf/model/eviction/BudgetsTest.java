package gpu.kerf.model.eviction;

import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.node;
import static gpu.kerf.model.eviction.Scene.mig;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.placement.Reason;
import gpu.kerf.model.placement.Slot;
import gpu.kerf.model.placement.Verdict;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Disruption budgets: kept, or counted and avoided. */
class BudgetsTest {

  private static final Demand THREE_G = Demand.profile("3g.40gb");

  @Test
  void aBudgetIsAvoidedEvenIfAVictimOfHigherPriorityGoesInstead() {
    Scene scene = halves().covered("left", "web").within(Budgets.prefer(Map.of("web", 0)));

    PlanOutcome.Plan plan = scene.plan(9, THREE_G);

    assertThat(plan.victimUids()).containsExactly("right");
    assertThat(plan.harm().violations()).isZero();
  }

  @Test
  void whatIsOnlyPreferredIsOverdrawnWhereNothingElseHelpsAndThatIsCounted() {
    Scene scene =
        halves()
            .covered("left", "web")
            .covered("right", "web")
            .within(Budgets.prefer(Map.of("web", 0)));

    PlanOutcome.Plan plan = scene.plan(9, THREE_G);

    assertThat(plan.victimUids()).containsExactly("left");
    assertThat(plan.harm().violations()).isEqualTo(1);
  }

  @Test
  void whatIsRespectedIsNeverOverdrawn() {
    Scene scene =
        halves()
            .covered("left", "web")
            .covered("right", "web")
            .within(Budgets.respect(Map.of("web", 0)));

    assertThat(scene.outcome(9, THREE_G))
        .isEqualTo(
            new PlanOutcome.NoHelp(
                "a", Verdict.of(Reason.MEMORY_TAKEN), PlanOutcome.Obstacle.BUDGETS));
  }

  @Test
  void aBudgetThatAllowsOneForbidsTheSecondVictimAndNotTheFirst() {
    // both needed for a 7g, one allowed
    Scene scene = halves().covered("left", "web").covered("right", "web");
    Budgets one = Budgets.respect(Map.of("web", 1));

    assertThat(scene.within(one).victims(9, THREE_G)).containsExactly("left");
    assertThat(scene.outcome(9, Demand.profile("7g.80gb"))).isInstanceOf(PlanOutcome.NoHelp.class);
  }

  @Test
  void overdrawingByTwoIsWorseThanByOne() {
    // left half: two pods of one budget with one left, so 1 too many; right half: one pod of two
    // budgets with none left, so 2 too many
    Scene scene =
        Scene.of(node("a").with(1, h100(), GpuMode.MIG_DYNAMIC).spec())
            .pod("left-0", 1, oneG(0))
            .pod("left-2", 1, oneG(2))
            .pod("right", 1, mig(0, h100(), "3g.40gb@4"))
            .covered("left-0", "web")
            .covered("left-2", "web")
            .covered("right", "db", "cache")
            .within(Budgets.prefer(Map.of("web", 1, "db", 0, "cache", 0)));

    PlanOutcome.Plan plan = scene.plan(9, THREE_G);

    assertThat(plan.victimUids()).containsExactly("left-0", "left-2");
    assertThat(plan.harm().violations()).isEqualTo(1);
  }

  @Test
  void anUnknownBudgetAllowsNothing() {
    Scene scene = halves().covered("left", "unheard-of").within(Budgets.respect(Map.of()));

    assertThat(scene.victims(9, THREE_G)).containsExactly("right");
  }

  @Test
  void aCandidateThatNamesABudgetTwiceIsCoveredOnce() {
    Scene scene = halves().covered("left", "web", "web").within(Budgets.prefer(Map.of("web", 1)));

    assertThat(scene.victims(9, THREE_G)).containsExactly("left");
    assertThat(scene.plan(9, THREE_G).harm().violations()).isZero();
  }

  @Test
  void whoIsOnTheWayOutUsesUpNoBudget() {
    // the disruption controller has taken it off what is still allowed
    Scene scene =
        halves()
            .covered("left", "web")
            .covered("right", "web")
            .terminating("left")
            .within(Budgets.respect(Map.of("web", 1)));

    assertThat(scene.victims(9, Demand.profile("7g.80gb"))).containsExactly("right");
  }

  @Test
  void aNegativeAllowanceIsRefused() {
    assertThatThrownBy(() -> Budgets.respect(Map.of("web", -1)))
        .hasMessageContaining("web")
        .hasMessageContaining("-1");
  }

  @Test
  void theVictimsKeepTheirBudgetsForEveryPodThatEvictsThem() {
    Scene scene = halves().covered("left", "web").within(Budgets.prefer(Map.of("web", 1)));

    assertThat(scene.plan(9, THREE_G).victims().get(0).budgets()).isEqualTo(List.of("web"));
  }

  private static Scene halves() {
    return Scene.of(node("a").with(1, h100(), GpuMode.MIG_DYNAMIC).spec())
        .pod("left", 1, mig(0, h100(), "3g.40gb@0"))
        .pod("right", 2, mig(0, h100(), "3g.40gb@4"));
  }

  private static Slot oneG(int start) {
    return mig(0, h100(), "1g.10gb@" + start);
  }
}
