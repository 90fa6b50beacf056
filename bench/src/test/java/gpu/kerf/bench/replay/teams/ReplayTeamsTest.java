package gpu.kerf.bench.replay.teams;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.bench.KerfRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code kerf replay teams} and {@code kerf replay make-teams}. */
class ReplayTeamsTest {

  private static final String TEAMS =
      """
      apiVersion: kerf.gpu/v1alpha1
      kind: Team
      metadata: {name: a}
      spec: {guarantee: "2"}
      ---
      apiVersion: kerf.gpu/v1alpha1
      kind: Team
      metadata: {name: b}
      spec: {guarantee: "1"}
      """;

  @TempDir private Path folder = Path.of("");

  @BeforeEach
  void fleet() throws IOException {
    write("fleet.yaml", "nodes: [{name: n, gpus: [{model: H100-80GB, count: 4}]}]\n");
    write("teams.yaml", TEAMS);
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  private static String job(String id, String team, long arrivalMs, long runMs, String more) {
    return "{\"id\":\"%s\",\"team\":\"%s\",\"arrivalMs\":%d,\"runMs\":%d,%s}%n"
        .formatted(id, team, arrivalMs, runMs, more);
  }

  private KerfRun play(String... more) {
    Object[] args = new Object[8 + more.length];
    Object[] first = {
      "replay",
      "teams",
      "--fleet",
      folder.resolve("fleet.yaml"),
      "--teams",
      folder.resolve("teams.yaml"),
      "--jobs",
      folder.resolve("jobs.jsonl")
    };
    System.arraycopy(first, 0, args, 0, first.length);
    System.arraycopy(more, 0, args, first.length, more.length);
    return KerfRun.of(args);
  }

  private JsonNode json(String policy) {
    return play("--policy", policy, "--json").json();
  }

  @Test
  void aTeamGetsItsGuaranteeBackAndLostWorkIsCounted() throws IOException {
    write(
        "jobs.jsonl",
        job("a0", "a", 0, 3_600_000, "\"whole\":4")
            + job("b0", "b", 1_800_000, 60_000, "\"whole\":1"));
    // a borrows 2 of 4 with one job of 4, which would fall under its guarantee: b waits
    assertThat(json("kerf").path("evictions").asInt()).isZero();
    write(
        "jobs.jsonl",
        job("a0", "a", 0, 3_600_000, "\"whole\":2")
            + job("a1", "a", 0, 3_600_000, "\"whole\":2")
            + job("b0", "b", 1_800_000, 60_000, "\"whole\":1"));
    JsonNode result = json("kerf");
    assertThat(result.path("evictions").asInt()).isEqualTo(1);
    // 2 GPUs for half an hour
    assertThat(result.path("lostGpuHours").asDouble()).isEqualTo(1);
    // 2 and 2 GPUs for an hour, 1 GPU for a minute
    assertThat(result.path("doneGpuHours").asDouble()).isEqualTo(4.017);
    assertThat(result.path("teams").path("b").path("longestWaitMs").asLong()).isZero();
    // all 4 GPUs were held until the last job came
    assertThat(result.path("utilPercent").asDouble()).isEqualTo(100);
  }

  @Test
  void aGangStartsWholeAndAnEarlierLargeJobBlocksFifoAlone() throws IOException {
    write(
        "jobs.jsonl",
        job("a0", "a", 0, 60_000, "\"whole\":2")
            + job("gang", "b", 1, 60_000, "\"whole\":2,\"pods\":2")
            + job("a1", "a", 2, 60_000, "\"memoryMiB\":8192"));
    assertThat(json("fifo").path("teams").path("a").path("longestWaitMs").asLong())
        .isEqualTo(119_998);
    assertThat(json("firstfit").path("teams").path("a").path("longestWaitMs").asLong()).isZero();
    // the gang waits for a1, which ends at 60,002
    assertThat(json("firstfit").path("longestWaitMs").asLong()).isEqualTo(60_001);
    assertThat(json("kerf").path("tornGangs").asInt()).isZero();
    JsonNode guarantees = json("static");
    assertThat(guarantees.path("neverStartedJobs").asInt()).as("4 of 1 guaranteed").isEqualTo(1);
  }

  @Test
  void jobsThatFitOnNoNodeAreCountedAndSaid() throws IOException {
    write(
        "jobs.jsonl",
        job("huge", "a", 0, 60_000, "\"whole\":8") + job("a1", "a", 0, 60_000, "\"whole\":1"));
    KerfRun run = play("--policy", "kerf", "--json");
    assertThat(run.json().path("impossibleJobs").asInt()).isEqualTo(1);
    assertThat(run.json().path("neverStartedJobs").asInt()).isEqualTo(1);
    assertThat(run.err()).contains("1 jobs never ran");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"id":"a"                                                        | is not JSON
          []                                                               | is not an object
          {"id":"x","team":"c","arrivalMs":0,"runMs":1,"whole":1}          | is no team without children
          {"id":"x","arrivalMs":0,"runMs":1,"whole":1}                     | key team
          {"id":"x","team":"a","arrivalMs":-1,"runMs":1,"whole":1}         | out of range
          {"id":"x","team":"a","arrivalMs":0,"runMs":0,"whole":1}          | out of range
          {"id":"x","team":"a","arrivalMs":0,"runMs":1e99,"whole":1}       | key runMs
          {"id":"x","team":"a","arrivalMs":0,"runMs":1}                    | missing, and so is whole
          {"id":"x","team":"a","arrivalMs":0,"runMs":1,"whole":65}         | out of range
          {"id":"x","team":"a","arrivalMs":0,"runMs":1,"whole":1,"pods":513} | key pods
          {"id":"x","team":"a","arrivalMs":0,"runMs":1,"whole":1,"wall":"mps"} | makes no sense for whole GPUs
          {"id":"x","team":"a","arrivalMs":0,"runMs":1,"whole":1,"evictable":"no"} | no truth value
          """)
  void aBadLineIsNamed(String line, String problem) throws IOException {
    write("jobs.jsonl", job("good", "a", 0, 1, "\"whole\":1") + line + "\n");
    KerfRun run = play("--policy", "kerf");
    assertThat(run.code()).isNotZero();
    assertThat(run.err()).contains("line 2").contains(problem);
  }

  @Test
  void unknownPoliciesAndTeamsThatAreNoTreeAreRefused() throws IOException {
    write("jobs.jsonl", job("good", "a", 0, 1, "\"whole\":1"));
    assertThat(play("--policy", "luck").err()).contains("kerf, fifo, firstfit, static");
    write("teams.yaml", TEAMS.replace("{guarantee: \"1\"}", "{parent: b, guarantee: \"1\"}"));
    assertThat(play("--policy", "kerf").err()).contains("team b");
  }

  @ParameterizedTest
  @ValueSource(strings = {"bank", "research", "bursty"})
  void madeTeamsCanBePlayedAndTheSameSeedGivesTheSame(String shape) throws IOException {
    for (String name : new String[] {"one", "two"}) {
      KerfRun made =
          KerfRun.of(
              "replay",
              "make-teams",
              "--shape",
              shape,
              "--seed",
              7,
              "--days",
              1,
              "--demand",
              20,
              "--out",
              folder.resolve(name));
      assertThat(made.code()).as(made.err()).isZero();
    }
    assertThat(folder.resolve("two/jobs.jsonl"))
        .hasSameTextualContentAs(folder.resolve("one/jobs.jsonl"));
    for (String file : new String[] {"fleet.yaml", "teams.yaml", "jobs.jsonl"}) {
      write(file, Files.readString(folder.resolve("one").resolve(file)));
    }
    JsonNode result = json("kerf");
    assertThat(result.path("neverStartedJobs").asInt()).isZero();
    assertThat(result.path("tornGangs").asInt()).isZero();
    assertThat(result.path("utilPercent").asDouble()).isGreaterThan(10);
  }
}
