package gpu.kerf.extender.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Five thousand nodes of eight GPUs. Times are printed, never asserted. */
class ConsoleLargeFleetTest extends BrowserTest {
  private static final int NODES = 5000;
  private Map<String, Double> before = Map.of();

  @Test
  void fiveThousandNodesOpenAsAMapAndZoomIntoRows() throws Exception {
    growFleet();
    page.runFirst(
        "window.longTasks = []; new PerformanceObserver((list) => list.getEntries().forEach("
            + "(e) => longTasks.push(e.duration))).observe({type: 'longtask', buffered: true});");
    page.countWork();
    before = page.work();
    openConsole("#/fleet");
    page.until("document.querySelector('.heat-box canvas').height > 200");
    report("opening the map");

    page.evaluate("document.querySelector('.heat-box').focus()");
    page.press("End");
    page.untilText("#say", name(NODES - 1));
    page.press("Enter");
    page.until(gpus(name(NODES - 1)) + " === 8");
    assertThat(page.count("[role=row]")).as("only rows in view exist").isLessThan(60);
    report("zooming into the last node");

    page.evaluate(
        """
        new Promise((done) => {
          const rows = document.querySelector('.rows');
          let step = 0;
          const scroll = () => {
            rows.scrollTop = (rows.scrollHeight * step++) / 120;
            if (step <= 120) requestAnimationFrame(scroll); else done();
          };
          scroll();
        })
        """);
    assertThat(page.count("[role=row]")).isLessThan(60);
    report("scrolling through all rows in 120 frames");

    List<String> changed = new ArrayList<>();
    for (int i = 0; i < NODES; i += 2) {
      changed.add(name(i));
    }
    api.send("nodes", Map.of("names", changed));
    ((ObjectNode) api.answer("fleet").get("totals")).put("pods", 4321);
    page.untilText("#summary", "4,321");
    report("news of half the nodes");

    page.click("#shapes button[data-shape=table]");
    page.untilText(".node-table .where", "of 5,000 nodes");
    assertThat(page.count(".node-table tbody tr")).isEqualTo(100);
    report("the first page of the table");
    assertThat(page.problems()).isEmpty();
  }

  private static String name(int index) {
    return "node-%04d".formatted(index);
  }

  private void growFleet() {
    JsonNode template = api.node("node-a").deepCopy();
    JsonNode summary = api.answer("fleet").at("/nodes/0").deepCopy();
    ArrayNode nodes = api.answer("nodes").putArray("nodes");
    ArrayNode summaries = api.answer("fleet").putArray("nodes");
    for (int i = 0; i < NODES; i++) {
      nodes.add(((ObjectNode) template.deepCopy()).put("name", name(i)));
      summaries.add(
          ((ObjectNode) summary.deepCopy())
              .put("name", name(i))
              .put("heldMiB", 652472L * (i % 101) / 100)
              .put("strandedMiB", i % 7 == 0 ? 10240 : 0));
    }
  }

  /** Prints the main thread's work since the last report, by the Performance API. */
  private void report(String what) {
    JsonNode told =
        page.evaluate(
            """
            (() => {
              const groups = {};
              for (const m of performance.getEntriesByType('measure')) {
                (groups[m.name] ??= []).push(m.duration);
              }
              performance.clearMeasures();
              const long = window.longTasks.splice(0).map(Math.round);
              const text = Object.entries(groups).map(([name, all]) => name + ' x' + all.length
                + ' max ' + Math.max(...all).toFixed(1) + ' ms');
              return [...text, 'tasks over 50 ms: ' + (long.join(', ') || 'none')].join('; ');
            })()
            """);
    Map<String, Double> now = page.work();
    StringBuilder cpu = new StringBuilder();
    now.forEach(
        (name, ms) ->
            cpu.append("%s %.0f ms, ".formatted(name, ms - before.getOrDefault(name, 0.0))));
    before = now;
    System.out.println("5,000 nodes, " + what + ": CPU " + cpu + told.asText());
  }
}
