package gpu.kerf.model.analysis;

import static gpu.kerf.model.Nodes.a30;
import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.node;
import static gpu.kerf.model.Nodes.profile;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.analysis.FleetNumbers.OfModel;
import gpu.kerf.model.analysis.FleetNumbers.OfNode;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Slot;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Sums over GPUs, nodes and models. */
class FleetNumbersTest {

  private static final long SEED = 20261121;

  private final Fleet fleet = new Fleet();

  @Test
  void aPlainGpuCountsWhatItOffersToShares() {
    NodeState node = fleet.put(node("a").with(2, h100(), GpuMode.PLAIN).spec());
    node.hold(new Slot.Share(0, 31_152, 0));

    FleetNumbers numbers = numbers(60_000);

    // 2 x 81152; 50000 and 81152 are free, of which 60000 fits once: 50000 + 21152 are stranded
    MemoryCount expected = new MemoryCount(162_304, 31_152, 131_152, 71_152, 0);
    LargestRoom room = new LargestRoom(81_152, null, 1);
    assertThat(numbers.nodes()).containsExactly(new OfNode("a", 2, expected, room));
    assertThat(numbers.models()).containsExactly(new OfModel(h100(), 2, expected, room));
    assertThat(numbers.memory()).isEqualTo(expected);
    assertThat(numbers.room()).isEqualTo(room);
  }

  @Test
  void aGpuThatIsHeldWholeHasNothingFree() {
    NodeState node = fleet.put(node("a").with(1, h100(), GpuMode.PLAIN).spec());
    node.hold(new Slot.Whole(0, h100().memoryMiB()));

    assertThat(numbers(1000).memory()).isEqualTo(new MemoryCount(81_152, 81_152, 0, 0, 0));
    assertThat(numbers(1000).room()).isEqualTo(LargestRoom.NONE);
  }

  @Test
  void aGpuWithMigCountsByItsSlices() {
    NodeState node = fleet.put(node("a").with(1, h100(), GpuMode.MIG_DYNAMIC).spec());
    node.hold(new Slot.Mig(0, profile(h100(), "1g.10gb"), 1));

    FleetNumbers numbers = numbers(8000);

    // 81559 x 7 / 8 = 71364 free, slice 7 is stranded: 10194
    assertThat(numbers.memory()).isEqualTo(new MemoryCount(81_559, 10_195, 71_364, 10_194, 0));
    // the left half is broken: a 3g at 4 is the largest, for 4g starts at 0
    assertThat(numbers.room()).isEqualTo(new LargestRoom(0, profile(h100(), "3g.40gb"), 0));
  }

  @Test
  void ofTwoProfilesWithAsMuchMemoryTheOneWithMoreComputeIsLarger() {
    NodeState node = fleet.put(node("a").with(1, h100(), GpuMode.MIG_DYNAMIC).spec());
    node.hold(new Slot.Mig(0, profile(h100(), "1g.10gb"), 4));

    assertThat(numbers(8000).room().profile()).isEqualTo(profile(h100(), "4g.40gb"));
  }

  @Test
  void ofStaticInstancesTheLargestFreeOneCounts() {
    NodeState node =
        fleet.put(node("a").withInstances(h100(), "1g.10gb@0", "2g.20gb@2", "3g.40gb@4").spec());

    assertThat(numbers(8000).room().profile()).isEqualTo(profile(h100(), "3g.40gb"));
    node.hold(new Slot.Mig(0, profile(h100(), "3g.40gb"), 4));
    assertThat(numbers(8000).room().profile()).isEqualTo(profile(h100(), "2g.20gb"));
  }

  @Test
  void whatIsFreeOnAnUnhealthyGpuIsUnusableAndNotFree() {
    NodeState node = fleet.put(node("a").with(1, h100(), GpuMode.PLAIN).spec());
    node.hold(new Slot.Share(0, 1152, 0));
    node.block(0);

    assertThat(numbers(1000).memory()).isEqualTo(new MemoryCount(81_152, 1152, 0, 0, 80_000));
    assertThat(numbers(1000).room()).isEqualTo(LargestRoom.NONE);
  }

