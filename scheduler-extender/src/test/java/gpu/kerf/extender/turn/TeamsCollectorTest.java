package gpu.kerf.extender.turn;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.api.BankOfTeams;
import gpu.kerf.extender.telemetry.Metric;
import io.prometheus.client.Collector.MetricFamilySamples;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TeamsCollectorTest {

  private final TurnCounts counts = new TurnCounts();
  private final TeamsSource bank =
      new TeamsSource() {
        @Override
        public TeamsPicture picture() {
          return BankOfTeams.picture();
        }

        @Override
        public List<TeamsPicture.OneWaiting> line(String team, int most) {
          return List.of();
        }

        @Override
        public TurnCounts counts() {
          return counts;
        }
      };

  private TeamsCollector collector(int limit) {
    return new TeamsCollector(bank, () -> BankOfTeams.NOW, limit);
  }

  private static Map<String, Double> scraped(TeamsCollector collector, Metric metric) {
    Map<String, Double> values = new TreeMap<>();
    for (MetricFamilySamples family : collector.collect()) {
      for (MetricFamilySamples.Sample sample : family.samples) {
        if (sample.name.equals(metric.title())) {
          values.put(String.join(" ", sample.labelValues), sample.value);
        }
      }
    }
    return values;
  }

  @Test
  void everyTeamHasItsNumbers() {
    TeamsCollector all = collector(200);

    assertThat(scraped(all, Metric.TEAM_GPUS))
        .containsEntry("research held", 11.5)
        .containsEntry("research borrowed", 3.5)
        .containsEntry("fraud reserved", 2.0)
        .containsEntry("fraud guarantee", 8.0)
        .containsEntry("fraud limit", 12.0)
        .containsEntry("language pending", 9.25)
        .containsEntry("language share", 6.5)
        .doesNotContainKey("language limit")
        .hasSize(7 * 7 - 2);
    assertThat(scraped(all, Metric.TEAM_WAITING))
        .containsEntry("bank", 6.0)
        .containsEntry("analytics", 2.0)
        .containsEntry("vision", 0.0);
  }

  @Test
  void aTeamWithABudgetSaysHowMuchOfItIsUsedAndWhenItBeginsAnew() {
    TeamsCollector all = collector(200);

    assertThat(scraped(all, Metric.TEAM_BUDGET)).containsOnly(Map.entry("research", 8_000.0));
    assertThat(scraped(all, Metric.TEAM_BUDGET_USED)).containsOnly(Map.entry("research", 6_912.5));
    // From 21 November, 11:00 UTC, until midnight of 1 December in Berlin: 9 days and 12 hours.
    assertThat(scraped(all, Metric.TEAM_BUDGET_RESETS))
        .containsOnly(Map.entry("research", (9 * 24 + 12) * 3_600.0));
  }

  @Test
  void theOldestOfALineIsToldWhereTheLineIs() {
    assertThat(scraped(collector(200), Metric.TEAM_OLDEST))
        .containsOnly(
            Map.entry("fraud", 60.0),
            Map.entry("language", 47 * 60.0),
            Map.entry("vision", 0.0),
            Map.entry("analytics", 92 * 60.0),
            Map.entry("platform", 0.0));
  }

  @Test
  void teamsBeyondTheLimitCountTogetherAndNoneTwice() {
    TeamsCollector few = collector(2);

    // bank and fraud come first; research is left out, for language and vision make up all of it
    assertThat(scraped(few, Metric.TEAM_GPUS))
        .containsEntry("fraud held", 7.0)
        .containsEntry("other held", 5.0 + 6.5 + 5.0)
        .doesNotContainKey("other limit")
        .hasSize(6 + 7 + 6);
    assertThat(scraped(few, Metric.TEAM_WAITING)).containsEntry("other", 3.0 + 2.0);
    assertThat(scraped(few, Metric.TEAM_OLDEST)).containsEntry("other", 92 * 60.0);
  }

  @Test
  void whatHappenedIsCountedByTeam() {
    counts.started("fraud");
    counts.started("fraud");
    counts.started("vision");
    counts.reclaimed(new TurnCounts.Reclaimed("fraud", "guarantee", "done"));
    counts.evicted(new TurnCounts.Evicted("vision", "guarantee"));
    counts.evicted(new TurnCounts.Evicted("analytics", "guarantee"));
    counts.gate("opened");
    TeamsCollector few = collector(2);

    assertThat(scraped(few, Metric.TEAM_STARTED))
        .as("bank has not started anything yet, and the first start must show as a rise")
        .containsOnly(Map.entry("bank", 0.0), Map.entry("fraud", 2.0), Map.entry("other", 1.0));
    assertThat(scraped(few, Metric.TEAM_RECLAIMS))
        .containsOnly(Map.entry("fraud guarantee done", 1.0));
    assertThat(scraped(few, Metric.TEAM_EVICTED)).containsOnly(Map.entry("other guarantee", 2.0));
    assertThat(scraped(few, Metric.GATES))
        .containsOnly(
            Map.entry("opened", 1.0), Map.entry("refused", 0.0), Map.entry("failed", 0.0));
  }

  @Test
  void withoutTeamsThereAreNoSeriesOfTeams() {
    TeamsCollector none = new TeamsCollector(TeamsSource.NONE, () -> BankOfTeams.NOW, 200);

    assertThat(scraped(none, Metric.TEAM_GPUS)).isEmpty();
    assertThat(scraped(none, Metric.TEAM_OLDEST)).isEmpty();
  }
}
