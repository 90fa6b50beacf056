package gpu.kerf.extender.demo;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.embedded.FleetFile;
import gpu.kerf.extender.demo.DemoRunner.DemoOptions;
import gpu.kerf.extender.demo.DemoRunner.Look;
import gpu.kerf.extender.demo.DemoRunner.Outcome;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Whole demos of teams over real sockets. */
class TeamsDemoTest {

  /** A Sunday: the demo begins on the Thursday before. */
  private static final long START = 1_760_270_400_000L;

  private final StringWriter told = new StringWriter();

  @Test
  void teamsGetTheirGuaranteesAndGangsStartWhole() throws IOException {
    Outcome outcome = run(1, 130, 0);

    assertThat(outcome.violations()).isEmpty();
    assertThat(outcome.json())
        .containsEntry("works", 130)
        .containsEntry("finished", 130)
        .containsEntry("unfinished", 0)
        .containsEntry("tornGangs", 0)
        .containsEntry("doubleAllocations", 0);
    assertThat(number(outcome, "fraud", "reclaims")).isPositive();
    assertThat(number(outcome, "fraud", "evictions")).isZero();
    assertThat(number(outcome, "research", "evictions")).isPositive();
    assertThat(told.toString())
        .contains("Thu 16:25  fraud takes back 1 GPU from ")
        .containsPattern("research: gang training-\\d+ of \\d pods starts whole after ")
        .contains("Thu 20:00  analytics: the window nights opens: 8 GPUs guaranteed, at most 12");
  }

  @Test
  void theSameSeedHasTheSameEndAtAnyPace() throws IOException {
    Map<String, Object> first = lasting(run(7, 45, 0));

    assertThat(lasting(run(7, 45, 20_000))).isEqualTo(first);
    assertThat(lasting(run(8, 45, 0))).isNotEqualTo(first);
  }

  private Outcome run(long seed, int works, double pace) throws IOException {
    DemoOptions options = new DemoOptions(FleetFile.bank(), seed, works, 0.0035, pace, START);
    try (TestDemo test = new TestDemo()) {
      return new DemoRunner(test.vertx, test.settings, options, new PrintWriter(told))
          .runTeams(Look.LINES, () -> false);
    }
  }

  /** What does not depend on the machine. */
  private static Map<String, Object> lasting(Outcome outcome) {
    Map<String, Object> json = new LinkedHashMap<>(outcome.json());
    json.remove("measured");
    return json;
  }

  private static int number(Outcome outcome, String team, String key) {
    Map<?, ?> teams = (Map<?, ?>) outcome.json().getOrDefault("teams", Map.of());
    return teams.get(team) instanceof Map<?, ?> of && of.get(key) instanceof Integer value
        ? value
        : -1;
  }
}
