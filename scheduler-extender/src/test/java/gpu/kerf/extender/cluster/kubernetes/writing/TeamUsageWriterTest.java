package gpu.kerf.extender.cluster.kubernetes.writing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.team.TeamReading;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.model.usage.UsageCheckpoint;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TeamUsageWriterTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long BEGIN = 1_767_225_600_000L;
  private static final UsageCheckpoint USAGE =
      new UsageCheckpoint(
          BEGIN,
          BEGIN + 3_600_123,
          7_200_246_000L,
          List.of(new UsageCheckpoint.Period(BEGIN + 1_800_000, 3_600_246_000L)));

  private final AnsweringServer server = new AnsweringServer();
  private final Queue<Runnable> later = new ArrayDeque<>();
  private long millis;
  private final TeamUsageWriter writer =
      new TeamUsageWriter(
          new RequestPool(server, new DirectThreads(), 1, "test"),
          later::add,
          new Clocks(() -> Instant.ofEpochMilli(BEGIN + millis), () -> millis * 1_000_000));

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new AssertionError(text, e);
    }
  }

  private static TeamReading team(String name, String status) {
    return TeamReading.of(
        json(
            """
            {"apiVersion":"kerf.gpu/v1alpha1","kind":"Team",
             "metadata":{"name":"%s","uid":"u-%s"},"spec":{},"status":%s}\
            """
                .formatted(name, name, status)));
  }

  private void turn() {
    for (Runnable next = later.poll(); next != null; next = later.poll()) {
      next.run();
    }
  }

  @Test
  void itIsAppliedByAFieldManagerOfItsOwnAndReadAgain() {
    assertThat(writer.read(List.of(team("bank", "{}")))).isEmpty();
    CompletionStage<Void> written = writer.write(Map.of("bank", USAGE));
    assertThat(written.toCompletableFuture()).isNotDone();
    turn();
    assertThat(written.toCompletableFuture()).isCompleted();
    ApiRequest sent = server.sent().get(0);
    assertThat(sent.path()).isEqualTo("/apis/kerf.gpu/v1alpha1/teams/bank/status");
    assertThat(sent.query()).isEqualTo(Map.of("fieldManager", "kerf-usage", "force", "true"));
    JsonNode body = json(sent.body());
    assertThat(body.at("/metadata/uid").asText()).isEqualTo("u-bank");
    assertThat(body.path("status"))
        .isEqualTo(
            json(
                """
                {"usage":{"since":"2026-01-01T00:00:00Z","until":"2026-01-01T01:00:00.123Z","milliGpuMillis":7200246000,
                 "periods":[{"start":"2026-01-01T00:30:00Z","milliGpuMillis":3600246000}]}}\
                """));
    assertThat(writer.read(List.of(team("bank", body.path("status").toString()))))
        .isEqualTo(Map.of("bank", USAGE));
  }

  @Test
  void whatWaitsIsReplacedByWhatIsNewerAndFewRequestsAreUnderWay() {
    Map<String, UsageCheckpoint> all = new HashMap<>();
    List<TeamReading> teams = IntStream.range(0, 50).mapToObj(i -> team("t" + i, "{}")).toList();
    teams.forEach(each -> all.put(each.name(), USAGE));
    writer.read(teams);
    var unused = writer.write(all);
    CompletionStage<Void> second = writer.write(all);
    assertThat(server.sent()).hasSize(2);
    turn();
    assertThat(server.sent()).as("two were under way").hasSize(52);
    assertThat(second.toCompletableFuture()).isCompleted();
  }

  @Test
  void aTeamThatIsGoneAndAServerThatRefusesEndTheWaitingAllTheSame() {
    writer.read(List.of(team("bank", "{}")));
    assertThat(writer.write(Map.of("gone", USAGE)).toCompletableFuture()).isCompleted();
    assertThat(server.sent()).isEmpty();
    server.answer(500);
    CompletionStage<Void> written = writer.write(Map.of("bank", USAGE));
    turn();
    assertThat(written.toCompletableFuture()).isCompleted();
  }

  @Test
  void whatCouldNotBeWrittenIsWrittenLaterUnlessItsTeamIsAnotherOneByThen() {
    writer.read(List.of(team("bank", "{}"), team("other", "{}")));
    server.answer(500);
    var unused = writer.write(Map.of("bank", USAGE, "other", USAGE));
    turn();
    writer.tick();
    turn();
    assertThat(server.sent()).as("at once, and tried again").hasSize(4);
    writer.tick();
    turn();
    assertThat(server.sent()).as("not all the time").hasSize(4);
    server.answer(200);
    millis += 5_000;
    writer.read(List.of(team("bank", "{}")));
    writer.tick();
    turn();
    assertThat(server.sent()).hasSize(5);
    millis += 5_000;
    writer.tick();
    assertThat(server.sent()).hasSize(5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{'since':'2026-01-01T00:00:00Z','until':'yesterday','milliGpuMillis':1}",
        "{'since':'2026-01-01T00:00:00Z','until':'2026-01-01T00:00:01Z','milliGpuMillis':1.5}",
        "{'since':'2026-01-01T00:00:00Z','until':'2026-01-01T00:00:01Z','milliGpuMillis':-1}",
        "{'since':'2026-01-01T00:00:00Z','until':'2025-01-01T00:00:01Z','milliGpuMillis':1}",
        "{'since':'2026-01-01T00:00:00Z','until':'2026-01-01T00:00:01Z','milliGpuMillis':9223372036854775807}",
        "{'since':'2026-01-01T00:00:00Z','until':'+999999999-01-01T00:00:01Z','milliGpuMillis':1}",
        "{'since':'2026-01-01T00:00:00Z','until':'2026-01-01T00:00:01Z','milliGpuMillis':1,'periods':[{}]}"
      })
  void aStatusThatWasEditedToNonsenseIsNotBelieved(String usage) {
    String status = "{\"usage\":" + usage.replace('\'', '"') + "}";
    assertThatThrownBy(() -> TeamUsageStatus.read(json(status)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Maybe the status of the team was edited.");
    assertThat(writer.read(List.of(team("bank", status)))).isEmpty();
  }
}
