package gpu.kerf.model.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.RandomDemands;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.placement.Cost;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.PreparedDemand;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Against a list of all costs that is sorted. */
class CheapestNodesTest {
  private static final long SEED = 20261129;
  private final Fleet fleet = new Fleet();
  private final Chooser chooser = new Chooser(fleet);

  private record Costed(int number, String node, Cost cost) {}

  @Test
  void theCheapestClassItsFirstNameAndTheNextClassAreThoseOfASortedList() {
    SplittableRandom random = new SplittableRandom(SEED);
    for (int i = 0; i < 40; i++) {
      String name = "node-" + random.nextInt(1_000_000);
      fleet.put(RandomDemands.node(new Random(random.nextLong()), name));
    }
    int placed = 0;
    for (int round = 0; round < 400; round++) {
      PodDemand pod = RandomDemands.pod(new Random(random.nextLong()));
      chooser.arrived(pod);
      PreparedDemand demand = chooser.prepare(pod);
      List<Costed> sorted = offered(demand, random);
      check(sorted);
      if (!sorted.isEmpty()) {
        placed++;
        Chooser.Choice choice = Objects.requireNonNull(chooser.best(demand));
        assertThat(choice.placement().node()).isEqualTo(sorted.get(0).node);
        Objects.requireNonNull(fleet.at(choice.node())).take(choice.placement());
      }
    }
    assertThat(placed).isGreaterThan(40);
  }

  /** Offers all nodes in a random order under numbers of their own; the list by cost and name. */
  private List<Costed> offered(PreparedDemand demand, SplittableRandom random) {
    chooser.refresh();
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < fleet.limit(); i++) {
      order.add(random.nextInt(order.size() + 1), i);
    }
    List<Costed> costs = new ArrayList<>();
    for (int number = 0; number < order.size(); number++) {
      int index = order.get(number);
      NodeState node = Objects.requireNonNull(fleet.at(index));
      boolean fits = chooser.placer().tryOn(demand, node);
      if (fits) {
        costs.add(new Costed(number, node.name(), chooser.placer().cost()));
      }
      assertThat(chooser.cheapest().offer(demand, number, index)).isEqualTo(fits);
    }
    costs.sort(Comparator.comparing(Costed::cost).thenComparing(Costed::node));
    return costs;
  }

  private void check(List<Costed> sorted) {
    CheapestNodes cheapest = chooser.cheapest();
    if (sorted.isEmpty()) {
      assertThat(cheapest.count()).isZero();
      assertThat(cheapest.index()).isEqualTo(-1);
      return;
    }
    Cost least = sorted.get(0).cost;
    List<Costed> best = sorted.stream().filter(each -> each.cost.equals(least)).toList();
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < cheapest.count(); i++) {
      numbers.add(cheapest.number(i));
    }
    assertThat(numbers)
        .containsExactlyElementsOf(best.stream().map(Costed::number).sorted().toList());
    assertThat(cheapest.cost()).isEqualTo(least);
    assertThat(Objects.requireNonNull(fleet.at(cheapest.index())).name())
        .isEqualTo(sorted.get(0).node);
    if (best.size() < sorted.size()) {
      assertThat(cheapest.runnerUpCost()).isEqualTo(sorted.get(best.size()).cost);
    } else {
      assertThat(cheapest.runnerUp()).isEqualTo(-1);
    }
  }
}
