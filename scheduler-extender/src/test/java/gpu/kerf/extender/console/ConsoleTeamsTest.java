package gpu.kerf.extender.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The view of teams. */
class ConsoleTeamsTest extends BrowserTest {

  private void openTeams(String query) {
    openConsole("#/teams" + query);
    page.until("document.querySelectorAll('.team-row[data-team]').length > 0");
  }

  private ObjectNode team(String name) {
    for (var team : api.answer("teams").get("teams")) {
      if (team.get("name").asText().equals(name)) {
        return (ObjectNode) team;
      }
    }
    throw new AssertionError("no recorded team " + name);
  }

  private static String row(String team) {
    return ".team-row[data-team='" + team + "']";
  }

  @Test
  void theTreeStandsInItsOrderWithTheNumbersOfEachTeam() {
    openTeams("");
    assertThat(rowNames())
        .containsExactly(
            "bank", "fraud", "research", "language", "vision", "analytics", "platform");
    assertThat(attribute(row("language"), "aria-level")).isEqualTo("3");
    assertThat(page.text(row("research"))).contains("11.5", "8", "11", "16", "9.25");
    assertThat(page.text(row("analytics"))).contains("nights open").contains("2 · 1 h 3");
    assertThat(page.text(row("platform"))).contains("not accepted: PromisesTooMuch");
    assertThat(page.text("#view-teams .lead"))
        .isEqualTo("24 GPUs to divide · 23.5 held by teams · 24 guaranteed · 6 in the lines");
    assertThat(page.problems()).isEmpty();
  }

  @Test
  void allBarsAreOnOneScale() {
    openTeams("");
    double width = box(row("bank") + " .team-bar", "width");
    // The scale ends at 24 GPUs: research holds 8 of its own and borrows 3.5, its limit is 16.
    assertThat(box(row("research") + " .owned", "width") / width)
        .isCloseTo(8 / 24.0, within(0.005));
    assertThat(box(row("research") + " .borrowed", "width") / width)
        .isCloseTo(3.5 / 24.0, within(0.005));
    assertThat(box(row("analytics") + " .borrowed", "width") / width)
        .isCloseTo(3 / 24.0, within(0.005));
    double start = box(row("research") + " .team-bar", "left");
    assertThat((box(row("research") + " .mark.limit", "right") - start) / width)
        .isCloseTo(16 / 24.0, within(0.005));
    // fraud holds 7, of which 2 are not bound yet
    double fraud = box(row("fraud") + " .team-bar", "left");
    assertThat((box(row("fraud") + " .reserved", "left") - fraud) / width)
        .isCloseTo(5 / 24.0, within(0.005));
    assertThat(attribute(row("fraud") + " .team-bar", "aria-label"))
        .isEqualTo(
            "fraud holds 7 GPUs, 8 guaranteed, 2 reserved and not bound yet, share 8, limit 12,"
                + " asks for 1 more");
  }

  @Test
  void theTeamThatHasWaitedLongestIsExplainedFirst() {
    openTeams("");
    page.untilText(".team-line", "Team analytics holds 5, and its limit is 5.");
    page.click(row("language"));
    page.untilText(".team-line", "pretrain-70b");
    assertThat(page.text(".team-line li")).contains("1", "gang of 8 pods", "No free place");
    assertThat(page.evaluate("location.hash").asText()).isEqualTo("#/teams?team=language");
    page.click(row("research"));
    page.untilText(".team-links", "language 3 waiting");
    page.click(row("platform"));
    page.untilText("#view-teams .problem", "guaranteed 3 GPUs together, and platform has 0");
  }

  @Test
  void theAddressNamesTheTeamThatIsExplained() {
    openTeams("?team=fraud");
    page.untilText(".team-line", "Pods of others are being evicted for it.");
    assertThat(attribute(row("fraud"), "aria-selected")).isEqualTo("true");
  }

  @Test
  void aReclaimIsExplainedWithItsOutcome() {
    openTeams("");
    String all = page.text(".reclaims");
    assertThat(all)
        .contains("under way", "done", "after 2 s", "blocked", "after 400 ms", "given up")
        .contains(
            "Team fraud takes 1 GPU from team vision (research/segment-12) for"
                + " fraud/score-7c9d-x2x8v: its guarantee.");
  }

