package gpu.kerf.model.placement;

import gpu.kerf.model.demand.PodDemand;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Places the containers of one pod together on one node.
 *
 * <p>First each container takes its best slots, the hardest demand first. If one of them then finds
 * nothing, every other combination of GPUs and starts is tried in order of cost, until one works or
 * the decision has used up its steps. A pod that is refused at this limit might have fitted; no pod
 * with two containers comes near the limit. A demand that takes long to search cannot block the
 * scheduler: further nodes of the same decision get {@link #STEPS_PER_NODE}.
 */
final class PodSearch {

  static final int MOST_STEPS = 20_000;
  private static final int STEPS_PER_NODE = 64;

  private final Placer placer;
  private final Choice alone = new Choice();
  private int stepsLeft = MOST_STEPS;

  PodSearch(Placer placer) {
    this.placer = placer;
  }

  /** From here on nodes are tried for another decision. */
  void startDecision() {
    stepsLeft = MOST_STEPS;
  }

  /** How many steps the decision may still take, without those that further nodes bring. */
  int stepsLeft() {
    return stepsLeft;
  }

  /** Allows so many steps from here on; how many were left before. */
  int exchangeSteps(int steps) {
    int left = stepsLeft;
    stepsLeft = steps;
    return left;
  }

  boolean place(PreparedDemand demand, NodeState node, Choice[] chosen) {
    for (Need need : demand.needs()) {
      if (!placer.choose(need, node, Placer.NOTHING, alone)) {
        return false;
      }
    }
    stepsLeft = Math.min(MOST_STEPS, stepsLeft + STEPS_PER_NODE);
    Integer[] order = hardestFirst(demand.needs());
    return greedy(demand, node.copy(), order, chosen)
        || tryFrom(0, demand, node.copy(), order, chosen);
  }

  private static Integer[] hardestFirst(List<Need> needs) {
    Integer[] order = new Integer[needs.size()];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparingLong(i -> -hardness(needs.get(i))));
    return order;
  }

  private static long hardness(Need need) {
    return need.whole
        ? (long) Integer.MAX_VALUE + need.count
        : (long) need.largestMiB() * need.count;
  }

  private boolean greedy(PreparedDemand demand, NodeState trial, Integer[] order, Choice[] chosen) {
    for (int i : order) {
      Need need = demand.needs().get(i);
      if (!placer.choose(need, trial, Placer.NOTHING, chosen[i])) {
        return false;
      }
      holdAll(need, chosen[i], trial);
    }
    return true;
  }

  private boolean tryFrom(
      int depth, PreparedDemand demand, NodeState trial, Integer[] order, Choice[] chosen) {
    if (depth == order.length) {
      return true;
    }
    Need need = demand.needs().get(order[depth]);
    for (Choice option : options(need, trial)) {
      if (--stepsLeft < 0) {
        return false;
      }
      chosen[order[depth]].copyFrom(option);
      holdAll(need, option, trial);
      if (tryFrom(depth + 1, demand, trial, order, chosen)) {
        return true;
      }
      giveAll(need, option, trial);
    }
    return false;
  }

  /** Everything a need could get, cheapest first. */
  private List<Choice> options(Need need, NodeState node) {
    List<Choice> single = placer.options(need, node);
    single.sort(Choice.TWINS_TOGETHER);
    List<Choice> sets = new ArrayList<>();
    combine(need.count, 0, single, node, new ArrayDeque<>(), sets);
    sets.sort(Choice.CHEAPEST_FIRST);
    return sets;
  }

  /** Of options that come to the same only the first is combined with the rest. */
  private void combine(
      int missing,
      int from,
      List<Choice> single,
      NodeState node,
      Deque<Choice> picked,
      List<Choice> sets) {
    if (missing == 0) {
      Choice set = new Choice();
      picked.forEach(set::add);
      sets.add(set);
      return;
    }
    @Nullable Choice passedOver = null;
    for (int i = from; i < single.size() && --stepsLeft >= 0; i++) {
      Choice next = single.get(i);
      boolean goes = picked.stream().allMatch(other -> other.goesWith(next));
      if (goes && (passedOver == null || !next.comesToTheSameAs(passedOver, node))) {
        picked.addLast(next);
        combine(missing - 1, i + 1, single, node, picked, sets);
        picked.removeLast();
        passedOver = next;
      }
    }
  }

  private static void holdAll(Need need, Choice choice, NodeState trial) {
    for (int i = 0; i < choice.size; i++) {
      trial.hold(choice.slot(i, need, trial));
    }
  }

  private static void giveAll(Need need, Choice choice, NodeState trial) {
    for (int i = 0; i < choice.size; i++) {
      trial.give(choice.slot(i, need, trial));
    }
  }

  /** What all containers take together, with the pod's CPU. */
  long taken(PreparedDemand demand, NodeState node, Choice[] chosen) {
    NodeState trial = node.copy();
    trial.force(placement(demand, node, chosen));
    return NodeWorth.of(node, placer.prices()) - NodeWorth.of(trial, placer.prices());
  }

  static Placement placement(PreparedDemand demand, NodeState node, Choice[] chosen) {
    List<Placement.ContainerSlots> containers = new ArrayList<>();
    PodDemand asked = demand.demand();
    for (int i = 0; i < asked.containers().size(); i++) {
      Need need = demand.needs().get(i);
      List<Slot> slots = new ArrayList<>();
      for (int j = 0; j < chosen[i].size; j++) {
        slots.add(chosen[i].slot(j, need, node));
      }
      containers.add(new Placement.ContainerSlots(asked.containers().get(i).name(), slots));
    }
    return new Placement(node.name(), containers, asked.cpuMilli(), asked.hostMemoryMiB());
  }
}
