package gpu.kerf.extender.turn;

import gpu.kerf.model.budget.BudgetBalance;
import gpu.kerf.model.team.Reclaim;
import gpu.kerf.model.team.TeamNumbers;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What there is to see of teams at one moment.
 *
 * @param total how many GPUs there are to divide, in thousandths
 * @param teams each before the teams below it
 * @param reclaims the latest first
 */
public record TeamsPicture(
    boolean enabled, long total, List<OneTeam> teams, List<OneReclaim> reclaims) {

  /** No team exists. */
  public static final TeamsPicture NONE = new TeamsPicture(false, 0, List.of(), List.of());

  public TeamsPicture {
    teams = List.copyOf(teams);
    reclaims = List.copyOf(reclaims);
  }

  /**
   * One team.
   *
   * @param parent empty for a team at the top
   * @param guarantee in thousandths of GPUs, and so are the others
   * @param limit -1 for none
   * @param window the window that is open; empty if none is
   * @param acceptance in one word whether its newest manifest is in force
   * @param problem why it is not; empty if it is
   * @param line the first of those that wait
   * @param waiting how many wait in all, each gang as one
   * @param budget what is used of its budget; null if it has none
   * @param oldest since when the one waits that has waited longest; 0 if none stands in its line
   */
  public record OneTeam(
      String name,
      String parent,
      long guarantee,
      long limit,
      long weight,
      int priority,
      TeamNumbers numbers,
      String window,
      String acceptance,
      String problem,
      List<OneWaiting> line,
      int waiting,
      long oldest,
      @Nullable BudgetBalance budget) {
    public OneTeam {
      line = List.copyOf(line);
    }
  }

  /**
   * What waits.
   *
   * @param name namespace and name of the pod, or what the gang is called
   * @param pods how many pods it has
   * @param since in milliseconds
   * @param why in words; empty while it is not known
   */
  public record OneWaiting(String name, int pods, int priority, long since, String why) {}

  /**
   * Who took what from whom.
   *
   * @param since in milliseconds
   * @param end in milliseconds; 0 while it is under way
   * @param outcome in one word: {@code running}, {@code done}, {@code blocked} or {@code late}
   */
  public record OneReclaim(
      long since,
      long end,
      String outcome,
      Reclaim.Rule rule,
      String team,
      String name,
      List<OneVictim> victims) {
    public OneReclaim {
      victims = List.copyOf(victims);
    }
  }

  /** Work that had to go. */
  public record OneVictim(String team, String name, int pods, long milli) {}
}
