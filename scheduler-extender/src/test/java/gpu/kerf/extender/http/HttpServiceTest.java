package gpu.kerf.extender.http;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.http.VerbHandler.Answer;
import gpu.kerf.extender.http.Wire.Reply;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

class HttpServiceTest {

  @Test
  void aVerbAnswersOverOneConnectionAgainAndAgain() {
    try (TestService service = TestService.with();
        Wire wire = new Wire(service.port())) {
      for (int i = 0; i < 100; i++) {
        Reply reply = wire.post("/filter", "{\"n\":" + i + "}").reply();
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.body()).isEqualTo("{\"n\":" + i + "}");
        assertThat(reply.headers()).containsEntry("content-type", "application/json");
      }
      assertThat(service.metrics())
          .contains("kerf_verb_duration_seconds_count{verb=\"filter\",} 100.0")
          .contains("kerf_http_connections{port=\"verbs\",} 1.0");
    }
  }

  @Test
  void anErrorInAVerbReachesTheHandlerOfTheLoop() {
    List<Throwable> failures = new CopyOnWriteArrayList<>();
    try (TestService service = TestService.with();
        Wire wire = new Wire(service.port())) {
      service.onFailure(failures::add);
      wire.post("/preempt", "error");
      Await.until("the error is handled", () -> !failures.isEmpty());
      assertThat(failures.get(0)).isInstanceOf(NoClassDefFoundError.class);
    }
  }

  /** A request, the status of its answer, the code and a word of its hint. */
  static Stream<Arguments> refused() {
    String json = "Content-Type: application/json\n";
    return Stream.of(
        Arguments.of(
            "POST /filter HTTP/1.1\n" + json + "Content-Length: 8\n\nnot json",
            400,
            "bad-request",
            "Send JSON"),
        Arguments.of(
            "POST /filter HTTP/1.1\n"
                + json
                + "Origin: http://evil.example\nContent-Length: 2\n\n{}",
            403,
            "browser",
            "/api/v1"),
        Arguments.of(
            "POST /nowhere HTTP/1.1\n" + json + "Content-Length: 2\n\n{}",
            404,
            "not-found",
            "/filter"),
        Arguments.of("GET /../../etc/passwd HTTP/1.1\n\n", 404, "not-found", "/filter"),
        Arguments.of("GET /%2e%2e/console/x.html HTTP/1.1\n\n", 404, "not-found", "/filter"),
        Arguments.of("GET /filter HTTP/1.1\n\n", 405, "method-not-allowed", "Use POST"),
        Arguments.of("DELETE /metrics HTTP/1.1\n\n", 405, "method-not-allowed", "Use GET or HEAD"),
        Arguments.of(
            "POST /filter HTTP/1.1\n" + json + "Content-Length: 99999999\n\n",
            413,
            "body-too-long",
            "limits.body"),
        Arguments.of(
            "POST /filter HTTP/1.1\n"
                + json
                + "Transfer-Encoding: chunked\n\n800\n"
                + "x".repeat(2048)
                + "\n",
            413,
            "body-too-long",
            "nodeCacheCapable"),
        Arguments.of(
            "POST /filter HTTP/1.1\nContent-Type: text/plain\nContent-Length: 2\n\n{}",
            415,
            "media-type",
            "application/json"),
        Arguments.of(
            "POST /filter HTTP/1.1\nContent-Length: 2\n\n{}",
            415,
            "media-type",
            "application/json"),
        Arguments.of(
            "POST /filter HTTP/1.1\n" + json + "Content-Encoding: gzip\nContent-Length: 2\n\n{}",
            415,
            "media-type",
            "not compressed"),
        Arguments.of(
            "GET /healthz HTTP/1.1\nX: " + "x".repeat(2000) + "\n\n",
            431,
            "headers-too-long",
            "limits.headers"),
        Arguments.of("GET /" + "x".repeat(2000) + " HTTP/1.1\n\n", 414, "uri-too-long", "less"),
        Arguments.of("GET /healthz HTTP/7\n\n", 400, "bad-request", "sends it"),
        Arguments.of(
            "POST /preempt HTTP/1.1\n" + json + "Content-Length: 2\n\n{}", 500, "internal", "log"));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void whatMakesNoSenseIsRefusedWithWhatToDo(String request, int status, String code, String hint) {
    try (TestService service = TestService.with("limits.body=1KiB", "limits.headers=1KiB");
        Wire wire = new Wire(service.port())) {
      Reply reply = wire.send(request.replace("HTTP/1.1\n", "HTTP/1.1\nHost: x\n")).reply();

      assertThat(reply.status()).isEqualTo(status);
      JsonObject error = new JsonObject(reply.body()).getJsonObject("error");
      assertThat(error.getString("code")).isEqualTo(code);
      assertThat(error.getString("hint")).contains(hint);
      assertThat(error.getString("id")).isNotBlank();
      assertThat(service.metrics())
          .contains("kerf_http_refused_requests_total{code=\"" + code + "\",} 1.0");
      assertStillServes(service);
    }
  }

  @Test
  void theLogTellsARefusalUnderTheIdOfItsAnswer() {
    Logger logger = (Logger) LoggerFactory.getLogger(ErrorAnswers.class);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    logger.setLevel(Level.INFO);
    logger.setAdditive(false);
    logger.addAppender(log);
    try (TestService service = TestService.with();
        Wire wire = new Wire(service.port())) {
      Reply reply = wire.send("GET /nowhere HTTP/1.1\nHost: x\n\n").reply();

      String id = new JsonObject(reply.body()).getJsonObject("error").getString("id");
      assertThat(log.list).hasSize(1);
      assertThat(log.list.get(0).getKeyValuePairs().toString())
          .contains("id=\"" + id + "\"", "code=\"not-found\"", "path=\"/nowhere\"");
    } finally {
      logger.detachAppender(log);
      logger.setAdditive(true);
      logger.setLevel(null);
    }
  }

  @Test
  void aPathNamesTheMethodsItHas() {
    try (TestService service = TestService.with();
        Wire wire = new Wire(service.port())) {
      assertThat(wire.send("GET /bind HTTP/1.1\nHost: x\n\n").reply().headers())
          .containsEntry("allow", "POST");
      assertThat(wire.send("PUT /healthz HTTP/1.1\nHost: x\n\n").reply().headers())
          .containsEntry("allow", "GET, HEAD");
    }
  }

  @Test
  void aClientThatWaitsForLeaveToSendGetsItOrTheRefusal() {
    String head =
        "POST /filter HTTP/1.1\nHost: x\nContent-Type: application/json\nExpect: 100-continue\n";
    try (TestService service = TestService.with("limits.body=1KiB");
        Wire welcome = new Wire(service.port());
        Wire tooLong = new Wire(service.port())) {
      assertThat(welcome.send(head + "Content-Length: 2\n\n").reply().status()).isEqualTo(100);
      assertThat(welcome.send("{}").reply().status()).isEqualTo(200);
      assertThat(tooLong.send(head + "Content-Length: 2000\n\n").reply().status()).isEqualTo(413);
      assertThat(tooLong.isClosedByPeer()).isTrue();
    }
  }

  @Test
  void aBodyThatTricklesIsCutOff() {
    try (TestService service = TestService.with("limits.arrival=200ms");
        Wire wire = new Wire(service.port())) {
      wire.send(
          "POST /filter HTTP/1.1\nHost: x\nContent-Type: application/json\nContent-Length: 9\n\n{");

      Reply reply = wire.reply();

      assertThat(reply.status()).isEqualTo(408);
      assertThat(reply.body()).contains("\"code\":\"too-slow\"");
      assertThat(wire.isClosedByPeer()).isTrue();
      assertStillServes(service);
    }
  }

  @Test
  void headersThatTrickleAreCutOff() {
    try (TestService service = TestService.with("limits.arrival=200ms");
        Wire wire = new Wire(service.port())) {
      wire.send("POST /filter HTTP/1.1\nHo");

      assertThat(wire.isClosedByPeer()).isTrue();
      assertThat(service.metrics())
          .contains("kerf_http_connections_cut_off_total{cause=\"slow\",} 1.0");
    }
  }

  @Test
  void aConnectionThatIsNotUsedIsClosed() {
    try (TestService service = TestService.with("limits.idle=300ms");
        Wire wire = new Wire(service.port())) {
      assertThat(wire.post("/filter", "{}").reply().status()).isEqualTo(200);
      assertThat(wire.isClosedByPeer()).isTrue();
    }
  }

  @Test
  void moreRequestsAtOnceThanAllowedAreRefusedAtOnce() {
    try (TestService service = TestService.with("limits.inFlight=1");
        Wire first = new Wire(service.port());
        Wire second = new Wire(service.port())) {
      first.post("/bind", "{}");
      CompletableFuture<Answer> bind = service.nextBind();

      Reply busy = second.post("/filter", "{}").reply();

      assertThat(busy.status()).isEqualTo(503);
      assertThat(busy.body()).contains("limits.inFlight");
      assertThat(busy.headers()).containsEntry("retry-after", "1");
      bind.complete(new Answer(Buffer.buffer("{}"), "placed", ""));
      assertThat(first.reply().status()).isEqualTo(200);
      assertThat(statusOf(service)).isEqualTo(200);
    }
  }

  @Test
  void bodiesTogetherAreBounded() {
    try (TestService service = TestService.with("limits.body=2KiB", "limits.allBodies=2KiB");
        Wire first = new Wire(service.port());
        Wire second = new Wire(service.port())) {
      String head =
          "POST /filter HTTP/1.1\nHost: x\nContent-Type: application/json\nContent-Length: 2000\n\n";
      first.send(head + "x".repeat(1500));
      Await.until(
          "half a body is there", () -> service.server.actualPort() > 0 && inFlight(service, 1));

      Reply full = second.send(head + "x".repeat(2000)).reply();

      assertThat(full.status()).isEqualTo(503);
      assertThat(full.body()).contains("limits.allBodies");
      assertThat(first.send("x".repeat(500)).reply().status()).isEqualTo(200);
      Await.until(
          "all is given back",
          () -> service.metrics().contains("kerf_http_body_bytes{port=\"verbs\",} 0.0"));
    }
  }

  private static boolean inFlight(TestService service, int count) {
    return service
        .metrics()
        .contains("kerf_http_in_flight_requests{port=\"verbs\",} " + count + ".0");
  }

  @Test
  void connectionsBeyondTheLimitAreToldSoAndHealthIsStillAnswered() {
    try (TestService service = TestService.with("limits.connections=1");
        Wire first = new Wire(service.port());
        Wire second = new Wire(service.port())) {
      assertThat(first.post("/filter", "{}").reply().status()).isEqualTo(200);

      Reply surplus = second.post("/filter", "{}").reply();

      assertThat(surplus.status()).isEqualTo(503);
      assertThat(surplus.body()).contains("limits.connections");
      assertThat(second.isClosedByPeer()).isTrue();
      Await.until(
          "it is closed",
          () -> service.metrics().contains("kerf_http_connections{port=\"verbs\",} 1.0"));
      try (Wire probe = new Wire(service.port())) {
        assertThat(probe.send("GET /healthz HTTP/1.1\nHost: x\n\n").reply().status())
            .isEqualTo(200);
      }
      assertThat(first.post("/filter", "{}").reply().status()).isEqualTo(200);
    }
  }

  @Test
  void anAnswerThatTakesTooLongIsGivenUpAndItsPlaceIsFreeWhenItComes() {
    try (TestService service = TestService.with("limits.answer=100ms", "limits.inFlight=1");
        Wire wire = new Wire(service.port())) {
      Reply reply = wire.post("/bind", "{}").reply();

      assertThat(reply.status()).isEqualTo(503);
      assertThat(reply.body()).contains("\"code\":\"no-answer\"");
      assertThat(statusOf(service)).isEqualTo(503);
      service.nextBind().complete(new Answer(Buffer.buffer("{}"), "placed", ""));
      Await.until("the place is free", () -> statusOf(service) == 200);
    }
  }

  @Test
  void aVerbThatWaitsIsToldWhenItsClientHangsUp() {
    try (TestService service = TestService.with()) {
      try (Wire wire = new Wire(service.port())) {
        wire.post("/bind", "{}");
        assertThat(service.nextBind()).isNotDone();
        assertThat(service.hangups).hasValue(0);
      }
      Await.until("the verb is told", () -> service.hangups.get() == 1);
    }
  }

  @Test
  void aVerbIsNotToldOfAClientThatGotItsAnswer() {
    try (TestService service = TestService.with()) {
      try (Wire wire = new Wire(service.port())) {
        wire.post("/bind", "{}");
        service.nextBind().complete(new Answer(Buffer.buffer("{}"), "placed", ""));
        assertThat(wire.reply().status()).isEqualTo(200);
      }
      Await.until("nothing is in flight", () -> inFlight(service, 0));
      assertThat(service.hangups).hasValue(0);
    }
  }

  @Test
  void aClientThatGoesAwayLeavesNothingBehind() {
    try (TestService service = TestService.with()) {
      for (int i = 0; i < 20; i++) {
        try (Wire halfABody = new Wire(service.port());
            Wire impatient = new Wire(service.port())) {
          halfABody.send(
              "POST /filter HTTP/1.1\nHost: x\nContent-Type: application/json\nContent-Length: 9\n\n{");
          impatient.post("/bind", "{}");
          service.nextBind().completeAsync(() -> new Answer(Buffer.buffer("{}"), "placed", ""));
        }
      }
      Await.until("nothing is in flight", () -> inFlight(service, 0));
      Await.until(
          "no bytes are held",
          () -> service.metrics().contains("kerf_http_body_bytes{port=\"verbs\",} 0.0"));
      Await.until(
          "no connection is open",
          () -> service.metrics().contains("kerf_http_connections{port=\"verbs\",} 0.0"));
    }
  }

  @Test
  void onStopReadinessFallsFirstAndAnswersUnderWayStillCome() {
    try (TestService service = TestService.with("stop.lead=300ms", "stop.drain=1m");
        Wire wire = new Wire(service.port());
        Wire probe = new Wire(service.port())) {
      assertThat(probe.send("GET /readyz HTTP/1.1\nHost: x\n\n").reply().status()).isEqualTo(200);
      wire.post("/bind", "{}");
      CompletableFuture<Answer> bind = service.nextBind();

      Future<Void> stopped = service.begin(service.service::stop);

      Await.until(
          "it is not ready",
          () -> probe.send("GET /readyz HTTP/1.1\nHost: x\n\n").reply().status() == 503);
      assertThat(probe.post("/filter", "{}").reply().status()).as("during the lead").isEqualTo(200);
      assertThat(stopped.isComplete()).as("stopped with a bind under way").isFalse();
      bind.complete(new Answer(Buffer.buffer("{\"Error\":\"\"}"), "placed", ""));
      assertThat(wire.reply().body()).isEqualTo("{\"Error\":\"\"}");
      Await.value(stopped);
      assertThat(wire.isClosedByPeer()).isTrue();
    }
  }

  @Test
  void aStopDoesNotWaitForEverForABindThatNeverAnswers() {
    try (TestService service = TestService.with("limits.answer=1m");
        Wire wire = new Wire(service.port())) {
      wire.post("/bind", "{}");
      CompletableFuture<Answer> bind = service.nextBind();

      Await.value(service.begin(service.service::stop));

      assertThat(bind).isNotDone();
      assertThat(wire.isClosedByPeer()).isTrue();
    }
  }

  @Test
  void readinessSaysWhatIsMissing() {
    try (TestService service = TestService.with();
        Wire wire = new Wire(service.port())) {
      service.readiness.add("synced", () -> "The nodes are not known yet.");

      Reply reply = wire.send("GET /readyz HTTP/1.1\nHost: x\n\n").reply();

      assertThat(reply.status()).isEqualTo(503);
      assertThat(reply.body())
          .isEqualTo(
              "{\"ready\":false,\"missing\":[{\"condition\":\"synced\",\"why\":\"The nodes are not"
                  + " known yet.\"}],\"installation\":[]}");
    }
  }

  @Test
  void manyClientsAtOnceEachGetTheirOwnAnswer() {
    try (TestService service = TestService.with()) {
      List<Wire> wires = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        wires.add(new Wire(service.port()).post("/filter", "{\"n\":" + i + "}"));
      }
      for (int i = 0; i < 64; i++) {
        assertThat(wires.get(i).reply().body()).isEqualTo("{\"n\":" + i + "}");
        wires.get(i).close();
      }
    }
  }

  private static void assertStillServes(TestService service) {
    assertThat(statusOf(service)).isEqualTo(200);
  }

  private static int statusOf(TestService service) {
    try (Wire wire = new Wire(service.port())) {
      return wire.post("/filter", "{}").reply().status();
    }
  }
}
