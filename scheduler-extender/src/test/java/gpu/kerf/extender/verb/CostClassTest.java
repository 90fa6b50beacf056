package gpu.kerf.extender.verb;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.state.Policy;
import gpu.kerf.extender.wire.PodView;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Winners and all let kube-scheduler choose among the same nodes, as long as the extender's weight
 * makes one point of its score outweigh all in-tree scores: 12 weights of 100 points each, so 121.
 */
class CostClassTest {

  private static final int WEIGHT = 121;
  private static final int IN_TREE_AT_MOST = 1200;
  private static final int PODS_PER_FLEET = 40;
  private static final int FLEETS = Integer.getInteger("kerf.steps", 100_000) / 10_000;

  @ParameterizedTest(name = "fleets from seed {0}")
  @ValueSource(longs = {1, 2, 3, 4})
  void bothAnswersLetTheSchedulerChooseAmongTheSameNodes(long seed) {
    for (int fleet = 0; fleet < FLEETS; fleet++) {
      fillFleet(seed * 1000 + fleet);
    }
  }

  private static void fillFleet(long seed) {
    RandomWork work = new RandomWork(seed);
    World world = new World();
    int nodes = 2 + work.random().nextInt(12);
    for (int i = 0; i < nodes; i++) {
      world.node(work.node("n" + i));
    }
    for (int i = 0; i < PODS_PER_FLEET; i++) {
      PodView pod = work.pod("p" + i);
      Map<String, Integer> inTree = inTree(work, world.allNames());
      String[] named = someOf(work, world.allNames());
      Set<String> ofWinners = choices(world, Policy.Answer.WINNERS, pod, named, inTree);
      Set<String> ofAll = choices(world, Policy.Answer.ALL, pod, named, inTree);
      assertThat(ofWinners).as("seed %d, pod %d", seed, i).isEqualTo(ofAll);
      if (!ofWinners.isEmpty()) {
        world.bind(pod, ofWinners.iterator().next());
        world.turn();
      }
    }
  }

  private static String[] someOf(RandomWork work, List<String> names) {
    List<String> some = new ArrayList<>(names);
    Collections.shuffle(some, work.random());
    return some.subList(0, 1 + work.random().nextInt(some.size())).toArray(String[]::new);
  }

  private static Map<String, Integer> inTree(RandomWork work, List<String> names) {
    Map<String, Integer> scores = new HashMap<>();
    boolean coarse = work.random().nextBoolean();
    names.forEach(
        name -> {
          int score = work.random().nextInt(IN_TREE_AT_MOST + 1);
          scores.put(name, coarse ? score / 600 * 600 : score);
        });
    return scores;
  }

  /** The nodes of the highest sum of scores; kube-scheduler takes any of them. */
  private static Set<String> choices(
      World world, Policy.Answer answer, PodView pod, String[] named, Map<String, Integer> inTree) {
    world.scheduling.use(new Policy(answer, 10_000));
    List<String> feasible = world.chosen(world.filter(pod, named));
    if (feasible.isEmpty()) {
      return Set.of();
    }
    Map<String, Integer> scores = world.scores(pod, feasible.toArray(String[]::new));
    Set<String> best = new TreeSet<>();
    long highest = Long.MIN_VALUE;
    for (String node : feasible) {
      long sum = 10L * WEIGHT * scores.getOrDefault(node, 0) + inTree.getOrDefault(node, 0);
      if (sum > highest) {
        best.clear();
        highest = sum;
      }
      if (sum == highest) {
        best.add(node);
      }
    }
    return best;
  }
}
