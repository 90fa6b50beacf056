package gpu.kerf.model.placement;

import static gpu.kerf.model.Nodes.a100;
import static gpu.kerf.model.Nodes.a30;
import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.node;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.RandomDemands;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.Milli;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.WallChoice;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.hardware.MigLayouts;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.price.Mix;
import gpu.kerf.model.price.PriceMaker;
import gpu.kerf.model.price.Prices;
import gpu.kerf.model.price.Supply;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The placer finds a slot exactly where the naive search finds one, and none cheaper exists. */
class PlacerOracleTest {

  /** MIG layouts are valued by iteration, which stops a little early: a hundredth of an H100. */
  private static final long IMPRECISION = 800 * Prices.MIB;

  private final GpuModels models = new GpuModels();

  @Test
  void onEveryStateOfAnH100EveryDemandGetsTheCheapestSlotThatExists() {
    assertThat(compareOnEveryLayout(h100())).isEqualTo(723);
  }

  @Test
  void onEveryStateOfAnA100WithFortyGigabytesToo() {
    assertThat(compareOnEveryLayout(a100())).isEqualTo(723);
  }

  @Test
  void onEveryStateOfAnA30Too() {
    assertThat(compareOnEveryLayout(a30())).isEqualTo(26);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void onRandomMixedNodesPodsGetWhatTheNaiveSearchFinds(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      NodeState node = randomNode(random);
      Prices prices = learned(random);
      for (int i = 0; i < 6; i++) {
        compare(RandomDemands.pod(random), node, prices, "seed " + seed + " round " + round);
      }
    }
  }

  private int compareOnEveryLayout(GpuModel model) {
    NodeSpec spec = node("a").with(1, model, GpuMode.MIG_DYNAMIC).spec();
    NodeState empty = new NodeState(spec, models);
    MigLayouts layouts = models.layouts(0);
    Prices prices = Prices.neutral(models);
    List<PodDemand> demands = demandsFor(model);
    for (int layout = 0; layout < layouts.size(); layout++) {
      NodeState node = withLayout(empty.copy(), layouts, layout);
      for (PodDemand demand : demands) {
        compare(demand, node, prices, model.name() + " layout " + layout);
      }
    }
    return layouts.size();
  }

  private static NodeState withLayout(NodeState node, MigLayouts layouts, int layout) {
    for (int start = 0; start < 8; start++) {
      MigProfile profile = layouts.at(layout, start);
      if (profile != null) {
        node.hold(new Slot.Mig(0, profile, start));
      }
    }
    return node;
  }

  /** By name, by every memory around the edge of a profile, by SM share, and what cannot be. */
  private static List<PodDemand> demandsFor(GpuModel model) {
    List<PodDemand> demands = new ArrayList<>();
    for (MigProfile profile : model.profiles()) {
      demands.add(PodDemand.of(Demand.profile(profile.name())));
      for (int mib :
          new int[] {profile.memoryMiB() - 1, profile.memoryMiB(), profile.memoryMiB() + 1}) {
        demands.add(PodDemand.of(Demand.memory(new MemoryMiB(mib))));
      }
      demands.add(
          PodDemand.of(
              Demand.memory(new MemoryMiB(1))
                  .withSm(new Milli(Math.min(1000, profile.smMilli() + 1)))));
    }
    demands.add(PodDemand.of(Demand.whole(1)));
    demands.add(PodDemand.of(Demand.fraction(new Milli(300))));
    demands.add(PodDemand.of(Demand.memory(new MemoryMiB(1)).withWall(WallChoice.MPS)));
    return demands;
  }

  private NodeState randomNode(Random random) {
    NodeState node = new NodeState(RandomDemands.node(random, "a"), models);
    Prices prices = Prices.neutral(models);
    Placer placer = new Placer(prices);
    for (int i = random.nextInt(8); i > 0; i--) {
      PreparedDemand demand = new PreparedDemand(RandomDemands.pod(random), models);
      if (placer.tryOn(demand, node)) {
        assertThat(node.take(placer.placement(demand, node))).isTrue();
      }
    }
    if (random.nextInt(4) == 0 && node.gpus() > 0) {
      node.block(random.nextInt(node.gpus()));
    }
    return node;
  }

  private Prices learned(Random random) {
    Mix mix = new Mix();
    for (int i = 0; i < 30; i++) {
      mix.arrived(RandomDemands.pod(random));
    }
    Supply supply = new Supply(models.size());
    for (int i = 0; i < models.size(); i++) {
      supply.addWorth(i, 40_000 * Prices.MIB);
      supply.addUntouched(i, 1 + random.nextInt(8));
    }
    return new PriceMaker(models, mix).make(supply);
  }

  private void compare(PodDemand pod, NodeState node, Prices prices, String where) {
    Placer placer = new Placer(prices);
    PreparedDemand prepared = new PreparedDemand(pod, models);
    List<Placement> all = NaivePlacer.all(pod, node);
    String what = where + ": " + pod + " on " + describe(node);

    boolean fits = placer.tryOn(prepared, node);

    assertThat(fits).as(what).isEqualTo(!all.isEmpty());
    if (!fits) {
      assertThat(placer.judge(prepared, node).fits()).as(what).isFalse();
      return;
    }
    long taken = placer.taken();
    Placement placement = placer.placement(prepared, node);
    assertThat(all).as(what).contains(placement);
    assertThat(taken).as(what).isEqualTo(NaivePlacer.taken(placement, node, prices));
    if (pod.containers().size() == 1 && pod.containers().get(0).demand().gpus() == 1) {
      long least =
          NaivePlacer.withoutLargerThanNeeded(all, node).stream()
              .mapToLong(one -> NaivePlacer.taken(one, node, prices))
              .min()
              .orElseThrow();
      assertThat(taken).as(what).isCloseTo(least, Offset.offset(IMPRECISION));
    }
  }

  private static String describe(NodeState node) {
    StringBuilder text = new StringBuilder();
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      text.append("\n  ").append(node.gpu(gpu));
    }
    return text.toString();
  }
}
