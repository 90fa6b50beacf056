package gpu.kerf.extender.console;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;

/** One browser for the tests of a class; each test has a server and a page of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
abstract class BrowserTest {
  private Chromium chromium;
  StubApi api;
  Page page;

  @BeforeAll
  void startChromium() throws IOException {
    chromium = Chromium.start();
  }

  @AfterAll
  void stopChromium() throws IOException {
    if (chromium != null) {
      chromium.close();
    }
  }

  @BeforeEach
  void openPage() throws Exception {
    api = new StubApi();
    page = chromium.newPage();
  }

  @AfterEach
  void closePage() {
    page.close();
    api.close();
  }

  /** Opens the console and waits until it is live and the GPUs of the first node are drawn. */
  void openConsole(String view) {
    page.open(api.address() + view);
    page.until("document.querySelector('#link-state').dataset.state === 'live'");
  }

  void openFleet() {
    openConsole("#/fleet");
    page.until(gpus("node-c") + " === 4");
  }

  static String gpu(String node, int index) {
    return ".rows .gpu[data-node='%s'][data-gpu='%d']".formatted(node, index);
  }

  static String gpus(String node) {
    return "document.querySelectorAll(\".rows .gpu[data-node='" + node + "']\").length";
  }

  /** The pieces of a drawn GPU: class, and where each begins and ends in parts of its width. */
  JsonNode pieces(String node, int index) {
    return page.evaluate(
        """
        (() => {
          const gpu = document.querySelector(%s);
          const box = gpu.getBoundingClientRect();
          return [...gpu.querySelectorAll('.piece')].map((piece) => {
            const b = piece.getBoundingClientRect();
            return {
              kind: ['slot', 'free', 'stranded', 'instance'].find((k) => piece.classList.contains(k)),
              pod: piece.piece.slot?.pod ?? '',
              from: parseFloat(piece.style.left) / 100,
              to: (parseFloat(piece.style.left) + parseFloat(piece.style.width)) / 100,
              drawnFrom: (b.left - box.left) / box.width,
              drawnTo: (b.right - box.left) / box.width,
            };
          });
        })()
        """
            .formatted(Page.quoted(gpu(node, index))));
  }
}
