package gpu.kerf.model.eviction;

import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.node;
import static gpu.kerf.model.eviction.Scene.NOW;
import static gpu.kerf.model.eviction.Scene.mig;
import static gpu.kerf.model.eviction.Scene.placement;
import static gpu.kerf.model.eviction.Scene.share;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Grants;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Reason;
import gpu.kerf.model.placement.Slot;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Inputs that no correct client sends. */
class EvictionAdversarialTest {

  private static final Demand THREE_G = Demand.profile("3g.40gb");
  private static final Demand SEVEN_G = Demand.profile("7g.80gb");

  @Test
  void theLowestPriorityOfAllEvictsNoPod() {
    Scene scene = migNode().pod("a", Integer.MIN_VALUE, mig(0, h100(), "7g.80gb@0"));

    assertThat(scene.outcome(Integer.MIN_VALUE, SEVEN_G)).isInstanceOf(PlanOutcome.NoHelp.class);
    assertThat(scene.victims(Integer.MIN_VALUE + 1, SEVEN_G)).containsExactly("a");
  }

  @Test
  void theHighestPriorityOfAllStaysEvenAgainstItself() {
    Scene scene = migNode().pod("a", Integer.MAX_VALUE, mig(0, h100(), "7g.80gb@0"));

    assertThat(scene.outcome(Integer.MAX_VALUE, SEVEN_G)).isInstanceOf(PlanOutcome.NoHelp.class);
  }

  @Test
  void sumsOfTheHighestPrioritiesDoNotOverflow() {
    // 7 x (2^31 - 2 + 2^31) is far more than an int holds
    Scene scene = migNode();
    for (int start = 0; start < 7; start++) {
      scene.pod("p" + start, Integer.MAX_VALUE - 1, mig(0, h100(), "1g.10gb@" + start));
    }

    Harm harm = scene.plan(Integer.MAX_VALUE, SEVEN_G).harm();

    assertThat(harm.prioritySum()).isEqualTo(7 * ((1L << 32) - 2));
    assertThat(harm.victims()).isEqualTo(7);
  }

  @Test
  void aSecondVictimOfNegativePriorityDoesNotMakeAPlanBetter() {
    // one group, so one work either way; -5 for the right half, -5 - 5 for the left
    Scene scene =
        migNode()
            .pod(member("left-0", -5), NOW, mig(0, h100(), "1g.10gb@0"))
            .pod(member("left-1", -5), NOW, mig(0, h100(), "1g.10gb@1"))
            .pod(member("right", -5), NOW, mig(0, h100(), "3g.40gb@4"));

    assertThat(scene.victims(0, THREE_G)).containsExactly("right");
  }

  private static Holder member(String uid, int priority) {
    return Holder.of(uid).withPriority(priority).inGroup("g");
  }

  @Test
  void aClockThatWentBackwardsLosesNoWorkAndGainsNone() {
    Scene scene =
        migNode()
            .pod(Holder.of("future"), NOW + 5000, mig(0, h100(), "3g.40gb@0"))
            .pod(Holder.of("past"), NOW - 1, mig(0, h100(), "3g.40gb@4"));

    PlanOutcome.Plan plan = scene.plan(9, THREE_G);

    assertThat(plan.victimUids()).containsExactly("future");
    assertThat(plan.harm().lostMillis()).isZero();
  }

