package gpu.kerf.bench.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.bench.KerfRun;
import org.junit.jupiter.api.Test;

final class SimulateCommandTest {

  @Test
  void aCleanRunSaysHowLongItWas() {
    JsonNode json =
        KerfRun.of("simulate", "--seed", 3, "--events", 5_000, "--faults", "none", "--json").json();

    assertThat(json.path("seed").asLong()).isEqualTo(3);
    assertThat(json.path("events").asLong()).isGreaterThanOrEqualTo(5_000);
    assertThat(json.path("violations").asInt(-1)).isZero();
    assertThat(json.path("stuck").asInt(-1)).isZero();
    assertThat(json.path("rounds").asInt()).isPositive();
  }

  @Test
  void aSeedThatIsDrawnIsSaid() {
    KerfRun run = KerfRun.of("simulate", "--events", 500, "--faults", "none");

    assertThat(run.code()).isZero();
    assertThat(run.err()).containsPattern("seed [0-9]+");
    assertThat(run.out()).containsPattern("seed [0-9]+:").contains("Nothing was given twice");
  }

  @Test
  void anUnknownFaultIsWrongUsageThatListsThoseThereAre() {
    KerfRun run = KerfRun.of("simulate", "--faults", "earthquakes");

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("There is no fault (earthquakes).").contains("lost-gpus");
    assertThat(run.out()).isEmpty();
  }

  @Test
  void noEventsAreWrongUsage() {
    KerfRun run = KerfRun.of("simulate", "--events", 0);

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("The --events (0) must be between 1 and");
  }

  @Test
  void theHelpExplainsEveryFault() {
    KerfRun run = KerfRun.of("simulate", "--help");

    assertThat(run.code()).isZero();
    for (Fault fault : Fault.values()) {
      assertThat(run.out()).contains(fault.word());
    }
  }
}
