package gpu.kerf.extender.turn;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** How often things have happened to teams since the process began. */
public final class TurnCounts {

  private final Map<String, Long> started = new TreeMap<>();
  private final Map<Reclaimed, Long> reclaims = new TreeMap<>();
  private final Map<Evicted, Long> evicted = new TreeMap<>();
  private final Map<String, Long> gates = new TreeMap<>();

  /**
   * Reclaims of one kind.
   *
   * @param team the one that took
   * @param outcome in one word, as in {@link TeamsPicture.OneReclaim}
   */
  public record Reclaimed(String team, String rule, String outcome)
      implements Comparable<Reclaimed> {
    private String key() {
      return team + " " + rule + " " + outcome;
    }

    @Override
    public int compareTo(Reclaimed other) {
      return key().compareTo(other.key());
    }
  }

  /**
   * Evictions of one kind.
   *
   * @param team the one that lost the pods
   */
  public record Evicted(String team, String rule) implements Comparable<Evicted> {
    @Override
    public int compareTo(Evicted other) {
      return (team + " " + rule).compareTo(other.team + " " + other.rule);
    }
  }

  public TurnCounts() {
    for (String outcome : new String[] {"opened", "refused", "failed"}) {
      gates.put(outcome, 0L);
    }
  }

  /** A pod of a team was bound. */
  public void started(String team) {
    started.merge(team, 1L, Long::sum);
  }

  /** A reclaim has ended. */
  public void reclaimed(Reclaimed kind) {
    reclaims.merge(kind, 1L, Long::sum);
  }

  /** A pod was evicted so that a team gets what is its own. */
  public void evicted(Evicted kind) {
    evicted.merge(kind, 1L, Long::sum);
  }

  /** An attempt to take a gate off has ended. */
  public void gate(String outcome) {
    gates.merge(outcome, 1L, Long::sum);
  }

  public Map<String, Long> started() {
    return Collections.unmodifiableMap(started);
  }

  public Map<Reclaimed, Long> reclaims() {
    return Collections.unmodifiableMap(reclaims);
  }

  public Map<Evicted, Long> evicted() {
    return Collections.unmodifiableMap(evicted);
  }

  public Map<String, Long> gates() {
    return Collections.unmodifiableMap(gates);
  }
}
