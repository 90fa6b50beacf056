package gpu.kerf.model.placement;

import static gpu.kerf.model.Nodes.a100;
import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.model;
import static gpu.kerf.model.Nodes.node;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.Nodes;
import gpu.kerf.model.RandomDemands;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.Milli;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.WallChoice;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.price.Prices;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What quota counts on mixed cards, and that no placement holds more. */
class QuotaCountTest {

  private final GpuModels models = new GpuModels();
  private final List<NodeState> nodes = new ArrayList<>();

  private QuotaCountTest with(Nodes... some) {
    for (Nodes each : some) {
      nodes.add(new NodeState(each.spec(), models));
    }
    return this;
  }

  private int count(Demand demand) {
    return QuotaCount.mostMiB(new PreparedDemand(PodDemand.of(demand), models), nodes)[0];
  }

  private static Nodes a10s() {
    return node("a10s").with(4, model("A10"), GpuMode.PLAIN);
  }

  private static Nodes h100s() {
    return node("h100s").with(8, h100(), GpuMode.PLAIN);
  }

  private static Nodes cutAtWill() {
    return node("cut").with(2, a100(), GpuMode.MIG_DYNAMIC);
  }

  @Test
  void aFractionCountsByTheLargestCardThatItMayGet() {
    with(a10s(), h100s());
    Demand half = Demand.fraction(new Milli(500));
    assertThat(count(half)).isEqualTo(half.memoryMiB(h100().shareableMiB()));
    assertThat(count(half.onModels(List.of("A10"))))
        .isEqualTo(half.memoryMiB(model("A10").shareableMiB()));
  }

  @Test
  void aWholeGpuCountsAsTheLargestCard() {
    with(a10s(), h100s());
    assertThat(count(Demand.whole(2))).isEqualTo(h100().memoryMiB());
    assertThat(count(Demand.whole(2).onModels(List.of("A10")))).isEqualTo(model("A10").memoryMiB());
  }

  @Test
  void memoryCountsAsTheInstanceThatServesIt() {
    with(h100s());
    Demand eight = Demand.memory(new MemoryMiB(8192));
    assertThat(count(eight)).as("a share").isEqualTo(8192);
    with(cutAtWill());
    // 1g.10gb of an A100 of 40 GB
    assertThat(count(eight)).isEqualTo(Nodes.profile(a100(), "1g.10gb").memoryMiB());
    assertThat(count(eight.withWall(WallChoice.MPS))).isEqualTo(8192);
  }

  @Test
  void ofTheInstancesOfAModelTheLeastCounts() {
    with(node("large").withInstances(a100(), "7g.40gb@0"));
    Demand four = Demand.memory(new MemoryMiB(4096));
    assertThat(count(four)).isEqualTo(Nodes.profile(a100(), "7g.40gb").memoryMiB());
    with(node("small").withInstances(a100(), "1g.5gb@0", "3g.20gb@4"));
    assertThat(count(four)).isEqualTo(Nodes.profile(a100(), "1g.5gb").memoryMiB());
  }

  @Test
  void whatNoGpuServesIsNotCounted() {
    with(a10s());
    assertThat(count(Demand.memory(new MemoryMiB(50_000)))).isZero();
    assertThat(count(Demand.profile("1g.10gb"))).isZero();
    assertThat(count(Demand.whole(1).onModels(List.of("T4")))).isZero();
  }

  @Test
  void aLargerCardThatCameLaterGivesNoMoreThanWasCounted() {
    with(a10s());
    Demand half = Demand.fraction(new Milli(500));
    Demand counted = half.holdingAtMost(count(half));
    Demand whole = Demand.whole(1);
    Demand countedWhole = whole.holdingAtMost(count(whole));
    with(h100s());
    for (Demand each : List.of(counted, countedWhole)) {
      assertThat(judge(each, nodes.get(0)).reason()).isNull();
      assertThat(judge(each, nodes.get(1)).reason()).isEqualTo(Reason.MORE_THAN_COUNTED);
      assertThat(judge(each.holdingAtMost(0), nodes.get(1)).reason()).isNull();
    }
  }

  private Verdict judge(Demand demand, NodeState node) {
    Placer placer = new Placer(Prices.neutral(models));
    placer.startDecision();
    return placer.judge(new PreparedDemand(PodDemand.of(demand), models), node);
  }

  @Test
  void noPlacementOfAnyDemandHoldsMoreThanWasCounted() {
    with(
        a10s(), h100s(), cutAtWill(), node("cut-b").withInstances(a100(), "3g.20gb@4", "1g.5gb@0"));
    Random random = new Random(11);
    Placer placer = new Placer(Prices.neutral(models));
    int placed = 0;
    for (int i = 0; i < 3_000; i++) {
      Demand demand = RandomDemands.demand(random);
      int most = count(demand);
      Demand counted = demand.holdingAtMost(most);
      for (NodeState node : nodes) {
        placer.startDecision();
        PreparedDemand prepared = new PreparedDemand(PodDemand.of(counted), models);
        if (most == 0 || !placer.tryOn(prepared, node)) {
          continue;
        }
        placed++;
        for (Slot slot : placer.placement(prepared, node).slots()) {
          assertThat(slot.memoryMiB())
              .as("%s on %s", counted, node.name())
              .isLessThanOrEqualTo(most);
        }
      }
    }
    assertThat(placed).isGreaterThan(1_000);
  }

  @Test
  void aDemandThatFitsSomewhereFitsThereWhenItIsCounted() {
    with(a10s(), h100s(), cutAtWill());
    Random random = new Random(12);
    for (int i = 0; i < 700; i++) {
      Demand demand = RandomDemands.demand(random);
      boolean fits = nodes.stream().anyMatch(node -> judge(demand, node).reason() == null);
      int most = count(demand);
      if (fits) {
        assertThat(most).as("%s", demand).isPositive();
        assertThat(nodes)
            .as("%s at most %s", demand, most)
            .anyMatch(node -> judge(demand.holdingAtMost(most), node).reason() == null);
      }
    }
  }
}
