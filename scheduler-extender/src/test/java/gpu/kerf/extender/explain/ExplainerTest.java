package gpu.kerf.extender.explain;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.embedded.FleetFile;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.Milli;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.demand.WallChoice;
import gpu.kerf.model.fleet.Chooser;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.PreparedDemand;
import gpu.kerf.model.placement.Slot;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Explanations on the standard fleet: 12 plain H100, 4 dynamic; 4 plain A100, 4 dynamic, 2 cut. */
class ExplainerTest {

  private final Fleet fleet = new Fleet();
  private final Chooser chooser = new Chooser(fleet);
  private final Explainer explainer = new Explainer(fleet, () -> chooser.placer().prices());

  ExplainerTest() {
    for (NodeSpec node : FleetFile.standard()) {
      fleet.put(node);
    }
  }

  @Test
  void aDemandThatFitsIsToldWhereItGoesAndWhereItCannot() {
    assertThat(text(Demand.memory(gib(40)).withWall(WallChoice.MIG)))
        .isEqualTo(
            """
            pod
              read as   container main: 40Gi of the memory of one GPU, wall mig
              goes to   h100-b: GPU 4: MIG 7g.80gb at slice 0 (81152Mi)
              because   it takes least from the demands that usually come, and holds 40192Mi more than asked
              fits      on 1 node (h100-b)
              never     on 2 nodes (a100-b, a100-c): no GPU of the node has as much memory as the pod asks for
              never     on 2 nodes (a100-a, h100-a): the node has no GPU with the wall that the pod needs
            """);
  }

  @Test
  void aDemandThatIsTooBigForAnyGpuIsToldToAskForALittleLessOrToSplit() {
    assertThat(text(Demand.memory(gib(96))))
        .contains("never     on 5 nodes")
        .contains("wait      does not help: no pod that leaves would make room")
        .containsPattern(
            "change    ask for [0-9]+(Mi|Gi) instead of 96Gi; then it goes to h100-a\n")
        .contains("or        split it over 2 GPUs (kerf.gpu/split: \"2\"); then it goes to h100-");
  }

  @Test
  void aFullFleetNamesTheLargestPlaceableMemory() {
    takeEverythingBut(2_000);

    Change change = change(PodDemand.of(Demand.memory(new MemoryMiB(2_500))));

    // What is left on every plain GPU is 2000 MiB: 500 of 2500 are lost.
    assertThat(change.text()).isEqualTo("ask for 2000Mi instead of 2500Mi");
    assertThat(change.loss()).isEqualTo(200);
    assertThat(change.patch())
        .hasToString(
            "{spec={containers=[{name=main, resources={limits={kerf.gpu/memory=2000Mi}}}]}}");
  }

  @Test
  void aChangeIsWrittenForTheInitContainerThatUsesTheSlotsToo() {
    takeEverythingBut(2_000);
    PodDemand main = PodDemand.of(Demand.memory(new MemoryMiB(2_500)));
    PodDemand pod =
        new PodDemand(
            main.containers(),
            List.of(new PodDemand.Reuse("warm", "main", false)),
            0,
            0,
            main.ways());

    Change change = change(pod);

    assertThat(change.text())
        .isEqualTo("ask for 2000Mi instead of 2500Mi for each of the containers main, warm");
    assertThat(change.patch())
        .hasToString(
            "{spec={containers=[{name=main, resources={limits={kerf.gpu/memory=2000Mi}}}],"
                + " initContainers=[{name=warm, resources={limits={kerf.gpu/memory=2000Mi}}}]}}");
  }

  @Test
  void leavingOutAModelCostsLessThanLosingATenthOfTheMemory() {
    takeAllPlain("H100-80GB", 16_000);

    Change change =
        change(
            PodDemand.of(
                Demand.memory(gib(20)).withWall(WallChoice.MPS).onModels(List.of("H100-80GB"))));

    assertThat(change.text()).isEqualTo("accept any GPU model (leave out kerf.gpu/models)");
    assertThat(change.node()).isEqualTo("a100-a");
    assertThat(change.patch()).hasToString("{metadata={annotations={kerf.gpu/models=null}}}");
  }

  @Test
  void aLittleLessMemoryCostsLessThanAnotherWall() {
    takeAllPlain("H100-80GB", 16_000);
    takeAllPlain("A100-40GB", 16_000);

    Change change =
        change(PodDemand.of(Demand.memory(new MemoryMiB(16_100)).withWall(WallChoice.MPS)));

    assertThat(change.text()).isEqualTo("ask for 16000Mi instead of 16100Mi");
  }

  @Test
  void conditionsThatHelpOnlyTogetherAreLeftOutTogether() {
    takeEverythingBut(0);
    fleet.put(FleetFile.standard().get(3));

    // Only a100-b is free, and all of it is MIG: neither the model nor the wall alone suffices.
    Change change =
        change(
            PodDemand.of(
                Demand.memory(gib(4)).withWall(WallChoice.MPS).onModels(List.of("H100-80GB"))));

    assertThat(change.text())
        .isEqualTo(
            "accept any wall (leave out kerf.gpu/wall), and accept any GPU model (leave out"
                + " kerf.gpu/models)");
    assertThat(change.node()).isEqualTo("a100-b");
  }

  @Test
  void fewerGpusAreOfferedWhereNotEnoughAreFreeTogether() {
    assertThat(change(PodDemand.of(Demand.whole(16))).text())
        .isEqualTo("ask for 8 GPUs instead of 16");
  }

