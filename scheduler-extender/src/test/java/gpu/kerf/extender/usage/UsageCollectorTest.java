package gpu.kerf.extender.usage;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.model.placement.Slot;
import io.prometheus.client.Collector.MetricFamilySamples;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class UsageCollectorTest {

  private final UsageWorld world = new UsageWorld(4);

  private static Map<String, Double> scraped(UsageCollector collector) {
    Map<String, Double> values = new TreeMap<>();
    for (MetricFamilySamples family : collector.collect()) {
      for (MetricFamilySamples.Sample sample : family.samples) {
        assertThat(sample.name).isEqualTo(Metric.TEAM_GPU_SECONDS.title());
        values.put(sample.labelValues.get(0), sample.value);
      }
    }
    return values;
  }

  private void threeTeams() {
    world.team("bank", "", false).team("fraud", "bank", true).team("research", "bank", true);
    world.tellTeams();
    world.usage.tick();
    world.place("fraud", "f", new Slot.Whole(0, UsageWorld.SHAREABLE));
    world.place("research", "r", new Slot.Share(1, 1_000, 250));
    world.place("elsewhere", "e", new Slot.Whole(2, UsageWorld.SHAREABLE));
    world.pass(10_000);
  }

  @Test
  void everyTeamHasASeriesAndAnotherOneIsForPodsWithoutATeam() {
    threeTeams();
    assertThat(scraped(new UsageCollector(world.usage, 200)))
        .isEqualTo(Map.of("bank", 12.5, "fraud", 10.0, "research", 2.5, "-", 10.0));
  }

  @Test
  void laterTeamsCountTogetherAndNoneTwice() {
    threeTeams();
    assertThat(scraped(new UsageCollector(world.usage, 0)))
        .isEqualTo(Map.of("other", 12.5, "-", 10.0));
  }

  @Test
  void aCounterNeverFallsAlsoIfAnEndIsHeardOfLate() {
    threeTeams();
    UsageCollector collector = new UsageCollector(world.usage, 200);
    var over = world.ends("f");
    world.pass(4_000);
    assertThat(scraped(collector)).containsEntry("fraud", 14.0);
    world.tellOver(over);
    assertThat(world.used("fraud")).isEqualTo(10_000_000);
    assertThat(scraped(collector)).containsEntry("fraud", 14.0);
    world.place("fraud", "g", new Slot.Whole(3, UsageWorld.SHAREABLE));
    world.pass(5_000);
    assertThat(scraped(collector)).containsEntry("fraud", 15.0);
  }
}
