package gpu.kerf.extender.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How the console looks and what it says when something is not as usual. */
class ConsoleStateTest extends BrowserTest {

  @Test
  void aLostServerIsSaidAndTheLastStateStays() {
    openFleet();
    api.fallSilent();
    page.untilText("#banners", "Disconnected, retrying.");
    assertThat(page.text("#link-state")).isEqualTo("disconnected");
    page.untilText("#say", "Disconnected");
    assertThat(page.count("[role=gridcell]")).isEqualTo(20);
    api.recover();
    page.until("document.querySelector('#link-state').dataset.state === 'live'");
    page.until("document.querySelector('#banners').innerText === ''");
  }

  @Test
  void withoutEventsTheConsolePolls() {
    openFleet();
    api.cutEvents();
    page.until("document.querySelector('#link-state').dataset.state === 'polling'");
    ((ObjectNode) api.answer("fleet").get("totals")).put("pods", 4321);
    page.untilText("#summary", "4,321");
  }

  @Test
  void aServerThatIsNotThereIsSaidFromTheStart() {
    api.fallSilent();
    page.open(api.address());
    page.untilText("#banners", "Kerf cannot be reached.");
  }

  @Test
  void pausedMeansThatNothingChanges() throws Exception {
    openFleet();
    page.click("#pause");
    page.untilText("#link-state", "paused");
    ((ObjectNode) api.answer("fleet").get("totals")).put("pods", 4321);
    assertThat(page.text("#summary")).doesNotContain("4,321");
    page.click("#pause");
    page.untilText("#summary", "4,321");
  }

  @Test
  void aRefusedConfigurationIsShownToEverybody() {
    ((ObjectNode) api.answer("status").get("settings"))
        .put("problem", "scheduling.answer (winner) is none of winners, all.");
    openFleet();
    page.untilText("#banners", "scheduling.answer (winner) is none of winners, all.");
  }

  @Test
  void whatTheClusterLacksIsSaidWithWhatToDoUntilItIsThere() throws Exception {
    String account = "Kerf may not list and watch teams.kerf.gpu, so no pod waits for a turn.";
    String policy =
        "There is no ValidatingAdmissionPolicy kerf-words, so users can write Kerf's decisions.";
    lacks(account, "Apply base/teams.yaml of this version.");
    lacks(policy, "Apply base/policy.yaml of this version.");
    openFleet();
    page.untilText("#banners", account);
    page.untilText("#banners", "Apply base/teams.yaml of this version.");
    page.untilText("#banners", policy);
    assertThat(page.count("#banners .notice.warn")).isEqualTo(2);

    ((ArrayNode) api.answer("status").get("installation")).remove(0);
    api.send("status", api.answer("status"));
    page.until("document.querySelectorAll('#banners .notice').length === 1");
    assertThat(page.text("#banners")).contains(policy).doesNotContain(account);
    api.answer("status").remove("installation");
    api.send("status", api.answer("status"));
    page.until("document.querySelector('#banners').innerText === ''");
  }

  private void lacks(String what, String hint) {
    api.answer("status").withArray("/installation").addObject().put("what", what).put("hint", hint);
  }

  @ParameterizedTest
  @ValueSource(strings = {"light", "dark"})
  void noticesCanBeReadAndLeaveRoomForTheFleet(String theme) {
    page.prefer("prefers-color-scheme", theme);
    for (int i = 0; i < 12; i++) {
      lacks("Kerf may not patch teams/status (" + i + "), so teams show nothing.", "Apply it.");
    }
    openFleet();
    page.untilText("#banners", "The cluster lacks 12 things that Kerf needs.");
    assertThat(weakTexts()).isEmpty();
    assertThat(heightOfBanners()).as("of a page of 900 px").isLessThan(50);
    page.click("#banners summary");
    page.untilText("#banners", "(11)");
    assertThat(weakTexts()).isEmpty();
    assertThat(heightOfBanners()).as("of a page of 900 px").isLessThan(420);
  }

  private double heightOfBanners() {
    return page.evaluate("document.querySelector('#banners').getBoundingClientRect().height")
        .asDouble();
  }