  @Test
  void timesAtTheEndOfTheWorldAddUpToALotAndNotToLessThanNothing() {
    Scene scene =
        migNode()
            .pod(Holder.of("left"), Long.MIN_VALUE, mig(0, h100(), "3g.40gb@0"))
            .pod(Holder.of("right"), Long.MIN_VALUE, mig(0, h100(), "3g.40gb@4"));

    assertThat(scene.plan(9, SEVEN_G).harm().lostMillis()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void ofTwoCandidatesWithOneUidTheFirstCounts() {
    Scene scene = migNode().pod("low", 1, mig(0, h100(), "3g.40gb@0")).pod("high", 9, right());
    List<Candidate> twice = new ArrayList<>(scene.site().candidates());
    twice.addAll(scene.site().candidates());

    NodeCandidates cluster = new NodeCandidates(scene.site().node(), twice);

    assertThat(cluster.candidates()).isEqualTo(scene.site().candidates());
    assertThat(scene.planner().plan(scene.request(9, PodDemand.of(THREE_G)), cluster))
        .isEqualTo(scene.outcome(9, THREE_G));
  }

  @Test
  void aCandidateOfAnotherNodeIsLeftOut() {
    Scene scene = migNode().pod("high", 9, mig(0, h100(), "7g.80gb@0"));
    Candidate elsewhere =
        new Candidate(
            Holder.of("elsewhere"),
            placement("b", 0, right()),
            NOW,
            Candidate.Standing.RUNNING,
            List.of());

    assertThat(new NodeCandidates(scene.site().node(), List.of(elsewhere)).candidates()).isEmpty();
  }

  @Test
  void aPodWithoutAnySlotIsNoVictimWhereOnlyGpusAreShort() {
    Scene scene =
        Scene.of(node("a").with(1, h100(), GpuMode.MIG_DYNAMIC).cpu(1000).spec())
            .pod(Holder.of("cpu").withPriority(-9), NOW, placement("a", 1000))
            .pod("gpu", 1, mig(0, h100(), "7g.80gb@0"));

    assertThat(scene.victims(9, THREE_G)).containsExactly("gpu");
  }

  @Test
  void aPodThatAsksForNoGpuGetsItsCpuFromThePodThatIsLeastHarmed() {
    Scene scene =
        Scene.of(node("a").cpu(1000).spec())
            .pod(Holder.of("old"), NOW - 9000, placement("a", 500))
            .pod(Holder.of("young"), NOW - 10, placement("a", 500));

    PodDemand cpuOnly = new PodDemand(List.of(), 400, 0);

    assertThat(scene.plan(9, cpuOnly).victimUids()).containsExactly("young");
  }

  @Test
  void aNodeWithoutGpusNeverHelps() {
    Scene scene = Scene.of(node("a").spec());

    assertThat(scene.outcome(9, THREE_G))
        .isInstanceOfSatisfying(
            PlanOutcome.NoHelp.class,
            no -> assertThat(no.verdict().reason()).isEqualTo(Reason.NO_GPUS));
  }

  @Test
  void aGpuThatNoPodMayUseIsNotCleared() {
    Scene scene = migNode().pod("low", 1, mig(0, h100(), "7g.80gb@0"));
    scene.ledger.setForeign("a", 1);

    assertThat(scene.outcome(9, THREE_G))
        .isInstanceOfSatisfying(
            PlanOutcome.NoHelp.class,
            no -> assertThat(no.obstacle()).isEqualTo(PlanOutcome.Obstacle.HELD));
  }

  @Test
  void twoPodsOnOneSlotBlockTheirGpuAndAreNeitherCountedTwiceNorCrashThePlan() {
    Scene scene = migNode().pod("older", 1, mig(0, h100(), "3g.40gb@0"));
    Placement same = placement("a", 0, mig(0, h100(), "3g.40gb@0"));
    scene.ledger.adopt(Holder.of("newer"), Grants.grant(scene.ledger, same), NOW);

    assertThat(scene.site().candidates()).extracting(Candidate::uid).containsExactly("older");
    assertThat(scene.outcome(9, SEVEN_G)).isInstanceOf(PlanOutcome.NoHelp.class);
  }

  @Test
  void aNodeFullOfTheSmallestSharesIsPlannedAtAll() {
    // 48 clients of 100 MiB are the most a GPU serves: only the count is short
    Scene scene = Scene.of(node("a").with(2, h100(), GpuMode.PLAIN).spec());
    for (int i = 0; i < 96; i++) {
      scene.pod("p" + i, i, share(i % 2, 100));
    }

    assertThat(scene.victims(1000, Demand.memory(new MemoryMiB(100)))).containsExactly("p0");
    assertThat(scene.victims(1000, Demand.whole(1))).hasSize(48).startsWith("p94");
  }

  @Test
  void aSearchForNoPodIsRefused() {
    assertThatThrownBy(() -> new Request(List.of(), Budgets.none(), NOW))
        .hasMessageContaining("The request has no pod");
  }

  private static Scene migNode() {
    return Scene.of(node("a").with(1, h100(), GpuMode.MIG_DYNAMIC).spec());
  }

  private static Slot right() {
    return mig(0, h100(), "3g.40gb@4");
  }
}
