package gpu.kerf.extender.command;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.KerfCalls;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TeamsDivideCommandTest {
  private static final String BANK =
      """
      {"total": "24", "teams": [
        {"name": "bank", "guarantee": "10", "weight": 1},
        {"name": "fraud", "parent": "bank", "guarantee": "8", "weight": 1, "priority": 100, "asks": "6"},
        {"name": "research", "parent": "bank", "guarantee": "2", "limit": "12", "weight": 2, "asks": "30"},
        {"name": "lab", "guarantee": 4, "weight": 1.5, "asks": 30}]}
      """;

  private final KerfCalls kerf = new KerfCalls();
  @TempDir Path folder = Path.of("");

  private int divide(String text, String... options) throws IOException {
    Path file = Files.writeString(folder.resolve("teams.json"), text);
    String[] words = {"teams", "divide", "-f", file.toString()};
    String[] all = new String[words.length + options.length];
    System.arraycopy(words, 0, all, 0, words.length);
    System.arraycopy(options, 0, all, words.length, options.length);
    return kerf.call(all);
  }

  @Test
  void sharesAreOneJsonObjectWithThreeDecimals() throws IOException {
    // 24 - 10 - 4 = 10 are left; bank gets 1 of 2.5 parts: 4, and lab gets 6.
    // Of bank's 14 fraud takes 6 and research 8.
    assertThat(divide(BANK, "--json")).isZero();

    assertThat(new JsonObject(kerf.out()))
        .isEqualTo(
            new JsonObject()
                .put(
                    "shares",
                    new JsonObject()
                        .put("bank", "14.000")
                        .put("fraud", "6.000")
                        .put("research", "8.000")
                        .put("lab", "10.000")));
    assertThat(kerf.err()).isEmpty();
  }

  @Test
  void theTableIndentsTheTree() throws IOException {
    assertThat(divide(BANK)).isZero();

    assertThat(kerf.out().lines().map(line -> line.replaceAll("(?<=\\S) +", " ")))
        .containsExactly(
            "team guarantee limit weight priority asks share",
            "bank 10.000 - 1.000 0 - 14.000",
            "  fraud 8.000 - 1.000 100 6.000 6.000",
            "  research 2.000 12.000 2.000 0 30.000 8.000",
            "lab 4.000 - 1.500 0 30.000 10.000",
            "24.000 of 24.000 GPUs are divided.");
  }

  @Test
  void everyProblemOfAFileIsToldAtOnceOnStderr() throws IOException {
    assertThat(
            divide(
                """
                {"totl": 3, "teams": [
                  {"name": "a", "guarantee": "x", "weight": -1, "asks": "0.0001"},
                  {"guarantee": true, "weight": "1", "priority": "high", "asks": "1"},
                  7]}
                """,
                "--json"))
        .isEqualTo(1);

    assertThat(kerf.out()).isEmpty();
    assertThat(kerf.err())
        .contains("teams.json: total is missing.\n  Write how many GPUs")
        .contains("teams.json: totl (3) is no field here.\n  Known are teams, total.")
        .contains("teams[0].guarantee (\"x\") is no amount.\n  Write a decimal number")
        .contains("teams[0].weight (-1) is no amount.")
        .contains("teams[0].asks (\"0.0001\") has more than three decimals.\n  Round it")
        .contains("teams[1].name is missing.\n  Give the team a name.")
        .contains("teams[1].guarantee (true) is neither a string nor a number.")
        .contains("teams[1].priority (\"high\") is no whole number.")
        .contains("teams[2] (7) is no object.");
  }

  @Test
  void teamsThatAreNoTreeAreRefused() throws IOException {
    assertThat(
            divide(
                """
                {"total": 1, "teams": [
                  {"name": "a", "parent": "b", "guarantee": 0, "weight": 1, "asks": 1}]}
                """))
        .isEqualTo(1);
    assertThat(kerf.err()).contains("teams.json: team a: parent (b) is no team.\n  Write the name");
  }

  @Test
  void guaranteesThatCannotBeKeptAreDividedWithANote() throws IOException {
    assertThat(
            divide(
                """
                {"total": 1, "teams": [
                  {"name": "a", "guarantee": 2, "weight": 1, "asks": 5},
                  {"name": "b", "parent": "a", "guarantee": 3, "weight": 1, "asks": 2}]}
                """,
                "--json"))
        .isZero();
    assertThat(new JsonObject(kerf.out()).getJsonObject("shares").getString("b"))
        .isEqualTo("1.000");
    assertThat(kerf.err())
        .contains("note: team a: guarantee (2.000) is less than its children are promised (3.000).")
        .contains("note: the teams at the top are guaranteed more than the total (1.000).")
        .contains("note: team a has children, so their asks count and its own does not.");
  }

  @Test
  void whatIsNoJsonNamesThePlace() throws IOException {
    assertThat(divide("{\"total\": 1,\n\"total\": 2}")).isEqualTo(1);
    assertThat(kerf.err()).contains("teams.json is not JSON: line 2, column").contains("total");
    assertThat(divide("")).isEqualTo(1);
    assertThat(kerf.call("teams", "divide", "-f", "none.json")).isEqualTo(1);
    assertThat(kerf.err()).contains("kerf: There is no file none.json.");
  }

  @Test
  void theExampleOfTheDocumentationIsWhatTheCommandPrints() throws IOException {
    Path page = Path.of("").toAbsolutePath().resolveSibling("docs/explanation/teams.md");
    String text = Files.readString(page);

    assertThat(divide(block(text, "json"))).isZero();

    assertThat(kerf.out()).isEqualTo(block(text, "text"));
    assertThat(kerf.err()).isEmpty();
  }

  private static String block(String page, String language) {
    String begin = "```" + language + "\n";
    int from = page.indexOf(begin) + begin.length();
    return page.substring(from, page.indexOf("```", from));
  }

  @Test
  void wrongUsageExitsWithTwo() {
    assertThat(kerf.call("teams", "divide")).isEqualTo(2);
    assertThat(kerf.call("teams")).isEqualTo(2);
    assertThat(kerf.err()).contains("No command of teams given.");
    assertThat(kerf.out()).isEmpty();
  }
}