  @Test
  void aClaimOfOthersIsShownOnItsGpuByItsName() {
    ObjectNode slot = (ObjectNode) api.node("node-a").at("/gpus/3/slots/0");
    slot.put("state", "claimed").put("pod", "").put("container", "").put("claim", "nic-and-gpu");
    openFleet();
    String label = "document.querySelector(\"" + gpu("node-a", 3) + "\").ariaLabel";
    assertThat(page.evaluate(label).asText()).contains("held by 2 pods and 1 claim");
    page.click(gpu("node-a", 3));
    page.untilText("#panel", slot.get("namespace").asText() + "/nic-and-gpu");
    page.untilText("#panel", "a ResourceClaim that Kerf did not write");
    assertThat(page.count("#panel .piece.claimed")).isPositive();
    assertThat(page.problems()).isEmpty();
  }

  @Test
  void aPodOfAnotherSchedulerIsShownAsAPodWithoutAPage() {
    ObjectNode slot = (ObjectNode) api.node("node-a").at("/gpus/3/slots/0");
    slot.put("state", "foreign").put("pod", "of-hami").put("container", "").put("claim", "");
    openFleet();
    page.click(gpu("node-a", 3));
    page.untilText("#panel", slot.get("namespace").asText() + "/of-hami");
    page.untilText("#panel", "a pod of another scheduler");
    assertThat(page.text("#panel")).doesNotContain("Pods and claims");
    assertThat(page.problems()).isEmpty();
  }

  @Test
  void aClaimThatMayNotBeSeenHasNoName() {
    ObjectNode slot = (ObjectNode) api.node("node-a").at("/gpus/3/slots/0");
    slot.put("state", "claimed").put("pod", "").put("container", "").put("claim", "");
    slot.put("namespace", "another team").put("uid", "another-3-0");
    openFleet();
    page.click(gpu("node-a", 3));
    page.untilText("#panel", "another team");
    assertThat(page.text("#panel")).doesNotContain("another team/");
    assertThat(page.problems()).isEmpty();
  }

  @Test
  void aServiceThatIsNotReadyIsNamedSo() {
    api.answer("status").put("ready", false).put("synced", false);
    openFleet();
    page.untilText("#banners", "Kerf is not ready.");
  }

  @Test
  void anEmptyFleetSaysWhatToDo() {
    api.answer("fleet").putArray("nodes");
    openConsole("#/fleet");
    page.untilText("#fleet", "kubectl label node NAME kerf.gpu/managed=true");
  }

  @Test
  void nothingPendingIsGoodNews() {
    api.answer("pods-pending").put("total", 0).putArray("pods");
    openConsole("#/pending");
    page.untilText("#view-pending", "Nothing waits");
    assertThat(page.evaluate("document.querySelector('#pending-count').hidden").asBoolean())
        .isTrue();
  }

  @Test
  void namesAreShownAsTextAndNeverAsMarkup() {
    String evil = "<img src=x onerror=alert(1)>";
    ((ObjectNode) api.node("node-a").at("/gpus/3/slots/0")).put("pod", evil);
    openFleet();
    page.click(gpu("node-a", 3));
    page.untilText("#panel", evil);
    assertThat(page.count("img")).isZero();
  }

  @Test
  void aPodThatWasDeletedByForceIsShownOnItsGpuWithTheTimeOfItsEnd() {
    ObjectNode slot = (ObjectNode) api.node("node-a").at("/gpus/3/slots/0");
    slot.put("state", "quarantined").put("heldUntil", 1_795_258_800_000L);
    openFleet();
    page.click(gpu("node-a", 3));
    page.untilText("#panel", "deleted by force; its containers may run until ");
    assertThat(page.count("#panel .piece.quarantined")).isPositive();
  }

  @Test
  void darkFollowsTheSystemAndAChoiceIsKept() {
    page.prefer("prefers-color-scheme", "dark");
    openFleet();
    assertThat(paper()).isEqualTo("rgb(17, 19, 22)");
    page.prefer("prefers-color-scheme", "light");
    page.until("document.documentElement.dataset.theme === 'light'");
    assertThat(paper()).isEqualTo("rgb(245, 245, 242)");
    page.prefer("prefers-color-scheme", "dark");
    page.until("document.documentElement.dataset.theme === 'dark'");
    page.click("#theme"); // on a dark system the first choice is light
    assertThat(paper()).isEqualTo("rgb(245, 245, 242)");
    page.reload();
    assertThat(paper()).isEqualTo("rgb(245, 245, 242)");
    page.prefer("prefers-color-scheme", "light");
    assertThat(paper()).isEqualTo("rgb(245, 245, 242)");
  }

