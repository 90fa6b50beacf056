package gpu.kerf.extender.cost;

import gpu.kerf.model.cost.BusyTime;
import gpu.kerf.model.cost.CostReport;
import gpu.kerf.model.cost.CostRow;
import gpu.kerf.model.cost.CostRows;
import gpu.kerf.model.cost.PriceList;
import gpu.kerf.model.usage.UsageCell;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.NavigableMap;
import java.util.function.Consumer;

/** What a Prometheus knows of the past: the GPU hours of teams, and how busy GPUs were. */
public final class PrometheusUsage {

  /** Prometheus answers no query with more than 11,000 values of a series. */
  private static final long LONGEST = Duration.ofDays(450).toMillis();

  private static final BigDecimal SECOND = BigDecimal.valueOf(1_000_000);

  /** How much the counter of each team grew in the hour before, by the replica that saw most. */
  private static final String GROWN =
      "max by (team) (((last_over_time(kerf_team_gpu_seconds_total[1h])"
          + " - (kerf_team_gpu_seconds_total offset 1h)) >= 0)"
          + " or (kerf_team_gpu_seconds_total"
          + " and on (instance) (process_start_time_seconds > (time() - 3600))))";

  /** The same without teams that have teams below them, because those count again what these do. */
  static final String TEAMS =
      GROWN
          + " unless on (team) (max by (team) (last_over_time(kerf_team_gpus{what=\"held\"}[1h]))"
          + " unless on (team)"
          + " max by (team) (last_over_time(kerf_team_oldest_waiting_seconds[1h])))";

  private static final String BUSY =
      "max by (UUID) (avg_over_time(DCGM_FI_PROF_GR_ENGINE_ACTIVE[1h]))"
          + " or max by (UUID) (avg_over_time(DCGM_FI_DEV_GPU_UTIL[1h]) / 100)";

  /** How the metric calls pods without a team. */
  private static final String NO_TEAM = "-";

  private final PrometheusSeries prometheus;

  public PrometheusUsage(PrometheusSeries prometheus) {
    this.prometheus = prometheus;
  }

  /**
   * A report of teams, from how much the counter of their GPU seconds grew in each hour. It knows
   * neither GPUs nor what was free. Nothing is extrapolated: in an hour in which all replicas
   * started anew, what the counters were not told of is missing.
   *
   * @param note is told what the report lacks
   */
  public String teams(ReportQuery query, PriceList prices, Consumer<String> note)
      throws IOException, ReportException {
    if (query.by() != CostReport.By.TEAM || query.format() == ReportFormat.FOCUS) {
      throw new ReportException(
          "Prometheus has sums of teams alone.",
          "Write --by team without --format focus, or take --url or --file.");
    }
    if (!prices.byModel().isEmpty()) {
      throw new ReportException(
          "The prices (cost.prices) are by GPU model, and kerf_team_gpu_seconds_total has no"
              + " model.",
          "Write one price for all: --set cost.defaultPrice=3.20, without --settings.");
    }
    ReportSpan span = query.span();
    check(span);
    CostReport report = new CostReport(CostReport.By.TEAM);
    long hour = CostRows.HOUR_MILLIS;
    Map<String, NavigableMap<Long, BigDecimal>> series =
        prometheus.range(TEAMS, "team", span.fromMillis() + hour, span.toMillis(), hour);
    long lastSeen = series.values().stream().mapToLong(NavigableMap::lastKey).max().orElse(0);
    for (Map.Entry<String, NavigableMap<Long, BigDecimal>> team : series.entrySet()) {
      String name = team.getKey().equals(NO_TEAM) ? "" : team.getKey();
      report.add(row(span, name, gpuMillis(team.getKey(), team.getValue()), prices));
      noteGaps(team.getKey(), team.getValue(), lastSeen, note);
    }
    ReportSums sums =
        new ReportSums(query, prices.currency(), report, false, 1, 0, ReportRun.UNKNOWN);
    note.accept("Prometheus does not know what was free or stranded.");
    return switch (query.format()) {
      case TABLE -> SumsTable.of(sums);
      case CSV -> SumsCsv.of(sums);
      default -> SumsJson.of(sums);
    };
  }

