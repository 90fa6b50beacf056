package gpu.kerf.model.placement;

import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.model;
import static gpu.kerf.model.Nodes.node;
import static gpu.kerf.model.Nodes.profile;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.Milli;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.PodDemand.Container;
import gpu.kerf.model.demand.WallChoice;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.hardware.Topology;
import gpu.kerf.model.price.Prices;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The edges of what a node and a pod can be. */
class AdversarialPlacementTest {

  private final GpuModels models = new GpuModels();

  // ---- large

  @Test
  void allSixtyFourGpusOfANodeGoToOnePod() {
    NodeState node = state(NodeSpec.of("a", gpus(64)));

    assertThat(take(node, Demand.whole(64)).slots()).hasSize(64);
    assertThat(node.untouched()).isZero();
    assertThat(judge(node, Demand.whole(1))).isEqualTo(Verdict.of(Reason.GPUS_TAKEN));
  }

  @Test
  void allButOneOfSixtyFourLinkedGpusGoToOnePod() {
    NodeState node = state(NodeSpec.of("a", gpus(64)).withTopology(pairs(64)));

    assertThat(take(node, Demand.whole(63)).slots()).hasSize(63);
    assertThat(take(node, Demand.whole(1)).slots()).hasSize(1);
    assertThat(node.untouched()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8, 32, 62})
  void fromSixtyFourLinkedGpusEverySetComesInWholePairs(int number) {
    NodeState node = state(NodeSpec.of("a", gpus(64)).withTopology(pairs(64)));

    Placement placement = take(node, Demand.whole(number));

    long set = 0;
    for (Slot slot : placement.slots()) {
      set |= 1L << slot.gpu();
    }
    // a pair has one bit at an even and one at the next odd place
    long broken = (set ^ set >>> 1) & 0x5555_5555_5555_5555L;
    assertThat(Long.bitCount(broken)).isEqualTo(number % 2);
  }

  @Test
  void aDemandIsSplitOverAllSixtyFour() {
    NodeState node = state(NodeSpec.of("a", gpus(64)));

    Placement placement = take(node, Demand.memory(new MemoryMiB(64 * 80_000)).splitOver(64));

    assertThat(placement.slots()).hasSize(64).allMatch(slot -> slot.memoryMiB() == 80_000);
  }

  @Test
  void thirtyTwoContainersShareOneGpu() {
    NodeState node = state(NodeSpec.of("a", gpus(1)));

    // 32 x 2536 = 81152, which is all there is
    assertThat(take(node, containers(32, Demand.memory(new MemoryMiB(2536)))).slots()).hasSize(32);
    assertThat(node.freeMiB(0)).isZero();
  }

  @Test
  void thirtyTwoContainersGetTwoGpusEach() {
    NodeState node = state(NodeSpec.of("a", gpus(64)));

    assertThat(take(node, containers(32, Demand.whole(2))).slots()).hasSize(64);
  }

  @Test
  void thirtyTwoContainersOfWhichOneIsTooManyAreRefusedAfterAFiniteSearch() {
    NodeState node = state(NodeSpec.of("a", gpus(31)));

    assertThat(judge(node, containers(32, Demand.memory(new MemoryMiB(60_000)))))
        .isEqualTo(Verdict.of(Reason.TOO_FEW_GPUS));
  }

  @Test
  void containersThatWantManySetsAreRefusedAfterAFiniteSearch() {
    NodeState node = state(NodeSpec.of("a", gpus(16)));

    // each container finds C(16, 8) = 12870 sets, all three together none
    assertThat(judge(node, containers(3, Demand.memory(new MemoryMiB(8 * 60_000)).splitOver(8))))
        .isEqualTo(Verdict.of(Reason.TOO_FEW_GPUS));
  }

