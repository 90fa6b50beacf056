package gpu.kerf.extender.api;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.turn.TeamsPicture;
import gpu.kerf.extender.turn.TeamsPicture.OneWaiting;
import java.util.List;
import org.junit.jupiter.api.Test;

class TeamsTextTest {
  private static final long NOW = BankOfTeams.NOW;

  @Test
  void theTreeIsATable() {
    assertThat(TeamsText.all(BankOfTeams.picture(), NOW))
        .startsWith(
            """
            TEAM          HELD  GUARANTEE  BORROWED  SHARE  LIMIT   ASKS  WAIT  OLDEST
            bank          23.5         24         0     24      -  14.25     6       -
              fraud          7          8         0      8     12      1     1      1m
              research    11.5          8       3.5     11     16   9.25     3       -
                language     5          4         1    6.5      -   9.25     3     47m
                vision     6.5          4       2.5    4.5      8      0     0       -
              analytics      5          2         3      5      5      4     2   1h32m
            platform         0          0         0      0      2      0     0       -

            GPUs to divide: 24
            Window nights of team analytics is open.
            The newest manifest of team platform is not in force (PromisesTooMuch): The teams below platform are guaranteed 3 GPUs together, and platform has 0.
            9s ago (running): Team fraud takes 1 GPU from team vision (research/segment-12) for fraud/score-7c9d-x2x8v: its guarantee.
            """);
  }

  @Test
  void aTeamHasItsLine() {
    List<OneWaiting> line =
        List.of(
            new OneWaiting("gang-a", 8, 0, NOW - 45_000, "No free place is large enough."),
            new OneWaiting("research/p", 1, -5, NOW - 50 * 3_600_000L, ""));

    assertThat(TeamsText.one(BankOfTeams.picture(), "language", line, NOW))
        .isEqualTo(
            """
            TEAM      HELD  GUARANTEE  BORROWED  SHARE  LIMIT  ASKS  WAIT  OLDEST
            language     5          4         1    6.5      -  9.25     3     47m

            PLACE  NAME        PODS  PRIORITY  WAITS
            1      gang-a         8         0    45s
            2      research/p     1        -5   2d2h

            The first waits because: No free place is large enough.
            """);
    assertThat(TeamsText.one(BankOfTeams.picture(), "absent", line, NOW)).isNull();
  }

  @Test
  void withoutTeamsItSaysSo() {
    assertThat(TeamsText.all(TeamsPicture.NONE, NOW)).startsWith("This cluster has no teams");
  }
}
