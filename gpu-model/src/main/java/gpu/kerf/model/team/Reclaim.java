package gpu.kerf.model.team;

import gpu.kerf.model.fleet.Ledger;
import java.util.List;

/**
 * Running work that must be evicted so that other work gets what is its team's.
 *
 * @param work gets the places
 * @param places where it goes once the victims have ended
 * @param victims each with all of its pods
 * @param rule why it may take from them
 */
public record Reclaim(Work work, List<Ledger.Claim> places, List<Victim> victims, Rule rule) {

  /** Running work that is evicted. */
  public record Victim(Work work, List<String> pods, long startedAt, GpuAmount held) {
    public Victim {
      pods = List.copyOf(pods);
    }
  }

  /** By which right. */
  public enum Rule {
    /** The victims' team has used up its budget and yields, and the team has a budget left. */
    BUDGET,
    /** The team is under its guarantee, and the victims' teams borrow. */
    GUARANTEE,
    /** The team is under its share, and the victims' teams are above theirs. */
    SHARE,
    /** The victims are of the same team and of lower priority. */
    PRIORITY,
    /** The victims filled in a place while it was drained for the work. */
    PATIENCE
  }

  public Reclaim {
    places = List.copyOf(places);
    victims = List.copyOf(victims);
  }
}
