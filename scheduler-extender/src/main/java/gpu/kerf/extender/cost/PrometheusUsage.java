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

/**
 * What a Prometheus knows of the past: the GPU hours of teams, namespaces and GPU models, and how
 * busy GPUs were.
 */
public final class PrometheusUsage {

  /** Prometheus answers no query with more than 11,000 values of a series. */
  private static final long LONGEST = Duration.ofDays(450).toMillis();

  private static final BigDecimal SECOND = BigDecimal.valueOf(1_000_000);

  /** How much the counter of each team grew in the hour before, by the replica that saw most. */
  private static final String GROWN = grown("kerf_team_gpu_seconds_total", "team");

  /** The same of each namespace and GPU model, with both in one label. */
  static final String PLACES =
      "label_join("
          + grown("kerf_usage_gpu_seconds_total", "namespace, model")
          + ", \"place\", \"/\", \"namespace\", \"model\")";

  /** The same without teams that have teams below them, because those count again what these do. */
  static final String TEAMS =
      GROWN
          + " unless on (team) (max by (team) (last_over_time(kerf_team_gpus{what=\"held\"}[1h]))"
          + " unless on (team)"
          + " max by (team) (last_over_time(kerf_team_oldest_waiting_seconds[1h])))";

  private static final String BUSY =
      "max by (UUID) (avg_over_time(DCGM_FI_PROF_GR_ENGINE_ACTIVE[1h]))"
          + " or max by (UUID) (avg_over_time(DCGM_FI_DEV_GPU_UTIL[1h]) / 100)";

  private static String grown(String counter, String labels) {
    return ("max by (LABELS) (((last_over_time(COUNTER[1h]) - (COUNTER offset 1h)) >= 0)"
            + " or (COUNTER and on (instance) (process_start_time_seconds > (time() - 3600))))")
        .replace("LABELS", labels)
        .replace("COUNTER", counter);
  }

  /** How the metric calls pods without a team. */
  private static final String NO_TEAM = "-";

  private final PrometheusSeries prometheus;

  public PrometheusUsage(PrometheusSeries prometheus) {
    this.prometheus = prometheus;
  }

  /**
   * A report from how much the counters of GPU seconds grew in each hour. It knows neither GPUs nor
   * what was free. Nothing is extrapolated: in an hour in which all replicas started anew, what the
   * counters were not told of is missing.
   *
   * @param note is told what the report lacks
   */
  public String report(ReportQuery query, PriceList prices, Consumer<String> note)
      throws IOException, ReportException {
    refuseWhatItDoesNotKnow(query, prices);
    ReportSpan span = query.span();
    check(span);
    boolean teams = query.by() == CostReport.By.TEAM;
    CostReport report = new CostReport(query.by());
    long hour = CostRows.HOUR_MILLIS;
    Map<String, NavigableMap<Long, BigDecimal>> series =
        prometheus.range(
            teams ? TEAMS : PLACES,
            teams ? "team" : "place",
            span.fromMillis() + hour,
            span.toMillis(),
            hour);
    long lastSeen = series.values().stream().mapToLong(NavigableMap::lastKey).max().orElse(0);
    for (Map.Entry<String, NavigableMap<Long, BigDecimal>> each : series.entrySet()) {
      UsageCell.Key key = teams ? team(each.getKey()) : place(each.getKey());
      String what = teams ? "team " + shown(each.getKey()) : "namespace " + key.namespace();
      report.add(row(span, key, gpuMillis(what, each.getValue()), prices));
      noteGaps(what, each.getValue(), lastSeen, note);
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

  private static void refuseWhatItDoesNotKnow(ReportQuery query, PriceList prices)
      throws ReportException {
    if (query.by() == CostReport.By.OWNER) {
      throw new ReportException(
          "Prometheus does not know the owners of pods: a series for each would be too many.",
          "Write --by team, namespace or model, or take --url or --file.");
    }
    if (query.format() == ReportFormat.FOCUS) {
      throw new ReportException(
          "Prometheus has sums of hours, and FOCUS has a row for each GPU.",
          "Leave --format focus out, or take --url or --file.");
    }
    if (query.by() == CostReport.By.TEAM && !prices.byModel().isEmpty()) {
      throw new ReportException(
          "The prices (cost.prices) are by GPU model, and kerf_team_gpu_seconds_total has no"
              + " model.",
          "Write --by namespace or model, or one price for all: --set cost.defaultPrice=3.20,"
              + " without --settings.");
    }
  }

  private static String shown(String team) {
    return team.equals(NO_TEAM) ? "(none)" : team;
  }

  private static UsageCell.Key team(String label) {
    return new UsageCell.Key(label.equals(NO_TEAM) ? "" : label, "", "", "", "");
  }

  /** No namespace has a slash in its name. */
  private UsageCell.Key place(String label) throws IOException {
    int slash = label.indexOf('/');
    if (slash < 1 || slash == label.length() - 1) {
      throw prometheus.lie("a series is of no namespace or no GPU model (" + label + ")");
    }
    return new UsageCell.Key("", label.substring(0, slash), "", label.substring(slash + 1), "");
  }

  private static CostRow row(ReportSpan span, UsageCell.Key key, long amount, PriceList prices) {
    long micros = prices.of(key.model()).of(amount);
    return new CostRow(
        span.fromMillis(), "", key.model(), CostRow.Kind.HELD, key, amount, 0, micros);
  }

  /** What a counter grew by, in thousandths of GPUs times milliseconds. */
  private long gpuMillis(String what, NavigableMap<Long, BigDecimal> hours) throws IOException {
    BigDecimal sum = BigDecimal.ZERO;
    for (Map.Entry<Long, BigDecimal> each : hours.entrySet()) {
      if (each.getValue().signum() < 0) {
        throw prometheus.lie(
            "the GPU seconds of "
                + what
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

  /** Hours without a value between the first of one and the last of all. */
  private static void noteGaps(
      String what, NavigableMap<Long, BigDecimal> hours, long last, Consumer<String> note) {
    long missing = (last - hours.firstKey()) / CostRows.HOUR_MILLIS + 1 - hours.size();
    if (missing > 0) {
      note.accept(
          "Prometheus does not know what "
              + what
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