  @Test
  void aPodThatTakesLongToRefuseTakesLongOnOneNodeOnly() {
    NodeState node = allDifferent(16);
    PodSearch search = new PodSearch(new Placer(Prices.neutral(models)));
    PodDemand pod = containers(3, Demand.memory(new MemoryMiB(8 * 60_000)).splitOver(8));
    PreparedDemand demand = new PreparedDemand(pod, models);
    Choice[] chosen = {new Choice(), new Choice(), new Choice()};

    assertThat(search.place(demand, node, chosen)).isFalse();
    assertThat(search.stepsLeft()).isNegative();
    for (int i = 0; i < 1000; i++) {
      assertThat(search.place(demand, node, chosen)).isFalse();
    }
    assertThat(search.stepsLeft()).isBetween(-100, 100);

    search.startDecision();
    assertThat(search.stepsLeft()).isEqualTo(PodSearch.MOST_STEPS);
  }

  /** Of each GPU another part is taken, so that no two of them come to the same. */
  private NodeState allDifferent(int gpus) {
    NodeState node = state(NodeSpec.of("a", gpus(gpus)));
    for (int gpu = 0; gpu < gpus; gpu++) {
      node.hold(new Slot.Share(gpu, 100 * (gpu + 1), 0));
    }
    return node;
  }

  @Test
  void gpusThatNothingTellsApartAreNotTriedOneAfterTheOther() {
    NodeState node = state(NodeSpec.of("a", gpus(16)));
    PodSearch search = new PodSearch(new Placer(Prices.neutral(models)));
    PodDemand pod = containers(3, Demand.memory(new MemoryMiB(8 * 60_000)).splitOver(8));
    Choice[] chosen = {new Choice(), new Choice(), new Choice()};

    assertThat(search.place(new PreparedDemand(pod, models), node, chosen)).isFalse();

    assertThat(search.stepsLeft()).isGreaterThan(PodSearch.MOST_STEPS - 1000);
  }

  @Test
  void threeContainersGetThreePartsOfOneMigGpuThatOnlyFitInOneOrder() {
    NodeState node = state(node("a").with(1, h100(), GpuMode.MIG_DYNAMIC).spec());
    // 4g starts at 0 only, 3g then at 4: 2g and 1g must leave those free, so nothing else fits
    PodDemand pod =
        pod(Demand.profile("1g.10gb"), Demand.profile("2g.20gb"), Demand.profile("4g.40gb"));

    // 4g.40gb@0, 2g.20gb@4, 1g.10gb@6
    assertThat(take(node, pod).slots()).hasSize(3);
    assertThat(node.occupied(0)).isEqualTo(0b0111_1111);
  }

  // ---- nothing

  @Test
  void aPodWithoutGpusFitsOnANodeWithoutGpus() {
    NodeState node = state(node("a").cpu(1000).spec());
    PodDemand pod = new PodDemand(List.of(), 1000, 0);

    assertThat(take(node, pod).slots()).isEmpty();
    assertThat(judge(node, pod)).isEqualTo(Verdict.of(Reason.CPU_TAKEN));
    assertThat(judge(node, new PodDemand(List.of(), 0, 0))).isEqualTo(Verdict.FITS);
  }

  @Test
  void aGpuOfWhichTheDriverLeavesNothingServesNoDemand() {
    // an H100 whose node reports 300 MiB: the driver keeps 81559 - 81152 = 407
    GpuSpec gpu = new GpuSpec(null, h100(), 300, GpuMode.PLAIN, List.of());
    NodeState node = state(NodeSpec.of("a", List.of(gpu)));

    assertThat(node.freeMiB(0)).isZero();
    assertThat(judge(node, Demand.memory(new MemoryMiB(1)))).isEqualTo(Verdict.of(Reason.TOO_BIG));
  }

  @Test
  void theSmallestFractionOfTheSmallestCardIsAMebibyte() {
    NodeState node = state(node("a").with(1, GpuModel.plain("tiny", 10), GpuMode.PLAIN).spec());

    assertThat(take(node, Demand.fraction(new Milli(1))).slots())
        .containsExactly(new Slot.Share(0, 1, 0));
  }

  // ---- cards that differ from the catalogue

