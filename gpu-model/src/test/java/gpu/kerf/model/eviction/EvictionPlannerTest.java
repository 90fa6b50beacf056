package gpu.kerf.model.eviction;

import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.model;
import static gpu.kerf.model.Nodes.node;
import static gpu.kerf.model.eviction.Scene.NOW;
import static gpu.kerf.model.eviction.Scene.mig;
import static gpu.kerf.model.eviction.Scene.placement;
import static gpu.kerf.model.eviction.Scene.share;
import static gpu.kerf.model.eviction.Scene.whole;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.Milli;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Reason;
import gpu.kerf.model.placement.Slot;
import gpu.kerf.model.placement.Verdict;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who goes, and why not the others. */
class EvictionPlannerTest {

  private static final Demand THREE_G = Demand.profile("3g.40gb");
  private static final Demand WHOLE_MIG = Demand.profile("7g.80gb");

  @Test
  void freeingTwoSlicesInTheWrongHalvesMakesNoRoomForA3g() {
    // left: low@1, high@0; right: low@5, high@4. Without both lows 6 of 8 slices are free, but a 3g
    // needs 0-3 or 4-7.
    Scene scene =
        migNode()
            .pod("high-left", 9, oneG(0))
            .pod("low-left", 1, oneG(1))
            .pod("high-right", 9, oneG(4))
            .pod("low-right", 1, oneG(5));

    assertThat(scene.outcome(9, THREE_G))
        .isEqualTo(
            new PlanOutcome.NoHelp("a", Verdict.of(Reason.FRAGMENTED), PlanOutcome.Obstacle.HELD));
  }

  @Test
  void aHalfIsClearedWhereItCanBeClearedAndNoPodInTheOtherHalfIsEvicted() {
    // left: low@0, low@2; right: low@4 and high@5, so only the left half can come free
    Scene scene =
        migNode()
            .pod("left-0", 1, oneG(0))
            .pod("left-2", 1, oneG(2))
            .pod("right-4", 1, oneG(4))
            .pod("right-5", 9, oneG(5));

    PlanOutcome.Plan plan = scene.plan(9, THREE_G);

    assertThat(plan.victimUids()).containsExactly("left-0", "left-2");
    assertThat(plan.placements()).containsExactly(placement("a", 0, mig(0, h100(), "3g.40gb@0")));
    assertThat(plan.search()).isEqualTo(PlanOutcome.Search.PROVEN);
  }

  @Test
  void twoVictimsOfLowPriorityAreLessHarmThanOneOfHigher() {
    Scene scene =
        migNode()
            .pod("left", 5, mig(0, h100(), "3g.40gb@0"))
            .pod("right-4", 3, oneG(4))
            .pod("right-5", 3, oneG(5));

    PlanOutcome.Plan plan = scene.plan(9, THREE_G);

    assertThat(plan.victimUids()).containsExactly("right-4", "right-5");
    // each priority counts from MIN_VALUE: 2 x (3 + 2^31); each has run for 1000 ms
    assertThat(plan.harm()).isEqualTo(new Harm(0, 3, 2, 2 * (3 + (1L << 31)), 2000, 2));
  }

  @Test
  void aSecondMemberOfAGroupThatDiesAnywayCostsLessThanASecondPod() {
    Scene scene =
        migNode()
            .pod(Holder.of("left-0").withPriority(1), NOW - 10, oneG(0))
            .pod(Holder.of("left-1").withPriority(1), NOW - 10, oneG(1))
            .pod(Holder.of("right-4").withPriority(1).inGroup("g"), NOW - 10, oneG(4))
            .pod(Holder.of("right-5").withPriority(1).inGroup("g"), NOW - 10, oneG(5));

    // left: two works; right: one. The rest is equal.
    assertThat(scene.victims(9, THREE_G)).containsExactly("right-4", "right-5");
    assertThat(scene.plan(9, THREE_G).harm().works()).isEqualTo(1);
  }

  @Test
  void groupsOfTwoNamespacesAreTwoGroupsAlthoughTheyShareAName() {
    Scene scene =
        migNode()
            .pod(new Holder("left-0", "n1", "p", "", "g", 1), NOW - 10, oneG(0))
            .pod(new Holder("left-1", "n2", "p", "", "g", 1), NOW - 10, oneG(1))
            .pod("right", 9, oneG(4));

    assertThat(scene.plan(9, THREE_G).harm().works()).isEqualTo(2);
  }

