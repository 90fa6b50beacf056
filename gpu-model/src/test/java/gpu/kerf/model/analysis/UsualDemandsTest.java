package gpu.kerf.model.analysis;

import static gpu.kerf.model.Nodes.a30;
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
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Slot;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Free memory that no usual demand could use. */
class UsualDemandsTest {

  private static final GpuModel RTX = model("RTX-PRO-6000-Blackwell");

  private final GpuModels models = new GpuModels();

  @Test
  void onAPlainGpuItIsWhatTheBestFillingLeaves() {
    NodeState node = state(node("a").with(1, h100(), GpuMode.PLAIN));

    // 81152 = 8 x 10000 + 1152
    assertThat(stranded(node, memory(10_000))).isEqualTo(1152);
    // 81152 = 2 x 30000 + 21152, or 30000 + 50000 + 1152
    assertThat(stranded(node, memory(30_000), memory(50_000))).isEqualTo(1152);
    assertThat(stranded(node, memory(30_000))).isEqualTo(21_152);
    // 90000 is a share of no H100
    assertThat(stranded(node, memory(90_000))).isEqualTo(81_152);
  }

  @Test
  void withoutUsualDemandsEverythingFreeIsStranded() {
    assertThat(stranded(state(node("a").with(1, h100(), GpuMode.PLAIN)))).isEqualTo(81_152);
    assertThat(stranded(state(node("a").with(1, h100(), GpuMode.MIG_DYNAMIC)))).isEqualTo(81_559);
  }

  @Test
  void aUsualDemandForWholeGpusCanUseAnUntouchedOneAndNoOther() {
    NodeState node = state(node("a").with(1, h100(), GpuMode.PLAIN));
    Demand whole = Demand.whole(4);

    assertThat(stranded(node, whole)).isZero();
    node.hold(new Slot.Share(0, 1152, 0));
    assertThat(stranded(node, whole)).isEqualTo(80_000);
    assertThat(stranded(node, whole, memory(80_000))).isZero();
  }

  @Test
  void aGpuWhoseClientsAreAllUsedUpIsStrandedAltogether() {
    NodeState node = state(node("a").with(1, h100(), GpuMode.PLAIN));
    for (int i = 0; i < 48; i++) {
      node.hold(new Slot.Share(0, 24, 0));
    }

    // 81152 - 48 x 24 = 80000
    assertThat(stranded(node, memory(1))).isEqualTo(80_000);
  }

  @Test
  void aDemandForMoreMultiprocessorsThanAreLeftDoesNotCount() {
    NodeState node = state(node("a").with(1, h100(), GpuMode.PLAIN));
    node.hold(new Slot.Share(0, 1152, 700));

    assertThat(stranded(node, memory(80_000).withSm(new Milli(300)))).isZero();
    assertThat(stranded(node, memory(80_000).withSm(new Milli(301)))).isEqualTo(80_000);
  }

  @Test
  void onAGpuWithDynamicMigItIsTheSlicesThatNoUsualProfileCovers() {
    NodeState node = state(node("a").with(1, h100(), GpuMode.MIG_DYNAMIC));

    // 1g: slices 0-6, so slice 7 is stranded: 81559 / 8 = 10194
    assertThat(stranded(node, Demand.profile("1g.10gb"))).isEqualTo(10_194);
    // 2g start at 0, 2, 4: slices 6 and 7
    assertThat(stranded(node, Demand.profile("2g.20gb"))).isEqualTo(20_389);
    // a 3g on each half
    assertThat(stranded(node, Demand.profile("3g.40gb"))).isZero();
    // 2g and 1g of double memory at 6
    assertThat(stranded(node, Demand.profile("2g.20gb"), Demand.profile("1g.20gb"))).isZero();
  }

  @Test
  void aDemandForMemoryCoversWhatTheProfilesDoThatItWouldGet() {
    NodeState node = state(node("a").with(1, h100(), GpuMode.MIG_DYNAMIC));
    hold(node, h100(), "1g.10gb", 0);
    hold(node, h100(), "1g.10gb", 5);

    // 8000 MiB get a 1g.10gb: all but slice 7
    assertThat(stranded(node, memory(8000))).isEqualTo(10_194);
    // 30000 MiB need a half; neither is free: 6 slices of 8
    assertThat(stranded(node, memory(30_000))).isEqualTo(61_169);
    // 15000 MiB get a pair: 2-3 and 6-7 are free, slices 1 and 4 are stranded
    assertThat(stranded(node, memory(15_000))).isEqualTo(20_389);
  }