  @Test
  void fractionsThatSumToAGpuFitOnACardThatReportsLessThanTheCatalogue() {
    // drivers before R510 report 40536 MiB for the card that has 40960 in the catalogue
    GpuModel a100 = model("A100-40GB");
    NodeState node =
        state(NodeSpec.of("a", List.of(new GpuSpec(null, a100, 40_536, GpuMode.PLAIN, List.of()))));

    // 40536 - (40960 - 40192) = 39768; half of it is 19884
    assertThat(take(node, Demand.fraction(new Milli(500))).memoryMiB()).isEqualTo(19_884);
    assertThat(take(node, Demand.fraction(new Milli(500))).memoryMiB()).isEqualTo(19_884);
    assertThat(node.freeMiB(0)).isZero();
  }

  @Test
  void aFractionIsOfEachCardAsItReportsItself() {
    GpuModel a100 = model("A100-40GB");
    GpuSpec small = new GpuSpec(null, a100, 30_768, GpuMode.PLAIN, List.of());
    NodeState node = state(NodeSpec.of("a", List.of(small, GpuSpec.of(a100, GpuMode.PLAIN))));

    // 30768 - 768 = 30000 and 40192
    assertThat(take(node, Demand.fraction(new Milli(1000)).splitOver(2)).slots())
        .extracting(Slot::memoryMiB)
        .containsExactly(30_000, 40_192);
  }

  @Test
  void aCardWithMoreMemoryThanTheCatalogueKnowsIsBelieved() {
    GpuSpec large = new GpuSpec(null, h100(), 96_000, GpuMode.PLAIN, List.of());
    NodeState node = state(NodeSpec.of("a", List.of(large)));

    // 96000 - 407
    assertThat(take(node, Demand.memory(new MemoryMiB(95_593))).slots()).hasSize(1);
  }

  // ---- cards with other slices

  @Test
  void theTwelveUnitsOfAnRtxPro6000AreFourSlicesOfThree() {
    GpuModel rtx = model("RTX-PRO-6000-Blackwell");
    NodeState node = state(node("a").with(1, rtx, GpuMode.MIG_DYNAMIC).spec());
    List<Integer> driverStarts = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Slot.Mig slot = (Slot.Mig) take(node, Demand.profile("1g.24gb")).slots().get(0);
      driverStarts.add(slot.profile().driverStart(slot.start()));
    }

