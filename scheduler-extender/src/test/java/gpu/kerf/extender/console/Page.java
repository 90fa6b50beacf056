package gpu.kerf.extender.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One page of a browser: goes somewhere, presses keys, evaluates, and remembers what went wrong.
 */
final class Page implements AutoCloseable, WebSocket.Listener {
  private static final Map<String, Integer> KEY_CODES =
      Map.of(
          "Tab",
          9,
          "Enter",
          13,
          "Escape",
          27,
          "PageDown",
          34,
          "End",
          35,
          "Home",
          36,
          "ArrowLeft",
          37,
          "ArrowUp",
          38,
          "ArrowRight",
          39,
          "ArrowDown",
          40);

  private final Map<Integer, CompletableFuture<JsonNode>> calls = new ConcurrentHashMap<>();
  private final AtomicInteger lastCall = new AtomicInteger();
  private final StringBuilder message = new StringBuilder();
  private final List<String> problems = new CopyOnWriteArrayList<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private @Nullable WebSocket socket;

  static Page attach(URI address) throws Exception {
    Page page = new Page();
    page.socket = Chromium.HTTP.newWebSocketBuilder().buildAsync(address, page).get();
    for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
      page.call(domain + ".enable", Map.of());
    }
    page.size(1440, 900);
    return page;
  }

  // ---- what a user does ----

  void open(String address) {
    call("Page.navigate", Map.of("url", address));
    until("document.readyState === 'complete'");
  }

  void reload() {
    evaluate("window.beforeReload = true");
    call("Page.reload", Map.of());
    until("!window.beforeReload && document.readyState === 'complete'");
  }

  void size(int width, int height) {
    call(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
  }

  /** As the operating system says, e.g. {@code prefers-color-scheme} is {@code dark}. */
  void prefer(String feature, String value) {
    call(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", feature, "value", value))));
  }

  void press(String key) {
    int code = KEY_CODES.getOrDefault(key, 0);
    Map<String, Object> event =
        Map.of("key", key, "code", key, "windowsVirtualKeyCode", code, "type", "keyDown");
    Map<String, Object> typed = new java.util.HashMap<>(event);
    if (key.equals("Enter")) {
      typed.put("text", "\r");
    }
    call("Input.dispatchKeyEvent", typed);
    typed.put("type", "keyUp");
    call("Input.dispatchKeyEvent", typed);
  }

  void type(String text) {
    call("Input.insertText", Map.of("text", text));
  }

  /** Clicks the middle of the first element that the selector names, as a mouse does. */
  void click(String selector) {
    until("document.querySelector(" + quoted(selector) + ")?.getClientRects().length > 0");
    JsonNode at =
        evaluate(
            "(() => { const e = document.querySelector("
                + quoted(selector)
                + "); e.scrollIntoView({block: 'nearest'}); const b = e.getBoundingClientRect();"
                + " return {x: b.x + b.width / 2, y: b.y + b.height / 2}; })()");
    for (String type : List.of("mousePressed", "mouseReleased")) {
      call(
          "Input.dispatchMouseEvent",
          Map.of(
              "type",
              type,
              "x",
              at.get("x").asDouble(),
              "y",
              at.get("y").asDouble(),
              "button",
              "left",
              "clickCount",
              1));
    }
  }

  // ---- what a test sees ----

  /** Waits in the page until the expression is true there. */
  void until(String condition) {
    String look =
        """
        new Promise((done) => {
          const end = performance.now() + %d;
          const look = () => {
            let holds = false;
            try { holds = Boolean(%s); } catch { holds = false; }
            if (holds || performance.now() > end) done(holds); else setTimeout(look, 10);
          };
          look();
        })
        """
            .formatted(TimeUnit.SECONDS.toMillis(20), condition);
    if (!evaluate(look).asBoolean()) {
      throw new AssertionError(
          "Never true in the page: " + condition + "\nIts text: " + text("body") + "\n" + problems);
    }
  }

  JsonNode evaluate(String expression) {
    ObjectNode params = Chromium.JSON.createObjectNode();
    params.put("expression", expression).put("awaitPromise", true).put("returnByValue", true);
    JsonNode answer = call("Runtime.evaluate", params);
    if (answer.has("exceptionDetails")) {
      throw new AssertionError(expression + "\n" + answer.get("exceptionDetails").toPrettyString());
    }
    return answer.path("result").path("value");
  }

  /** The text of the first element that the selector names, as it is shown. */
  String text(String selector) {
    return evaluate("document.querySelector(" + quoted(selector) + ")?.innerText ?? ''").asText();
  }

  void untilText(String selector, String part) {
    until(
        "document.querySelector("
            + quoted(selector)
            + ").innerText.includes("
            + quoted(part)
            + ")");
  }

  int count(String selector) {
    return evaluate("document.querySelectorAll(" + quoted(selector) + ").length").asInt();
  }

  /** Errors of scripts, of the console and of the content policy. */
  List<String> problems() {
    return problems;
  }

  /** Every address that the page asked for. */
  List<String> requests() {
    return requests;
  }

  /** What the main thread has worked so far, in milliseconds of CPU: scripts, layout, all of it. */
  Map<String, Double> work() {
    Map<String, Double> result = new java.util.TreeMap<>();
    for (JsonNode metric : call("Performance.getMetrics", Map.of()).get("metrics")) {
      if (List.of("ScriptDuration", "LayoutDuration", "RecalcStyleDuration", "TaskDuration")
          .contains(metric.get("name").asText())) {
        result.put(metric.get("name").asText(), 1000 * metric.get("value").asDouble());
      }
    }
    return result;
  }

  void countWork() {
    call("Performance.enable", Map.of("timeDomain", "threadTicks"));
  }

  void runFirst(String script) {
    call("Page.addScriptToEvaluateOnNewDocument", Map.of("source", script));
  }

  void screenshot(Path file) throws Exception {
    JsonNode shot = call("Page.captureScreenshot", Map.of("format", "png"));
    Files.write(file, Base64.getDecoder().decode(shot.get("data").asText()));
  }

  static String quoted(String text) {
    return Chromium.JSON.valueToTree(text).toString();
  }

  // ---- the protocol ----

  private JsonNode call(String method, Object params) {
    int id = lastCall.incrementAndGet();
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    calls.put(id, answer);
    ObjectNode call = Chromium.JSON.createObjectNode().put("id", id).put("method", method);
    call.set("params", Chromium.JSON.valueToTree(params));
    try {
      java.util.Objects.requireNonNull(socket).sendText(call.toString(), true).join();
      return answer.get(Chromium.DEADLINE_SECONDS, TimeUnit.SECONDS);
    } catch (Exception failed) {
      throw new AssertionError("chromium did not answer " + method + "; " + problems, failed);
    }
  }

  @Override
  public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
    message.append(data);
    if (last) {
      take(message.toString());
      message.setLength(0);
    }
    from.request(1);
    return null;
  }

  private void take(String text) {
    JsonNode said;
    try {
      said = Chromium.JSON.readTree(text);
    } catch (com.fasterxml.jackson.core.JsonProcessingException broken) {
      problems.add(text);
      return;
    }
    CompletableFuture<JsonNode> call = calls.remove(said.path("id").asInt());
    if (call != null) {
      if (said.has("error")) {
        call.completeExceptionally(new IllegalStateException(said.get("error").toString()));
      } else {
        call.complete(said.get("result"));
      }
    } else {
      event(said.path("method").asText(), said.path("params"));
    }
  }

  private void event(String method, JsonNode params) {
    switch (method) {
      case "Runtime.exceptionThrown" -> problems.add(params.path("exceptionDetails").toString());
      case "Runtime.consoleAPICalled" -> {
        if (List.of("error", "warning").contains(params.path("type").asText())) {
          problems.add(params.path("args").toString());
        }
      }
      case "Log.entryAdded" -> {
        if (List.of("error", "warning").contains(params.path("entry").path("level").asText())) {
          problems.add(params.path("entry").toString());
        }
      }
      case "Network.requestWillBeSent" -> requests.add(params.path("request").path("url").asText());
      default -> {}
    }
  }

  @Override
  public void close() {
    call("Page.close", Map.of());
    java.util.Objects.requireNonNull(socket).abort();
  }
}
