package gpu.kerf.extender.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.access.RecordedReviews;
import gpu.kerf.extender.service.RunningService;
import gpu.kerf.extender.stream.TestSink;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.NodeSpec;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The numbered CloudEvents, as clients read them. */
class NumberedEventsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<NodeSpec> NODES =
      List.of(RunningService.node("a", 4, "H100-80GB", GpuMode.PLAIN));

  private final HttpClient http = HttpClient.newHttpClient();

  private HttpResponse<String> get(int port, String path, String... headers) {
    try {
      return http.send(request(port, path, headers), BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static HttpRequest request(int port, String path, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    return (headers.length > 0 ? request.headers(headers) : request).build();
  }

  private static List<JsonNode> events(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    List<JsonNode> events = new ArrayList<>();
    try {
      JSON.readTree(answer.body()).forEach(events::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return events;
  }

  private static List<String> texts(List<JsonNode> events, String field) {
    return events.stream().map(event -> event.at(field).asText()).toList();
  }

  private static String next(HttpResponse<String> answer) {
    return answer.headers().firstValue("Kerf-Next").orElseThrow();
  }

  /** A stream of server-sent events that is read line by line. */
  private BufferedReader live(int port, String path, String... headers) {
    List<String> all = new ArrayList<>(List.of("Accept", "text/event-stream"));
    all.addAll(List.of(headers));
    try {
      HttpResponse<java.io.InputStream> answer =
          http.send(request(port, path, all.toArray(String[]::new)), BodyHandlers.ofInputStream());
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.headers().firstValue("Content-Type")).contains("text/event-stream");
      return new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8));
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** The next event of a stream, with its id in front. */
  private static String nextOf(BufferedReader stream) throws IOException {
    String id = "";
    for (String line = stream.readLine(); line != null; line = stream.readLine()) {
      if (line.startsWith("id: ")) {
        id = line.substring("id: ".length());
      } else if (line.startsWith("data: ")) {
        return id + " " + line.substring("data: ".length());
      }
    }
    throw new AssertionError("The stream has ended.");
  }

  @Test
  void decisionsAreReadInPagesAndNoneTwice() {
    try (RunningService service = RunningService.on(NODES)) {
      service.place("p", "\"kerf.gpu/whole\":\"1\"");
      service.refuse("q", "\"kerf.gpu/whole\":\"8\"");
      HttpResponse<String> all = get(service.port, "/api/v1/events?after=0");
      assertThat(all.headers().firstValue("Content-Type"))
          .contains("application/cloudevents-batch+json");
      assertThat(texts(events(all), "/type"))
          .containsExactly("gpu.kerf.pod.bound.v1", "gpu.kerf.pod.refused.v1");
      HttpResponse<String> first = get(service.port, "/api/v1/events?after=0&limit=1");
      HttpResponse<String> second = get(service.port, "/api/v1/events?after=" + next(first));
      assertThat(texts(events(first), "/data/pod")).containsExactly("p");
      assertThat(texts(events(second), "/data/pod")).containsExactly("q");
      assertThat(events(get(service.port, "/api/v1/events?after=" + next(second)))).isEmpty();
      assertThat(events(get(service.port, "/api/v1/events?after=now"))).isEmpty();
      assertThat(events(first).get(0).path("id").asText()).isEqualTo(next(first));
    }
  }

  @Test
  void aClientThatConnectsAgainGoesOnWhereItWasCutOff() throws IOException {
    try (RunningService service = RunningService.on(NODES)) {
      service.place("p", "\"kerf.gpu/whole\":\"1\"");
      BufferedReader stream = live(service.port, "/api/v1/events?after=0");
      String first = nextOf(stream);
      assertThat(first).contains("pod.bound", "\"pod\":\"p\"");
      service.place("q", "\"kerf.gpu/whole\":\"1\"");
      assertThat(nextOf(stream)).contains("\"pod\":\"q\"");
      stream.close();
      service.place("r", "\"kerf.gpu/whole\":\"1\"");
      String id = first.substring(0, first.indexOf(' '));
      BufferedReader again = live(service.port, "/api/v1/events?after=0", "Last-Event-ID", id);
      assertThat(nextOf(again)).contains("\"pod\":\"q\"");
      assertThat(nextOf(again)).contains("\"pod\":\"r\"");
    }
  }

  @Test
  void aPositionOfAnEarlierStartIsToldAsAGap() throws IOException {
    try (RunningService service = RunningService.on(NODES)) {
      service.place("p", "\"kerf.gpu/whole\":\"1\"");
      List<JsonNode> events = events(get(service.port, "/api/v1/events?after=before-7"));
      assertThat(texts(events, "/type"))
          .containsExactly("gpu.kerf.stream.gap.v1", "gpu.kerf.pod.bound.v1");
      assertThat(events.get(0).at("/data/reason").asText()).isEqualTo("restarted");
      assertThat(nextOf(live(service.port, "/api/v1/events?after=before-7")))
          .contains("stream.gap");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"after=x", "after=-1", "after=", "after=0&limit=0", "after=0&limit=many"})
  void nonsenseIsRefusedWithAHint(String query) {
    try (RunningService service = RunningService.on(NODES)) {
      HttpResponse<String> answer = get(service.port, "/api/v1/events?" + query);
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(answer.body()).contains("\"code\":\"bad-request\"", "\"hint\":");
    }
  }

  @Test
  void theConsolesStreamIsAsBefore() throws IOException {
    try (RunningService service = RunningService.on(NODES)) {
      BufferedReader stream = live(service.port, "/api/v1/events");
      assertThat(stream.readLine()).isEqualTo("retry: 2000");
      assertThat(stream.readLine()).isEmpty();
      assertThat(stream.readLine()).isEqualTo("event: status");
    }
  }

  @Test
  void moreClientsThanTheLimitAreRefused() {
    try (RunningService service = RunningService.on(NODES, "limits.eventStreams=1")) {
      BufferedReader unused = live(service.port, "/api/v1/events?after=0");
      HttpResponse<String> second =
          get(service.port, "/api/v1/events?after=0", "Accept", "text/event-stream");
      assertThat(second.statusCode()).isEqualTo(503);
      assertThat(second.body()).contains("limits.eventStreams");
    }
  }

  /** The pods of the test are in the namespace ml. */
  @Test
  void eachClientIsToldOfWhatItMaySee() throws IOException {
    RecordedReviews reviews = RecordedReviews.ofThreeUsers().knows("mia", "pods in ml");
    try (RunningService service = RunningService.reviewed(reviews, NODES)) {
      int port = service.service.observedPort();
      service.place("p", "\"kerf.gpu/whole\":\"1\"");
      String path = "/api/v1/events?after=0";
      assertThat(texts(events(get(port, path, "Authorization", "Bearer admin")), "/data/pod"))
          .containsExactly("p");
      HttpResponse<String> hers = get(port, path, "Authorization", "Bearer mia");
      assertThat(texts(events(hers), "/data/pod")).containsExactly("p");
      assertThat(get(port, path, "Authorization", "Bearer frank").statusCode()).isEqualTo(403);
      assertThat(get(port, path).statusCode()).isEqualTo(401);
      BufferedReader stream = live(port, path, "Authorization", "Bearer mia");
      assertThat(nextOf(stream)).contains("\"pod\":\"p\"");
      service.place("q", "\"kerf.gpu/whole\":\"1\"");
      assertThat(nextOf(stream)).contains("\"pod\":\"q\"");
    }
  }

  /**
   * Rights are reviewed for names that are there; the first pod of a namespace brings a new one.
   */
  @Test
  void theFirstEventOfANamespaceIsNotMissed() throws IOException {
    RecordedReviews reviews = new RecordedReviews().knows("mia", "teams", "pods in ml");
    try (RunningService service = RunningService.reviewed(reviews, NODES)) {
      int port = service.service.observedPort();
      BufferedReader stream = live(port, "/api/v1/events?after=now", "Authorization", "Bearer mia");
      assertThat(reviews.asked()).doesNotContain("mia: pods in ml");
      service.place("p", "\"kerf.gpu/whole\":\"1\"");
      assertThat(nextOf(stream)).contains("\"pod\":\"p\"");
    }
  }

  /** Without a word: the client has to ask again, and hears then why not. */
  @Test
  void aStreamEndsWhenTheRightToItIsTakenAway() throws IOException {
    RecordedReviews reviews = new RecordedReviews().knows("mia", "teams");
    try (RunningService service = RunningService.reviewed(reviews, NODES)) {
      int port = service.service.observedPort();
      BufferedReader stream = live(port, "/api/v1/events?after=now", "Authorization", "Bearer mia");
      reviews.mayNoMore("mia", "teams");
      service.millis.addAndGet(60_000);
      String line = stream.readLine();
      while (line != null) {
        line = stream.readLine();
      }
      assertThat(get(port, "/api/v1/events?after=0", "Authorization", "Bearer mia").statusCode())
          .isEqualTo(403);
    }
  }

  @Test
  void decisionsGoOnWhileTheSinkHangs() {
    try (TestSink sink = new TestSink();
        RunningService service =
            RunningService.on(
                NODES,
                "stream.sink.url=" + sink.url(),
                "stream.sink.timeout=200ms",
                "stream.buffer=16")) {
      sink.hang();
      service.refuse("first", "\"kerf.gpu/whole\":\"8\"");
      Await.until("the sink hangs", () -> sink.hanging() >= 1);
      for (int i = 0; i < 4; i++) {
        service.place("p" + i, "\"kerf.gpu/whole\":\"1\"");
      }
      assertThat(events(get(service.port, "/api/v1/events?after=0"))).hasSize(5);
    }
  }
}
