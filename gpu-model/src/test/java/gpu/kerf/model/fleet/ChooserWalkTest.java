package gpu.kerf.model.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.RandomDemands;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Chooser.Choice;
import gpu.kerf.model.fleet.Ledger.Taking;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Cost;
import gpu.kerf.model.placement.NaivePlacer;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.NodeStates;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pods come and go on random fleets, and a learning chooser says where they go. */
class ChooserWalkTest {

  private static final int NODES = 10;
  private static final int PODS = 250;

  private static final class Side {
    final Ledger ledger = new Ledger();
    final Chooser chooser;

    Side(List<NodeSpec> nodes) {
      nodes.forEach(ledger::putNode);
      this.chooser = new Chooser(ledger.fleet());
    }

    @Nullable Choice arrive(PodDemand pod) {
      chooser.arrived(pod);
      if (chooser.isDue()) {
        chooser.renew();
      }
      return chooser.best(chooser.prepare(pod));
    }

    String nodeOf(Choice choice) {
      return Objects.requireNonNull(ledger.fleet().at(choice.node())).name();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void whatIsChosenCanBeTakenIsCheapestAndWhereNothingIsChosenNothingExists(long seed) {
    Random random = new Random(seed);
    Side side = new Side(nodes(random));
    for (int i = 0; i < PODS; i++) {
      String what = "seed " + seed + " pod " + i;
      PodDemand pod = RandomDemands.pod(random);
      Choice choice = side.arrive(pod);
      if (choice == null) {
        assertNothingExists(side, pod, what);
        releaseOne(random, side);
      } else {
        assertThat(choice.cost()).as(what).isEqualTo(cheapest(side, pod));
        assertThat(choice.placement().node()).as(what).isEqualTo(side.nodeOf(choice));
        assertThat(side.ledger.take(Holder.of("p" + i), choice.placement(), i))
            .as(what)
            .isEqualTo(Taking.TAKEN);
      }
    }
  }

  private static void assertNothingExists(Side side, PodDemand pod, String what) {
    Fleet fleet = side.ledger.fleet();
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = Objects.requireNonNull(fleet.at(i));
      assertThat(NaivePlacer.all(pod, node))
          .as("%s: %s on %s", what, pod, NodeStates.text(node))
          .isEmpty();
    }
  }

  private static Cost cheapest(Side side, PodDemand pod) {
    List<Cost> costs = new ArrayList<>();
    Fleet fleet = side.ledger.fleet();
    for (int i = 0; i < fleet.limit(); i++) {
      if (side.chooser
          .placer()
          .tryOn(side.chooser.prepare(pod), Objects.requireNonNull(fleet.at(i)))) {
        costs.add(side.chooser.placer().cost());
      }
    }
    return Collections.min(costs);
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14, 15, 16})
  void theOrderInWhichNodesBecameKnownChangesNoAnswer(long seed) {
    Random random = new Random(seed);
    List<NodeSpec> nodes = nodes(random);
    Side side = new Side(nodes);
    List<NodeSpec> shuffled = new ArrayList<>(nodes);
    Collections.shuffle(shuffled, random);
    Side other = new Side(shuffled);
    for (int i = 0; i < PODS; i++) {
      String what = "seed " + seed + " pod " + i;
      PodDemand pod = RandomDemands.pod(random);
      Choice choice = side.arrive(pod);
      Choice again = other.arrive(pod);
      if (choice == null || again == null) {
        assertThat(again).as(what).isEqualTo(choice);
        String gone = releaseOne(random, side);
        other.ledger.release(gone);
      } else {
        assertThat(again.placement()).as(what).isEqualTo(choice.placement());
        assertThat(again.cost()).as(what).isEqualTo(choice.cost());
        side.ledger.take(Holder.of("p" + i), choice.placement(), i);
        other.ledger.take(Holder.of("p" + i), again.placement(), i);
      }
    }
  }

  @Test
  void askedTwiceItAnswersTheSame() {
    Random random = new Random(21);
    Side side = new Side(nodes(random));
    for (int i = 0; i < PODS; i++) {
      PodDemand pod = RandomDemands.pod(random);
      Choice choice = side.arrive(pod);

      assertThat(side.chooser.best(side.chooser.prepare(pod))).as("pod %d", i).isEqualTo(choice);
      if (choice == null) {
        releaseOne(random, side);
      } else {
        side.ledger.take(Holder.of("p" + i), choice.placement(), i);
      }
    }
  }

  @Test
  void amongEqualNodesTheOneWhoseNameComesFirstWins() {
    NodeSpec like = RandomDemands.node(new Random(3), "m");
    List<String> names = List.of("m", "b", "z", "a10", "a2");
    Side side = new Side(names.stream().map(name -> renamed(like, name)).toList());
    PodDemand nothing = new PodDemand(List.of(), 100, 100);

    Choice choice = Objects.requireNonNull(side.arrive(nothing));

    assertThat(side.nodeOf(choice)).isEqualTo("a10");
  }

  @Test
  void onAnEmptyFleetNothingIsChosenAndLearningGoesOn() {
    Side side = new Side(List.of());
    for (int i = 0; i < 200; i++) {
      assertThat(side.arrive(RandomDemands.pod(new Random(i)))).isNull();
    }

    side.ledger.putNode(RandomDemands.node(new Random(3), "late"));
    assertThat(side.arrive(new PodDemand(List.of(), 0, 0))).isNotNull();
  }

  @Test
  void aModelThatComesWhilePodsRunGetsPricesBeforeTheNextChoice() {
    Random random = new Random(5);
    Side side = new Side(List.of());
    for (int i = 0; i < 60; i++) {
      side.ledger.putNode(RandomDemands.node(random, "n" + i));
      PodDemand pod = RandomDemands.pod(random);
      side.chooser.arrived(pod);
      Choice choice = side.chooser.best(side.chooser.prepare(pod));
      if (choice != null) {
        assertThat(side.ledger.take(Holder.of("p" + i), choice.placement(), i))
            .isEqualTo(Taking.TAKEN);
      }
    }
    assertThat(side.ledger.entries()).hasSizeGreaterThan(30);
  }

  private static List<NodeSpec> nodes(Random random) {
    List<NodeSpec> nodes = new ArrayList<>();
    for (int i = 0; i < NODES; i++) {
      nodes.add(RandomDemands.node(random, "n" + i));
    }
    return nodes;
  }

  private static NodeSpec renamed(NodeSpec spec, String name) {
    return new NodeSpec(name, spec.gpus(), spec.topology(), spec.cpuMilli(), spec.hostMemoryMiB());
  }

  private static String releaseOne(Random random, Side side) {
    List<String> uids = side.ledger.entries().stream().map(Entry::uid).toList();
    if (uids.isEmpty()) {
      return "";
    }
    String uid = uids.get(random.nextInt(uids.size()));
    side.ledger.release(uid);
    return uid;
  }
}
