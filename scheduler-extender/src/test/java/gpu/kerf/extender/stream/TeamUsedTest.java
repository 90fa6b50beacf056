package gpu.kerf.extender.stream;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.usage.UsageCell;
import gpu.kerf.model.usage.UsageSource;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the stream tells of an hour. */
class TeamUsedTest {
  private static final long HOUR = 3_600_000;

  private static UsageCell cell(String team, String owner, String model, long milli, long mib) {
    UsageCell.Key key = new UsageCell.Key(team, "ns", owner, model, "mps");
    return new UsageCell(HOUR, key, "GPU-" + owner, milli, mib);
  }

  @Test
  void cellsOfOneTeamAndModelAreOneEvent() {
    UsageSource source =
        (from, to, each) -> {
          assertThat(List.of(from, to)).containsExactly(HOUR, 2 * HOUR);
          each.accept(cell("research", "a", "H100-80GB", 3, 50));
          each.accept(cell("", "c", "L4", 9, 1));
          each.accept(cell("research", "b", "H100-80GB", 4, 60));
          each.accept(cell("research", "b", "L4", 5, 70));
        };
    assertThat(TeamUsed.ofHour(source, HOUR))
        .containsExactly(
            new TeamUsed("", "L4", HOUR, 9, 1),
            new TeamUsed("research", "H100-80GB", HOUR, 7, 110),
            new TeamUsed("research", "L4", HOUR, 5, 70));
  }
}
