package gpu.kerf.extender.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.service.RunningService;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placement.ContainerSlots;
import gpu.kerf.model.placement.Slot;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * What OpenCost asks for: {@code avg(avg_over_time(container_gpu_allocation{container!="",
 * container!="POD", node!=""}[…])) by (container, pod, namespace, node, uid)}.
 */
class OpenCostCollectorTest {
  private final Ledger ledger = new Ledger();

  OpenCostCollectorTest() {
    ledger.putNode(RunningService.node("a", 2, "H100-80GB", GpuMode.PLAIN));
  }

  @Test
  void everyContainerHasItsPartOfGpus() {
    Placement placement =
        new Placement(
            "a",
            List.of(
                new ContainerSlots("main", List.of(new Slot.Share(0, 40_576, 100))),
                new ContainerSlots("side", List.of(new Slot.Share(0, 8_115, 250)))),
            0,
            0);
    ledger.take(new Holder("u", "ml", "p", "", "", 0), placement, 0);
    ledger.propose(
        new Holder("hint", "ml", "hint", "", "", 0),
        new Placement(
            "a", List.of(new ContainerSlots("main", List.of(new Slot.Whole(1, 81_152)))), 0, 0),
        0,
        1000);

    Map<List<String>, Double> values =
        new OpenCostCollector(ledger)
            .collect().get(0).samples.stream()
                .collect(Collectors.toMap(each -> each.labelValues, each -> each.value));

    // A half of the memory; a tenth of it, with a quarter of the multiprocessors.
    assertThat(values)
        .containsOnly(
            Map.entry(List.of("ml", "p", "main", "a", "u"), 0.5),
            Map.entry(List.of("ml", "p", "side", "a", "u"), 0.25));
    assertThat(Metric.OPENCOST.title()).isEqualTo("container_gpu_allocation");
    assertThat(Metric.OPENCOST.labels())
        .containsExactly("namespace", "pod", "container", "node", "uid");
  }

  @Test
  void itIsThereOnlyIfItIsAskedFor() {
    try (RunningService service =
        RunningService.on(List.of(RunningService.node("a", 1, "H100-80GB", GpuMode.PLAIN)))) {
      service.place("p", "\"kerf.gpu/memory\":\"8Gi\"");

      assertThat(service.get("/metrics")).doesNotContain("container_gpu_allocation");
    }
  }
}