  @Test
  void aGpuWhoseClientsAreUsedUpHasNoRoomForAShare() {
    NodeState node = fleet.put(node("a").with(1, h100(), GpuMode.PLAIN).spec());
    for (int i = 0; i < 48; i++) {
      node.hold(new Slot.Share(0, 1, 0));
    }

    assertThat(numbers(1000).room().shareMiB()).isZero();
  }

  @Test
  void nodesStandInTheOrderOfTheirNamesAndModelsAreToldApart() {
    fleet.put(node("b").with(1, a30(), GpuMode.PLAIN).spec());
    fleet.put(node("gone").with(1, a30(), GpuMode.PLAIN).spec());
    fleet.put(node("a").with(1, h100(), GpuMode.PLAIN).with(1, a30(), GpuMode.PLAIN).spec());
    fleet.remove("gone");

    FleetNumbers numbers = numbers(8000);

    assertThat(numbers.nodes()).extracting(OfNode::node).containsExactly("a", "b");
    assertThat(numbers.models()).extracting(OfModel::model).containsExactly(h100(), a30());
    assertThat(numbers.models()).extracting(OfModel::gpus).containsExactly(1, 2);
    // untouched: one H100 and one A30 on a, one A30 on b
    assertThat(numbers.room().untouchedGpus()).isEqualTo(3);
  }

  @Test
  void anEmptyFleetIsAllZeros() {
    FleetNumbers numbers = numbers(8000);

    assertThat(numbers.nodes()).isEmpty();
    assertThat(numbers.memory()).isEqualTo(MemoryCount.NONE);
    assertThat(numbers.room()).isEqualTo(LargestRoom.NONE);
  }

  @Test
  void aNodeWithoutGpusIsListedWithZeros() {
    fleet.put(node("a").spec());

    assertThat(numbers(8000).nodes())
        .containsExactly(new OfNode("a", 0, MemoryCount.NONE, LargestRoom.NONE));
  }

  @Test
  void heldFreeAndUnusableAreAlwaysTheCapacity() {
    for (int i = 0; i < 200; i++) {
      Random random = new Random(SEED + i);
      NodeState node = fleet.put(mixed());
      for (int tries = 0; tries < 30; tries++) {
        change(node, random);
      }

      FleetNumbers numbers = numbers(1000 + random.nextInt(40_000));

      MemoryCount all = numbers.memory();
      assertThat(all.heldMiB() + all.freeMiB() + all.unusableMiB())
          .as("seed %d", SEED + i)
          .isEqualTo(all.capacityMiB());
      assertThat(all.strandedMiB()).as("seed %d", SEED + i).isBetween(0L, all.freeMiB());
      assertThat(numbers.nodes().get(0).memory()).as("seed %d", SEED + i).isEqualTo(all);
    }
  }

  private static NodeSpec mixed() {
    return node("a")
        .with(2, h100(), GpuMode.PLAIN)
        .with(2, h100(), GpuMode.MIG_DYNAMIC)
        .with(2, a30(), GpuMode.MIG_DYNAMIC)
        .withInstances(h100(), "1g.10gb@0", "2g.20gb@2", "3g.40gb@4")
        .spec();
  }

  private static void change(NodeState node, Random random) {
    int gpu = random.nextInt(node.gpus());
    if (random.nextInt(20) == 0) {
      node.block(gpu);
      return;
    }
    Slot slot = new Slot.Share(gpu, 1 + random.nextInt(30_000), 0);
    if (!node.isPlain(gpu)) {
      var profiles = node.gpuModel(gpu).profiles();
      var profile = profiles.get(random.nextInt(profiles.size()));
      int start = random.nextInt(8);
      if (!profile.startsAt(start)) {
        return;
      }
      slot = new Slot.Mig(gpu, profile, start);
    }
    if (node.isFree(slot)) {
      node.hold(slot);
    }
  }

  private FleetNumbers numbers(int usualMiB) {
    List<PodDemand> usual = List.of(PodDemand.of(Demand.memory(new MemoryMiB(usualMiB))));
    return FleetNumbers.of(fleet, new UsualDemands(usual, fleet.models()));
  }
}
