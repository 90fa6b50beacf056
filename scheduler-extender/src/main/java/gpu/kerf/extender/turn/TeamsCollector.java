package gpu.kerf.extender.turn;

import gpu.kerf.extender.telemetry.FleetCollector;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.model.budget.BudgetBalance;
import gpu.kerf.model.budget.GpuTime;
import gpu.kerf.model.team.TeamNumbers;
import io.prometheus.client.Collector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * The metrics of teams, worked out when they are scraped.
 *
 * <p>The teams that come first have series of their own and keep them, because a counter must not
 * change its meaning. All later ones count together; those of them that have teams below them are
 * left out of that sum, because their numbers contain the numbers of the teams below.
 */
public final class TeamsCollector extends Collector {

  /** The teams that have no series of their own. */
  static final String OTHER = "other";

  private static final double MILLI = 1000;

  private final TeamsSource teams;
  private final LongSupplier wallMillis;
  private final int limit;
  private final Set<String> own = new HashSet<>();

  /** One metric: values by the values of its labels. */
  private static final class Series {
    private final Metric metric;
    private final Map<List<String>, Double> values = new LinkedHashMap<>();

    Series(Metric metric) {
      this.metric = metric;
    }

    void add(double value, String... labels) {
      values.merge(List.copyOf(Arrays.asList(labels)), value, Double::sum);
    }

    void most(double value, String label) {
      values.merge(List.of(label), value, Math::max);
    }

    MetricFamilySamples family() {
      List<MetricFamilySamples.Sample> samples = new ArrayList<>(values.size());
      values.forEach(
          (labels, value) ->
              samples.add(
                  new MetricFamilySamples.Sample(metric.title(), metric.labels(), labels, value)));
      return FleetCollector.family(metric, samples);
    }
  }

  /**
   * @param limit how many teams have series of their own
   */
  public TeamsCollector(TeamsSource teams, LongSupplier wallMillis, int limit) {
    this.teams = teams;
    this.wallMillis = wallMillis;
    this.limit = limit;
  }

  @Override
  public List<MetricFamilySamples> collect() {
    TeamsPicture picture = teams.picture();
    List<MetricFamilySamples> all = new ArrayList<>();
    numbers(picture, all);
    counters(picture, all);
    return all;
  }

  private void numbers(TeamsPicture picture, List<MetricFamilySamples> all) {
    Set<String> parents =
        picture.teams().stream().map(TeamsPicture.OneTeam::parent).collect(Collectors.toSet());
    Series gpus = new Series(Metric.TEAM_GPUS);
    Series waiting = new Series(Metric.TEAM_WAITING);
    Series oldest = new Series(Metric.TEAM_OLDEST);
    Series budget = new Series(Metric.TEAM_BUDGET);
    Series used = new Series(Metric.TEAM_BUDGET_USED);
    Series resets = new Series(Metric.TEAM_BUDGET_RESETS);
    long now = wallMillis.getAsLong();
    for (TeamsPicture.OneTeam team : picture.teams()) {
      boolean leaf = !parents.contains(team.name());
      String label = label(team.name());
      if (leaf || !label.equals(OTHER)) {
        gpus(gpus, label, team);
        waiting.add(team.waiting(), label);
      }
      BudgetBalance balance = team.budget();
      if (balance != null && !label.equals(OTHER)) {
        budget.add(balance.budget().milliGpuHours() / MILLI, label);
        used.add(GpuTime.milliGpuHours(balance.used()) / MILLI, label);
        resets.add(Math.max(0, balance.endMillis() - now) / MILLI, label);
      }
      if (leaf) {
        long since = team.oldest() == 0 ? now : team.oldest();
        oldest.most(Math.max(0, now - since) / MILLI, label);
      }
    }
    List.of(gpus, waiting, oldest, budget, used, resets)
        .forEach(series -> all.add(series.family()));
  }

  private static void gpus(Series gpus, String label, TeamsPicture.OneTeam team) {
    TeamNumbers numbers = team.numbers();
    gpus.add(numbers.held().milli() / MILLI, label, "held");
    gpus.add(numbers.borrowed().milli() / MILLI, label, "borrowed");
    gpus.add(numbers.reserved().milli() / MILLI, label, "reserved");
    gpus.add(numbers.pending().milli() / MILLI, label, "pending");
    gpus.add(numbers.share().milli() / MILLI, label, "share");
    gpus.add(team.guarantee() / MILLI, label, "guarantee");
    if (team.limit() >= 0 && !label.equals(OTHER)) {
      gpus.add(team.limit() / MILLI, label, "limit");
    }
  }

  private void counters(TeamsPicture picture, List<MetricFamilySamples> all) {
    TurnCounts counts = teams.counts();
    Series started = new Series(Metric.TEAM_STARTED);
    // The first start must show as a rise.
    picture.teams().forEach(team -> started.add(0, label(team.name())));
    counts.started().forEach((team, count) -> started.add(count, label(team)));
    Series reclaims = new Series(Metric.TEAM_RECLAIMS);
    counts
        .reclaims()
        .forEach(
            (kind, count) -> reclaims.add(count, label(kind.team()), kind.rule(), kind.outcome()));
    Series evicted = new Series(Metric.TEAM_EVICTED);
    counts.evicted().forEach((kind, count) -> evicted.add(count, label(kind.team()), kind.rule()));
    Series gates = new Series(Metric.GATES);
    counts.gates().forEach((outcome, count) -> gates.add(count, outcome));
    List.of(started, reclaims, evicted, gates).forEach(series -> all.add(series.family()));
  }

  private String label(String team) {
    if (own.contains(team)) {
      return team;
    }
    if (own.size() < limit) {
      own.add(team);
      return team;
    }
    return OTHER;
  }
}