  @Test
  void amongEqualsTheOneThatLosesLeastWorkGoes() {
    Scene scene =
        migNode()
            .pod(Holder.of("old"), NOW - 90_000, mig(0, h100(), "3g.40gb@0"))
            .pod(Holder.of("young"), NOW - 60_000, mig(0, h100(), "3g.40gb@4"));

    assertThat(scene.victims(9, THREE_G)).containsExactly("young");
    assertThat(scene.plan(9, THREE_G).harm().lostMillis()).isEqualTo(60_000);
  }

  @Test
  void aMemberOfAnOldGroupLosesTheWorkOfTheWholeGroup() {
    // evicting the young member also loses the 90 s of the old one; the loner loses 80 s
    Scene scene =
        migNode(2)
            .pod(Holder.of("old").inGroup("g"), NOW - 90_000, mig(1, h100(), "3g.40gb@0"))
            .pod(Holder.of("tight").withPriority(9), NOW, mig(1, h100(), "3g.40gb@4"))
            .pod(Holder.of("young").inGroup("g"), NOW - 1000, mig(0, h100(), "3g.40gb@0"))
            .pod(Holder.of("loner"), NOW - 80_000, mig(0, h100(), "3g.40gb@4"));

    assertThat(scene.victims(9, THREE_G)).containsExactly("loner");
  }

  @Test
  void victimsAreListedByDescendingPriorityThenByUid() {
    Scene scene =
        migNode()
            .pod("b", 2, oneG(0))
            .pod("a", 2, oneG(1))
            .pod("c", 7, oneG(4))
            .pod("d", -3, oneG(6));

    assertThat(scene.victims(9, WHOLE_MIG)).containsExactly("c", "a", "b", "d");
  }

  @Test
  void aPodOfEqualPriorityStays() {
    Scene scene = migNode().pod("equal", 9, oneG(0));

    assertThat(scene.outcome(9, WHOLE_MIG))
        .isEqualTo(
            new PlanOutcome.NoHelp(
                "a", Verdict.of(Reason.MEMORY_TAKEN), PlanOutcome.Obstacle.HELD));
    assertThat(scene.victims(10, WHOLE_MIG)).containsExactly("equal");
  }

  @Test
  void aDemandThatTheNodeCouldNeverServeStaysNever() {
    Scene scene = migNode().pod("low", 0, mig(0, h100(), "7g.80gb@0"));

    assertThat(scene.outcome(9, Demand.memory(new MemoryMiB(90_000))))
        .isEqualTo(
            new PlanOutcome.NoHelp("a", Verdict.of(Reason.TOO_BIG), PlanOutcome.Obstacle.NODE));
  }

  @Test
  void aDemandThatFitsAlreadyNeedsNoVictim() {
    PlanOutcome.Plan plan = migNode().pod("low", 0, oneG(0)).plan(9, THREE_G);

    assertThat(plan.victims()).isEmpty();
    assertThat(plan.harm()).isEqualTo(Harm.NONE);
    assertThat(plan.placements()).hasSize(1);
  }

  @Test
  void whoIsOnTheWayOutIsAwaitedAndNotEvicted() {
    // the terminating pod may have any priority: it goes anyway
    Scene scene =
        migNode()
            .pod("going", 100, mig(0, h100(), "3g.40gb@0"))
            .pod("low", 0, mig(0, h100(), "3g.40gb@4"))
            .terminating("going");

    PlanOutcome.Plan one = scene.plan(9, THREE_G);
    PlanOutcome.Plan two = scene.plan(9, WHOLE_MIG);

    assertThat(one.victims()).isEmpty();
    assertThat(one.awaited()).extracting(Candidate::uid).containsExactly("going");
    assertThat(two.victimUids()).containsExactly("low");
    assertThat(two.awaited()).extracting(Candidate::uid).containsExactly("going");
  }

