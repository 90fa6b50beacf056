package gpu.kerf.extender.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.turn.TeamsPicture;
import gpu.kerf.extender.turn.TeamsPicture.OneReclaim;
import gpu.kerf.extender.turn.TeamsPicture.OneTeam;
import gpu.kerf.extender.turn.TeamsPicture.OneVictim;
import gpu.kerf.extender.turn.TeamsPicture.OneWaiting;
import gpu.kerf.model.team.GpuAmount;
import gpu.kerf.model.team.Reclaim;
import gpu.kerf.model.team.TeamNumbers;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class TeamsJsonTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final TeamsJson json = new TeamsJson(() -> BankOfTeams.NOW);

  /** The console's tests draw the same answer. */
  @Test
  void theBankIsToldAsItIsRecorded() throws IOException {
    try (InputStream recorded = TeamsJsonTest.class.getResourceAsStream("/api-v1/teams.json")) {
      assertThat(MAPPER.readTree(json.all(BankOfTeams.picture())))
          .isEqualTo(MAPPER.readTree(Objects.requireNonNull(recorded)));
    }
  }

  @Test
  void withoutTeamsItSaysSo() throws IOException {
    JsonNode answer = MAPPER.readTree(json.all(TeamsPicture.NONE));

    assertThat(answer.path("enabled").isBoolean()).isTrue();
    assertThat(answer.path("enabled").asBoolean()).isFalse();
    assertThat(answer.path("teams").size()).isZero();
    assertThat(answer.path("total").asText()).isEqualTo("0.000");
  }

  @Test
  void oneTeamComesWithTheLineThatIsHandedIn() throws IOException {
    List<OneWaiting> line = Collections.nCopies(40, new OneWaiting("a/p", 1, 0, 5, "it waits"));

    JsonNode team =
        MAPPER
            .readTree(Objects.requireNonNull(json.one(BankOfTeams.picture(), "analytics", line)))
            .path("team");

    assertThat(team.path("held").asText()).isEqualTo("5.000");
    assertThat(team.path("line").size()).isEqualTo(40);
    assertThat(team.path("line").path(39).path("place").asInt()).isEqualTo(40);
    assertThat(json.one(BankOfTeams.picture(), "absent", List.of())).isNull();
  }

  @Test
  void theLinesOfManyTeamsStaySmall() throws IOException {
    List<OneWaiting> line = Collections.nCopies(20, new OneWaiting("a/p", 1, 0, 5, "it waits"));
    GpuAmount none = GpuAmount.NONE;
    List<OneTeam> teams = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      String name = "team-" + i;
      TeamNumbers numbers = new TeamNumbers(name, none, none, none, none, none, 20, none);
      teams.add(
          new OneTeam(name, "", 0, -1, 1_000, 0, numbers, "", "Accepted", "", line, 20, 5, null));
    }

    JsonNode answer = MAPPER.readTree(json.all(new TeamsPicture(true, 24_000, teams, List.of())));

    // 5 of each line, and 1,000 in all: the first 200 teams
    assertThat(answer.path("teams").path(199).path("line").size()).isEqualTo(5);
    assertThat(answer.path("teams").path(200).path("line").size()).isZero();
    assertThat(answer.path("teams").path(499).path("waiting").asInt()).isEqualTo(20);
  }

  @Test
  void aReclaimSaysWhoTookWhatFromWhomAndByWhichRight() {
    List<String> texts =
        BankOfTeams.picture().reclaims().stream().map(ReclaimSentence::of).toList();

    assertThat(texts)
        .containsExactly(
            "Team fraud takes 1 GPU from team vision (research/segment-12) for"
                + " fraud/score-7c9d-x2x8v: its guarantee.",
            "Team fraud took 1.5 GPUs from team language (train-7 of 4 pods), and 0.5 GPUs from"
                + " team analytics (analytics/backtest-3) for fraud/score-7c9d-k4tq2: its"
                + " guarantee.",
            "Team language tried to take 1 GPU from its own work (research/serve-demo-0) for"
                + " research/eval-2: higher priority in the same team.",
            "Team vision tried to take 0.25 GPUs from pods without a team (dev/scratch-0) for"
                + " research/segment-9: its share.");
  }

  @Test
  void aReclaimWithManyVictimsNamesTheFirst() {
    List<OneVictim> victims = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      victims.add(new OneVictim("b", "b/p-" + i, 1, 10));
    }

    assertThat(
            ReclaimSentence.of(
                new OneReclaim(1, 2, "done", Reclaim.Rule.GUARANTEE, "a", "a/whole", victims)))
        .isEqualTo(
            "Team a took 1 GPU from team b (b/p-0, b/p-1, b/p-2 and 97 more) for a/whole: its"
                + " guarantee.");
  }
}
