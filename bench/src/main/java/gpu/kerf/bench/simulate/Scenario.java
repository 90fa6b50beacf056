package gpu.kerf.bench.simulate;

import java.util.EnumSet;
import java.util.Set;

/**
 * The parameters of a simulation. The same scenario gives the same run.
 *
 * @param nodes the number of nodes; 0 lets the seed choose
 * @param pods the largest number of pods at one time; 0 lets the seed choose
 * @param teams whether there are Teams and gangs
 */
record Scenario(
    long seed, long events, Set<Fault> faults, int replicas, int nodes, int pods, boolean teams) {

  Scenario {
    EnumSet<Fault> copy = EnumSet.noneOf(Fault.class);
    copy.addAll(faults);
    copy.removeIf(fault -> fault.isOfTeams() && !teams);
    faults = copy;
  }

  /** Without teams. */
  Scenario(long seed, long events, Set<Fault> faults, int replicas, int nodes, int pods) {
    this(seed, events, faults, replicas, nodes, pods, false);
  }

  static Scenario of(long seed, long events, Set<Fault> faults) {
    return new Scenario(seed, events, faults, 2, 0, 0);
  }

  Scenario without(Fault fault) {
    EnumSet<Fault> fewer = EnumSet.noneOf(Fault.class);
    fewer.addAll(faults);
    fewer.remove(fault);
    return new Scenario(seed, events, fewer, replicas, nodes, pods, teams);
  }

  Scenario withEvents(long number) {
    return new Scenario(seed, number, faults, replicas, nodes, pods, teams);
  }

  Scenario withNodes(int number) {
    return new Scenario(seed, events, faults, replicas, number, pods, teams);
  }

  Scenario withPods(int number) {
    return new Scenario(seed, events, faults, replicas, nodes, number, teams);
  }

  Scenario withReplicas(int number) {
    return new Scenario(seed, events, faults, number, nodes, pods, teams);
  }

  /** The same with Teams and gangs, or without them. */
  Scenario withTeams(boolean on) {
    return new Scenario(seed, events, faults, replicas, nodes, pods, on);
  }

  /** Whether every fault that there is may occur. */
  boolean hasAllFaults() {
    EnumSet<Fault> all = EnumSet.allOf(Fault.class);
    all.removeIf(fault -> fault.isOfTeams() && !teams);
    return faults.equals(all);
  }
}
