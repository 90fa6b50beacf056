package gpu.kerf.model.fleet;

import static gpu.kerf.model.Nodes.a100;
import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.node;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.RandomDemands;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JointFitTest {
  private static final long SEED = 20261201;

  private final Fleet fleet = new Fleet();
  private final Chooser chooser = new Chooser(fleet);

  private JointFit fit() {
    return new JointFit(fleet, chooser.placer().prices());
  }

  private static PodDemand whole(int gpus) {
    return PodDemand.of(Demand.whole(gpus));
  }

  private static PodDemand memory(int mib) {
    return PodDemand.of(Demand.memory(new MemoryMiB(mib)));
  }

  private int room(PodDemand demand, int count) {
    return fit().add(demand, count, node -> true).size();
  }

  @Test
  void asManyPodsHaveRoomAsTheChooserWouldPlaceOneAfterTheOther() {
    SplittableRandom random = new SplittableRandom(SEED);
    int several = 0;
    for (int round = 0; round < 60; round++) {
      Fleet nodes = new Fleet();
      for (int i = 0; i < 12; i++) {
        nodes.put(RandomDemands.node(new Random(random.nextLong()), "node-" + i));
      }
      Chooser other = new Chooser(nodes);
      PodDemand demand =
          PodDemand.of(RandomDemands.demand(new Random(random.nextLong()))).withCpuMilli(500);
      int before = versions(nodes);
      List<Placement> places =
          new JointFit(nodes, other.placer().prices()).add(demand, 10_000, node -> true);
      assertThat(versions(nodes)).as("the fleet is as before").isEqualTo(before);
      int placed = 0;
      for (Chooser.Choice next = best(other, demand); next != null; next = best(other, demand)) {
        assertThat(Objects.requireNonNull(nodes.at(next.node())).take(next.placement())).isTrue();
        placed++;
      }
      assertThat(places).as("seed %d, round %d, %s", SEED, round, demand).hasSize(placed);
      several += placed > 1 ? 1 : 0;
    }
    assertThat(several).isGreaterThan(20);
  }

  private static Chooser.@Nullable Choice best(Chooser chooser, PodDemand demand) {
    return chooser.best(chooser.prepare(demand));
  }

  private static int versions(Fleet fleet) {
    int sum = 0;
    for (int i = 0; i < fleet.limit(); i++) {
      sum += Objects.requireNonNull(fleet.at(i)).version();
    }
    return sum;
  }

  @Test
  void setsThatAreAddedTakeRoomFromThoseAfterThem() {
    fleet.put(node("a").with(4, h100(), GpuMode.PLAIN).spec());
    JointFit fit = fit();
    assertThat(fit.add(whole(2), 1, node -> true)).hasSize(1);
    // Two GPUs are left, and 81,000 MiB need one of them each.
    assertThat(fit.add(memory(60_000), 3, node -> true)).hasSize(2);
    assertThat(fit.reasons(memory(60_000), node -> true)).hasSize(1);
    assertThat(room(memory(60_000), 4)).isEqualTo(4);
  }

  @Test
  void podsGoOnlyToNodesThatTheyMayUse() {
    fleet.put(node("a").with(2, h100(), GpuMode.PLAIN).spec());
    fleet.put(node("b").with(2, h100(), GpuMode.PLAIN).spec());
    List<Placement> places = fit().add(whole(1), 4, name -> name.equals("b"));
    assertThat(places).extracting(Placement::node).containsExactly("b", "b");
  }

  @Test
  void placesThatWereFoundBeforeCountUpToTheirNumber() {
    fleet.put(node("a").with(4, h100(), GpuMode.PLAIN).spec());
    List<Placement> three = fit().add(whole(1), 3, node -> true);
    for (int needed = 0; needed <= 3; needed++) {
      JointFit fit = fit();
      fit.take(three, needed);
      assertThat(fit.add(whole(1), 9, node -> true)).hasSize(4 - needed);
    }
  }

  @Test
  void placesThatOthersHaveTakenSinceCountForNothing() {
    fleet.put(node("a").with(2, h100(), GpuMode.PLAIN).spec());
    List<Placement> places = new ArrayList<>(fit().add(whole(1), 1, node -> true));
    Objects.requireNonNull(fleet.node("a")).take(places.get(0));
    JointFit fit = fit();
    fit.take(places, 1);
    assertThat(fit.add(whole(1), 9, node -> true)).hasSize(1);
  }

  @Test
  void whatNoEmptyNodeCouldTakeIsImpossible() {
    assertThat(fit().isImpossible(whole(1))).as("without nodes nothing is known").isFalse();
    fleet.put(node("a").with(2, a100(), GpuMode.PLAIN).spec());
    assertThat(fit().isImpossible(memory(60_000))).isTrue();
    assertThat(fit().reasons(memory(60_000), node -> true)).isEqualTo(Map.of(Reason.TOO_BIG, 1));
    assertThat(fit().isImpossible(whole(2))).isFalse();
    JointFit full = fit();
    full.add(whole(2), 1, node -> true);
    assertThat(full.isImpossible(whole(2))).as("it only has to wait").isFalse();
    fleet.put(node("b").with(1, h100(), GpuMode.PLAIN).spec());
    assertThat(fit().isImpossible(memory(60_000))).as("one node could").isFalse();
  }
}
