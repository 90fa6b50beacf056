package gpu.kerf.extender.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.telemetry.Metric;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Grafana's boards, as far as they can be checked without Grafana. */
class BoardsTest {
  private static final Pattern METRIC = Pattern.compile("\\bkerf_[a-z_]+");

  @ParameterizedTest
  @ValueSource(strings = {"platform", "team", "teams", "my-team", "fairness"})
  void panelsHaveIdsOfTheirOwnAndDoNotOverlap(String board) {
    Set<Integer> ids = new HashSet<>();
    Set<String> cells = new HashSet<>();
    for (JsonNode panel : Monitoring.board(board).path("panels")) {
      String title = panel.path("title").asText();
      assertThat(ids.add(panel.path("id").asInt())).as(title).isTrue();
      for (String cell : cells(panel.path("gridPos"))) {
        assertThat(cells.add(cell)).as(title + " at " + cell).isTrue();
      }
    }
  }

  private static List<String> cells(JsonNode place) {
    List<String> cells = new ArrayList<>();
    for (int x = 0; x < place.path("w").asInt(); x++) {
      for (int y = 0; y < place.path("h").asInt(); y++) {
        assertThat(place.path("x").asInt() + x).isLessThan(24);
        cells.add((place.path("x").asInt() + x) + "," + (place.path("y").asInt() + y));
      }
    }
    return cells;
  }

  @ParameterizedTest
  @ValueSource(strings = {"platform", "team", "teams", "my-team", "fairness"})
  void everyPanelAsksTheDataSourceThatIsChosen(String board) {
    JsonNode json = Monitoring.board(board);
    assertThat(json.at("/templating/list/0/name").asText()).isEqualTo("datasource");
    assertThat(json.findValuesAsText("uid").stream().distinct())
        .containsExactlyInAnyOrder("kerf-" + board, "${datasource}");
  }

  @Test
  void onlyPanelsThatSaySoNeedTheDcgmExporter() {
    assertThat(Monitoring.queries())
        .allSatisfy(
            query ->
                assertThat(query.panel().contains("(needs DCGM)")).isEqualTo(query.needsDcgm()));
  }

  @Test
  void everyMetricInThemAndInTheRulesIsOneOfKerfs() {
    Set<String> known = new HashSet<>();
    for (Metric meter : Metric.values()) {
      known.add(meter.title());
      known.add(meter.title() + "_bucket");
    }
    List<String> expressions = new ArrayList<>();
    Monitoring.queries().forEach(query -> expressions.add(query.expression()));
    Monitoring.rules().forEach(rule -> expressions.add(rule.expression()));
    for (String expression : expressions) {
      Matcher metric = METRIC.matcher(expression);
      while (metric.find()) {
        assertThat(known).as(expression).contains(metric.group());
      }
    }
  }
}
