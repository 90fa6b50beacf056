package gpu.kerf.model.placement;

import gpu.kerf.model.demand.PodDemand;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Places the containers of one pod together on one node.
 *
 * <p>First each container takes its best slots, the hardest demand first. If one of them then finds
 * nothing, every other combination of GPUs and starts is tried in order of cost, until one works or
 * {@link #MOST_TRIES} have failed. A pod that is refused after so many is refused although it might
 * fit; no pod with two containers comes near it.
 */
final class PodSearch {

  static final int MOST_TRIES = 20_000;

  private final Placer placer;
  private int tries;

  PodSearch(Placer placer) {
    this.placer = placer;
  }

  boolean place(PreparedDemand demand, NodeState node, Choice[] chosen) {
    Integer[] order = hardestFirst(demand.needs());
    NodeState trial = node.copy();
    return greedy(demand, trial, order, chosen) || exhaustive(demand, node.copy(), order, chosen);
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

  private boolean exhaustive(
      PreparedDemand demand, NodeState trial, Integer[] order, Choice[] chosen) {
    tries = 0;
    return tryFrom(0, demand, trial, order, chosen);
  }

  private boolean tryFrom(
      int depth, PreparedDemand demand, NodeState trial, Integer[] order, Choice[] chosen) {
    if (depth == order.length) {
      return true;
    }
    Need need = demand.needs().get(order[depth]);
    for (Choice option : options(need, trial)) {
      if (++tries > MOST_TRIES) {
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
    if (need.count == 1) {
      return single;
    }
    List<Choice> sets = new ArrayList<>();
    combine(need.count, 0, single, new ArrayList<>(), sets);
    sets.sort(Placer.CHEAPEST_FIRST);
    return sets;
  }

  private void combine(
      int missing, int from, List<Choice> single, List<Choice> picked, List<Choice> sets) {
    if (sets.size() >= MOST_TRIES) {
      return;
    }
    if (missing == 0) {
      Choice set = new Choice();
      picked.forEach(set::add);
      sets.add(set);
      return;
    }
    for (int i = from; i < single.size(); i++) {
      Choice next = single.get(i);
      if (picked.stream().allMatch(other -> other.goesWith(next))) {
        picked.add(next);
        combine(missing - 1, i + 1, single, picked, sets);
        picked.remove(picked.size() - 1);
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
    return node.value(placer.prices()) - trial.value(placer.prices());
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
