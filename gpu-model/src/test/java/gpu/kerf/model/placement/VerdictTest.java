package gpu.kerf.model.placement;

import static gpu.kerf.model.Nodes.a100;
import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.model;
import static gpu.kerf.model.Nodes.node;
import static gpu.kerf.model.Nodes.profile;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.Nodes;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.Milli;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.PodDemand.Container;
import gpu.kerf.model.demand.WallChoice;
import gpu.kerf.model.hardware.DeliveryWay;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.price.Prices;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Why a demand does not fit: one situation per test, and every reason in at least one. A demand
 * that never fits is lost to a node for ever, so each "never" must hold on the empty node too.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VerdictTest {

  private final Set<Reason> given = EnumSet.noneOf(Reason.class);

  @AfterAll
  void everyReasonWasGivenAtLeastOnce() {
    // These say whether and when a pod may start, and no placement gives them.
    Set<Reason> ofPlaces =
        EnumSet.complementOf(
            EnumSet.of(
                Reason.NOT_YOUR_TURN,
                Reason.BUDGET_EXHAUSTED,
                Reason.GANG_WAITS,
                Reason.CLAIM_OF_GPUS));
    assertThat(given).containsExactlyInAnyOrderElementsOf(ofPlaces);
  }

  // ---- never

  @Test
  void aNodeWithoutGpusHasNoGpus() {
    assertNever(node("a"), pod(memory(1)), Reason.NO_GPUS);
    assertNever(node("a"), pod(Demand.whole(1)), Reason.NO_GPUS);
  }

  @Test
  void moreWholeGpusThanTheNodeHasAreTooFew() {
    assertNever(plain(4), pod(Demand.whole(5)), Reason.TOO_FEW_GPUS);
  }

  @Test
  void aSplitOverMoreGpusThanTheNodeHasIsTooFew() {
    assertNever(plain(2), pod(memory(300).splitOver(3)), Reason.TOO_FEW_GPUS);
  }

  @Test
  void aSplitOverMoreGpusThanAreOfTheAcceptedModelIsTooFew() {
    assertNever(
        plain(1).with(3, model("T4"), GpuMode.PLAIN),
        pod(memory(300).splitOver(2).onModels(List.of("H100-80GB"))),
        Reason.TOO_FEW_GPUS);
  }

  @Test
  void aSplitThatOnlyFitsBehindTwoKindsOfWallIsTooFew() {
    // one share and one instance would be two walls for one container
    assertNever(
        plain(1).with(1, h100(), GpuMode.MIG_DYNAMIC),
        pod(memory(2000).splitOver(2)),
        Reason.TOO_FEW_GPUS);
  }

  @Test
  void containersThatTogetherWantMoreGpusThanThereAreAreTooFew() {
    assertNever(plain(1), pod(Demand.whole(1), Demand.whole(1)), Reason.TOO_FEW_GPUS);
    assertNever(plain(1), pod(Demand.whole(1), memory(1)), Reason.TOO_FEW_GPUS);
  }

  @Test
  void aDevicePluginThatWouldNotServeThePodIsAnotherDelivery() {
    NodeState hami = new NodeState(plain(1).spec().deliveredBy(DeliveryWay.HAMI), new GpuModels());
    PodDemand words = pod(memory(1));
    assertThat(judge(hami, words)).isEqualTo(Verdict.of(Reason.OTHER_DELIVERY));
    given.add(Reason.OTHER_DELIVERY);
    assertFits(hami, words.handedOutBy(EnumSet.of(DeliveryWay.ENV, DeliveryWay.HAMI)));
    assertFits(hami, words.withContainers(List.of()));
  }

  @Test
  void aPodThatOnlyADriverCanServeIsToldItsClaim() {
    PodDemand named = pod(memory(1)).handedOutBy(EnumSet.of(DeliveryWay.DRA));
    assertNever(plain(1), named, Reason.HAS_CLAIM);
  }

  @Test
  void aModelThatTheNodeDoesNotHaveIsTheWrongOne() {
    assertNever(plain(1), pod(memory(1).onModels(List.of("T4"))), Reason.WRONG_MODEL);
  }

  @Test
  void anUnknownModelIsTheWrongOne() {
    assertNever(plain(1), pod(Demand.whole(1).onModels(List.of("X9000"))), Reason.WRONG_MODEL);
  }

  @Test
  void migOnANodeWithoutMigIsTheWrongWall() {
    assertNever(plain(1), pod(memory(1).withWall(WallChoice.MIG)), Reason.WRONG_WALL);
    assertNever(plain(1), pod(Demand.profile("1g.10gb")), Reason.NO_SUCH_PROFILE);
  }

  @Test
  void mpsOnANodeInMigModeIsTheWrongWall() {
    assertNever(dynamic(1), pod(memory(1).withWall(WallChoice.MPS)), Reason.WRONG_WALL);
  }

  @Test
  void aWholeGpuOfANodeInMigModeIsTheWrongWall() {
    assertNever(dynamic(1), pod(Demand.whole(1)), Reason.NO_WHOLE_GPUS);
  }

  @Test
  void aProfileOfAnotherCardIsNoSuchProfile() {
    assertNever(dynamic(1), pod(Demand.profile("1g.5gb")), Reason.NO_SUCH_PROFILE);
  }

  @Test
  void aProfileWithoutPublishedStartsIsNoSuchProfile() {
    assertNever(
        node("a").with(1, model("RTX-PRO-5000-Blackwell"), GpuMode.MIG_DYNAMIC),
        pod(Demand.profile("1g.12gb")),
        Reason.NO_SUCH_PROFILE);
  }

  @Test
  void aProfileThatNoExistingInstanceHasIsNoSuchProfile() {
    assertNever(
        node("a").withInstances(h100(), "3g.40gb@0"),
        pod(Demand.profile("1g.10gb")),
        Reason.NO_SUCH_PROFILE);
  }

  @Test
  void aGpuInMigModeWithoutInstancesNeverServesADemand() {
    Nodes none = node("a").withInstances(h100());

    assertNever(none, pod(Demand.profile("1g.10gb")), Reason.NO_SUCH_PROFILE);
    assertNever(none, pod(memory(1)), Reason.TOO_BIG);
  }

  @Test
  void moreMemoryThanTheLargestGpuLendsIsTooBig() {
    // an H100 has 81559 MiB, of which the driver leaves 81152 to users
    assertNever(plain(8), pod(memory(81_153)), Reason.TOO_BIG);
    assertFits(plain(8), pod(memory(81_152)));
  }

  @Test
  void aGpuThatWouldGiveMoreThanQuotaHasCountedIsNever() {
    // half of the 81152 MiB that an H100 lends
    Demand half = Demand.fraction(new Milli(500));
    assertNever(plain(1), pod(half.holdingAtMost(40_575)), Reason.MORE_THAN_COUNTED);
    assertFits(plain(1), pod(half.holdingAtMost(40_576)));
    assertNever(plain(1), pod(Demand.whole(1).holdingAtMost(81_558)), Reason.MORE_THAN_COUNTED);
    assertFits(plain(1), pod(Demand.whole(1).holdingAtMost(81_559)));
    assertNever(dynamic(1), pod(memory(1).holdingAtMost(9_000)), Reason.MORE_THAN_COUNTED);
    assertNever(plain(1), pod(memory(81_153).holdingAtMost(90_000)), Reason.TOO_BIG);
  }

  @Test
  void moreMemoryThanTheLargestInstanceHasIsTooBig() {
    assertNever(node("a").withInstances(h100(), "1g.10gb@0"), pod(memory(10_000)), Reason.TOO_BIG);
  }

  @Test
  void moreMultiprocessorsThanAnyInstanceHasIsNever() {
    // 7g.40gb of an A100 has 98 of 108 multiprocessors: 907 thousandths
    Demand most = memory(1).withSm(new Milli(907));
    Demand more = memory(1).withSm(new Milli(908));

    assertFits(node("a").with(1, a100(), GpuMode.MIG_DYNAMIC), pod(most));
    assertThat(judge(node("a").with(1, a100(), GpuMode.MIG_DYNAMIC), pod(more)).kind())
        .isEqualTo(Verdict.Kind.NEVER);
  }

  @Test
  void moreCpuThanTheNodeHasIsNever() {
    assertNever(plain(1).cpu(4000), pod(memory(1)).withCpuMilli(4001), Reason.TOO_MUCH_CPU);
    assertFits(plain(1).cpu(4000), pod(memory(1)).withCpuMilli(4000));
  }

  @Test
  void moreHostMemoryThanTheNodeHasIsNever() {
    assertNever(
        plain(1).hostMemory(4000),
        pod(memory(1)).withHostMemoryMiB(4001),
        Reason.TOO_MUCH_HOST_MEMORY);
  }

  // ---- not now

  @Test
  void gpusThatAreAllUnhealthyAreUnusable() {
    NodeState node = state(plain(2));
    node.block(0);
    node.block(1);

    assertNotNow(node, pod(memory(1)), Reason.GPUS_UNUSABLE);
    assertNotNow(node, pod(Demand.whole(1)), Reason.GPUS_UNUSABLE);
  }

  @Test
  void tooFewHealthyGpusForASetAreUnusable() {
    NodeState node = state(plain(4));
    node.block(2);

    assertNotNow(node, pod(Demand.whole(4)), Reason.GPUS_UNUSABLE);
    assertNotNow(node, pod(memory(400).splitOver(4)), Reason.GPUS_UNUSABLE);
    assertFits(node, pod(Demand.whole(3)));
  }

  @Test
  void anUnhealthyGpuDoesNotTurnNotNowIntoNever() {
    NodeState node = state(node("a").with(1, h100(), GpuMode.MIG_DYNAMIC));
    node.block(0);

    assertNotNow(node, pod(Demand.profile("1g.10gb")), Reason.GPUS_UNUSABLE);
    node.unblock(0);
    assertFits(node, pod(Demand.profile("1g.10gb")));
  }

  @Test
  void cpuThatOthersUseIsTaken() {
    NodeState node = state(plain(1).cpu(4000));
    node.take(new Placement("a", List.of(), 3000, 0));

    assertNotNow(node, pod(memory(1)).withCpuMilli(1001), Reason.CPU_TAKEN);
  }

  @Test
  void hostMemoryThatOthersUseIsTaken() {
    NodeState node = state(plain(1).hostMemory(4000));
    node.take(new Placement("a", List.of(), 0, 3000));

    assertNotNow(node, pod(memory(1)).withHostMemoryMiB(1001), Reason.HOST_MEMORY_TAKEN);
  }

  @Test
  void wholeGpusThatOthersHoldAPartOfAreTaken() {
    NodeState node = state(plain(2));
    node.hold(share(0, 1, 0));

    assertNotNow(node, pod(Demand.whole(2)), Reason.GPUS_TAKEN);
    assertFits(node, pod(Demand.whole(1)));
  }

  @Test
  void memoryThatOthersHoldIsTaken() {
    NodeState node = state(plain(1));
    node.hold(share(0, 81_000, 0));

    assertNotNow(node, pod(memory(153)), Reason.MEMORY_TAKEN);
    assertFits(node, pod(memory(152)));
  }

  @Test
  void memoryOfAGpuThatAPodHoldsWholeIsTaken() {
    NodeState node = state(plain(1));
    node.hold(new Slot.Whole(0, 81_559));

    assertNotNow(node, pod(memory(1)), Reason.MEMORY_TAKEN);
  }

  @Test
  void existingInstancesThatAreAllHeldAreTakenHoweverMuchMemoryLiesBesideThem() {
    NodeState node = state(node("a").withInstances(h100(), "1g.10gb@0", "1g.10gb@1"));
    node.hold(mig(0, h100(), "1g.10gb", 0));
    assertFits(node, pod(memory(9000)));
    node.hold(mig(0, h100(), "1g.10gb", 1));

    assertNotNow(node, pod(memory(9000)), Reason.MEMORY_TAKEN);
  }

  @Test
  void freeMemoryOnTwoGpusIsFragmentedForADemandThatNeedsOnePiece() {
    NodeState node = state(plain(2));
    node.hold(share(0, 41_152, 0));
    node.hold(share(1, 41_152, 0));

    // 40000 + 40000 MiB are free
    assertNotNow(node, pod(memory(60_000)), Reason.FRAGMENTED);
  }

  @Test
  void twoFreeSlicesInTheWrongHalvesAreFragmented() {
    NodeState node = state(dynamic(1));
    node.hold(mig(0, h100(), "1g.10gb", 0));
    node.hold(mig(0, h100(), "1g.10gb", 4));

    // six slices are free, but a 3g.40gb starts at 0 or 4 only
    assertNotNow(node, pod(Demand.profile("3g.40gb")), Reason.FRAGMENTED);
  }

  @Test
  void multiprocessorsThatOthersSetAsideAreTaken() {
    NodeState node = state(plain(1));
    node.hold(share(0, 1000, 600));
    node.hold(share(0, 1000, 400));

    assertNotNow(node, pod(memory(1).withSm(new Milli(1))), Reason.SM_TAKEN);
    assertFits(node, pod(memory(1)));
  }

  @Test
  void aGpuWithFortyEightClientsTakesNoMore() {
    NodeState node = state(plain(1));
    for (int i = 0; i < 47; i++) {
      node.hold(share(0, 1, 0));
    }
    assertFits(node, pod(memory(1)));
    node.hold(share(0, 1, 0));

    assertNotNow(node, pod(memory(1)), Reason.CLIENTS_FULL);
  }

  @Test
  void anOldCardTakesSixteenClients() {
    NodeState node = state(node("a").with(1, model("P100-16GB"), GpuMode.PLAIN));
    for (int i = 0; i < 16; i++) {
      assertFits(node, pod(memory(1)));
      node.hold(share(0, 1, 0));
    }

    assertNotNow(node, pod(memory(1)), Reason.CLIENTS_FULL);
  }

  @Test
  void containersThatFitAloneButNotTogetherAreSaidToDoSo() {
    NodeState node = state(plain(1));
    node.hold(share(0, 41_152, 0));

    assertNotNow(node, pod(memory(30_000), memory(30_000)), Reason.CONTAINERS_DO_NOT_FIT_TOGETHER);
    assertFits(node, pod(memory(20_000), memory(20_000)));
  }

  @Test
  void mediaEnginesThatAnotherInstanceHoldsAreNotNow() {
    NodeState node = state(dynamic(1));
    node.hold(mig(0, h100(), "1g.10gb+me", 0));

    assertThat(judge(node, pod(Demand.profile("1g.10gb+me"))).kind())
        .isEqualTo(Verdict.Kind.NOT_NOW);
    assertFits(node, pod(Demand.profile("1g.10gb")));
  }

  @Test
  void textsOfVerdictsAreConstant() {
    for (Reason reason : Reason.values()) {
      Verdict verdict = Verdict.of(reason);
      assertThat(verdict).isSameAs(Verdict.of(reason));
      assertThat(verdict.fits()).isFalse();
      assertThat(verdict.reason()).isEqualTo(reason);
      assertThat(reason.text()).doesNotContainPattern("[0-9]");
    }
    assertThat(Verdict.FITS.reason()).isNull();
  }

  // ---- vocabulary

  private void assertNever(Nodes node, PodDemand pod, Reason reason) {
    assertThat(judge(node, pod)).isEqualTo(Verdict.of(reason));
    assertThat(reason.never()).isTrue();
    given.add(reason);
  }

  /** A verdict "not now" must mean that the demand fits on the node if it is empty and healthy. */
  private void assertNotNow(NodeState node, PodDemand pod, Reason reason) {
    assertThat(judge(node, pod)).isEqualTo(Verdict.of(reason));
    assertThat(reason.never()).isFalse();
    assertFits(node.emptied(), pod);
    given.add(reason);
  }

  private void assertFits(Nodes node, PodDemand pod) {
    assertFits(state(node), pod);
  }

  private void assertFits(NodeState node, PodDemand pod) {
    assertThat(judge(node, pod)).isEqualTo(Verdict.FITS);
  }

  private static Verdict judge(Nodes node, PodDemand pod) {
    return judge(state(node), pod);
  }

  private static Verdict judge(NodeState node, PodDemand pod) {
    GpuModels models = new GpuModels();
    NodeState same = new NodeState(node.spec(), models);
    return new Placer(Prices.neutral(models))
        .judge(new PreparedDemand(pod, models), with(node, same));
  }

  /** The state itself, whose models are numbered in the order of its own GPUs. */
  private static NodeState with(NodeState node, NodeState same) {
    assertThat(same.model).isEqualTo(node.model);
    return node;
  }

  private static NodeState state(Nodes node) {
    return new NodeState(node.spec(), new GpuModels());
  }

  private static Nodes plain(int gpus) {
    return node("a").with(gpus, h100(), GpuMode.PLAIN);
  }

  private static Nodes dynamic(int gpus) {
    return node("a").with(gpus, h100(), GpuMode.MIG_DYNAMIC);
  }

  private static Demand memory(int mib) {
    return Demand.memory(new MemoryMiB(mib));
  }

  private static PodDemand pod(Demand... demands) {
    List<Container> containers = new ArrayList<>();
    for (Demand demand : demands) {
      containers.add(new Container("c" + containers.size(), demand));
    }
    return new PodDemand(containers, 0, 0);
  }

  private static Slot share(int gpu, int mib, int sm) {
    return new Slot.Share(gpu, mib, sm);
  }

  private static Slot mig(int gpu, GpuModel model, String name, int start) {
    return new Slot.Mig(gpu, profile(model, name), start);
  }
}
