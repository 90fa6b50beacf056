package gpu.kerf.extender.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Serves the console, and recorded answers of the API that a test can change while it runs. */
final class StubApi implements AutoCloseable {
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self';"
          + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final Map<String, JsonNode> answers = new ConcurrentHashMap<>();
  private final List<OutputStream> listeners = new CopyOnWriteArrayList<>();
  private final List<String> explained = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer server;
  private volatile boolean down;
  private volatile boolean eventsDown;

  StubApi() throws IOException {
    for (String name :
        List.of(
            "fleet",
            "nodes",
            "pods-pending",
            "pods-bound",
            "decisions",
            "timeline",
            "status",
            "teams",
            "explain")) {
      answers.put(name, recorded(name));
    }
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::serve);
    server.start();
  }

  static JsonNode recorded(String name) throws IOException {
    try (InputStream file = StubApi.class.getResourceAsStream("/api-v1/" + name + ".json")) {
      return Chromium.JSON.readTree(file);
    }
  }

  String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
  }

  /** The answer of that name, to be changed in place. */
  ObjectNode answer(String name) {
    return (ObjectNode) java.util.Objects.requireNonNull(answers.get(name));
  }

  void answer(String name, JsonNode changed) {
    answers.put(name, changed);
  }

  ObjectNode node(String name) {
    for (JsonNode node : answer("nodes").get("nodes")) {
      if (node.get("name").asText().equals(name)) {
        return (ObjectNode) node;
      }
    }
    throw new AssertionError("no recorded node " + name);
  }

  /** Manifests that were asked about. */
  List<String> explained() {
    return explained;
  }

  void send(String event, Object data) throws IOException {
    String text = "event: " + event + "\ndata: " + Chromium.JSON.valueToTree(data) + "\n\n";
    for (OutputStream listener : listeners) {
      listener.write(text.getBytes(UTF_8));
      listener.flush();
    }
  }

  /** From now on every call of the API fails, and event streams end. */
  void fallSilent() {
    down = true;
    cutEvents();
  }

  /** The API answers, its event stream does not. */
  void cutEvents() {
    eventsDown = true;
    listeners.forEach(StubApi::closeQuietly);
    listeners.clear();
  }

  void recover() {
    down = false;
    eventsDown = false;
  }

  private void serve(HttpExchange call) throws IOException {
    String path = call.getRequestURI().getPath();
    if (!path.startsWith("/api/v1/")) {
      file(call, path.equals("/") ? "/index.html" : path);
    } else if (down) {
      call.close();
    } else if (path.equals("/api/v1/events")) {
      events(call);
    } else {
      json(call, path.substring("/api/v1/".length()));
    }
  }

  private static void file(HttpExchange call, String path) throws IOException {
    try (InputStream file = StubApi.class.getResourceAsStream("/console" + path)) {
      if (file == null) {
        call.sendResponseHeaders(404, -1);
        return;
      }
      String ending = path.substring(path.lastIndexOf('.') + 1);
      String type =
          Map.of(
                  "html", "text/html; charset=utf-8",
                  "js", "text/javascript; charset=utf-8",
                  "css", "text/css; charset=utf-8",
                  "svg", "image/svg+xml",
                  "woff2", "font/woff2")
              .getOrDefault(ending, "text/plain");
      call.getResponseHeaders().set("Content-Type", type);
      call.getResponseHeaders().set("Content-Security-Policy", POLICY);
      byte[] bytes = file.readAllBytes();
      call.sendResponseHeaders(200, bytes.length);
      call.getResponseBody().write(bytes);
    } finally {
      call.close();
    }
  }

  private void events(HttpExchange call) throws IOException {
    if (eventsDown) {
      call.sendResponseHeaders(503, -1);
      call.close();
      return;
    }
    call.getResponseHeaders().set("Content-Type", "text/event-stream");
    call.sendResponseHeaders(200, 0);
    call.getResponseBody().write(": hello\n\n".getBytes(UTF_8));
    call.getResponseBody().flush();
    listeners.add(call.getResponseBody());
  }

  private void json(HttpExchange call, String what) throws IOException {
    Map<String, String> query = query(call.getRequestURI().getRawQuery());
    JsonNode answer;
    if (what.startsWith("nodes/")) {
      answer = oneNode(what.substring("nodes/".length()));
    } else if (what.equals("nodes")) {
      answer = nodes(List.of(query.getOrDefault("names", "").split(",")));
    } else if (what.equals("pods")) {
      answer = pods(query);
    } else if (what.equals("teams") && query.containsKey("team")) {
      answer = team(query.getOrDefault("team", ""));
    } else if (what.equals("decisions")) {
      answer = decisions(query.get("pod"));
    } else if (what.equals("explain")) {
      explained.add(new String(call.getRequestBody().readAllBytes(), UTF_8));
      answer = answers.get("explain");
    } else {
      answer = answers.get(what);
    }
    int status = answer == null ? 404 : answer.has("error") ? 400 : 200;
    byte[] bytes =
        (answer == null ? "{\"error\":{\"what\":\"There is nothing.\"}}" : answer.toString())
            .getBytes(UTF_8);
    call.getResponseHeaders().set("Content-Type", "application/json");
    call.sendResponseHeaders(status, bytes.length);
    call.getResponseBody().write(bytes);
    call.close();
  }

  private @org.jspecify.annotations.Nullable JsonNode oneNode(String name) {
    return nodes(List.of(name)).get("nodes").get(0);
  }

  private ObjectNode nodes(List<String> names) {
    ArrayNode chosen = Chromium.JSON.createArrayNode();
    for (JsonNode node : answer("nodes").get("nodes")) {
      if (names.contains(node.get("name").asText())) {
        chosen.add(node);
      }
    }
    return Chromium.JSON.createObjectNode().put("v", 1).set("nodes", chosen);
  }

  private ObjectNode pods(Map<String, String> query) {
    List<JsonNode> all = new ArrayList<>();
    if (!"bound".equals(query.get("state"))) {
      answer("pods-pending").get("pods").forEach(all::add);
    }
    if (!"pending".equals(query.get("state"))) {
      answer("pods-bound").get("pods").forEach(all::add);
    }
    String uid = query.get("uid");
    all.removeIf(pod -> uid != null && !pod.get("uid").asText().equals(uid));
    String text = query.get("q");
    all.removeIf(
        pod ->
            text != null
                && !(pod.get("namespace").asText() + "/" + pod.get("name").asText())
                    .contains(text));
    ObjectNode result = Chromium.JSON.createObjectNode().put("v", 1).put("total", all.size());
    result.putArray("pods").addAll(all);
    return result;
  }

  private @org.jspecify.annotations.Nullable ObjectNode team(String name) {
    for (JsonNode team : answer("teams").get("teams")) {
      if (team.get("name").asText().equals(name)) {
        return Chromium.JSON.createObjectNode().put("v", 1).set("team", team);
      }
    }
    return null;
  }

  private ObjectNode decisions(@org.jspecify.annotations.Nullable String uid) {
    ObjectNode result = Chromium.JSON.createObjectNode().put("v", 1);
    ArrayNode chosen = result.putArray("decisions");
    for (JsonNode decision : answer("decisions").get("decisions")) {
      if (uid == null || decision.get("uid").asText().equals(uid)) {
        chosen.add(decision);
      }
    }
    return result;
  }

  private static Map<String, String> query(@org.jspecify.annotations.Nullable String raw) {
    Map<String, String> result = new ConcurrentHashMap<>();
    for (String pair : raw == null ? new String[0] : raw.split("&")) {
      String[] sides = pair.split("=", 2);
      result.put(sides[0], URLDecoder.decode(sides[1], UTF_8));
    }
    return result;
  }

  private static void closeQuietly(OutputStream stream) {
    try {
      stream.close();
    } catch (IOException gone) {
      // The page closed it first.
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
