package gpu.kerf.extender.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.team.BudgetText;
import gpu.kerf.extender.team.TeamSpec;
import gpu.kerf.model.budget.BudgetBalance;
import gpu.kerf.model.budget.GpuBudget;
import gpu.kerf.model.budget.GpuTime;
import gpu.kerf.model.team.GpuAmount;
import gpu.kerf.model.team.Team;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * What holds for a team at a moment, and until when.
 *
 * @param window the window that counts; null if none is open
 * @param until when that changes; null if it does not within a year
 * @param next the window that counts from then on; null for none
 * @param budget the budget of the period, nothing of it used; null if the team has none
 */
record TeamMoment(
    Team team,
    @Nullable String window,
    @Nullable OffsetDateTime until,
    @Nullable String next,
    @Nullable BudgetBalance budget) {

  static TeamMoment of(TeamSpec spec, Instant moment) {
    TeamSpec.Window open = spec.windowAt(moment);
    Instant change = spec.nextChange(moment);
    TeamSpec.Window next = change == null ? null : spec.windowAt(change);
    GpuBudget budget = spec.budget();
    return new TeamMoment(
        spec.at(moment),
        open == null ? null : open.name(),
        change == null ? null : change.atZone(zone(open, next)).toOffsetDateTime(),
        next == null ? null : next.name(),
        budget == null ? null : budget.at(moment, since -> 0));
  }

  private static ZoneId zone(TeamSpec.@Nullable Window open, TeamSpec.@Nullable Window next) {
    TeamSpec.Window window = open == null ? next : open;
    return window == null ? ZoneOffset.UTC : window.time().zone();
  }

  String text() {
    GpuAmount limit = team.limit();
    return "guarantee "
        + team.guarantee()
        + (limit == null ? ", no limit" : ", limit " + limit)
        + ", weight "
        + team.weight()
        + ", priority "
        + team.priority()
        + (window == null ? "" : " by window " + window)
        + (until == null ? "" : ", until " + change())
        + (budget == null ? "" : "; " + BudgetText.whole(budget));
  }

  private String change() {
    return until
        + (next == null ? ", when no window is open" : ", when window " + next + " counts");
  }

  void writeTo(ObjectNode json) {
    GpuAmount limit = team.limit();
    json.put("team", team.name()).put("guarantee", team.guarantee().toString());
    json.put("limit", limit == null ? null : limit.toString());
    json.put("weight", team.weight().toString()).put("priority", team.priority());
    json.put("window", window).put("until", until == null ? null : until.toString());
    json.put("next", next);
    if (budget != null) {
      json.putObject("budget")
          .put("gpuHours", GpuTime.text(budget.budget().milliGpuHours()))
          .put("periodStart", Instant.ofEpochMilli(budget.startMillis()).toString())
          .put("resets", Instant.ofEpochMilli(budget.endMillis()).toString());
    }
  }
}
