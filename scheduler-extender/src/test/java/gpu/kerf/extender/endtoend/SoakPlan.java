package gpu.kerf.extender.endtoend;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Which faults come when, drawn from a seed before anything starts. */
final class SoakPlan {
  private static final long SHORTEST_GAP_MILLIS = 500;
  private static final long LONGEST_GAP_MILLIS = 5_000;
  private static final long LONGEST_FAULT_MILLIS = 12_000;

  /** What goes wrong. Faults of a replica concern one of the two. */
  enum Fault {
    WATCHES_CUT,
    WATCHES_HELD,
    CONNECTION_CUT,
    ANSWERS_SLOW,
    BINDING_ANSWERS_LOST,
    KERF_PAUSED,
    KERF_KILLED,
    SCHEDULER_PAUSED,
    SCHEDULER_KILLED,
    API_SERVER_AWAY,
    PODS_FORCE_DELETED,
    GPUS_SWAPPED,
    GPU_LOST
  }

  /**
   * One fault.
   *
   * @param pick chooses what it happens to, where several things can be chosen
   */
  record Planned(long atMillis, Fault fault, int replica, long forMillis, int pick) {
    @Override
    public String toString() {
      return "%s of replica %d for %d ms".formatted(fault, replica, forMillis);
    }
  }

  private SoakPlan() {}

  /** Faults for so long, each over before the end. */
  static List<Planned> of(long seed, Duration length, Set<Fault> faults) {
    Random random = new Random(seed);
    List<Fault> kinds = faults.stream().sorted().toList();
    List<Planned> plan = new ArrayList<>();
    long at = 0;
    while (true) {
      at += between(random, SHORTEST_GAP_MILLIS, LONGEST_GAP_MILLIS);
      Fault fault = kinds.get(random.nextInt(kinds.size()));
      long time = between(random, SHORTEST_GAP_MILLIS, LONGEST_FAULT_MILLIS);
      int replica = random.nextInt(2);
      int pick = random.nextInt(Integer.MAX_VALUE);
      if (at + time > length.toMillis()) {
        return plan;
      }
      plan.add(new Planned(at, fault, replica, time, pick));
    }
  }

  private static long between(Random random, long least, long most) {
    return least + (long) (random.nextDouble() * (most - least));
  }
}
