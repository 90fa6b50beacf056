package gpu.kerf.extender.cluster.kubernetes.writing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.team.AcceptedTeams;
import gpu.kerf.extender.team.TeamAcceptor;
import gpu.kerf.extender.team.TeamFigures;
import gpu.kerf.extender.team.TeamReading;
import gpu.kerf.extender.team.TeamSource;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.model.budget.BudgetBalance;
import gpu.kerf.model.budget.BudgetPeriod;
import gpu.kerf.model.budget.GpuBudget;
import gpu.kerf.model.team.GpuAmount;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TeamStatusWriterTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

  private final AnsweringServer server = new AnsweringServer();
  private final List<ApiRequest> sent = server.sent();
  private final List<TeamReading> readings = new ArrayList<>();
  private long millis;
  private TeamStatusWriter writer;
  private final List<String> told = new ArrayList<>();

  @BeforeEach
  void start() {
    Clocks clocks = new Clocks(() -> BEGIN.plusMillis(millis), () -> millis * 1_000_000);
    RequestPool requests = new RequestPool(server, new DirectThreads(), 1, "test");
    writer =
        new TeamStatusWriter(
            requests,
            Runnable::run,
            clocks,
            (team, uid, level, text) -> told.add(level + " " + text));
  }

  private void team(String name, int generation, String spec, String status) {
    readings.removeIf(each -> each.name().equals(name));
    try {
      readings.add(
          TeamReading.of(
              JSON.readTree(
                  """
                  {"apiVersion":"kerf.gpu/v1alpha1","kind":"Team",
                   "metadata":{"name":"%s","uid":"u-%s","generation":%d},"spec":{%s},"status":{%s}}\
                  """
                      .formatted(name, name, generation, spec, status))));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void accept() {
    writer.accepted(
        TeamAcceptor.accept(TeamSource.KERF, readings, AcceptedTeams.NONE, Map.of()), readings);
  }

  private static TeamFigures.Figures figures(long held) {
    return new TeamFigures.Figures(
        new GpuAmount(held), GpuAmount.NONE, GpuAmount.NONE, new GpuAmount(held), 0, "");
  }

  private JsonNode last() {
    try {
      return JSON.readTree(sent.get(sent.size() - 1).body()).path("status");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void pass(long time) {
    millis += time;
    writer.tick();
  }

  @Test
  void itIsAppliedByOneFieldManager() {
    team("bank", 3, "\"guarantee\":\"1\"", "");
    accept();
    assertThat(sent).hasSize(1);
    assertThat(sent.get(0).path()).isEqualTo("/apis/kerf.gpu/v1alpha1/teams/bank/status");
    assertThat(sent.get(0).type()).isEqualTo("application/apply-patch+yaml");
    assertThat(sent.get(0).query()).isEqualTo(Map.of("fieldManager", "kerf", "force", "true"));
    assertThat(last().path("observedGeneration").asInt()).isEqualTo(3);
    assertThat(last().at("/conditions/0/lastTransitionTime").asText())
        .isEqualTo("2026-01-01T00:00:00Z");
    assertThat(last().has("held")).isFalse();
  }

  @Test
  void itIsWrittenOnlyWhenItIsAnotherOneAndNotMoreOftenThanEveryTwoSeconds() {
    team("bank", 1, "\"guarantee\":\"1\"", "");
    accept();
    for (int held = 1; held <= 10; held++) {
      writer.figures(new TeamFigures(Map.of("bank", figures(held))));
      pass(100);
    }
    assertThat(sent).as("within a second").hasSize(1);
    pass(1_000);
    assertThat(sent).hasSize(2);
    assertThat(last().path("held").asText()).as("the newest").isEqualTo("0.010");
    pass(60_000);
    writer.figures(new TeamFigures(Map.of("bank", figures(10))));
    accept();
    assertThat(sent).as("nothing changes").hasSize(2);
  }

  @Test
  void twoHundredTeamsAreNoFlood() {
    Map<String, TeamFigures.Figures> all = new HashMap<>();
    for (int i = 0; i < 200; i++) {
      team("t" + i, 1, "\"guarantee\":\"1\"", "");
    }
    accept();
    assertThat(sent).hasSize(20);
    for (int second = 0; second < 60; second++) {
      for (int i = 0; i < 200; i++) {
        all.put("t" + i, figures(1_000L * second + i));
      }
      writer.figures(new TeamFigures(all));
      pass(1_000);
    }
    assertThat(sent).hasSizeBetween(60 * 20 - 20, 60 * 20 + 20);
    assertThat(sent.stream().map(ApiRequest::path).distinct()).as("each has its turn").hasSize(200);
  }

  @Test
  void theTimeOfTheConditionChangesWithTheAnswerAlone() {
    team("bank", 1, "\"guarantee\":\"1\"", "");
    accept();
    millis += 10_000;
    team("bank", 2, "\"guarantee\":\"2\"", "");
    accept();
    assertThat(last().at("/conditions/0/observedGeneration").asInt()).isEqualTo(2);
    assertThat(last().at("/conditions/0/lastTransitionTime").asText())
        .isEqualTo("2026-01-01T00:00:00Z");
    millis += 10_000;
    team("bank", 3, "\"guarantee\":\"x\"", "");
    accept();
    assertThat(last().at("/conditions/0/reason").asText()).isEqualTo("Invalid");
    assertThat(last().at("/conditions/0/lastTransitionTime").asText())
        .isEqualTo("2026-01-01T00:00:20Z");
  }

  @Test
  void aStatusThatSaysSoAlreadyIsNotWritten() {
    String known =
        "\"observedGeneration\":1,\"held\":\"2.000\",\"conditions\":[{\"type\":\"Accepted\",\"status\":\"True\","
            + "\"reason\":\"Accepted\",\"message\":\"\",\"lastTransitionTime\":\"2025-01-01T00:00:00Z\"}]";
    team("bank", 1, "\"guarantee\":\"1\"", known);
    accept();
    assertThat(sent).isEmpty();
    team("bank", 2, "\"guarantee\":\"2\"", known);
    accept();
    assertThat(last().path("held").asText()).as("what a replica read stands").isEqualTo("2.000");
    assertThat(last().at("/conditions/0/lastTransitionTime").asText())
        .isEqualTo("2025-01-01T00:00:00Z");
  }

  @Test
  void aWriteThatFailsIsTriedAgainAfterGrowingPauses() {
    server.answer(500);
    team("bank", 1, "\"guarantee\":\"1\"", "");
    accept();
    for (int i = 0; i < 40; i++) {
      pass(1_000);
    }
    assertThat(sent).as("after 0, 4, 12 and 28 s").hasSize(4);
    server.answer(200);
    pass(60_000);
    pass(60_000);
    assertThat(sent).hasSize(5);
  }

  private static final String MONTH =
      "\"guarantee\":\"1\",\"budget\":{\"gpuHours\":\"100\",\"period\":\"Month\"}";

  /** So many of 100 GPU hours of January are used, or of another amount or month. */
  private void used(long hours, long of, Instant at) {
    BudgetBalance balance =
        new GpuBudget(of * 1_000, BudgetPeriod.MONTH, ZoneId.of("UTC"), GpuBudget.OnExhausted.HOLD)
            .at(at, since -> hours * 3_600_000_000L);
    GpuAmount none = GpuAmount.NONE;
    writer.figures(
        new TeamFigures(
            Map.of("bank", new TeamFigures.Figures(none, none, none, none, 0, "", balance))));
    pass(60_000);
  }

  @Test
  void aBudgetIsToldWithItsPeriodAndWhatIsLeft() {
    team("bank", 1, MONTH, "");
    accept();
    used(40, 100, BEGIN);
    assertThat(last().path("budget"))
        .isEqualTo(
            JSON.createObjectNode()
                .put("periodStart", "2026-01-01T00:00:00Z")
                .put("usedGpuHours", "40.000")
                .put("leftGpuHours", "60.000")
                .put("resets", "2026-02-01T00:00:00Z"));
    assertThat(last().at("/conditions/1/type").asText()).isEqualTo("BudgetExhausted");
    assertThat(last().at("/conditions/1/status").asText()).isEqualTo("False");
    assertThat(last().at("/conditions/1/reason").asText()).isEqualTo("Within");
    used(100, 100, BEGIN.plusSeconds(90));
    assertThat(last().at("/conditions/1/status").asText()).isEqualTo("True");
    assertThat(last().at("/conditions/1/reason").asText()).isEqualTo("Exhausted");
    assertThat(last().at("/conditions/1/message").asText())
        .isEqualTo(
            "The 100 GPU hours of January 2026 are used up; the next period starts on"
                + " 1 February 2026 at 00:00 (UTC).");
    assertThat(last().at("/conditions/1/lastTransitionTime").asText())
        .isEqualTo("2026-01-01T00:01:30Z");
  }

  @Test
  void eachLevelIsAnnouncedOnceAPeriod() {
    team("bank", 1, MONTH, "");
    accept();
    for (long hours : new long[] {40, 79, 80, 81, 94, 95, 96, 100, 130}) {
      used(hours, 100, BEGIN);
    }
    assertThat(told)
        .extracting(each -> each.substring(0, each.indexOf(' ')))
        .containsExactly("USED_80_PERCENT", "USED_95_PERCENT", "EXHAUSTED");
    used(85, 100, Instant.parse("2026-02-10T00:00:00Z"));
    assertThat(told).hasSize(4);
    assertThat(told.get(3))
        .startsWith("USED_80_PERCENT At least 80 % of the 100 GPU hours of February 2026 are used");
  }

  @Test
  void anExtensionAnnouncesTheLevelsAnew() {
    team("bank", 1, MONTH, "");
    accept();
    used(100, 100, BEGIN);
    used(100, 200, BEGIN);
    assertThat(told).hasSize(1);
    used(170, 200, BEGIN);
    assertThat(told).hasSize(2);
  }

  @Test
  void afterARestartNothingIsAnnouncedThatTheStatusSays() throws IOException {
    team("bank", 1, MONTH, "");
    accept();
    used(96, 100, BEGIN);
    String status = last().toString();
    told.clear();
    start();
    team("bank", 1, MONTH, status.substring(1, status.length() - 1));
    accept();
    used(97, 100, BEGIN);
    assertThat(told).isEmpty();
    used(100, 100, BEGIN);
    assertThat(told).hasSize(1);
  }

  @Test
  void aTeamThatHasABudgetNoMoreSaysNothingOfOne() {
    team("bank", 1, MONTH, "");
    accept();
    used(40, 100, BEGIN);
    writer.figures(new TeamFigures(Map.of("bank", figures(5))));
    pass(60_000);
    assertThat(last().has("budget")).isFalse();
    assertThat(last().path("conditions")).hasSize(1);
  }

  @Test
  void aTeamThatIsGoneIsNotWritten() {
    team("bank", 1, "\"guarantee\":\"1\"", "");
    accept();
    readings.clear();
    accept();
    writer.figures(new TeamFigures(Map.of("bank", figures(5))));
    pass(60_000);
    assertThat(sent).hasSize(1);
  }
}
