package gpu.kerf.extender.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.demo.SteppedDemo;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The real console on the real service, while the demo's work comes and goes. */
@SuppressWarnings("NullAway.Init")
class ConsoleDemoTest extends BrowserTest {
  /** Enough for the fleet to be in use, and for a pod of eight whole GPUs to wait. */
  private static final int WELL_INTO_IT = 240;

  private SteppedDemo demo;

  @BeforeEach
  void startDemo() throws IOException {
    demo = new SteppedDemo(1, 300);
    demo.goOn(WELL_INTO_IT);
    page.open(demo.address() + "#/fleet");
    page.until("document.querySelector('#link-state').dataset.state === 'live'");
    for (JsonNode node : get("fleet").path("nodes")) {
      page.until(gpus(node.path("name").asText()) + " === " + node.path("gpus").asInt());
    }
  }

  @AfterEach
  void endDemo() {
    assertThat(page.problems()).isEmpty();
    demo.close();
  }

  @Test
  void everySlotIsDrawnWhereTheApiSaysItIs() {
    int mig = 0;
    int shares = 0;
    for (JsonNode node : nodes()) {
      for (JsonNode gpu : node.path("gpus")) {
        List<JsonNode> drawn = slots(pieces(node.path("name").asText(), index(gpu)));
        assertThat(drawn)
            .as("GPU %s of %s", index(gpu), node.path("name"))
            .hasSameSizeAs(held(gpu));
        double used = 0;
        for (JsonNode slot : gpu.path("slots")) {
          double from = start(gpu, slot, used);
          double to = from + size(gpu, slot);
          used = to;
          assertDrawn(drawn, slot, from, to);
          mig += slot.path("kind").asText().equals("mig") ? 1 : 0;
          shares += slot.path("kind").asText().equals("mps") ? 1 : 0;
        }
        assertThat(hatched(node, gpu)).isEqualTo(stranded(gpu));
      }
    }
    assertThat(mig).as("the demo has MIG slots by now").isPositive();
    assertThat(shares).as("the demo has shares by now").isPositive();
  }

  private static void assertDrawn(List<JsonNode> drawn, JsonNode slot, double from, double to) {
    assertThat(drawn)
        .as("%s from %s to %s", slot, from, to)
        .anySatisfy(
            piece -> {
              assertThat(piece.path("pod")).isEqualTo(slot.path("pod"));
              assertThat(piece.path("drawnFrom").asDouble()).isCloseTo(from, within(0.005));
              assertThat(piece.path("drawnTo").asDouble()).isCloseTo(to, within(0.005));
            });
  }

  private static double start(JsonNode gpu, JsonNode slot, double used) {
    return slot.path("kind").asText().equals("mig")
        ? slot.path("start").asDouble() / gpu.path("slices").asDouble()
        : used;
  }

  private static double size(JsonNode gpu, JsonNode slot) {
    return switch (slot.path("kind").asText()) {
      case "mig" -> slot.path("size").asDouble() / gpu.path("slices").asDouble();
      case "mps" -> slot.path("memoryMiB").asDouble() / gpu.path("memoryMiB").asDouble();
      default -> 1;
    };
  }

  /** The slices of a MIG GPU that are drawn as stranded. */
  private Set<Integer> hatched(JsonNode node, JsonNode gpu) {
    Set<Integer> slices = new LinkedHashSet<>();
    double each = 1 / gpu.path("slices").asDouble();
    for (JsonNode piece : pieces(node.path("name").asText(), index(gpu))) {
      double end = piece.path("to").asDouble() - each / 2;
      boolean counts = gpu.has("strandedSlices") && piece.path("kind").asText().equals("stranded");
      for (double at = piece.path("from").asDouble(); counts && at < end; at += each) {
        slices.add((int) Math.round(at / each));
      }
    }
    return slices;
  }

  private static Set<Integer> stranded(JsonNode gpu) {
    Set<Integer> slices = new LinkedHashSet<>();
    gpu.path("strandedSlices").forEach(slice -> slices.add(slice.asInt()));
    return slices;
  }

