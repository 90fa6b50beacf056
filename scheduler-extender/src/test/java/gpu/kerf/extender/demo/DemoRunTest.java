package gpu.kerf.extender.demo;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.embedded.FleetFile;
import gpu.kerf.extender.demo.DemoRunner.DemoOptions;
import gpu.kerf.extender.demo.DemoRunner.Look;
import gpu.kerf.extender.demo.DemoRunner.Outcome;
import gpu.kerf.model.hardware.NodeSpec;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Whole demos over real sockets. */
class DemoRunTest {

  private static final long START = 1_760_000_000_000L;

  private final StringWriter told = new StringWriter();

  @Test
  void everyPodIsServedAndNoSlotIsGivenTwice() throws IOException {
    Outcome outcome = run(1, 150, 0);

    assertThat(outcome.violations()).isEmpty();
    assertThat(outcome.json())
        .containsEntry("pods", 150)
        .containsEntry("finished", 150)
        .containsEntry("unfinished", 0)
        .containsEntry("doubleAllocations", 0);
    assertThat(number(outcome, "onePodPerGpu", "gpusNeeded"))
        .isGreaterThan(number(outcome, "kerf", "gpusNeeded"));
  }

  @Test
  void theSameSeedHasTheSameEnd() throws IOException {
    assertThat(lasting(run(7, 120, 0))).isEqualTo(lasting(run(7, 120, 0)));
    assertThat(lasting(run(7, 120, 0))).isNotEqualTo(lasting(run(8, 120, 0)));
  }

  @Test
  void aPaceChangesNothingOfWhatHappens() throws IOException {
    // Two hundred times as fast as the clock on the wall: some seconds of waiting in all.
    assertThat(lasting(run(3, 40, 200))).isEqualTo(lasting(run(3, 40, 0)));
  }

  @Test
  void workThatNoNodeCouldEverHoldIsTurnedAwayAndHoldsNoOtherUp() throws IOException {
    // Four plain A100: nothing for a MIG wall, or for four H100 and more.
    List<NodeSpec> small =
        FleetFile.standard().stream().filter(node -> node.name().equals("a100-a")).toList();

    Outcome outcome = run(small, 1, 120, 0);

    int finished = outcome.json().get("finished") instanceof Integer number ? number : 0;
    assertThat(outcome.json()).containsEntry("turnedAway", 120 - finished);
    assertThat(outcome.json()).containsEntry("unfinished", 0);
    assertThat(finished).isBetween(60, 119);
    assertThat(told.toString()).contains("fits on no node, even on an empty one: ");
  }

  private Outcome run(long seed, int pods, double pace) throws IOException {
    return run(FleetFile.standard(), seed, pods, pace);
  }

  private Outcome run(List<NodeSpec> fleet, long seed, int pods, double pace) throws IOException {
    DemoOptions options = new DemoOptions(fleet, seed, pods, 2, pace, START);
    try (TestDemo test = new TestDemo()) {
      return new DemoRunner(test.vertx, test.settings, options, new PrintWriter(told))
          .run(Look.LINES, () -> false);
    }
  }

  /** What does not depend on the machine. */
  private static Map<String, Object> lasting(Outcome outcome) {
    Map<String, Object> json = new LinkedHashMap<>(outcome.json());
    json.remove("measured");
    return json;
  }

  private static int number(Outcome outcome, String part, String key) {
    Map<?, ?> figures = (Map<?, ?>) outcome.json().getOrDefault(part, Map.of());
    return figures.get(key) instanceof Number number ? number.intValue() : -1;
  }
}