  @Test
  void aWholeGpuMayBecomeAShare() {
    takeEverythingBut(30_000);

    assertThat(change(PodDemand.of(Demand.whole(1))).text())
        .isEqualTo("share a GPU: ask for kerf.gpu/memory 30000Mi instead of a whole GPU");
  }

  @Test
  void tooMuchCpuIsNamedToo() {
    PodDemand pod = PodDemand.of(Demand.memory(gib(8))).withCpuMilli(400_000);

    assertThat(change(pod).text()).isEqualTo("ask for CPU 192 instead of 400");
  }

  @Test
  void lessThanATenthOfTheMemoryIsNoAnswer() {
    takeEverythingBut(800);

    assertThat(explainer.cheapestChange(PodDemand.of(Demand.memory(gib(8))))).isNull();
    assertThat(change(PodDemand.of(Demand.memory(new MemoryMiB(7_000)))).text())
        .isEqualTo("ask for 800Mi instead of 7000Mi");
  }

  @Test
  void whereNothingHelpsNothingIsPromised() {
    takeEverythingBut(0);

    PodDemand pod = PodDemand.of(Demand.memory(gib(8)));
    assertThat(explainer.cheapestChange(pod)).isNull();
    assertThat(ExplanationText.of("pod", explainer.explain(pod)))
        .contains("wait      it fits when other pods have left")
        .contains("change    nothing that was tried would make it fit now");
  }

  @Test
  void everyChangeThatIsOfferedFitsWhereItSaysAndIsRankedByLoss() {
    SplittableRandom random = new SplittableRandom(7);
    int offered = 0;
    for (int round = 0; round < 300; round++) {
      fillSome(random);
      PodDemand pod = RandomPods.next(random);
      Explanation explanation = explainer.explain(pod);
      assertThat(explanation.verdicts().stream().mapToInt(Explanation.Group::nodes).sum())
          .isEqualTo(fleet.size());
      int loss = 0;
      for (Change change : explanation.changes()) {
        PreparedDemand changed = chooser.prepare(change.demand());
        assertThat(
                chooser.placer().tryOn(changed, Objects.requireNonNull(fleet.node(change.node()))))
            .as("%s of %s in round %d", change.text(), pod, round)
            .isTrue();
        assertThat(change.loss()).isGreaterThanOrEqualTo(loss);
        loss = change.loss();
        offered++;
      }
    }
    assertThat(offered).isGreaterThan(50);
  }

  @Test
  void explainingChangesNothing() {
    fillSome(new SplittableRandom(3));
    List<Integer> before = fleet.size() == 0 ? List.of() : versions();

    explainer.explain(PodDemand.of(Demand.whole(8)));

    assertThat(versions()).isEqualTo(before);
  }

  private List<Integer> versions() {
    return FleetFile.standard().stream()
        .map(node -> Objects.requireNonNull(fleet.node(node.name())).version())
        .toList();
  }

  private String text(Demand demand) {
    return ExplanationText.of("pod", explainer.explain(PodDemand.of(demand)));
  }

  private Change change(PodDemand pod) {
    return Objects.requireNonNull(explainer.cheapestChange(pod));
  }

  private static MemoryMiB gib(int amount) {
    return new MemoryMiB(amount * 1024);
  }

  /** Leaves so much on every plain GPU, and nothing on the others. */
  private void takeEverythingBut(int left) {
    takeAllPlain("H100-80GB", left);
    takeAllPlain("A100-40GB", left);
    boolean took = true;
    while (took) {
      took = take(PodDemand.of(Demand.memory(new MemoryMiB(1)).withWall(WallChoice.MIG)));
    }
  }

  private void takeAllPlain(String model, int left) {
    for (NodeSpec node : FleetFile.standard()) {
      for (int gpu = 0; gpu < node.gpus().size(); gpu++) {
        var state = Objects.requireNonNull(fleet.node(node.name()));
        if (state.isPlain(gpu) && state.gpuModel(gpu).name().equals(model)) {
          int taken = state.freeMiB(gpu) - left;
          state.hold(new Slot.Share(gpu, taken, 0));
        }
      }
    }
  }

  private boolean take(PodDemand pod) {
    Chooser.Choice choice = chooser.best(chooser.prepare(pod));
    Placement placement = choice == null ? null : choice.placement();
    return placement != null
        && Objects.requireNonNull(fleet.node(placement.node())).take(placement);
  }

  private void fillSome(SplittableRandom random) {
    for (NodeSpec node : FleetFile.standard()) {
      fleet.put(node);
    }
    int pods = random.nextInt(120);
    for (int i = 0; i < pods; i++) {
      take(RandomPods.next(random));
    }
  }

  /** Demands of every form. */
  private static final class RandomPods {
    static PodDemand next(SplittableRandom random) {
      Demand demand =
          switch (random.nextInt(5)) {
            case 0 -> Demand.whole(1 + random.nextInt(9));
            case 1 -> Demand.fraction(new Milli(1 + random.nextInt(1000)));
            case 2 -> Demand.memory(new MemoryMiB(1 + random.nextInt(90_000))).splitOver(2);
            default -> Demand.memory(new MemoryMiB(1 + random.nextInt(90_000)));
          };
      if (random.nextInt(4) == 0) {
        demand = demand.onModels(List.of("A100-40GB"));
      }
      if (random.nextInt(3) == 0 && !(demand.size() instanceof Size.Whole)) {
        demand = demand.withWall(random.nextBoolean() ? WallChoice.MIG : WallChoice.MPS);
      }
      return PodDemand.of(demand).withCpuMilli(random.nextInt(100_000));
    }
  }
}