  @Test
  void aClickOnAGpuTellsWhoHoldsItAndWhyTheyAreThere() {
    JsonNode node = get("nodes/h100-b");
    JsonNode gpu = node.path("gpus").path(5);
    assertThat(gpu.path("slots")).isNotEmpty();

    page.click(gpu("h100-b", 5));

    page.untilText("#panel h2", "GPU 5 of h100-b");
    for (JsonNode slot : gpu.path("slots")) {
      page.untilText("#panel", slot.path("namespace").asText() + "/" + slot.path("pod").asText());
      page.untilText("#panel", slot.path("profile").asText() + " at slice " + slot.path("start"));
    }
    page.untilText("#panel", "from the usual demands");
  }

  @Test
  void aPendingPodSaysWhyItWaitsAndWhatWouldMakeItFit() {
    page.evaluate("location.hash = '#/pending'");
    page.untilText("#view-pending", "8 whole, on H100-80GB");
    page.until("!document.querySelector('#view-pending').innerText.includes('Kerf is searching')");

    JsonNode pending = get("pods?state=pending").path("pods");
    String shown = page.text("#view-pending");
    assertThat(pending).isNotEmpty();
    for (JsonNode pod : pending) {
      assertThat(shown).contains(pod.path("name").asText(), pod.path("reason").asText());
      assertThat(shown).contains(pod.path("change").asText("the pod waits until another pod ends"));
    }
    assertThat(shown).contains("ask for ");
  }

  @Test
  void aManifestIsExplainedOnTheFleetAsItIs() {
    page.evaluate("location.hash = '#/explain'");
    // There is no room for 8 GiB by now.
    page.evaluate(
        "(() => { const text = document.querySelector('#view-explain textarea');"
            + " text.value = text.value.replace('8Gi', '4Gi');"
            + " text.dispatchEvent(new Event('input')); })()");
    page.click("#view-explain .primary");

    page.untilText("#view-explain .answer", "container main: 4Gi of the memory of one GPU");
    page.untilText("#view-explain .answer", "Would go to ");
    assertThat(page.count("#view-explain .answer .piece.ghost")).isEqualTo(1);
  }

  @Test
  void newsArriveByTheEventStream() {
    Set<String> before = holders();
    page.evaluate("window.stillTheSamePage = true");
    String fresh = "";
    for (int i = 0; i < 100 && fresh.isEmpty(); i++) {
      demo.goOn(2);
      fresh = holders().stream().filter(uid -> !before.contains(uid)).findFirst().orElse("");
    }
    assertThat(fresh).isNotEmpty();

    page.until("document.querySelector(\".rows .piece[data-uid='" + fresh + "']\")");

    assertThat(page.evaluate("window.stillTheSamePage").asBoolean()).isTrue();
    assertThat(page.text("#link-state")).isEqualTo("live");
  }

  // ---- what the API says ----

  private List<JsonNode> nodes() {
    List<JsonNode> nodes = new ArrayList<>();
    for (JsonNode node : get("fleet").path("nodes")) {
      nodes.add(get("nodes/" + node.path("name").asText()));
    }
    return nodes;
  }

  private Set<String> holders() {
    Set<String> uids = new LinkedHashSet<>();
    for (JsonNode node : nodes()) {
      node.path("gpus")
          .forEach(gpu -> held(gpu).forEach(slot -> uids.add(slot.path("uid").asText())));
    }
    return uids;
  }

  private static List<JsonNode> held(JsonNode gpu) {
    List<JsonNode> slots = new ArrayList<>();
    gpu.path("slots").forEach(slots::add);
    return slots;
  }

  private static List<JsonNode> slots(JsonNode pieces) {
    List<JsonNode> slots = new ArrayList<>();
    for (JsonNode piece : pieces) {
      if (piece.path("kind").asText().equals("slot")) {
        slots.add(piece);
      }
    }
    return slots;
  }

  private static int index(JsonNode gpu) {
    return gpu.path("index").asInt();
  }

  private JsonNode get(String path) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(demo.address() + "api/v1/" + path)).build();
    try {
      return Chromium.JSON.readTree(Chromium.HTTP.send(request, BodyHandlers.ofString()).body());
    } catch (IOException | InterruptedException broken) {
      throw new AssertionError(path, broken);
    }
  }
}
