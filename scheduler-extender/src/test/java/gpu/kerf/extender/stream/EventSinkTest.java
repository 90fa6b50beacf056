package gpu.kerf.extender.stream;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.telemetry.Metrics;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EventSinkTest {
  private final TestSink server = new TestSink();
  private final Metrics metrics = new Metrics();
  private EventLog log = new EventLog("run", 1_000, () -> 5, metrics);
  private EventSink sink =
      sink(SinkOptions.Format.CLOUDEVENTS, server.url(), 100, Duration.ofSeconds(60));

  @AfterEach
  void stop() {
    sink.stop();
    server.close();
  }

  private EventSink sink(SinkOptions.Format format, URI url, int batch, Duration timeout) {
    return new EventSink(
        log,
        new EventJson("/kerf", log.run()),
        new SinkOptions(url, format, "kerf-events", batch, timeout),
        () -> 5,
        metrics);
  }

  private void use(SinkOptions.Format format, int batch, Duration timeout) {
    sink.stop();
    sink = sink(format, server.url(), batch, timeout);
  }

  private void add(int events) {
    for (int i = 0; i < events; i++) {
      log.add(SampleEvents.window());
    }
  }

  private List<String> ids() {
    return server.taken().stream().map(event -> event.path("id").asText()).toList();
  }

  private double metric(String series) {
    return metrics
        .scrape("")
        .text()
        .lines()
        .filter(line -> line.startsWith(series))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  @Test
  void eventsAreSentInOrderAndInBatches() {
    use(SinkOptions.Format.CLOUDEVENTS, 2, Duration.ofSeconds(60));
    add(5);
    sink.start();
    Await.until("all are there", () -> server.taken().size() == 5);
    assertThat(ids()).containsExactly("run-1", "run-2", "run-3", "run-4", "run-5");
    assertThat(server.requests()).allMatch(each -> each.events().size() <= 2);
    assertThat(server.requests().get(0).type()).startsWith("application/cloudevents-batch+json");
    add(1);
    Await.until("the next one is there", () -> server.taken().size() == 6);
    Await.until("it is counted", () -> metric("kerf_stream_sent_total") == 6);
    Await.until("nothing is left", () -> metric("kerf_stream_lag_events") == 0);
  }

  @Test
  void aSinkThatFailsGetsAllOnceItWorks() {
    AtomicInteger failures = new AtomicInteger(2);
    server.behave(
        request ->
            failures.getAndDecrement() > 0
                ? new TestSink.Answer(503, "not now")
                : new TestSink.Answer(200, ""));
    add(3);
    sink.start();
    Await.until("all are there", () -> server.taken().size() == 3);
    assertThat(ids()).containsExactly("run-1", "run-2", "run-3");
    assertThat(metric("kerf_stream_requests_total{outcome=\"failed\"")).isEqualTo(2);
    assertThat(metric("kerf_stream_dropped_total")).isZero();
  }

  @Test
  void aSinkThatIsNotThereIsWaitedFor() throws IOException {
    URI nowhere;
    try (ServerSocket free = new ServerSocket(0)) {
      nowhere = URI.create("http://127.0.0.1:" + free.getLocalPort());
    }
    sink.stop();
    sink = sink(SinkOptions.Format.CLOUDEVENTS, nowhere, 10, Duration.ofSeconds(60));
    add(3);
    sink.start();
    Await.until("it was tried", () -> metric("kerf_stream_requests_total{outcome=\"failed\"") >= 1);
    assertThat(metric("kerf_stream_lag_events")).isEqualTo(3);
    assertThat(metric("kerf_stream_sent_total")).isZero();
  }

  /** 8 places: while a request hangs, 30 events come; 23 to 30 are left, and 5 to 22 are lost. */
  @Test
  void whatASlowSinkMissesIsCountedAndToldToIt() {
    log = new EventLog("run", 8, () -> 5, metrics);
    use(SinkOptions.Format.CLOUDEVENTS, 4, Duration.ofSeconds(60));
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    server.behave(
        request -> {
          begun.countDown();
          goOn.await();
          return new TestSink.Answer(200, "");
        });
    add(4);
    sink.start();
    Await.until("a request is under way", () -> begun.getCount() == 0);
    add(26);
    goOn.countDown();
    Await.until("the last is there", () -> ids().contains("run-30"));
    JsonNode gap = server.taken().get(4);
    assertThat(gap.path("type").asText()).isEqualTo("gpu.kerf.stream.gap.v1");
    assertThat(gap.at("/data/lost").asInt()).isEqualTo(18);
    assertThat(gap.at("/data/after").asText()).isEqualTo("run-4");
    assertThat(gap.at("/data/resumes").asInt()).isEqualTo(23);
    assertThat(ids().subList(5, 7)).containsExactly("run-23", "run-24");
    assertThat(metric("kerf_stream_dropped_total{reason=\"overwritten\"")).isEqualTo(18);
  }

  /** The thread that adds does not notice, and the request is given up. */
  @Test
  void aSinkThatHangsHoldsNothingUpAndIsTriedAgain() {
    use(SinkOptions.Format.CLOUDEVENTS, 10, Duration.ofMillis(100));
    server.hang();
    add(1);
    sink.start();
    Await.until("it was given up and tried again", () -> server.hanging() >= 2);
    add(10_000);
    server.behave(request -> new TestSink.Answer(200, ""));
    Await.until("the last is there", () -> ids().contains("run-10001"));
    assertThat(metric("kerf_stream_dropped_total{reason=\"overwritten\"")).isPositive();
  }

  @Test
  void anEventThatTheSinkNeverTakesIsDroppedAloneAndTheOthersArrive() {
    server.behave(
        request ->
            request.events().stream().anyMatch(each -> each.path("id").asText().equals("run-5"))
                ? new TestSink.Answer(400, "no such field")
                : new TestSink.Answer(200, ""));
    add(9);
    sink.start();
    Await.until("the last is there", () -> ids().contains("run-9"));
    assertThat(ids())
        .containsExactly("run-1", "run-2", "run-3", "run-4", "run-6", "run-7", "run-8", "run-9");
    assertThat(metric("kerf_stream_dropped_total{reason=\"refused\"")).isEqualTo(1);
  }

  /** The form of requests and answers is that of the bridge's OpenAPI description. */
  @Test
  void theBridgeGetsRecordsWithKeysAtItsTopic() {
    use(SinkOptions.Format.KAFKA_BRIDGE, 100, Duration.ofSeconds(60));
    server.behave(
        request -> new TestSink.Answer(200, "{\"offsets\":[{\"partition\":0,\"offset\":3}]}"));
    log.add(SampleEvents.bound("research", "train"));
    log.add(SampleEvents.window());
    sink.start();
    Await.until("both are there", () -> server.taken().size() == 2);
    TestSink.Request request = server.requests().get(0);
    assertThat(request.path()).isEqualTo("/topics/kerf-events");
    assertThat(request.type()).startsWith("application/vnd.kafka.json.v2+json");
    assertThat(request.body().path("records").get(0).path("key").asText())
        .isEqualTo("research/train");
    assertThat(request.body().at("/records/0/value/type").asText())
        .isEqualTo("gpu.kerf.pod.bound.v1");
    assertThat(request.body().at("/records/1/key").asText()).isEqualTo("research");
  }

  @Test
  void recordsThatKafkaRefusedAreSentAgainAndTheOthersAreNot() {
    use(SinkOptions.Format.KAFKA_BRIDGE, 100, Duration.ofSeconds(60));
    AtomicInteger calls = new AtomicInteger();
    server.behave(
        request ->
            new TestSink.Answer(
                200,
                calls.getAndIncrement() == 0
                    ? "{\"offsets\":[{\"partition\":0,\"offset\":3},{\"error_code\":500,"
                        + "\"message\":\"Not enough replicas\"},{\"partition\":0,\"offset\":4}]}"
                    : "{\"offsets\":[{\"partition\":0,\"offset\":5}]}"));
    add(3);
    sink.start();
    Await.until("there was a second request", () -> server.requests().size() == 2);
    List<JsonNode> again = server.requests().get(1).events();
    assertThat(again).hasSize(1);
    assertThat(again.get(0).at("/value/id").asText()).isEqualTo("run-2");
    Await.until("all are counted", () -> metric("kerf_stream_sent_total") == 3);
  }

  @Test
  void whatIsLeftGoesOutBeforeItStops() {
    use(SinkOptions.Format.CLOUDEVENTS, 2, Duration.ofSeconds(60));
    sink.start();
    add(7);
    assertThat(sink.stop().toCompletableFuture()).succeedsWithin(Await.LONG);
    assertThat(ids()).hasSize(7).endsWith("run-7");
  }

  @Test
  void aSinkThatTakesNothingDoesNotKeepItFromStopping() {
    server.behave(request -> new TestSink.Answer(503, ""));
    sink.start();
    add(7);
    assertThat(sink.stop().toCompletableFuture()).succeedsWithin(Await.LONG);
    assertThat(server.taken()).isEmpty();
  }

  @Test
  void pausesGrowToAMinuteAndAreNeverTheSame() {
    Backoff most = new Backoff(() -> 1);
    Backoff least = new Backoff(() -> 0);
    // 500 ms, then twice as long each time; at least half of it.
    assertThat(most.failed()).isEqualTo(Duration.ofMillis(500));
    assertThat(most.failed()).isEqualTo(Duration.ofSeconds(1));
    assertThat(least.failed()).isEqualTo(Duration.ofMillis(250));
    for (int i = 0; i < 100; i++) {
      assertThat(most.failed()).isLessThanOrEqualTo(Duration.ofMinutes(1));
    }
    assertThat(most.failed()).isEqualTo(Duration.ofMinutes(1));
    most.succeeded();
    assertThat(most.failed()).isEqualTo(Duration.ofMillis(500));
  }
}
