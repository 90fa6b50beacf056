package gpu.kerf.extender.usage;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.model.placement.Slot;
import io.prometheus.client.Collector.MetricFamilySamples;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class UsageCollectorTest {

  private static final String H100 = "/H100-80GB";

  private final UsageWorld world = new UsageWorld(4);

  private static Map<String, Double> scraped(UsageCollector collector) {
    return scraped(collector, Metric.TEAM_GPU_SECONDS);
  }

  private static Map<String, Double> scraped(UsageCollector collector, Metric metric) {
    Map<String, Double> values = new TreeMap<>();
    for (MetricFamilySamples family : collector.collect()) {
      for (MetricFamilySamples.Sample sample : family.samples) {
        if (sample.name.equals(metric.title())) {
          values.put(String.join("/", sample.labelValues), sample.value);
        }
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
    assertThat(scraped(new UsageCollector(world.usage, 200, 100)))
        .isEqualTo(Map.of("bank", 12.5, "fraud", 10.0, "research", 2.5, "-", 10.0));
  }

  @Test
  void laterTeamsCountTogetherAndNoneTwice() {
    threeTeams();
    assertThat(scraped(new UsageCollector(world.usage, 0, 100)))
        .isEqualTo(Map.of("other", 12.5, "-", 10.0));
  }

  @Test
  void aCounterNeverFallsAlsoIfAnEndIsHeardOfLate() {
    threeTeams();
    UsageCollector collector = new UsageCollector(world.usage, 200, 100);
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

  @Test
  void everyNamespaceHasASeriesForEachGpuModel() {
    threeTeams();
    assertThat(scraped(new UsageCollector(world.usage, 200, 100), Metric.USAGE_GPU_SECONDS))
        .isEqualTo(Map.of("fraud" + H100, 10.0, "research" + H100, 2.5, "elsewhere" + H100, 10.0));
  }

  @Test
  void laterNamespacesCountTogether() {
    threeTeams();
    UsageCollector collector = new UsageCollector(world.usage, 200, 1);
    Map<String, Double> values = scraped(collector, Metric.USAGE_GPU_SECONDS);
    assertThat(values).hasSize(2).containsKey("other" + H100);
    assertThat(values.values().stream().mapToDouble(each -> each).sum()).isEqualTo(22.5);
  }

  @Test
  void aNamespaceCountsFromTheStartOfTheProcess() {
    threeTeams();
    world.pass(5_000);
    world.restart();
    world.tellPods();
    world.tellTeams();
    world.pass(1_000);
    world.usage.tick();
    world.tellOver(world.ends("r"));
    world.pass(3_000);
    assertThat(scraped(new UsageCollector(world.usage, 200, 100), Metric.USAGE_GPU_SECONDS))
        .isEqualTo(Map.of("fraud" + H100, 4.0, "research" + H100, 0.25, "elsewhere" + H100, 4.0));
  }
}
