package gpu.kerf.extender.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.service.RunningService;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placement.ContainerSlots;
import gpu.kerf.model.placement.Slot;
import io.prometheus.client.Collector.MetricFamilySamples;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Who waits, since when, and whose GPUs are whose. */
class WaitsAndHoldersTest {
  private static final double GIB = 1L << 30;

  private final Ledger ledger = new Ledger();
  private final Accounting accounting = new Accounting(() -> Instant.EPOCH, 10);

  WaitsAndHoldersTest() {
    ledger.putNode(RunningService.node("a", 2, "H100-80GB", GpuMode.PLAIN));
  }

  private void bound(String uid, String namespace, Slot... slots) {
    Placement placement =
        new Placement("a", List.of(new ContainerSlots("main", List.of(slots))), 0, 0);
    ledger.take(new Holder(uid, namespace, uid, "", "", 0), placement, 0);
  }

  private Map<List<String>, Double> held() {
    MetricFamilySamples family = new GpuHolders(ledger, accounting).family();
    return family.samples.stream()
        .collect(Collectors.toMap(sample -> sample.labelValues, sample -> sample.value));
  }

  @Test
  void everyNamespaceHasItsPartOfAGpu() {
    bound("p", "ml", new Slot.Share(0, 8192, 0));
    bound("q", "ml", new Slot.Share(0, 1024, 0));
    bound("r", "dev", new Slot.Share(0, 2048, 0));

    assertThat(held())
        .containsOnly(
            Map.entry(List.of("a", "0", "", "ml"), 9 * GIB),
            Map.entry(List.of("a", "0", "", "dev"), 2 * GIB));
  }

  @Test
  void aWholeGpuIsAllOfItsMemory() {
    bound("p", "ml", new Slot.Whole(1, 81_152));

    assertThat(held()).containsOnly(Map.entry(List.of("a", "1", "", "ml"), 81_559 * 1048576.0));
  }

  @Test
  void manyPlacementsHaveNoSeriesRatherThanSome() {
    Placement nothing = new Placement("a", List.of(), 0, 0);
    bound("p", "ml", new Slot.Share(0, 8192, 0));
    for (int i = 0; i < GpuHolders.MOST_PLACEMENTS - 1; i++) {
      ledger.take(new Holder("n" + i, "ml", "n" + i, "", "", 0), nothing, 0);
    }
    assertThat(held()).hasSize(1);
    ledger.take(new Holder("last", "ml", "last", "", "", 0), nothing, 0);
    assertThat(held()).isEmpty();
  }

  @Test
  void aPodIsWaitedForUntilItIsBoundAndCountsOnce() {
    try (RunningService service =
        RunningService.on(List.of(RunningService.node("a", 1, "H100-80GB", GpuMode.PLAIN)))) {
      service.place("p", "\"kerf.gpu/memory\":\"8Gi\"");
      service.refuse("q", "\"kerf.gpu/whole\":\"9\"");

      String metrics = service.get("/metrics");
      assertThat(metrics)
          .contains("kerf_namespace_placed_pods_total{namespace=\"ml\",} 1.0")
          .contains("kerf_namespace_waited_seconds_total{namespace=\"ml\",}")
          .contains("kerf_namespace_pending_oldest_seconds{namespace=\"ml\",}")
          .contains(
              "kerf_gpu_held_bytes{node=\"a\",gpu=\"0\",uuid=\"\",namespace=\"ml\",} 8.589934592E9");
    }
  }
}
