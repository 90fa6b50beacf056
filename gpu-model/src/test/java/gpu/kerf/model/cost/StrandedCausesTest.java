package gpu.kerf.model.cost;

import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.node;
import static gpu.kerf.model.Nodes.profile;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.Nodes;
import gpu.kerf.model.analysis.UsualDemands;
import gpu.kerf.model.cost.StrandedCauses.Cause;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which placement is the cause that a part of a GPU is of no use. */
class StrandedCausesTest {
  private final GpuModels models = new GpuModels();
  private final List<Placement> placements = new ArrayList<>();

  private NodeState state(Nodes nodes) {
    return new NodeState(nodes.spec(), models);
  }

  private static Placement placed(Slot slot, int cpuMilli) {
    return new Placement(
        "a", List.of(new Placement.ContainerSlots("main", List.of(slot))), cpuMilli, 0);
  }

  private void place(NodeState node, Slot slot) {
    Placement placement = placed(slot, 0);
    node.force(placement);
    placements.add(placement);
  }

  private List<Cause> causes(NodeState node, int gpu, Demand... usual) {
    List<PodDemand> demands = new ArrayList<>();
    for (Demand demand : usual) {
      demands.add(PodDemand.of(demand));
    }
    return new StrandedCauses(node, placements, new UsualDemands(demands, models)::strandedMiB)
        .of(gpu);
  }

  private static Demand memory(int mib) {
    return Demand.memory(new MemoryMiB(mib));
  }

  @Test
  void itIsThePlacementWithoutWhichLessWouldBeStranded() {
    NodeState node = state(node("a").with(1, h100(), GpuMode.PLAIN));
    place(node, new Slot.Share(0, 40_000, 0));
    place(node, new Slot.Share(0, 5_000, 0));

    // 81152 - 45000 = 36152 are free, and of use to no demand for 40000. Without the second
    // placement 1152 are stranded; without the first 36152 of 76152, as now.
    assertThat(causes(node, 0, memory(40_000))).containsExactly(new Cause(1, 445));
  }

  @Test
  void wherePlacementsAreTheCauseOnlyTogetherEachHasItsPart() {
    NodeState node = state(node("a").with(1, h100(), GpuMode.PLAIN));
    place(node, new Slot.Share(0, 30_000, 0));
    place(node, new Slot.Share(0, 10_000, 0));

    // 41152 are free. A demand for 80000 needs both gone: 507 thousandths, 3 to 1.
    assertThat(causes(node, 0, memory(80_000)))
        .containsExactly(new Cause(0, 380), new Cause(1, 127));
  }

  @Test
  void aGpuOfWhichNoPartIsHeldIsStrandedByNone() {
    NodeState node = state(node("a").with(2, h100(), GpuMode.PLAIN));
    place(node, new Slot.Share(0, 10_000, 0));

    assertThat(causes(node, 1, memory(90_000)))
        .containsExactly(new Cause(StrandedCauses.NONE, 1000));
  }

  @Test
  void aPlacementOnAnotherGpuIsTheCauseIfItTookTheCpu() {
    NodeState node = state(node("a").with(2, h100(), GpuMode.PLAIN).cpu(1000));
    Placement hungry = placed(new Slot.Share(0, 10_000, 0), 1000);
    node.force(hungry);

    List<Cause> causes =
        new StrandedCauses(
                node,
                List.of(hungry),
                (state, gpu) -> state.freeCpuMilli() < 1 ? state.freeOn(gpu) : 0)
            .of(1);

    assertThat(causes).containsExactly(new Cause(0, 1000));
  }

  @Test
  void whatIsOfUseHasNoCause() {
    NodeState node = state(node("a").with(1, h100(), GpuMode.MIG_DYNAMIC));
    place(node, new Slot.Mig(0, profile(h100(), "3g.40gb"), 0));

    assertThat(causes(node, 0, memory(10_000))).isEmpty();
  }
}
