package gpu.kerf.model.team;

import java.time.Duration;

/**
 * How a cluster wants turns to be given.
 *
 * @param reclaim what a team gets back by eviction
 * @param patience how long work waits until a place is drained for it
 */
public record TurnRules(Mode reclaim, Duration patience) {

  /** What evictions restore. */
  public enum Mode {
    /** The guarantee. */
    GUARANTEE,
    /** The guarantee, and then the share. */
    SHARE
  }

  public static final TurnRules USUAL = new TurnRules(Mode.GUARANTEE, Duration.ofMinutes(30));
}
