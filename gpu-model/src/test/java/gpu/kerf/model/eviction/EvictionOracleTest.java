package gpu.kerf.model.eviction;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placer;
import gpu.kerf.model.placement.PreparedDemand;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Random nodes against every subset of victims, and larger ones against the rules of a plan. */
class EvictionOracleTest {

  private static final long SEED = 20261121;
  private static final int STEPS = Integer.getInteger("kerf.steps", 100_000);

  private int plans;
  private int helpless;
  private int brokenOff;

  @Test
  void forOneSlotNoSubsetOfThePodsIsLessHarmful() {
    for (int i = 0; i < STEPS / 250; i++) {
      Random random = new Random(SEED + i);
      Scene scene = RandomScene.of(random, 1 + random.nextInt(3), 9);
      compare(scene, random.nextInt(6), PodDemand.of(RandomScene.oneSlot(random)), SEED + i);
    }

    assertThat(plans).isGreaterThan(STEPS / 4000);
    assertThat(helpless).isGreaterThan(STEPS / 5000);
  }

  @Test
  void onASmallNodeNoSubsetIsLessHarmfulForAnyDemand() {
    for (int i = 0; i < STEPS / 500; i++) {
      Random random = new Random(SEED - i);
      Scene scene = RandomScene.of(random, 2 + random.nextInt(2), 8);
      PodDemand demand = RandomScene.pod(random, 3);
      compare(scene, random.nextInt(6), demand.withCpuMilli(1000 * random.nextInt(60)), SEED - i);
    }

    assertThat(plans).isGreaterThan(STEPS / 10_000);
    assertThat(helpless).isGreaterThan(STEPS / 10_000);
  }

  private void compare(Scene scene, int priority, PodDemand demand, long seed) {
    Request request = scene.request(priority, demand);
    PlanOutcome outcome = scene.planner().plan(request, scene.site());
    Harm least = new NaiveEviction(scene.placer(), request, scene.site()).least();
    if (least == null) {
      helpless++;
      assertThat(outcome).as("seed %d", seed).isInstanceOf(PlanOutcome.NoHelp.class);
    } else {
      plans += least.victims() > 0 ? 1 : 0;
      assertThat(outcome).as("seed %d", seed).isInstanceOf(PlanOutcome.Plan.class);
      PlanOutcome.Plan plan = RandomScene.planOf(outcome);
      assertThat(plan.harm()).as("seed %d", seed).isEqualTo(least);
      assertThat(plan.search()).as("seed %d", seed).isEqualTo(PlanOutcome.Search.PROVEN);
      checkRules(scene, request, plan, seed);
    }
  }

  @Test
  void onLargeNodesEveryPlanObeysTheRules() {
    for (int i = 0; i < STEPS / 1000; i++) {
      Random random = new Random(SEED + 7L * i);
      Scene scene = i % 2 == 0 ? RandomScene.of(random, 8, 56) : RandomScene.plain(random, 8, 7);
      Request request = scene.request(3 + random.nextInt(3), RandomScene.wide(random));
      PlanOutcome outcome = scene.planner().plan(request, scene.site());
      if (outcome instanceof PlanOutcome.Plan plan) {
        plans += plan.victims().isEmpty() ? 0 : 1;
        brokenOff += plan.search() == PlanOutcome.Search.BROKEN_OFF ? 1 : 0;
        checkRules(scene, request, plan, SEED + 7L * i);
      } else {
        helpless++;
      }
    }

    assertThat(plans).isGreaterThan(STEPS / 10_000);
    // About one in twelve of these searches is so long: in ten of them there may be none.
    assertThat(brokenOff).isGreaterThanOrEqualTo(STEPS / 50_000);
    assertThat(helpless).isPositive();
  }

  @Test
  void forWholeGpusNoSetOfGpusIsLessHarmfulToClear() {
    for (int i = 0; i < STEPS / 2000; i++) {
      Random random = new Random(SEED + 31L * i);
      Scene scene = RandomScene.plain(random, 8, 7);
      int wanted = 1 + random.nextInt(7);
      Request request = scene.request(9, PodDemand.of(Demand.whole(wanted)));
      NaiveEviction rules = new NaiveEviction(scene.placer(), request, scene.site());

      Harm harm = RandomScene.planOf(scene.planner().plan(request, scene.site())).harm();

      for (int gpus = 0; gpus < 1 << 8; gpus++) {
        if (Integer.bitCount(gpus) == wanted) {
          Harm other = rules.harm(rules.on(gpus));
          assertThat(harm).as("seed %d", SEED + 31L * i).isLessThanOrEqualTo(other);
        }
      }
    }
  }

  private static void checkRules(Scene scene, Request request, PlanOutcome.Plan plan, long seed) {
    NaiveEviction rules = new NaiveEviction(scene.placer(), request, scene.site());
    assertThat(plan.harm()).as("seed %d", seed).isEqualTo(rules.harm(plan.victims()));
    assertThat(rules.mayGo()).as("seed %d", seed).containsAll(plan.victims());
    assertThat(plan.victims())
        .as("seed %d", seed)
        .isSortedAccordingTo((one, other) -> Integer.compare(other.priority(), one.priority()));
    for (Candidate spared : plan.victims()) {
      List<Candidate> others = new ArrayList<>(plan.victims());
      others.remove(spared);
      assertThat(rules.helps(others)).as("seed %d without %s", seed, spared.uid()).isFalse();
    }
    checkItFits(scene, request, plan, seed);
  }

  /** The ledger without the victims and the awaited pods has room as the plan says. */
  private static void checkItFits(Scene scene, Request request, PlanOutcome.Plan plan, long seed) {
    List<String> gone =
        Stream.concat(plan.victims().stream(), plan.awaited().stream())
            .map(Candidate::uid)
            .toList();
    PreparedDemand demand = request.preemptors().get(0).demand();
    NodeState node = scene.site().node();
    Placer placer = scene.placer();
    Ledger.Undo undo = scene.ledger.without(gone);
    assertThat(placer.tryOn(demand, node)).as("seed %d", seed).isTrue();
    assertThat(node.copy().take(plan.placements().get(0))).as("seed %d", seed).isTrue();
    undo.undo();
    assertThat(plan.victims().isEmpty() || !placer.tryOn(demand, node))
        .as("seed %d: needless victims", seed)
        .isTrue();
  }
}
