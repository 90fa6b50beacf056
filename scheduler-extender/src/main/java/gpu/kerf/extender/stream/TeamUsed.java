package gpu.kerf.extender.stream;

import com.fasterxml.jackson.core.JsonGenerator;
import gpu.kerf.extender.access.Viewer;
import gpu.kerf.model.usage.UsageCell;
import gpu.kerf.model.usage.UsageSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the pods of a team used of one GPU model in one hour.
 *
 * @param team empty for pods of no team
 * @param milliGpuMillis thousandths of GPUs, as teams count them, times milliseconds
 * @param mebibyteMillis MiB of GPU memory times milliseconds
 */
public record TeamUsed(
    String team, String model, long hourStartMillis, long milliGpuMillis, long mebibyteMillis)
    implements TeamEvent {
  private static final long HOUR_MILLIS = 3_600_000;

  /** What each team used of each GPU model in an hour, in the order of their names. */
  public static List<TeamUsed> ofHour(UsageSource usage, long hourStartMillis) {
    Map<String, Map<String, long[]>> sums = new TreeMap<>();
    usage.cells(
        hourStartMillis,
        hourStartMillis + HOUR_MILLIS,
        cell -> {
          UsageCell.Key key = cell.key();
          long[] sum =
              sums.computeIfAbsent(key.team(), team -> new TreeMap<>())
                  .computeIfAbsent(key.model(), model -> new long[2]);
          sum[0] += cell.milliGpuMillis();
          sum[1] += cell.mebibyteMillis();
        });
    List<TeamUsed> used = new ArrayList<>();
    sums.forEach(
        (team, byModel) ->
            byModel.forEach(
                (model, sum) ->
                    used.add(new TeamUsed(team, model, hourStartMillis, sum[0], sum[1]))));
    return used;
  }

  @Override
  public String type() {
    return PREFIX + "team.used.v1";
  }

  @Override
  public String subject() {
    return team.isEmpty() ? "teams" : "teams/" + team;
  }

  /** What pods without a team used is the cluster's, and not a user's. */
  @Override
  public boolean isSeenBy(Viewer viewer) {
    return team.isEmpty() ? viewer.seesAll() : viewer.seesTeam(team);
  }

  @Override
  public void write(JsonGenerator out, Viewer viewer) throws IOException {
    if (!team.isEmpty()) {
      out.writeStringField("team", team);
    }
    out.writeStringField("model", model);
    out.writeNumberField("hour", hourStartMillis);
    out.writeNumberField("milliGpuMillis", milliGpuMillis);
    out.writeNumberField("mebibyteMillis", mebibyteMillis);
  }
}