  @Test
  void theBestCoverMayNotBeginAtTheLowestSlice() {
    // A30, slice 0 held: 1g anywhere; 2g at 2
    NodeState node = state(node("a").with(1, a30(), GpuMode.MIG_DYNAMIC));
    hold(node, a30(), "1g.6gb", 0);

    // 24576 / 4 = 6144 a slice: slice 1 is stranded for halves
    assertThat(stranded(node, Demand.profile("2g.12gb"))).isEqualTo(6144);
    assertThat(stranded(node, Demand.profile("4g.24gb"))).isEqualTo(18_432);
    assertThat(stranded(node, Demand.profile("2g.12gb"), Demand.profile("1g.6gb"))).isZero();
  }

  @Test
  void mediaEnginesCoverOneSliceOfAGpuAndNoneWhereTheyAreHeld() {
    NodeState node = state(node("a").with(1, RTX, GpuMode.MIG_DYNAMIC));
    int slice = RTX.memoryMiB() / 4;

    assertThat(stranded(node, Demand.profile("1g.24gb+me"))).isEqualTo(3 * RTX.memoryMiB() / 4);
    hold(node, RTX, "1g.24gb+me", 0);
    assertThat(stranded(node, Demand.profile("1g.24gb+me"))).isEqualTo(3 * RTX.memoryMiB() / 4);
    assertThat(stranded(node, Demand.profile("2g.48gb"))).isBetween(slice, slice + 1);
    // every engine for one instance: nothing ordinary may be beside it, nor it beside +me
    assertThat(stranded(node, Demand.profile("1g.24gb+me.all"))).isEqualTo(3 * RTX.memoryMiB() / 4);
    assertThat(stranded(node, Demand.profile("1g.24gb-me"))).isZero();
  }

  @Test
  void onStaticMigItIsTheInstancesThatServeNoDemandAndWhatIsUnderNone() {
    NodeState node = state(node("a").withInstances(h100(), "1g.10gb@0", "2g.20gb@2", "3g.40gb@4"));

    // slice 1 is under no instance. 8000 MiB are served by all: 1 slice; 15000 by 2g and 3g: 2
    // slices; 30000 by the 3g: 4 slices
    assertThat(stranded(node, memory(8000))).isEqualTo(10_194);
    assertThat(stranded(node, memory(15_000))).isEqualTo(20_389);
    assertThat(stranded(node, memory(30_000))).isEqualTo(40_779);
    hold(node, h100(), "3g.40gb", 4);
    // slices 0-3 are free, and none serves
    assertThat(stranded(node, memory(30_000))).isEqualTo(40_779);
    assertThat(stranded(node, memory(8000))).isEqualTo(10_194);
  }

  @Test
  void onAGpuOutOfUseNothingIsStrandedForItIsNotFree() {
    NodeState node = state(node("a").with(1, h100(), GpuMode.PLAIN));
    node.block(0);

    assertThat(stranded(node)).isZero();
  }

  @Test
  void everyContainerOfAPodCounts() {
    NodeState node = state(node("a").with(1, h100(), GpuMode.PLAIN));
    PodDemand two =
        new PodDemand(
            List.of(
                new PodDemand.Container("one", memory(50_000)),
                new PodDemand.Container("two", memory(31_152))),
            0,
            0);

    assertThat(new UsualDemands(List.of(two), models).strandedMiB(node, 0)).isZero();
  }

  @Test
  void aModelThatNoUsualDemandAcceptsIsStranded() {
    NodeState node = state(node("a").with(1, h100(), GpuMode.PLAIN));

    assertThat(stranded(node, memory(1000).onModels(List.of("A30")))).isEqualTo(81_152);
  }

  private int stranded(NodeState node, Demand... usual) {
    List<PodDemand> pods = Arrays.stream(usual).map(PodDemand::of).toList();
    return new UsualDemands(pods, models).strandedMiB(node, 0);
  }

  private static Demand memory(int mib) {
    return Demand.memory(new MemoryMiB(mib));
  }

  private NodeState state(Nodes node) {
    return new NodeState(node.spec(), models);
  }

  private static void hold(NodeState node, GpuModel model, String name, int start) {
    MigProfile profile = profile(model, name);
    node.hold(new Slot.Mig(0, profile, start));
  }
}