  @Test
  void nothingMovesForThoseWhoAskedForLessMotion() throws Exception {
    page.prefer("prefers-reduced-motion", "reduce");
    openFleet();
    ObjectNode slot = (ObjectNode) api.node("node-a").at("/gpus/3/slots/2").deepCopy();
    slot.put("uid", "u-97").put("start", 0);
    api.node("node-a").withArray("/gpus/4/slots").add(slot);
    api.send("nodes", Map.of("names", List.of("node-a")));
    page.until("document.querySelector(\".piece[data-uid='u-97']\")");
    assertThat(page.evaluate("document.getAnimations().length").asInt()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"light", "dark"})
  void textHasTheContrastThatWcagAsksFor(String theme) {
    page.prefer("prefers-color-scheme", theme);
    List<String> weak = new ArrayList<>();
    openFleet();
    page.click(gpu("node-a", 3));
    page.untilText("#panel", "no place for a 3g.40gb is lost");
    weak.addAll(weakTexts());
    for (String view : List.of("teams", "pending", "decisions", "explain")) {
      page.click("#tabs a[data-view='" + view + "']");
      page.until("!document.querySelector('#view-" + view + "').hidden");
      if (view.equals("teams")) {
        page.untilText("#view-teams .reclaims", "given up");
      }
      weak.addAll(weakTexts());
    }
    assertThat(weak).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {360, 800, 1024})
  void narrowPagesDoNotScrollSideways(int width) {
    page.size(width, 800);
    openFleet();
    assertThat(page.evaluate("document.documentElement.scrollWidth - innerWidth").asInt())
        .isLessThanOrEqualTo(0);
    page.click("#tabs a[data-view='teams']");
    page.untilText("#view-teams .reclaims", "given up");
    assertThat(page.evaluate("document.documentElement.scrollWidth - innerWidth").asInt())
        .isLessThanOrEqualTo(0);
  }

  @Test
  void onANarrowPageAPendingPodIsACardWhoseNameIsOneLine() {
    page.size(390, 844);
    openConsole("#/pending");
    page.untilText("#view-pending", "1,000");
    String link =
        "document.querySelector('#view-pending .pod-link').getBoundingClientRect().height";
    assertThat(page.evaluate(link).asDouble()).as("in pixels").isLessThan(25);
    assertThat(page.evaluate("document.documentElement.scrollWidth - innerWidth").asInt())
        .isLessThanOrEqualTo(0);
  }

  private String paper() {
    return page.evaluate("getComputedStyle(document.body).backgroundColor").asText();
  }

  /** Texts below 4.5 : 1, or 3 : 1 where they are large. */
  private List<String> weakTexts() {
    JsonNode found =
        page.evaluate(
            """
            (() => {
              const pen = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
              const rgba = (colour) => {
                pen.clearRect(0, 0, 1, 1);
                pen.fillStyle = colour;
                pen.fillRect(0, 0, 1, 1);
                return [...pen.getImageData(0, 0, 1, 1).data];
              };
              const light = (c) => [0, 1, 2].map((i) => c[i] / 255)
                .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
                .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
              const ground = (element) => {
                for (let e = element; e; e = e.parentElement) {
                  const c = rgba(getComputedStyle(e).backgroundColor);
                  if (c[3] === 255) return c;
                }
                return [255, 255, 255, 255];
              };
              const weak = [];
              const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
              while (walker.nextNode()) {
                const element = walker.currentNode.parentElement;
                if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
                if (element.closest('.sr, .tip, noscript, option, :disabled')) continue;
                const style = getComputedStyle(element);
                const [a, b] = [light(rgba(style.color)), light(ground(element))].sort((x, y) => y - x);
                const large = parseFloat(style.fontSize) >= 24;
                const ratio = (a + 0.05) / (b + 0.05);
                if (ratio < (large ? 3 : 4.5)) weak.push(walker.currentNode.data.trim() + ' ' + ratio.toFixed(2));
              }
              return weak;
            })()
            """);
    List<String> weak = new ArrayList<>();
    found.forEach(text -> weak.add(text.asText()));
    return weak;
  }
}
