package gpu.kerf.extender.demo;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.team.AcceptedTeams;
import gpu.kerf.extender.team.TeamSpec;
import java.time.Instant;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the bank promises its teams. */
class BankTeamsTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 24, 1000})
  void theTeamsAreAcceptedOnAnyFleet(int gpus) {
    AcceptedTeams teams = BankTeams.accepted(gpus);

    assertThat(teams.inForce()).containsOnlyKeys("bank", "fraud", "research", "analytics");
    assertThat(teams.teamOf("research", "")).isEqualTo("research");
  }

  @Test
  void theDemoBeginsFourHoursBeforeTheNight() {
    // A Sunday at noon; the Thursday before it is the ninth.
    long start = BankTeams.startNear(1_760_270_400_000L);
    TeamSpec analytics = Objects.requireNonNull(BankTeams.accepted(24).inForce().get("analytics"));
    Instant begin = Instant.ofEpochMilli(start);

    assertThat(begin).isEqualTo("2025-10-09T16:00:00Z");
    assertThat(analytics.at(begin).guarantee().milli()).isZero();
    assertThat(analytics.windowAt(begin.plusSeconds(4 * 3600 - 1))).isNull();
    assertThat(analytics.at(begin.plusSeconds(4 * 3600)).guarantee().milli()).isEqualTo(8_000);
  }
}
