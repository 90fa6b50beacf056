package gpu.kerf.extender.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConsoleFleetTest extends BrowserTest {

  @Test
  void thePageLoadsWithoutAnErrorAndAsksNoOtherServer() {
    openFleet();
    page.click(gpu("node-a", 3));
    page.untilText("#panel", "jupyter-lee");
    for (String view : List.of("teams", "pending", "decisions", "explain")) {
      page.click("#tabs a[data-view='" + view + "']");
      page.until("!document.querySelector('#view-" + view + "').hidden");
    }
    assertThat(page.problems()).isEmpty();
    assertThat(page.requests())
        .isNotEmpty()
        .allMatch(request -> request.startsWith(api.address()) || request.equals("about:blank"));
  }

  @Test
  void everyNodeIsARowAndEveryGpuACell() {
    openFleet();
    assertThat(page.count("#fleet [role=row]")).isEqualTo(3);
    assertThat(page.count("[role=gridcell]")).isEqualTo(8 + 8 + 4);
    assertThat(page.evaluate("document.querySelector('[role=grid]').ariaRowCount").asText())
        .isEqualTo("3");
  }

  @Test
  void memoryIsToScaleAcrossModels() {
    openFleet();
    double h100 = width(gpu("node-a", 0));
    double a100 = width(gpu("node-b", 0));
    // 81559 MiB to 40960 MiB
    assertThat(h100 / a100).isCloseTo(81559.0 / 40960.0, within(0.02));
  }

  @Test
  void migSlotsLieAtTheirSlicesAndStrandedOnesAreMarked() {
    openFleet();
    // 2g.20gb at 0 and at 2, slices 4 and 5 free, 1g.10gb at 6, slice 7 stranded; of 8
    assertThat(told(pieces("node-a", 3)))
        .containsExactly(
            "slot embed-1 0.000-0.250",
            "slot rerank-9 0.250-0.500",
            "free  0.500-0.750",
            "slot jupyter-lee 0.750-0.875",
            "stranded  0.875-1.000");
    JsonNode lee = pieces("node-a", 3).get(3);
    assertThat(lee.get("drawnFrom").asDouble()).isCloseTo(0.75, within(0.02));
  }

  @Test
  void instancesThatNoPodHoldsAreShownInTheirPlace() {
    openFleet();
    assertThat(told(pieces("node-c", 0)))
        .containsExactly(
            "slot asr-4 0.000-0.500",
            "instance  0.500-0.625",
            "instance  0.625-0.750",
            "instance  0.750-0.875",
            "stranded  0.875-1.000");
  }

  @Test
  void sharesStandSideBySideInProportionToTheirMemory() {
    openFleet();
    // 16384 and 8192 of 81559 MiB
    assertThat(told(pieces("node-a", 0)))
        .containsExactly(
            "slot llm-8b-x7k2 0.000-0.201", "slot jupyter-ana 0.201-0.301", "free  0.301-1.000");
    assertThat(told(pieces("node-a", 1))).containsExactly("slot train-0 0.000-1.000");
  }

  @Test
  void aGpuSaysInWordsWhatIsDrawn() {
    openFleet();
    assertThat(label(gpu("node-a", 3)))
        .isEqualTo(
            "GPU 3 of node-a, H100-80GB, MIG, 5 of 8 slices held by 3 pods, 10 GiB stranded");
    assertThat(label(gpu("node-a", 0)))
        .isEqualTo("GPU 0 of node-a, H100-80GB, plain, 24 GiB of 79.6 GiB held by 2 pods");
    assertThat(label(gpu("node-a", 1)))
        .isEqualTo("GPU 1 of node-a, H100-80GB, plain, held whole by training/train-0");
    assertThat(label(gpu("node-a", 5)))
        .isEqualTo("GPU 5 of node-a, H100-80GB, plain, unusable, nothing held");
  }

  @Test
  void oneNamespaceHasOneColourEverywhere() {
    openFleet();
    List<String> colours = new ArrayList<>();
    page.evaluate(
            "[...document.querySelectorAll('.piece[data-namespace=notebooks]')]"
                + ".map((e) => getComputedStyle(e).backgroundColor)")
        .forEach(each -> colours.add(each.asText()));
    assertThat(colours).hasSize(2);
    assertThat(colours.get(0)).isEqualTo(colours.get(1));
  }

  @Test
  void aNamespaceCanBeShownAlone() {
    openFleet();
    page.evaluate(
        "[...document.querySelectorAll('.chip')].find((e) => e.innerText === 'notebooks').click()");
    page.until("document.querySelectorAll('.piece.slot:not(.is-other)').length === 2");
    assertThat(page.count(".chip[aria-pressed=true]")).isEqualTo(1);
  }

  @Test
  void anEventMovesTheSlotsWithoutAReload() throws Exception {
    openFleet();
    page.evaluate("document.querySelector(" + Page.quoted(gpu("node-a", 4)) + ").mine = true");
    ObjectNode slot = (ObjectNode) api.node("node-a").at("/gpus/3/slots/2").deepCopy();
    slot.put("uid", "u-99").put("pod", "fresh").put("start", 4);
    ((ArrayNode) api.node("node-a").at("/gpus/4/slots")).add(slot);
    api.send("nodes", Map.of("names", List.of("node-a")));
    page.until("document.querySelector(\".piece[data-uid='u-99']\")");
    assertThat(told(pieces("node-a", 4))).contains("slot fresh 0.500-0.625");
    assertThat(
            page.evaluate(
                    "document.querySelector(" + Page.quoted(gpu("node-a", 4)) + ").mine === true")
                .asBoolean())
        .as("the cell is the same element, so that focus stays")
        .isTrue();
  }

  @Test
  void aDecisionAndAPointArriveByThemselves() throws Exception {
    openFleet();
    ObjectNode decision = (ObjectNode) api.answer("decisions").at("/decisions/1").deepCopy();
    decision.put("id", 77).put("pod", "just-now").put("why", "Because it was free.");
    api.send("decision", decision);
    page.untilText("#rail", "just-now");
    page.untilText("#rail", "Because it was free.");
    api.send(
        "timeline",
        Map.of(
            "time",
            1795258900000L,
            "capacityMiB",
            100,
            "heldMiB",
            42,
            "strandedMiB",
            0,
            "pending",
            17,
            "bound",
            1));
    page.untilText(".reading", "42 % held");
    page.untilText(".reading", "17 pending");
  }

  private double width(String selector) {
    return page.evaluate(
            "document.querySelector(" + Page.quoted(selector) + ").getBoundingClientRect().width")
        .asDouble();
  }

  private String label(String selector) {
    return page.evaluate("document.querySelector(" + Page.quoted(selector) + ").ariaLabel")
        .asText();
  }

  private static List<String> told(JsonNode pieces) {
    List<String> result = new ArrayList<>();
    pieces.forEach(
        piece ->
            result.add(
                "%s %s %.3f-%.3f"
                    .formatted(
                        piece.get("kind").asText(),
                        piece.get("pod").asText(),
                        piece.get("from").asDouble(),
                        piece.get("to").asDouble())));
    result.sort(java.util.Comparator.comparing(line -> line.substring(line.lastIndexOf(' '))));
    return result;
  }
}
