package gpu.kerf.model.placement;

import static gpu.kerf.model.Nodes.a100;
import static gpu.kerf.model.Nodes.node;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.WallChoice;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.price.Prices;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** "8 GB, please" on one A100 with 40 GB: the example that Kerf is explained with. */
class CardExampleTest {

  private static final Demand EIGHT_GB = Demand.memory(MemoryMiB.parse("8G"));

  private final GpuModels models = new GpuModels();

  @Test
  void eightGigabytesAreTheInstanceThatHoldsThemNotTheOneThatIsNamedLikeThem() {
    // 8 x 10^9 bytes = 7629.4 MiB -> 7630; 1g.5gb has 4864, 1g.10gb has 9856
    List<Slot> slots = fill(node("a").with(1, a100(), GpuMode.MIG_DYNAMIC).spec(), EIGHT_GB);

    assertThat(((Slot.Mig) slots.get(0)).profile().name()).isEqualTo("1g.10gb");
    assertThat(slots.get(0).memoryMiB()).isEqualTo(9856);
  }

  @Test
  void fourOfThemFitByMigAndTheFifthAndSixthAreToldThatTheMemoryIsTaken() {
    NodeState node = state(node("a").with(1, a100(), GpuMode.MIG_DYNAMIC).spec());

    // starts 0, 2, 4, 6
    assertThat(fill(node, EIGHT_GB)).hasSize(4);
    assertThat(judge(node, EIGHT_GB)).isEqualTo(Verdict.of(Reason.MEMORY_TAKEN));
  }

  @Test
  void whereNoGpuIsInMigModeTheyAreMpsShares() {
    List<Slot> slots = fill(node("a").with(1, a100(), GpuMode.PLAIN).spec(), EIGHT_GB);

    assertThat(slots.get(0)).isEqualTo(new Slot.Share(0, 7630, 0));
  }

  @Test
  void fiveOfThemFitByMpsAndTheSixthIsToldThatTheMemoryIsTaken() {
    NodeState node = state(node("a").with(1, a100(), GpuMode.PLAIN).spec());

    // 5 x 7630 = 38150 <= 40192, which is what the driver leaves of 40960; 6 x 7630 = 45780
    assertThat(fill(node, EIGHT_GB)).hasSize(5);
    assertThat(node.freeMiB(0)).isEqualTo(2042);
    assertThat(judge(node, EIGHT_GB)).isEqualTo(Verdict.of(Reason.MEMORY_TAKEN));
  }

  @Test
  void fiveBinaryGigabytePodsDoNotFitByMps() {
    NodeState node = state(node("a").with(1, a100(), GpuMode.PLAIN).spec());

    // 5 x 8192 = 40960 > 40192
    assertThat(fill(node, Demand.memory(MemoryMiB.parse("8Gi")))).hasSize(4);
  }

  @Test
  void theSixthGoesToAnotherGpuWhereThereIsOne() {
    NodeState node = state(node("a").with(2, a100(), GpuMode.PLAIN).spec());

    assertThat(fill(node, EIGHT_GB)).hasSize(10).element(5).isEqualTo(new Slot.Share(1, 7630, 0));
  }

  @Test
  void aWallThatTheNodeDoesNotHaveIsNeverThere() {
    NodeState node = state(node("a").with(1, a100(), GpuMode.PLAIN).spec());

    assertThat(judge(node, EIGHT_GB.withWall(WallChoice.MIG)))
        .isEqualTo(Verdict.of(Reason.WRONG_WALL));
  }

  private NodeState state(NodeSpec spec) {
    return new NodeState(spec, models);
  }

  private List<Slot> fill(NodeSpec spec, Demand demand) {
    return fill(state(spec), demand);
  }

  private List<Slot> fill(NodeState node, Demand demand) {
    PreparedDemand prepared = new PreparedDemand(PodDemand.of(demand), models);
    Placer placer = new Placer(Prices.neutral(models));
    List<Slot> slots = new ArrayList<>();
    while (placer.tryOn(prepared, node)) {
      Placement placement = placer.placement(prepared, node);
      assertThat(node.take(placement)).isTrue();
      slots.addAll(placement.slots());
    }
    return slots;
  }

  private Verdict judge(NodeState node, Demand demand) {
    return new Placer(Prices.neutral(models))
        .judge(new PreparedDemand(PodDemand.of(demand), models), node);
  }
}