  @Test
  void whoIsOnTheWayOutOfSomewhereElseIsNotAwaited() {
    Scene scene =
        migNode(2)
            .pod("going", 0, mig(1, h100(), "1g.10gb@0"))
            .pod("high", 9, mig(1, h100(), "1g.10gb@4"))
            .pod("low", 0, mig(0, h100(), "7g.80gb@0"))
            .terminating("going");

    PlanOutcome.Plan plan = scene.plan(9, WHOLE_MIG);

    assertThat(plan.victimUids()).containsExactly("low");
    assertThat(plan.awaited()).isEmpty();
  }

  @Test
  void aProposalYieldsToHigherPriorityAndStandsAgainstEqual() {
    Scene scene = migNode();
    Placement hint = placement("a", 0, mig(0, h100(), "7g.80gb@0"));
    assertThat(scene.ledger.propose(Holder.of("hint").withPriority(5), hint, NOW, 60_000)).isTrue();

    PlanOutcome.Plan plan = scene.plan(6, THREE_G);

    assertThat(plan.victims()).isEmpty();
    assertThat(plan.awaited()).extracting(Candidate::uid).containsExactly("hint");
    assertThat(scene.outcome(5, THREE_G)).isInstanceOf(PlanOutcome.NoHelp.class);
  }

  @Test
  void thePreemptorsOwnProposalDoesNotStandInItsWay() {
    Scene scene = migNode();
    Placement hint = placement("a", 0, mig(0, h100(), "7g.80gb@0"));
    assertThat(scene.ledger.propose(Holder.of("preemptor").withPriority(5), hint, NOW, 60_000))
        .isTrue();

    assertThat(scene.plan(5, WHOLE_MIG).victims()).isEmpty();
  }

  @Test
  void ofTheInstancesThatExistOneThatServesIsFreed() {
    // dynamic MIG could cut a 2g out of slices 4-5 once "small" is gone; here only instances count
    Scene scene =
        Scene.of(node("a").withInstances(h100(), "2g.20gb@0", "2g.20gb@2", "1g.10gb@4").spec())
            .pod("high", 5, mig(0, h100(), "2g.20gb@0"))
            .pod("low", 4, mig(0, h100(), "2g.20gb@2"))
            .pod("small", 1, oneG(4));

    assertThat(scene.victims(9, Demand.profile("2g.20gb"))).containsExactly("low");
  }

  @Test
  void sharesGoUntilTheMemoryIsEnough() {
    // 81152 shareable; 3 x 20000 held, 21152 free, 40000 asked: one must go
    Scene scene =
        Scene.of(node("a").with(1, h100(), GpuMode.PLAIN).spec())
            .pod("a", 1, share(0, 20_000))
            .pod("b", 1, share(0, 20_000))
            .pod("c", 2, share(0, 20_000));

    // a and b are equal in all that counts: of those the first uid is spared first
    assertThat(scene.victims(9, Demand.memory(new MemoryMiB(40_000)))).containsExactly("b");
    // 61152 asked: two must go; both of priority 1
    assertThat(scene.victims(9, Demand.memory(new MemoryMiB(61_152)))).containsExactly("a", "b");
  }

  @Test
  void whereOnlyMultiprocessorsAreShortThoseWhoHoldThemGo() {
    // SM: 600 + 300 of 1000 held, 400 asked: the one with 300 is not the cheaper one
    Scene scene =
        Scene.of(node("a").with(1, h100(), GpuMode.PLAIN).spec())
            .pod("memory-only", 0, share(0, 50_000))
            .pod("sm-600", 3, new Slot.Share(0, 1000, 600))
            .pod("sm-300", 2, new Slot.Share(0, 1000, 300));

    Demand demand = Demand.memory(new MemoryMiB(1000)).withSm(new Milli(400));

    assertThat(scene.victims(9, demand)).containsExactly("sm-300");
  }

  @Test
  void aPodThatNeedsTwoWholeGpusClearsTheTwoThatAreLeastHarmfulToClear() {
    Scene scene =
        Scene.of(node("a").with(4, h100(), GpuMode.PLAIN).spec())
            .pod("0a", 5, share(0, 100))
            .pod("1a", 1, share(1, 100))
            .pod("1b", 2, share(1, 100))
            .pod("2a", 4, whole(2, h100()))
            .pod("3a", 3, share(3, 100));

    // highest priority per GPU: 5, 2, 4, 3
    assertThat(scene.victims(9, Demand.whole(2))).containsExactly("3a", "1b", "1a");
  }