  @Test
  void theKeysMoveThroughTheTreeAndOpenAndCloseIt() {
    openTeams("");
    page.evaluate("document.querySelector(" + Page.quoted(row("bank")) + ").focus()");
    press("ArrowDown", "ArrowDown");
    assertThat(focused()).isEqualTo("research");
    press("ArrowLeft");
    page.until("document.querySelectorAll('.team-row[data-team]').length === 5");
    assertThat(focused()).isEqualTo("research");
    assertThat(attribute(row("research"), "aria-expanded")).isEqualTo("false");
    press("ArrowRight");
    page.until("document.querySelectorAll('.team-row[data-team]').length === 7");
    press("ArrowRight");
    assertThat(focused()).isEqualTo("language");
    press("ArrowLeft");
    assertThat(focused()).isEqualTo("research");
    press("End");
    assertThat(focused()).isEqualTo("platform");
    press("Home", "ArrowDown", "Enter");
    page.untilText("#view-teams .card h2", "Team fraud");
    assertThat(focused()).isEqualTo("fraud");
    assertThat(page.count(".team-row[tabindex='0']")).isEqualTo(1);
  }

  @Test
  void newsOfTeamsArriveWhileTheyAreOnScreen() throws Exception {
    openTeams("");
    team("vision").put("held", "7.250");
    api.send("timeline", Map.of("time", 1795258900000L));
    page.untilText(row("vision"), "7.25");
  }

  @Test
  void withoutTeamsItSaysHowToMakeOne() {
    api.answer("teams").put("enabled", false).put("total", "0.000");
    api.answer("teams").putArray("teams");
    api.answer("teams").putArray("reclaims");
    openConsole("#/teams");
    page.untilText("#view-teams", "No teams yet");
    assertThat(page.text("#view-teams pre")).contains("kind: Team", "guarantee: \"6\"");
    assertThat(page.problems()).isEmpty();
  }

  @Test
  void namesAreShownAsTextAndNeverAsMarkup() {
    String evil = "<img src=x onerror=alert(1)>";
    team("vision").put("name", evil).put("problem", evil).put("window", evil);
    openTeams("?team=" + "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E");
    page.untilText("#view-teams .card h2", evil);
    assertThat(page.count("img")).isZero();
  }

  @Test
  void twoHundredTeamsAreAllThere() {
    List<ObjectNode> teams = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      teams.add(named("team-" + i, i < 4 ? null : "team-" + i % 4));
    }
    api.answer("teams").putArray("teams").addAll(teams);
    openTeams("?team=team-199");
    // 4 at the top, of which only the one above the chosen team is open: 49 below it
    assertThat(page.count(".team-row[data-team]")).isEqualTo(4 + 49);
    page.evaluate("document.querySelector(" + Page.quoted(row("team-0")) + ").focus()");
    press("ArrowRight");
    page.until("document.querySelectorAll('.team-row[data-team]').length === 4 + 98");
    assertThat(page.problems()).isEmpty();
  }

  @Test
  void aTreeOfAThousandLevelsStaysUsable() {
    List<ObjectNode> teams = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      teams.add(named("level-" + i, i == 0 ? null : "level-" + (i - 1)));
    }
    api.answer("teams").putArray("teams").addAll(teams);
    openTeams("");
    assertThat(page.count(".team-row[data-team]")).isEqualTo(100);
    assertThat(page.text(row("level-99"))).contains("level 100", "1 below");
    page.evaluate("location.hash = '#/teams?team=level-999'");
    page.untilText("#view-teams .card h2", "Team level-999");
    assertThat(page.count(".team-row[data-team]")).as("one page of rows").isEqualTo(300);
    page.click(".team-scroll > button");
    page.until("document.querySelectorAll('.team-row[data-team]').length === 600");
    assertThat(page.evaluate("document.documentElement.scrollWidth - innerWidth").asInt())
        .isLessThanOrEqualTo(0);
    assertThat(page.problems()).isEmpty();
  }

  private ObjectNode named(String name, @Nullable String parent) {
    ObjectNode team = team("vision").deepCopy();
    return team.put("name", name).put("parent", parent);
  }

  private List<String> rowNames() {
    List<String> names = new ArrayList<>();
    page.evaluate(
            "[...document.querySelectorAll('.team-row[data-team]')].map((e) => e.dataset.team)")
        .forEach(name -> names.add(name.asText()));
    return names;
  }

  private double box(String selector, String side) {
    return page.evaluate(
            "document.querySelector(" + Page.quoted(selector) + ").getBoundingClientRect()." + side)
        .asDouble();
  }

  private String attribute(String selector, String name) {
    return page.evaluate(
            "document.querySelector("
                + Page.quoted(selector)
                + ").getAttribute("
                + Page.quoted(name)
                + ")")
        .asText();
  }

  private String focused() {
    return page.evaluate("document.activeElement.dataset.team ?? ''").asText();
  }

  private void press(String... keys) {
    for (String key : keys) {
      page.press(key);
    }
  }
}