  private static CostRow row(ReportSpan span, String team, long amount, PriceList prices) {
    UsageCell.Key key = new UsageCell.Key(team, "", "", "", "");
    long micros = prices.otherwise().of(amount);
    return new CostRow(span.fromMillis(), "", "", CostRow.Kind.HELD, key, amount, 0, micros);
  }

  /** What a counter grew by, in thousandths of GPUs times milliseconds. */
  private long gpuMillis(String team, NavigableMap<Long, BigDecimal> hours) throws IOException {
    BigDecimal sum = BigDecimal.ZERO;
    for (Map.Entry<Long, BigDecimal> each : hours.entrySet()) {
      if (each.getValue().signum() < 0) {
        throw prometheus.lie(
            "the GPU seconds of team "
                + team
                + " fall by "
                + each.getValue().negate().toPlainString()
                + " in the hour before "
                + Instant.ofEpochMilli(each.getKey())
                + ", and a sum that only grows cannot fall");
      }
      sum = sum.add(each.getValue());
    }
    return sum.multiply(SECOND).setScale(0, RoundingMode.HALF_UP).longValueExact();
  }

  /** Hours without a value between the first of a team and the last of all. */
  private static void noteGaps(
      String team, NavigableMap<Long, BigDecimal> hours, long last, Consumer<String> note) {
    long missing = (last - hours.firstKey()) / CostRows.HOUR_MILLIS + 1 - hours.size();
    if (missing > 0) {
      note.accept(
          "Prometheus does not know what team "
              + (team.equals(NO_TEAM) ? "(none)" : team)
              + " used in "
              + missing
              + " of the hours since "
              + Instant.ofEpochMilli(hours.firstKey() - CostRows.HOUR_MILLIS)
              + "; they are not counted.");
    }
  }

  /** Adds for how much of each hour GPUs computed anything, as the DCGM exporter says. */
  public void addBusyTimes(ReportSpan span, RecordedUsage to) throws IOException, ReportException {
    check(span);
    long hour = CostRows.HOUR_MILLIS;
    Map<String, NavigableMap<Long, BigDecimal>> series =
        prometheus.range(BUSY, "UUID", span.fromMillis() + hour, span.toMillis(), hour);
    for (Map.Entry<String, NavigableMap<Long, BigDecimal>> gpu : series.entrySet()) {
      for (Map.Entry<Long, BigDecimal> value : gpu.getValue().entrySet()) {
        BigDecimal part = value.getValue();
        if (part.signum() < 0 || part.compareTo(BigDecimal.ONE) > 0) {
          throw prometheus.lie("GPU " + gpu.getKey() + " is busy for " + part + " of an hour");
        }
        int permille = part.movePointRight(3).setScale(0, RoundingMode.HALF_UP).intValueExact();
        to.addBusy(gpu.getKey(), value.getKey() - hour, permille);
      }
    }
    if (series.isEmpty()) {
      throw new ReportException(
          "Prometheus has no figure of NVIDIA's DCGM exporter for this time.",
          "Leave --dcgm out, or see docs/how-to/find-idle-gpus.md.");
    }
  }

  /** The busy times of a record; those of none where there are none. */
  public static BusyTime busy(RecordedUsage recorded) {
    return recorded.hasBusyTimes() ? recorded : BusyTime.NOT_MEASURED;
  }

  private static void check(ReportSpan span) throws ReportException {
    if (span.toMillis() - span.fromMillis() > LONGEST) {
      throw new ReportException(
          "Prometheus answers for at most " + Duration.ofMillis(LONGEST).toDays() + " days.",
          "Ask for less at once.");
    }
  }
}