  @Test
  void aPodOverTwoGpusGoesAsAWhole() {
    Scene scene =
        Scene.of(node("a").with(2, h100(), GpuMode.PLAIN).spec())
            .pod("both", 1, whole(0, h100()), whole(1, h100()));

    assertThat(scene.victims(9, Demand.whole(1))).containsExactly("both");
  }

  @Test
  void whereCpuIsShortAPodWithoutAGpuMayBeTheOneToGo() {
    Scene scene =
        Scene.of(node("a").with(1, h100(), GpuMode.PLAIN).cpu(10_000).spec())
            .pod(Holder.of("gpu").withPriority(2), NOW, placement("a", 6000, share(0, 1000)))
            .pod(Holder.of("cpu").withPriority(1), NOW, placement("a", 4000));
    PodDemand demand = PodDemand.of(Demand.memory(new MemoryMiB(1000))).withCpuMilli(3000);

    PlanOutcome.Plan plan = scene.plan(9, demand);

    assertThat(plan.victimUids()).containsExactly("cpu");
    assertThat(plan.placements()).containsExactly(placement("a", 3000, share(0, 1000)));
  }

  @Test
  void severalPreemptorsGetRoomTogether() {
    // each alone would need one 3g to go; together they need both
    Scene scene =
        migNode()
            .pod("left", 1, mig(0, h100(), "3g.40gb@0"))
            .pod("right", 2, mig(0, h100(), "3g.40gb@4"));
    Request.Preemptor one = preemptor(scene, "one", 9);
    Request.Preemptor two = preemptor(scene, "two", 9);

    PlanOutcome outcome =
        scene.planner().plan(new Request(List.of(one, two), Budgets.none(), NOW), scene.site());

    assertThat(outcome).isInstanceOf(PlanOutcome.Plan.class);
    assertThat(((PlanOutcome.Plan) outcome).victimUids()).containsExactly("right", "left");
    assertThat(((PlanOutcome.Plan) outcome).placements()).hasSize(2);
  }

  @Test
  void severalPreemptorsMayEvictWhatTheLeastOfThemMay() {
    Scene scene = migNode().pod("low", 5, mig(0, h100(), "7g.80gb@0"));
    Request request =
        new Request(
            List.of(preemptor(scene, "one", 9), preemptor(scene, "two", 5)), Budgets.none(), NOW);

    assertThat(scene.planner().plan(request, scene.site())).isInstanceOf(PlanOutcome.NoHelp.class);
  }

  private static Request.Preemptor preemptor(Scene scene, String uid, int priority) {
    return new Request.Preemptor(
        Holder.of(uid).withPriority(priority), scene.prepared(PodDemand.of(THREE_G)));
  }

  @Test
  void planningChangesNeitherTheNodeNorTheLedger() {
    Scene scene = migNode().pod("low", 1, mig(0, h100(), "7g.80gb@0"));
    int version = scene.site().node().version();

    assertThat(scene.victims(9, THREE_G)).containsExactly("low");
    assertThat(scene.site().node().version()).isEqualTo(version);
    assertThat(scene.ledger.entry("low")).isNotNull();
  }

  @Test
  void onA30TheQuartersThatMakeAHalfAreTheOnesThatGo() {
    // 2g.12gb starts at 0 and 2: slices 1 and 2 would be enough memory, but no start
    Scene scene =
        Scene.of(node("a").with(1, model("A30"), GpuMode.MIG_DYNAMIC).spec())
            .pod("0", 3, mig(0, model("A30"), "1g.6gb@0"))
            .pod("1", 1, mig(0, model("A30"), "1g.6gb@1"))
            .pod("2", 1, mig(0, model("A30"), "1g.6gb@2"))
            .pod("3", 2, mig(0, model("A30"), "1g.6gb@3"));

    assertThat(scene.victims(9, Demand.profile("2g.12gb"))).containsExactly("3", "2");
  }

  private static Scene migNode() {
    return migNode(1);
  }

  private static Scene migNode(int gpus) {
    return Scene.of(node("a").with(gpus, h100(), GpuMode.MIG_DYNAMIC).spec());
  }

  private static Slot oneG(int start) {
    return mig(0, h100(), "1g.10gb@" + start);
  }
}