    assertThat(driverStarts).containsExactlyInAnyOrder(0, 3, 6, 9);
    assertThat(judge(node, Demand.profile("1g.24gb")).kind()).isEqualTo(Verdict.Kind.NOT_NOW);
  }

  @Test
  void halvesOfAnRtxPro6000StartAtTheDriversUnitsZeroAndSix() {
    GpuModel rtx = model("RTX-PRO-6000-Blackwell");
    NodeState node = state(node("a").with(1, rtx, GpuMode.MIG_DYNAMIC).spec());
    List<Integer> driverStarts = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Slot.Mig slot = (Slot.Mig) take(node, Demand.profile("2g.48gb")).slots().get(0);
      driverStarts.add(slot.profile().driverStart(slot.start()));
    }

    assertThat(driverStarts).containsExactlyInAnyOrder(0, 6);
  }

  @Test
  void besideAnInstanceWithAllMediaEnginesOnlyOnesWithoutAnyFit() {
    GpuModel rtx = model("RTX-PRO-6000-Blackwell");
    NodeState node = state(node("a").with(1, rtx, GpuMode.MIG_DYNAMIC).spec());
    take(node, Demand.profile("1g.24gb+me.all"));

    assertThat(judge(node, Demand.profile("1g.24gb")).kind()).isEqualTo(Verdict.Kind.NOT_NOW);
    assertThat(judge(node, Demand.memory(new MemoryMiB(20_000))).kind())
        .isEqualTo(Verdict.Kind.NOT_NOW);
    for (int i = 0; i < 3; i++) {
      take(node, Demand.profile("1g.24gb-me"));
    }
    assertThat(node.occupied(0)).isEqualTo(0b1111);
  }

  @Test
  void anA30HasFourSlices() {
    NodeState node = state(node("a").with(1, model("A30"), GpuMode.MIG_DYNAMIC).spec());
    for (int i = 0; i < 4; i++) {
      take(node, Demand.memory(new MemoryMiB(5952)));
    }

    assertThat(node.occupied(0)).isEqualTo(0b1111);
    assertThat(judge(node, Demand.memory(new MemoryMiB(1))))
        .isEqualTo(Verdict.of(Reason.MEMORY_TAKEN));
  }

  @Test
  void instancesThatExistMayBeHeldTogetherAgainstTheMediaRules() {
    NodeState node = state(node("a").withInstances(h100(), "1g.10gb+me@0", "1g.10gb+me@1").spec());
    take(node, Demand.profile("1g.10gb+me"));
    take(node, Demand.profile("1g.10gb+me"));

    assertThat(judge(node, Demand.profile("1g.10gb+me")))
        .isEqualTo(Verdict.of(Reason.MEMORY_TAKEN));
  }

  /** Every model of the catalogue, in every mode it can be in, is filled and emptied again. */
  @ParameterizedTest
  @MethodSource("everyModel")
  void everyCardOfTheCatalogueCanBeFilledAndEmptied(GpuModel model) {
    fillAndEmpty(model, GpuMode.PLAIN, Demand.memory(new MemoryMiB(4000)));
    fillAndEmpty(model, GpuMode.PLAIN, Demand.fraction(new Milli(333)));
    fillAndEmpty(model, GpuMode.PLAIN, Demand.whole(1));
    if (model.migCapable()) {
      fillAndEmpty(model, GpuMode.MIG_DYNAMIC, Demand.memory(new MemoryMiB(1)));
      for (MigProfile profile : model.profiles()) {
        int most = fillAndEmpty(model, GpuMode.MIG_DYNAMIC, Demand.profile(profile.name()));
        assertThat(most)
            .as("%s of %s", profile, model)
            .isEqualTo(profile.placeable() ? profile.maxInstances() : 0);
      }
    }
  }

  private int fillAndEmpty(GpuModel model, GpuMode mode, Demand demand) {
    NodeState node = state(node("a").with(1, model, mode).spec());
    String empty = NodeStates.text(node);
    List<Placement> taken = new ArrayList<>();
    PreparedDemand prepared = new PreparedDemand(PodDemand.of(demand), models);
    Placer placer = new Placer(Prices.neutral(models));
    while (placer.tryOn(prepared, node)) {
      taken.add(placer.placement(prepared, node));
      assertThat(node.take(taken.get(taken.size() - 1))).as("%s on %s", demand, model).isTrue();
    }
    Collections.reverse(taken);
    taken.forEach(node::release);
    assertThat(NodeStates.text(node)).isEqualTo(empty);
    return taken.size();
  }

  static List<GpuModel> everyModel() {
    return List.copyOf(GpuCatalog.builtIn().models());
  }

  // ---- model lists

  @Test
  void unknownNamesInAListDoNotKeepTheKnownOneFromBeingUsed() {
    NodeState node = state(NodeSpec.of("a", gpus(1)));
    Demand demand =
        Demand.memory(new MemoryMiB(1)).onModels(List.of("X9000", "H100-80GB", "h100-80gb"));

    assertThat(judge(node, demand)).isEqualTo(Verdict.FITS);
    assertThat(judge(node, demand.onModels(List.of("h100-80gb"))))
        .isEqualTo(Verdict.of(Reason.WRONG_MODEL));
  }

  // ---- topology

  @Test
  void twoGpusAreThePairWithTheLinks() {
    NodeState node =
        state(NodeSpec.of("a", gpus(4)).withTopology(Topology.of(4).nvlink(1, 3, 12).build()));

    assertThat(gpusOf(take(node, Demand.whole(2)))).containsExactly(1, 3);
  }

  @Test
  void aSingleGpuIsTakenWhereItBreaksNoPair() {
    // 0 and 3 are linked, 1 and 2 are linked, 4 is alone
    Topology links = Topology.of(5).nvlink(0, 3, 4).nvlink(1, 2, 4).build();
    NodeState node = state(NodeSpec.of("a", gpus(5)).withTopology(links));

    assertThat(gpusOf(take(node, Demand.whole(1)))).containsExactly(4);
    // of equal sets the one whose last index is lower
    assertThat(gpusOf(take(node, Demand.whole(2)))).containsExactly(1, 2);
    assertThat(gpusOf(take(node, Demand.whole(2)))).containsExactly(0, 3);
  }

  @Test
  void aSingleGpuCompletesAPairThatIsBrokenAlready() {
    NodeState node = state(NodeSpec.of("a", gpus(4)).withTopology(pairs(4)));
    node.hold(new Slot.Whole(0, 1));

    assertThat(gpusOf(take(node, Demand.whole(1)))).containsExactly(1);
  }

  @Test
  void fourOfEightAreTheQuadThatIsFullyLinked() {
    // 8 GPUs; 0, 2, 5 and 7 are linked with each other, all others in pairs of neighbours
    Topology.Builder links = Topology.of(8);
    int[] quad = {0, 2, 5, 7};
    for (int one : quad) {
      for (int other : quad) {
        if (one < other) {
          links.nvlink(one, other, 6);
        }
      }
    }
    links.nvlink(1, 3, 6).nvlink(4, 6, 6);
    NodeState node = state(NodeSpec.of("a", gpus(8)).withTopology(links.build()));

    assertThat(gpusOf(take(node, Demand.whole(4)))).containsExactly(0, 2, 5, 7);
    assertThat(gpusOf(take(node, Demand.whole(2)))).containsExactly(1, 3);
  }

  @Test
  void whereLinksAreEqualTheNumaNodeDecides() {
    Topology.Builder numa = Topology.of(8).nvlinkAll(18);
    for (int gpu = 0; gpu < 8; gpu++) {
      numa.numa(gpu, gpu % 2);
    }
    NodeState node = state(NodeSpec.of("a", gpus(8)).withTopology(numa.build()));

    assertThat(gpusOf(take(node, Demand.whole(4)))).containsExactly(0, 2, 4, 6);
  }

  @Test
  void aWallThatIsAskedForIsKeptWhereTheOtherWouldBeCheaper() {
    NodeState node =
        state(node("a").with(1, h100(), GpuMode.MIG_DYNAMIC).with(1, h100(), GpuMode.PLAIN).spec());
    Demand eight = Demand.memory(new MemoryMiB(8192));

    assertThat(gpusOf(take(node, eight.withWall(WallChoice.MIG)))).containsExactly(0);
    assertThat(gpusOf(take(node, eight.withWall(WallChoice.MPS)))).containsExactly(1);
  }

  // ---- vocabulary

  private NodeState state(NodeSpec spec) {
    return new NodeState(spec, models);
  }

  private static List<GpuSpec> gpus(int number) {
    return Collections.nCopies(number, GpuSpec.of(h100(), GpuMode.PLAIN));
  }

  /** 0-1, 2-3, ... */
  private static Topology pairs(int gpus) {
    Topology.Builder links = Topology.of(gpus);
    for (int gpu = 0; gpu < gpus; gpu += 2) {
      links.nvlink(gpu, gpu + 1, 12);
    }
    return links.build();
  }

  private static PodDemand pod(Demand... demands) {
    List<Container> containers = new ArrayList<>();
    for (Demand demand : demands) {
      containers.add(new Container("c" + containers.size(), demand));
    }
    return new PodDemand(containers, 0, 0);
  }

  private static PodDemand containers(int number, Demand demand) {
    return pod(IntStream.range(0, number).mapToObj(i -> demand).toArray(Demand[]::new));
  }

  private Placement take(NodeState node, Demand demand) {
    return take(node, PodDemand.of(demand));
  }

  private Placement take(NodeState node, PodDemand pod) {
    PreparedDemand prepared = new PreparedDemand(pod, models);
    Placer placer = new Placer(Prices.neutral(models));
    assertThat(placer.judge(prepared, node)).as("%s", pod).isEqualTo(Verdict.FITS);
    Placement placement = placer.placement(prepared, node);
    assertThat(node.take(placement)).as("%s", placement).isTrue();
    return placement;
  }

  private Verdict judge(NodeState node, Demand demand) {
    return judge(node, PodDemand.of(demand));
  }

  private Verdict judge(NodeState node, PodDemand pod) {
    return new Placer(Prices.neutral(models)).judge(new PreparedDemand(pod, models), node);
  }

  private static List<Integer> gpusOf(Placement placement) {
    return placement.slots().stream().map(Slot::gpu).toList();
  }
}
