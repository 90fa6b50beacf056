package gpu.kerf.extender.team;

import gpu.kerf.model.budget.BudgetBalance;
import gpu.kerf.model.team.GpuAmount;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What teams have right now, as their status shows it. */
public record TeamFigures(Map<String, Figures> teams) {

  public TeamFigures {
    teams = Map.copyOf(teams);
  }

  /**
   * The figures of one team.
   *
   * @param held what its running pods hold, those of the teams below it included
   * @param borrowed the part of it above the guarantee
   * @param reserved what is kept for pods that may start and are not bound yet
   * @param share what it should hold right now
   * @param pending how many of its pods wait for their turn
   * @param window the window that is open; empty if none is
   * @param budget what is used of its budget; null if it has none
   */
  public record Figures(
      GpuAmount held,
      GpuAmount borrowed,
      GpuAmount reserved,
      GpuAmount share,
      int pending,
      String window,
      @Nullable BudgetBalance budget) {

    /** The figures of a team without a budget. */
    public Figures(
        GpuAmount held,
        GpuAmount borrowed,
        GpuAmount reserved,
        GpuAmount share,
        int pending,
        String window) {
      this(held, borrowed, reserved, share, pending, window, null);
    }
  }
}
