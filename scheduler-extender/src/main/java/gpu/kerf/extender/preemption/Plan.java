package gpu.kerf.extender.preemption;

import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.model.eviction.Candidate;
import gpu.kerf.model.eviction.PlanOutcome;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.placement.Placement;
import java.util.List;

/**
 * The state of making room for one pod by evictions.
 *
 * <pre>
 *   Searching   victims are looked for, a slice of time after the other; nothing is reserved
 *   Decided     victims are found; nothing has been done yet
 *   Evicting    the GPUs, CPU and memory get no new pods; the node is nominated; victims are
 *               evicted one by one
 *   Leaving     all of them have been told to go, by Kerf or by kube-scheduler
 *   Ready       all of them are gone: the slots are proposed to the pod, and yield only to pods of
 *               higher priority
 * </pre>
 *
 * <p>Each state is a value; a plan that has succeeded or was given up has none.
 */
sealed interface Plan {

  KnownPod pod();

  /** Calls what is for the state that it is in. */
  void accept(Cases cases);

  /** What there is to do in each state. */
  interface Cases {
    void searching(Searching plan);

    void decided(Decided plan);

    void evicting(Evicting plan);

    void leaving(Leaving plan);

    void ready(Ready plan);
  }

  default String uid() {
    return pod().uid();
  }

  default int priority() {
    return pod().holder().priority();
  }

  /**
   * Victims are looked for.
   *
   * @param until when the pod has not been asked about for too long, in milliseconds of the
   *     monotonic clock
   */
  record Searching(KnownPod pod, VictimSearch search, long until) implements Plan {
    @Override
    public void accept(Cases cases) {
      cases.searching(this);
    }
  }

  /** A plan whose victims are known. */
  sealed interface Found extends Plan {

    /** Where the pod will go; the same in every state of one plan. */
    Destination destination();

    /** Who has to go. */
    default PlanOutcome.Plan outcome() {
      return destination().outcome();
    }

    /** When it has taken too long, in milliseconds of the monotonic clock. */
    long until();

    default String node() {
      return outcome().node();
    }

    /** Where that is on the node as it is now. */
    default Placement placement() {
      return destination().placement();
    }
  }

  /** Nothing has been done yet. */
  record Decided(KnownPod pod, Destination destination, long until) implements Found {
    @Override
    public void accept(Cases cases) {
      cases.decided(this);
    }
  }

  /**
   * Victims are being evicted.
   *
   * @param left those who have not been evicted yet
   */
  record Evicting(KnownPod pod, Destination destination, List<Candidate> left, long until)
      implements Found {
    public Evicting {
      left = List.copyOf(left);
    }

    @Override
    public void accept(Cases cases) {
      cases.evicting(this);
    }

    Evicting withoutFirst() {
      return new Evicting(pod, destination, left.subList(1, left.size()), until);
    }
  }

  /** All victims have been told to go. */
  record Leaving(KnownPod pod, Destination destination, long until) implements Found {
    @Override
    public void accept(Cases cases) {
      cases.leaving(this);
    }

    /** Whether those who have to go, and those who go by themselves, are gone. */
    boolean allGone(Ledger ledger) {
      return gone(ledger, outcome().victims()) && gone(ledger, outcome().awaited());
    }

    private static boolean gone(Ledger ledger, List<Candidate> candidates) {
      for (Candidate candidate : candidates) {
        Entry entry = ledger.entry(candidate.uid());
        if (entry != null && entry.state() != Entry.State.PROPOSED) {
          return false;
        }
      }
      return true;
    }
  }

  /** The slots are proposed to the pod. */
  record Ready(KnownPod pod, Destination destination, long until) implements Found {
    @Override
    public void accept(Cases cases) {
      cases.ready(this);
    }
  }
}
