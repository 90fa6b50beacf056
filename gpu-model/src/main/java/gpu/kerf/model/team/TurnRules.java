package gpu.kerf.model.team;

import java.time.Duration;
import java.util.Locale;

/**
 * How a cluster wants turns to be given.
 *
 * @param reclaim what a team gets back by eviction
 * @param patience how long work waits until a place is drained for it, and until it may take back
 *     its share from work that has overtaken it
 */
public record TurnRules(Mode reclaim, Duration patience) {

  /** What evictions restore. */
  public enum Mode {
    /** The guarantee. */
    GUARANTEE,
    /** The guarantee, and then the share. */
    SHARE;

    /** As settings write it. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public static final TurnRules USUAL = new TurnRules(Mode.GUARANTEE, Duration.ofMinutes(30));
}
