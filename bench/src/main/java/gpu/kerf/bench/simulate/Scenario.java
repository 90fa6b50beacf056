package gpu.kerf.bench.simulate;

import java.util.EnumSet;
import java.util.Set;

/**
 * The parameters of a simulation. The same scenario gives the same run.
 *
 * @param nodes the number of nodes; 0 lets the seed choose
 * @param pods the largest number of pods at one time; 0 lets the seed choose
 * @param teams whether there are Teams and gangs
 * @param dra whether there are nodes whose GPUs a DRA driver hands out
 */
record Scenario(
    long seed,
    long events,
    Set<Fault> faults,
    int replicas,
    int nodes,
    int pods,
    boolean teams,
    boolean dra) {

  Scenario {
    EnumSet<Fault> copy = EnumSet.noneOf(Fault.class);
    copy.addAll(faults);
    copy.removeIf(fault -> !isIn(fault, teams, dra));
    faults = copy;
  }

  /** Without teams and DRA drivers. */
  Scenario(long seed, long events, Set<Fault> faults, int replicas, int nodes, int pods) {
    this(seed, events, faults, replicas, nodes, pods, false, false);
  }

  private static boolean isIn(Fault fault, boolean teams, boolean dra) {
    return switch (fault.part()) {
      case CLUSTER -> true;
      case TEAMS -> teams;
      case DRA -> dra;
    };
  }

  static Scenario of(long seed, long events, Set<Fault> faults) {
    return new Scenario(seed, events, faults, 2, 0, 0);
  }

  Scenario without(Fault fault) {
    EnumSet<Fault> fewer = EnumSet.noneOf(Fault.class);
    fewer.addAll(faults);
    fewer.remove(fault);
    return new Scenario(seed, events, fewer, replicas, nodes, pods, teams, dra);
  }

  Scenario withEvents(long number) {
    return new Scenario(seed, number, faults, replicas, nodes, pods, teams, dra);
  }

  Scenario withNodes(int number) {
    return new Scenario(seed, events, faults, replicas, number, pods, teams, dra);
  }

  Scenario withPods(int number) {
    return new Scenario(seed, events, faults, replicas, nodes, number, teams, dra);
  }

  Scenario withReplicas(int number) {
    return new Scenario(seed, events, faults, number, nodes, pods, teams, dra);
  }

  /** The same with Teams and gangs, or without them. */
  Scenario withTeams(boolean on) {
    return new Scenario(seed, events, faults, replicas, nodes, pods, on, dra);
  }

  /** The same with nodes of DRA drivers, or without them. */
  Scenario withDra(boolean on) {
    return new Scenario(seed, events, faults, replicas, nodes, pods, teams, on);
  }

  /** Whether every fault that there is may occur. */
  boolean hasAllFaults() {
    EnumSet<Fault> all = EnumSet.allOf(Fault.class);
    all.removeIf(fault -> !isIn(fault, teams, dra));
    return faults.equals(all);
  }
}
