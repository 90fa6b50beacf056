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
  private static final long SHORTEST_FAULT_MILLIS = 500;
  private static final long LONGEST_FAULT_MILLIS = 12_000;

  /** The lease of a test lasts 6 seconds and is renewed every second. */
  private static final long SHORTER_THAN_LEASE_MILLIS = 4_000;

  private static final long LONGER_THAN_LEASE_MILLIS = 8_000;

  /** What goes wrong: with one of the two replicas, or with what they share. */
  enum Fault {
    WATCHES_CUT(true),
    WATCHES_HELD(true),
    CONNECTION_CUT(true),
    ANSWERS_SLOW(true),
    BINDING_ANSWERS_LOST(true),
    KERF_PAUSED(true),
    KERF_KILLED(true),
    /** For less than the lease lasts. */
    SCHEDULER_PAUSED(true, SHORTEST_FAULT_MILLIS, SHORTER_THAN_LEASE_MILLIS),
    SCHEDULER_KILLED(true),
    /** Both of its processes stand still, and its watches stay behind for a while longer. */
    REPLICA_STUCK(true, SHORTEST_FAULT_MILLIS, SHORTER_THAN_LEASE_MILLIS),
    /**
     * For longer than the lease lasts: when it wakes up, another one leads, and it goes on binding
     * until it has failed to renew for renewDeadline.
     */
    SCHEDULER_OUTLIVES_LEASE(true, LONGER_THAN_LEASE_MILLIS, LONGEST_FAULT_MILLIS),
    /** The same with its Kerf, whose watches stay behind for a while longer. */
    REPLICA_OUTLIVES_LEASE(true, LONGER_THAN_LEASE_MILLIS, LONGEST_FAULT_MILLIS),
    API_SERVER_AWAY(false),
    PODS_FORCE_DELETED(false),
    GPUS_SWAPPED(false),
    GPU_LOST(false);

    private final boolean ofReplica;
    private final long least;
    private final long most;

    Fault(boolean ofReplica) {
      this(ofReplica, SHORTEST_FAULT_MILLIS, LONGEST_FAULT_MILLIS);
    }

    Fault(boolean ofReplica, long least, long most) {
      this.ofReplica = ofReplica;
      this.least = least;
      this.most = most;
    }
  }

  /**
   * One fault.
   *
   * @param pick chooses what it happens to, where several things can be chosen
   */
  record Planned(long atMillis, Fault fault, int replica, long forMillis, int pick) {
    @Override
    public String toString() {
      return fault.ofReplica ? fault + " of kerf-" + replica : fault.toString();
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
      long time = between(random, fault.least, fault.most);
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
