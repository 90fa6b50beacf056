package gpu.kerf.extender.command;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.KerfCalls;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TeamsCheckCommandTest {
  private static final String BANK =
      """
      apiVersion: kerf.gpu/v1alpha1
      kind: Team
      metadata: {name: bank}
      spec: {guarantee: "10"}
      ---
      apiVersion: v1
      kind: Namespace
      metadata: {name: research}
      """;
  private static final String RESEARCH =
      """
      apiVersion: kerf.gpu/v1alpha1
      kind: Team
      metadata: {name: research, labels: {a: b}}
      spec:
        parent: bank
        namespaces: {names: [research, notebooks]}
        guarantee: "6"
        limit: "12"
        weight: 2
        priority: 0
        models: [{name: H100-80GB, guarantee: "4", limit: "8"}]
        windows:
        - {name: nights, schedule: "0 20 * * 1-5", timeZone: Europe/Berlin, duration: 10h, guarantee: "12", limit: "24"}
        - {name: sundays, schedule: "0 0 * * SUN", timeZone: UTC, duration: 1d, limit: "20"}
        budget: {gpuHours: "2000", period: Month, onExhausted: Hold}
        protect: {minRuntime: 10m}
        idle: {after: 30m, warn: 10m}
      status: {held: "3"}
      """;

  private final KerfCalls kerf = new KerfCalls();
  @TempDir Path folder = Path.of("");

  private String file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text).toString();
  }

  private String problems(String... manifests) throws IOException {
    StringBuilder all = new StringBuilder();
    for (String manifest : manifests) {
      all.append(manifest).append("---\n");
    }
    assertThat(kerf.call("teams", "check", "-f", file("teams.yaml", all.toString()))).isEqualTo(1);
    assertThat(kerf.out()).isEmpty();
    return kerf.err();
  }

  private static String team(String name, String spec) {
    return "{apiVersion: kerf.gpu/v1alpha1, kind: Team, metadata: {name: %s}, spec: %s}\n"
        .formatted(name, spec);
  }

  @Test
  void teamsOfSeveralFilesAreCheckedTogether() throws IOException {
    assertThat(
            kerf.call(
                "teams", "check", "-f", file("bank.yaml", BANK), file("research.yaml", RESEARCH)))
        .isZero();
    assertThat(kerf.out()).isEqualTo("The Teams are valid: 2.%n".formatted());
    assertThat(
            kerf.call(
                "teams", "check", "-f", file("bank.yaml", BANK), "-f", file("r.yaml", RESEARCH)))
        .isZero();
    assertThat(kerf.err()).contains("Namespace/research of ").contains("bank.yaml is no Team.");

    assertThat(kerf.call("teams", "check", "-f", file("research.yaml", RESEARCH))).isEqualTo(1);
    assertThat(kerf.err()).contains("research.yaml: team research: parent (bank) is no team.");
  }

  @Test
  void atATimeItSaysWhichWindowsAreOpenAndChecksTheGuaranteesOfThen() throws IOException {
    String all = file("all.yaml", BANK + "---\n" + RESEARCH);
    assertThat(kerf.call("teams", "check", "-f", all, "--at", "2026-11-30T12:00:00+01:00"))
        .isZero();
    assertThat(kerf.out())
        .contains(
            "bank: guarantee 10.000, no limit, weight 1.000, priority 0.",
            "research: window nights is closed.",
            "research: window sundays is closed.",
            // A Monday: the window opens at 20:00 in Berlin.
            "research: guarantee 6.000, limit 12.000, weight 2.000, priority 0, until"
                + " 2026-11-30T20:00+01:00, when window nights counts; 2,000 GPU hours of"
                + " November 2026, and the next period starts on 1 December 2026 at 00:00 (UTC).");

    KerfCalls night = new KerfCalls();
    assertThat(
            night.call("teams", "check", "-f", all, "--at", "2026-11-30T21:00:00+01:00", "--json"))
        .isEqualTo(1);
    JsonObject answer = new JsonObject(night.out());
    assertThat(answer.getJsonArray("windows"))
        .isEqualTo(
            new JsonArray()
                .add(window("nights").put("open", true))
                .add(window("sundays").put("open", false)));
    assertThat(answer.getJsonArray("terms").getJsonObject(1))
        .isEqualTo(
            new JsonObject()
                .put("team", "research")
                .put("guarantee", "12.000")
                .put("limit", "24.000")
                .put("weight", "2.000")
                .put("priority", 0)
                .put("window", "nights")
                .put("until", "2026-12-01T06:00+01:00")
                .putNull("next")
                .put(
                    "budget",
                    new JsonObject()
                        .put("gpuHours", "2000.000")
                        .put("periodStart", "2026-11-01T00:00:00Z")
                        .put("resets", "2026-12-01T00:00:00Z")));
    JsonObject problem = answer.getJsonArray("problems").getJsonObject(0);
    assertThat(problem.getString("path")).isEqualTo("team bank: guarantee");
    assertThat(problem.getString("value")).isEqualTo("10.000");
    assertThat(problem.getString("what"))
        .isEqualTo("is less than its children are promised (12.000).");
  }

  private static JsonObject window(String name) {
    return new JsonObject().put("team", "research").put("window", name);
  }

  @Test
  void theAnswerIsOneJsonObject() throws IOException {
    assertThat(kerf.call("teams", "check", "-f", file("bank.yaml", BANK), "--json")).isZero();
    assertThat(new JsonObject(kerf.out()))
        .isEqualTo(
            new JsonObject().put("ok", true).put("teams", 1).put("problems", new JsonArray()));
  }

  @Test
  void theManifestOfTheDocumentationIsValid() throws IOException {
    Path page = Path.of("").toAbsolutePath().resolveSibling("docs/explanation/teams.md");
    String text = Files.readString(page);
    int begin = text.indexOf("```yaml\n") + "```yaml\n".length();
    String manifest = text.substring(begin, text.indexOf("```", begin));

    String file = file("page.yaml", manifest);
    String night = "2026-11-30T21:00:00+01:00";
    assertThat(kerf.call("teams", "check", "-f", file, "--at", night)).isZero();
    assertThat(kerf.out()).contains("research: window nights is open.");
    assertThat(kerf.err()).isEmpty();
  }

  @Test
  void everyProblemIsToldAtOnce() throws IOException {
    String window = "name: n, schedule: \"0 1 * * *\", timeZone: UTC, duration: 1h";
    assertThat(
            problems(
                team("a", "{guarantee: \"2\", limit: \"1\", namespaces: {names: [x]}}"),
                team("b", "{parent: a, guarantee: \"3\", namespaces: {names: [x, y, y]}}"),
                team("a", "{}"),
                team("c", "{windows: [{" + window + ", guarantee: \"2\", limit: \"1\"}]}"),
                team("d", "{namespaces: {names: [x]}}")))
        .contains(
            "teams.yaml: team a: name (a) is used twice.",
            "Team b: spec.namespaces.names (y) is listed twice.",
            "Team a: spec.namespaces is set, but the team has children.",
            "Team b: spec.namespaces.names (x) is a namespace of team a too.",
            "Team d: spec.namespaces.names (x) is a namespace of team a too.",
            "Team c: spec.windows.n.guarantee (2.000) is above the limit (1.000).");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{guarante: 1}                               | spec.guarante (1) is no field here.",
        "{guarantee: many}                           | spec.guarantee (\"many\") is no amount.",
        "{guarantee: 2, limit: 1}                    | guarantee (2.000) is above the limit"
            + " (1.000).",
        "{priority: 1.5}                             | spec.priority (1.5) is no whole number.",
        "{parent: ''}                                | spec.parent (\"\") is no name.",
        "{namespaces: {}}                            | spec.namespaces needs either names or a"
            + " selector.",
        "{namespaces: {names: [A]}}                  | spec.namespaces.names (A) is no name of a"
            + " namespace.",
        "{namespaces: {names: x}}                    | spec.namespaces.names (\"x\") is no list of"
            + " names.",
        "{namespaces: {selector: {labels: {a: b}}}}  | spec.namespaces.selector.matchLabels is"
            + " missing.",
        "{models: [{guarantee: 2, limit: 1}]}        | spec.models[0].name is missing.",
        "{models: [{name: a, guarantee: 2, limit: 1}]} | spec.models[0].guarantee (2) is above the"
            + " limit (1.000).",
        "{models: [{name: a}, {name: a}]}            | spec.models (a) is listed twice.",
        "{windows: [{schedule: '0 25 * * *'}]}       | spec.windows[0].schedule (\"0 25 * * *\")"
            + " has no valid hour (25).",
        "{windows: [{timeZone: Berlin}]}             | spec.windows[0].timeZone (\"Berlin\") is no"
            + " time zone.",
        "{windows: [{duration: 10}]}                 | spec.windows[0].duration (10) is no"
            + " duration.",
        "{windows: [{duration: 8d}]}                 | spec.windows[0].duration (\"8d\") is not"
            + " between a minute and seven days.",
        "{windows: [{}]}                             | spec.windows[0].name is missing.",
        "{budget: {gpuHours: -1, period: Month}}     | spec.budget.gpuHours (-1) is no number of"
            + " GPU hours.",
        "{budget: {gpuHours: NaN, period: Month}}    | spec.budget.gpuHours (\"NaN\") is no number"
            + " of GPU hours.",
        "{budget: {gpuHours: '', period: Month}}     | spec.budget.gpuHours (\"\") is no number of"
            + " GPU hours.",
        "{budget: {gpuHours: 1.0001, period: Month}} | spec.budget.gpuHours (1.0001) is no number"
            + " of GPU hours.",
        "{budget: {gpuHours: 1, period: Day, timeZone: Mars/Olympus}} | spec.budget.timeZone"
            + " (\"Mars/Olympus\") is no time zone.",
        "{budget: {gpuHours: 1, period: Day, hours: 1}} | spec.budget.hours (1) is no field here.",
        "{budget: {gpuHours: 1, period: Moon}}       | spec.budget.period (\"Moon\") is not known.",
        "{budget: {gpuHours: 1, period: Week, onExhausted: Kill}} | spec.budget.onExhausted"
            + " (\"Kill\") is not known.",
        "{budget: {}}                                | spec.budget.gpuHours is missing.",
        "{idle: {}}                                  | spec.idle.after is missing.",
        "{idle: {after: 59s}}                        | spec.idle.after (\"59s\") is shorter than a"
            + " minute.",
        "{idle: {after: 1h, warn: 9s}}               | spec.idle.warn (\"9s\") is shorter than ten"
            + " seconds.",
        "{idle: {after: 31d}}                        | spec.idle.after (\"31d\") is longer than 30"
            + " days.",
        "{idle: {after: never}}                      | spec.idle.after (\"never\") is no duration.",
        "{idle: {after: 1h, evict: true}}            | spec.idle.evict (true) is no field here.",
        "{protect: {minRuntime: soon}}               | spec.protect.minRuntime (\"soon\") is no"
            + " duration.",
      })
  void aProblemNamesItsFieldAndItsValue(String spec, String problem) throws IOException {
    assertThat(problems(team("a", spec))).contains(problem);
  }

  @Test
  void whatSurroundsTheSpecIsCheckedToo() throws IOException {
    assertThat(
            problems(
                "{apiVersion: kerf.gpu/v1, kind: Team, metadata: {name: A_b}, spec: {}, data: 1}\n",
                "{apiVersion: kerf.gpu/v1alpha1, kind: Team}\n"))
        .contains(
            "Team A_b: apiVersion (kerf.gpu/v1) is not known.\n  Write kerf.gpu/v1alpha1.",
            "Team A_b: metadata.name (A_b) is no name of an object.",
            "Team A_b.data (1) is no field here.",
            "Team ?.metadata is missing.",
            "Team ?.spec is missing.");
  }

  @Test
  void aFileWithoutTeamsAndWrongUsageAreTold() throws IOException {
    assertThat(kerf.call("teams", "check", "-f", file("none.yaml", "kind: Pod"))).isEqualTo(1);
    assertThat(kerf.err()).contains("There is no Team in ");
    assertThat(kerf.call("teams", "check", "-f", file("bad.yaml", "a: ]"))).isEqualTo(1);
    assertThat(kerf.err()).contains("bad.yaml is not YAML: ");
    assertThat(kerf.call("teams", "check", "-f", file("b.yaml", BANK), "--at", "tonight"))
        .isEqualTo(2);
    assertThat(kerf.err()).contains("--at (tonight) is no time with an offset.");
    assertThat(kerf.call("teams", "check")).isEqualTo(2);
  }
}
