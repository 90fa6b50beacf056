package gpu.kerf.bench.simulate;

import java.util.EnumSet;
import java.util.Set;

/**
 * The parameters of a simulation. The same scenario gives the same run.
 *
 * @param nodes the number of nodes; 0 lets the seed choose
 * @param pods the largest number of pods at one time; 0 lets the seed choose
 */
record Scenario(long seed, long events, Set<Fault> faults, int replicas, int nodes, int pods) {

  Scenario {
    EnumSet<Fault> copy = EnumSet.noneOf(Fault.class);
    copy.addAll(faults);
    faults = copy;
  }

  static Scenario of(long seed, long events, Set<Fault> faults) {
    return new Scenario(seed, events, faults, 2, 0, 0);
  }

  Scenario without(Fault fault) {
    EnumSet<Fault> fewer = EnumSet.noneOf(Fault.class);
    fewer.addAll(faults);
    fewer.remove(fault);
    return new Scenario(seed, events, fewer, replicas, nodes, pods);
  }

  Scenario withEvents(long number) {
    return new Scenario(seed, number, faults, replicas, nodes, pods);
  }

  Scenario withNodes(int number) {
    return new Scenario(seed, events, faults, replicas, number, pods);
  }

  Scenario withPods(int number) {
    return new Scenario(seed, events, faults, replicas, nodes, number);
  }

  Scenario withReplicas(int number) {
    return new Scenario(seed, events, faults, number, nodes, pods);
  }
}
