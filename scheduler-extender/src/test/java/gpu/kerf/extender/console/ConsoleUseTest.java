package gpu.kerf.extender.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConsoleUseTest extends BrowserTest {

  @Test
  void theArrowKeysMoveThroughTheGpusAndOnlyOneOfThemIsATabStop() {
    openFleet();
    page.evaluate("document.querySelector(" + Page.quoted(gpu("node-a", 0)) + ").focus()");
    press("ArrowRight", "ArrowRight", "ArrowDown");
    assertThat(focused()).isEqualTo("node-b 2");
    press("End");
    assertThat(focused()).isEqualTo("node-b 7");
    // node-c has four GPUs: the last of them is as far as one can go.
    press("ArrowDown");
    assertThat(focused()).isEqualTo("node-c 3");
    press("Home");
    assertThat(focused()).isEqualTo("node-c undefined");
    assertThat(page.count(".rows [tabindex='0']")).isEqualTo(1);
  }

  @Test
  void enterOpensTheDetailsAndEscapeGivesTheFocusBack() {
    openFleet();
    page.evaluate("document.querySelector(" + Page.quoted(gpu("node-a", 3)) + ").focus()");
    press("Enter");
    page.untilText("#panel h2", "GPU 3 of node-a");
    page.until("document.activeElement === document.querySelector('#panel h2')");
    press("Escape");
    page.until("document.querySelector('#panel').hidden");
    assertThat(focused()).isEqualTo("node-a 3");
  }

  @Test
  void theFocusStaysWhenNewsArrive() throws Exception {
    openFleet();
    page.evaluate("document.querySelector(" + Page.quoted(gpu("node-a", 4)) + ").focus()");
    ObjectNode slot = (ObjectNode) api.node("node-a").at("/gpus/3/slots/2").deepCopy();
    slot.put("uid", "u-98").put("pod", "fresh").put("start", 0);
    api.node("node-a").withArray("/gpus/4/slots").add(slot);
    api.send("nodes", Map.of("names", java.util.List.of("node-a")));
    page.until("document.querySelector(\".piece[data-uid='u-98']\")");
    assertThat(focused()).isEqualTo("node-a 4");
  }

  @Test
  void theDetailsTellWhoHoldsWhatAndWhyItIsThere() {
    openFleet();
    page.click(gpu("node-a", 3));
    page.untilText("#panel", "no place for a 3g.40gb is lost");
    String panel = page.text("#panel");
    assertThat(panel)
        .contains("GPU 3 of node-a", "H100-80GB · MIG")
        .contains("tenant-red/embed-1", "2g.20gb at slice 0", "19.6 GiB")
        .contains("notebooks/jupyter-lee", "1g.10gb at slice 6")
        .contains("Stranded\n10 GiB")
        .contains("64 of 192 cores free", "1.5 TiB of 2.0 TiB free");
    page.click("#panel .more summary");
    page.untilText("#panel .cost", "node-c (next best)");
    assertThat(page.text("#panel .cost")).contains("8 GiB", "16 GiB");
  }

  @Test
  void aPodOfTheDetailsLeadsToItsOwn() {
    openFleet();
    page.click(gpu("node-a", 1));
    page.click("#panel .holders .pod-link");
    page.untilText("#panel h2", "train-0");
    page.untilText("#panel", "GPU 2 of node-a");
    page.untilText("#panel", "Two pods of lower priority free GPUs 1 and 2.");
  }

  @Test
  void theAddressShowsTheSameDetailsAgain() {
    page.open(api.address() + "#/fleet?node=node-a&gpu=3");
    page.untilText("#panel", "tenant-blue/rerank-9");
  }

  @Test
  void pendingPodsTellWhyTheyWaitAndWhatWouldHelp() {
    openConsole("#/pending");
    page.untilText("#view-pending", "rerank-10");
    assertThat(page.text("#view-pending tbody tr:first-child"))
        .as("the higher priority comes first")
        .contains("tenant-blue/rerank-10", "40Gi, wall mig", "1,000")
        .contains("enough GPU memory of the node is free, but not in one piece")
        .contains("Ask for 39Gi: a 3g.40gb fits on GPU 4 of node-a now.");
    assertThat(page.text("#pending-count")).isEqualTo("2");
  }

  @Test
  void aDecisionOpensToWhatWasRefused() {
    openConsole("#/decisions");
    page.click(".decision summary");
    page.untilText(".decision .facts", "1 node the node has no GPU with the wall");
    page.evaluate(
        "(() => { const s = document.querySelector('#view-decisions select'); s.value = 'evicts';"
            + " s.dispatchEvent(new Event('change')); })()");
    page.until("document.querySelectorAll('.decision').length === 1");
    page.click(".decision summary");
    page.untilText(".decision .facts", "batch/backfill-1 of priority -10");
  }

  @Test
  void explainAsksAboutTheManifestAndDrawsThePlace() {
    openConsole("#/explain");
    page.evaluate("document.querySelector('#manifest').value = 'kind: Pod # mine'");
    page.click("#view-explain button.primary");
    page.untilText(".answer", "Container main asks for 8 GiB");
    assertThat(api.explained()).containsExactly("kind: Pod # mine");
    assertThat(page.text(".answer"))
        .contains("Would go to node-a", "it is shared already")
        .contains("Fits now on 2 nodes", "Not now on 1 node: not enough GPU memory")
        .contains("Leave the wall open", "    kerf.gpu/wall: any\n    kerf.gpu/split: \"2\"\n")
        .contains("  containers:\n    - name: main\n      resources:\n        limits:")
        .contains("kerf.gpu/whole: null");
    // 24576 of 81559 MiB are held before it, and it takes 8192.
    JsonNode ghost =
        page.evaluate(
            "(() => { const s = document.querySelector('.ghost').style;"
                + " return [parseFloat(s.left), parseFloat(s.width)]; })()");
    assertThat(ghost.get(0).asDouble()).isBetween(30.1, 30.2);
    assertThat(ghost.get(1).asDouble()).isBetween(10.0, 10.1);
  }

  @Test
  void explainShowsARefusalAndItsHint() throws IOException {
    api.answer(
        "explain",
        Chromium.JSON.readTree(
            "{\"error\":{\"what\":\"The body is not a pod.\",\"hint\":\"Send one pod.\"}}"));
    openConsole("#/explain");
    page.click("#view-explain button.primary");
    page.untilText(".answer", "The body is not a pod.");
    page.untilText(".answer", "Send one pod.");
  }

  @Test
  void searchFindsNodesPodsAndNamespaces() {
    openFleet();
    page.click("#search");
    page.type("jupyter-l");
    page.untilText("#search-results", "notebooks/jupyter-lee");
    press("Enter");
    page.untilText("#panel h2", "jupyter-lee");
    page.click("#search");
    page.type("node-b");
    page.untilText("#search-results", "node-b");
    press("Enter");
    page.untilText("#panel h2", "node-b");
  }

  @Test
  void theTableHoldsWhatTheMapShows() {
    openFleet();
    page.click("#shapes button[data-shape=map]");
    page.until("document.querySelector('.heat-box canvas').width > 0");
    page.click("#shapes button[data-shape=table]");
    page.untilText(".node-table", "node-c");
    assertThat(page.text(".node-table tbody tr")).contains("node-a", "8", "637 GiB", "49 %");
  }

  private void press(String... keys) {
    for (String key : keys) {
      page.press(key);
    }
  }

  private String focused() {
    return page.evaluate(
            "document.activeElement.dataset.node + ' ' + document.activeElement.dataset.gpu")
        .asText();
  }
}
