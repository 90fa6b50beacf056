package gpu.kerf.extender.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.team.TeamManifests;
import gpu.kerf.extender.team.TeamSpec;
import java.io.IOException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The example of a bank: it can be applied, and says at each time what its comments say. */
class BankExampleTest {

  private static TeamManifests bank() throws IOException {
    TeamManifests manifests = new TeamManifests();
    manifests.read("bank.yaml", Shipped.text("examples/teams/bank.yaml"));
    return manifests;
  }

  private static TeamSpec team(String name) throws IOException {
    return bank().teams().stream()
        .filter(team -> team.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @CsvSource({
    // Monday 2026-11-30; Berlin is an hour before UTC
    "2026-11-30T12:00:00+01:00, ,         0.000, 4.000,  2026-11-30T19:00:00Z",
    "2026-11-30T21:00:00+01:00, nights,   8.000, 16.000, 2026-12-01T05:00:00Z",
    // Friday's night goes over into the weekend
    "2026-12-05T05:59:00+01:00, nights,   8.000, 16.000, 2026-12-05T05:00:00Z",
    "2026-12-05T06:00:00+01:00, weekends, 8.000, 16.000, 2026-12-07T05:00:00Z",
    "2026-12-07T05:59:00+01:00, weekends, 8.000, 16.000, 2026-12-07T05:00:00Z",
    "2026-12-07T06:00:00+01:00, ,         0.000, 4.000,  2026-12-07T19:00:00Z",
  })
  void analyticsHasGpusAtNightAndOnWeekends(
      OffsetDateTime at, String window, String guarantee, String limit, Instant until)
      throws IOException {
    Instant moment = at.toInstant();
    TeamManifests bank = bank();
    bank.checkTogether(moment);
    assertThat(bank.problems()).isEmpty();
    TeamSpec analytics = team("analytics");
    TeamSpec.Window open = analytics.windowAt(moment);
    assertThat(open == null ? null : open.name()).isEqualTo(window);
    assertThat(analytics.at(moment).guarantee()).hasToString(guarantee);
    assertThat(analytics.at(moment).limit()).hasToString(limit);
    assertThat(analytics.nextChange(moment)).isEqualTo(until);
  }

  @Test
  void researchHasABudgetForEightGpusOverALongMonth() throws IOException {
    // 8 GPUs for 31 days of 24 hours
    assertThat(Objects.requireNonNull(team("research").budget()).milliGpuHours())
        .isGreaterThan(8 * 31 * 24 * 1_000L)
        .isLessThan(9 * 31 * 24 * 1_000L);
  }

  @Test
  void fraudIsGuaranteedAtAllTimes() throws IOException {
    assertThat(team("fraud").windows()).isEmpty();
    assertThat(team("fraud").team().guarantee()).hasToString("8.000");
  }
}
