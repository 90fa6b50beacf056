package gpu.kerf.extender.service;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.hardware.GpuMode;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What metrics say of a node that is gone, before and after its pods are gone too. */
class NodesThatGoTest {

  private final RunningService service =
      RunningService.on(
          List.of(
              RunningService.node("a", 1, "H100-80GB", GpuMode.PLAIN),
              RunningService.node("b", 1, "H100-80GB", GpuMode.PLAIN)));

  @AfterEach
  void stop() {
    service.close();
  }

  private List<String> gauges(String word) {
    return service
        .get("/metrics")
        .lines()
        .filter(line -> !line.startsWith("#") && !line.contains("_total"))
        .filter(line -> line.contains(word))
        .toList();
  }

  private List<String> nonZero(String word) {
    return gauges(word).stream().filter(line -> !line.endsWith(" 0.0")).toList();
  }

  @Test
  void gaugesSettleWhenANodeGoesAndItsPodAfterIt() {
    String node = service.place("p", "\"kerf.gpu/whole\":\"1\"");
    service.onLoop(
        () -> {
          service.listener().nodeRemoved(node);
          return node;
        });

    assertThat(gauges("node=\"" + node + "\"")).as("of a node that is gone").isEmpty();

    service.onLoop(
        () -> {
          service.listener().podEnded("uid-p");
          return node;
        });

    assertThat(nonZero("kerf_ledger_conflicts")).isEmpty();
    assertThat(nonZero("kerf_ledger_placements")).isEmpty();
    assertThat(nonZero("namespace=\"ml\"")).as("held by nothing that runs").isEmpty();
  }
}
