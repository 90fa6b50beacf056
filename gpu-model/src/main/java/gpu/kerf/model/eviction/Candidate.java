package gpu.kerf.model.eviction;

import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.placement.Placement;
import java.util.List;

/**
 * A pod on a node, as eviction sees it.
 *
 * @param since when it began to run, in milliseconds of the caller's clock
 * @param budgets the disruption budgets that cover it
 */
public record Candidate(
    Holder holder, Placement placement, long since, Standing standing, List<String> budgets) {

  /** Whether the pod must be evicted before its slots are free. */
  public enum Standing {
    /** It runs until it is evicted. */
    RUNNING,
    /** It is terminating: its slots become free without an eviction, so it is never evicted. */
    TERMINATING,
    /** A proposal: a hint where a pod may go. It yields to a pod of higher priority. */
    PROPOSED
  }

  public Candidate {
    budgets = budgets.stream().distinct().toList();
  }

  /**
   * What the ledger knows of it; who is terminating and what is budgeted only the cluster knows.
   */
  public static Candidate of(Entry entry) {
    return new Candidate(
        entry.holder(), entry.placement(), entry.since(), standing(entry.state()), List.of());
  }

  private static Standing standing(Entry.State state) {
    return switch (state) {
      case PROPOSED -> Standing.PROPOSED;
      case BINDING, BOUND -> Standing.RUNNING;
      case QUARANTINED -> Standing.TERMINATING;
    };
  }

  /** The same pod, on its way out. */
  public Candidate terminating() {
    return new Candidate(holder, placement, since, Standing.TERMINATING, budgets);
  }

  /** The same pod, covered by these budgets. */
  public Candidate coveredBy(String... names) {
    return new Candidate(holder, placement, since, standing, List.of(names));
  }

  public String uid() {
    return holder.uid();
  }

  public int priority() {
    return holder.priority();
  }

  /** What dies with it: pods of one group die together. A space keeps the two kinds apart. */
  String work() {
    return holder.group().isEmpty() ? holder.uid() : holder.namespace() + " " + holder.group();
  }

  /** Its age, never negative: a clock that went backwards loses no work. */
  long ageAt(long now) {
    if (now <= since) {
      return 0;
    }
    long age = now - since;
    return age < 0 ? Long.MAX_VALUE : age;
  }
}
