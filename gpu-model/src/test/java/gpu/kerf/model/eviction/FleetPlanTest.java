package gpu.kerf.model.eviction;

import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.node;
import static gpu.kerf.model.eviction.Scene.NOW;
import static gpu.kerf.model.eviction.Scene.mig;
import static gpu.kerf.model.eviction.Scene.placement;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Several nodes, and proposals of others. */
class FleetPlanTest {

  private static final PodDemand THREE_G = PodDemand.of(Demand.profile("3g.40gb"));

  @Test
  void theNodeOfLeastHarmIsBest() {
    Scene scene = threeNodes();

    FleetPlan plan = planAll(scene, "a", "b", "c");

    assertThat(plan.plans()).extracting(PlanOutcome.Plan::node).containsExactly("a", "b", "c");
    assertThat(best(plan).node()).isEqualTo("b");
  }

  @Test
  void ofEquallyHarmfulNodesTheFirstInTheListIsBest() {
    Scene scene = threeNodes();

    assertThat(best(planAll(scene, "a", "c")).node()).isEqualTo("a");
    assertThat(best(planAll(scene, "c", "a")).node()).isEqualTo("c");
  }

  @Test
  void anEmptyFleetHasNoBestPlan() {
    assertThat(planAll(new Scene()).best()).isNull();
  }

  @Test
  void anEmptyProposalIsAnsweredWithTheVictimsThatAreNeeded() {
    Scene scene = threeNodes();

    Recheck recheck = recheck(scene, List.of());

    assertThat(((PlanOutcome.Plan) recheck.outcome()).victimUids()).containsExactly("a-low");
    assertThat(recheck.added()).containsExactly("a-low");
    assertThat(recheck.spared()).isEmpty();
    assertThat(recheck.unknown()).isEmpty();
  }

  @Test
  void aProposalThatWouldNotHelpIsCorrected() {
    // a-high may not be evicted at all; "other" is unknown; "a-low" is named twice
    Recheck recheck = recheck(threeNodes(), List.of("a-high", "other", "a-low", "a-low", "other"));

    assertThat(((PlanOutcome.Plan) recheck.outcome()).victimUids()).containsExactly("a-low");
    assertThat(recheck.added()).isEmpty();
    assertThat(recheck.spared()).containsExactly("a-high");
    assertThat(recheck.unknown()).containsExactly("other");
  }

  @Test
  void aProposalOnANodeWhereEvictionDoesNotHelpSparesEverybody() {
    Scene scene = Scene.of(migNode("a")).pod("high", 9, mig(0, h100(), "7g.80gb@0"));

    Recheck recheck = recheck(scene, List.of("high"));

    assertThat(recheck.outcome()).isInstanceOf(PlanOutcome.NoHelp.class);
    assertThat(recheck.spared()).containsExactly("high");
  }

  private static Recheck recheck(Scene scene, List<String> proposed) {
    return scene.planner().recheck(scene.request(9, THREE_G), scene.site(), proposed);
  }

  private static FleetPlan planAll(Scene scene, String... nodes) {
    return scene.planAll(scene.request(9, THREE_G), List.of(nodes));
  }

  private static PlanOutcome.Plan best(FleetPlan plan) {
    return Objects.requireNonNull(plan.best());
  }

  /** In each the left half is held by a pod that stays; right halves of priority 3, 2 and 3. */
  private static Scene threeNodes() {
    Scene scene = Scene.of(migNode("a"), migNode("b"), migNode("c"));
    hold(scene, "a", 3);
    hold(scene, "b", 2);
    hold(scene, "c", 3);
    return scene;
  }

  private static void hold(Scene scene, String node, int priority) {
    scene
        .pod(
            Holder.of(node + "-high").withPriority(9),
            NOW,
            placement(node, 0, mig(0, h100(), "4g.40gb@0")))
        .pod(
            Holder.of(node + "-low").withPriority(priority),
            NOW,
            placement(node, 0, mig(0, h100(), "3g.40gb@4")));
  }

  private static NodeSpec migNode(String name) {
    return node(name).with(1, h100(), GpuMode.MIG_DYNAMIC).spec();
  }
}
