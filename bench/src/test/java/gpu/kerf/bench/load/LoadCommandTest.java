package gpu.kerf.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import gpu.kerf.bench.KerfRun;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The load driver against an extender that is written here. */
class LoadCommandTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<JsonNode> filters = new CopyOnWriteArrayList<>();
  private final List<JsonNode> prioritized = new CopyOnWriteArrayList<>();
  private final List<JsonNode> binds = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newFixedThreadPool(4);
  private final HttpServer server = start();
  private volatile String filterAnswer = "two";
  private volatile int bindStatus = 200;

  private static HttpServer start() {
    // Otherwise head and body of an answer wait for each other, 40 ms each time.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    try {
      return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @BeforeEach
  void serve() {
    server.setExecutor(threads);
    server.createContext("/x/filter", call -> answer(call, filters, this::filter));
    server.createContext("/x/prioritize", call -> answer(call, prioritized, this::prioritize));
    server.createContext("/x/bind", call -> answer(call, binds, body -> "{\"Error\":\"\"}"));
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    threads.shutdownNow();
  }

  @Test
  void everyPodIsFilteredRankedAndBoundToTheNodeOfTheHighestScore() throws IOException {
    JsonNode results = load("--pods", "20", "--nodes", "5");

    assertThat(filters).hasSize(20);
    assertThat(filters.get(0).path("NodeNames")).hasSize(5);
    assertThat(filters.get(0).path("Nodes").isNull()).isTrue();
    assertThat(filters.get(0).path("Pod").toString().length()).isBetween(5_500, 7_000);
    assertThat(prioritized).hasSize(20);
    assertThat(prioritized.get(0).path("NodeNames")).hasSize(2);
    assertThat(binds).extracting(bind -> bind.path("Node").asText()).containsOnly("node-2");
    assertThat(binds).extracting(bind -> bind.path("PodUID").asText()).doesNotHaveDuplicates();
    assertThat(binds.get(0).path("PodUID"))
        .isEqualTo(filters.get(0).path("Pod").path("metadata").path("uid"));
    assertThat(results.path("placed").asInt()).isEqualTo(20);
    assertThat(results.at("/verbs/filter/calls").asInt()).isEqualTo(20);
    assertThat(results.at("/verbs/bind/p99Micros").asDouble()).isPositive();
    assertThat(results.path("errors")).isEmpty();
  }

  @Test
  void oneNodeIsNotRanked() throws IOException {
    filterAnswer = "one";

    load("--pods", "3", "--nodes", "5");

    assertThat(prioritized).isEmpty();
    assertThat(binds).hasSize(3);
  }

  @Test
  void wholeNodesAreSentWhereAskedFor() throws IOException {
    filterAnswer = "objects";

    load("--pods", "2", "--nodes", "3", "--full-nodes");

    assertThat(filters.get(0).path("NodeNames").isNull()).isTrue();
    assertThat(filters.get(0).path("Nodes").path("items")).hasSize(3);
    assertThat(prioritized.get(0).path("Nodes").path("items")).hasSize(2);
    assertThat(binds).hasSize(2);
  }

  @Test
  void errorsAreCountedByKind() throws IOException {
    bindStatus = 503;
    JsonNode results = load("--pods", "4", "--nodes", "5");
    assertThat(results.path("errors").path("status 503 of bind").asInt()).isEqualTo(4);
    assertThat(results.path("placed").asInt()).isZero();

    filterAnswer = "error";
    results = load("--pods", "4", "--nodes", "5");
    assertThat(results.path("errors").path("Error: not synced").asInt()).isEqualTo(4);

    filterAnswer = "none";
    results = load("--pods", "4", "--nodes", "5");
    assertThat(results.path("unplaced").asInt()).isEqualTo(4);
    assertThat(results.path("errors")).isEmpty();
  }

  @Test
  void theSameSeedBringsTheSamePodsAlsoOverSeveralConnections() throws IOException {
    load("--pods", "40", "--nodes", "5", "--seed", "9", "--concurrency", "4");
    List<String> once = sorted();
    filters.clear();
    load("--pods", "40", "--nodes", "5", "--seed", "9");

    assertThat(sorted()).isEqualTo(once);
    assertThat(Collections.max(once)).contains("load-9-");
  }

  @Test
  void otherExtendersGetTheirOwnWordsAndNames(@TempDir Path folder) throws IOException {
    Path names = Files.writeString(folder.resolve("names"), "node-1\n\nnode-9\n");

    JsonNode results =
        load("--pods", "1", "--node-names", names.toString(), "--limits", "aliyun.com/gpu-mem=8");

    // The extender here always names node-2, too.
    assertThat(results.path("errors").fieldNames().next())
        .isEqualTo("filter names a node that it was not asked about");

    assertThat(filters.get(0).path("NodeNames")).hasSize(2);
    assertThat(filters.get(0).at("/Pod/spec/containers/0/resources/limits").toString())
        .contains("\"aliyun.com/gpu-mem\":\"8\"")
        .doesNotContain("kerf");
  }

  @Test
  void wrongUsageIsTwoAndNoServerIsOne() {
    assertThat(KerfRun.of("load", "--url", "ftp://x").code()).isEqualTo(2);
    KerfRun unknown = KerfRun.of("load", "--url", url(), "--verbs", "filter,bend");
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err()).contains("The verb (bend) is not known");
    server.stop(0);
    KerfRun alone = KerfRun.of("load", "--url", url(), "--pods", "1", "--nodes", "1");
    assertThat(alone.code()).isEqualTo(1);
    assertThat(alone.err()).contains("No extender answers at http://127.0.0.1");
  }

  private List<String> sorted() {
    return filters.stream().map(each -> each.path("Pod").toString()).sorted().toList();
  }

  private JsonNode load(String... options) {
    return KerfRun.of(
            Stream.concat(Stream.of("load", "--url", url(), "--json"), Stream.of(options))
                .toArray())
        .json();
  }

  private String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/x";
  }

  private interface Verb {
    String answer(JsonNode body);
  }

  private void answer(HttpExchange call, List<JsonNode> calls, Verb verb) throws IOException {
    try (call) {
      JsonNode body = JSON.readTree(call.getRequestBody());
      calls.add(body);
      byte[] text = verb.answer(body).getBytes(StandardCharsets.UTF_8);
      boolean bind = call.getRequestURI().getPath().endsWith("/bind");
      call.sendResponseHeaders(bind ? bindStatus : 200, text.length);
      call.getResponseBody().write(text);
    }
  }

  private String filter(JsonNode body) {
    return switch (filterAnswer) {
      case "one" ->
          "{\"NodeNames\":[\"node-1\"],\"FailedNodes\":{\"node-2\":\"full\"},\"Error\":\"\"}";
      case "none" -> "{\"Nodes\":null,\"NodeNames\":[],\"FailedNodes\":{\"node-2\":\"full\"}}";
      case "error" -> "{\"Nodes\":null,\"NodeNames\":null,\"Error\":\"not synced\"}";
      case "objects" ->
          "{\"Nodes\":{\"metadata\":{},\"items\":[{\"metadata\":{\"labels\":{\"name\":\"no\"},"
              + "\"name\":\"node-1\"},\"spec\":{}},{\"metadata\":{\"name\":\"node-2\"}}]}}";
      default -> "{\"NodeNames\":[\"node-1\",\"node-2\"],\"Error\":\"\"}";
    };
  }

  private String prioritize(JsonNode body) {
    return "[{\"Host\":\"node-1\",\"Score\":3},{\"Host\":\"node-2\",\"Score\":10}]";
  }
}
