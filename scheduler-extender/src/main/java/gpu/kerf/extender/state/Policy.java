package gpu.kerf.extender.state;

import gpu.kerf.extender.gang.GangTimes;
import java.time.Duration;

/**
 * The settings of the verbs that may change at run time.
 *
 * @param answer which nodes filter returns
 * @param preemption whether Kerf or kube-scheduler evicts where only Kerf sees that it helps
 * @param proposalMillis how long a pod that was filtered keeps its place against the next filter
 * @param staleAfter how old the known state of the cluster may be when a verb decides
 */
public record Policy(
    Answer answer,
    long proposalMillis,
    Preemption preemption,
    Duration staleAfter,
    GangTimes gangs) {

  private static final Duration STALE_AFTER = Duration.ofSeconds(60);

  /** Who evicts where only Kerf sees that it helps. */
  public enum Preemption {
    /** Kerf does. */
    KERF,
    /** kube-scheduler, which does from 1.38 on. */
    NATIVE
  }

  public Policy(Answer answer, long proposalMillis) {
    this(answer, proposalMillis, Preemption.NATIVE);
  }

  public Policy(Answer answer, long proposalMillis, Preemption preemption) {
    this(answer, proposalMillis, preemption, STALE_AFTER);
  }

  public Policy(Answer answer, long proposalMillis, Preemption preemption, Duration staleAfter) {
    this(answer, proposalMillis, preemption, staleAfter, GangTimes.defaults());
  }

  /** Whether Kerf evicts by itself. */
  public boolean kerfEvicts() {
    return preemption == Preemption.KERF;
  }

  /** What filter names of the nodes that fit. */
  public enum Answer {
    /** Those where the placement costs least. */
    WINNERS,
    /** All of them, for tools that simulate. */
    ALL
  }

  public static Policy defaults() {
    return new Policy(Answer.WINNERS, 10_000);
  }
}
