package gpu.kerf.extender.cluster.kubernetes.writing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.cluster.GateResult;
import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.cluster.kubernetes.calling.RateLimiter;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.wire.PodView;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PodConditionsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

  private final AnsweringServer server = new AnsweringServer();
  private final DirectThreads threads = new DirectThreads();
  private final List<PodEvent> events = new ArrayList<>();
  private long millis;
  private PodConditions conditions;

  @BeforeEach
  void start() {
    Clocks clocks = new Clocks(() -> BEGIN.plusMillis(millis), () -> millis * 1_000_000);
    RequestPool requests = new RequestPool(server, threads, 1, "test");
    conditions =
        new PodConditions(PodConditions.Kind.TURN, requests, Runnable::run, clocks, events::add);
  }

  private static PodView.Ref pod(int number) {
    return new PodView.Ref("ml", "p" + number, "u" + number);
  }

  private List<JsonNode> written() {
    return server.sent().stream().map(each -> read(each.body())).toList();
  }

  private static JsonNode read(String body) {
    try {
      return JSON.readTree(body).at("/status/conditions/0");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private JsonNode last() {
    return written().get(written().size() - 1);
  }

  private void pass(long time) {
    millis += time;
    conditions.tick();
  }

  private void open(int number, GateResult.Kind kind) {
    conditions.follow(pod(number), CompletableFuture.completedStage(new GateResult(kind, "")));
  }

  @Test
  void aTextIsWrittenOnceAndTheFirstOneIsAnEvent() {
    conditions.holds(pod(1), 1_000, "Waiting", "a");
    conditions.holds(pod(1), 1_000, "Waiting", "a");
    assertThat(written()).hasSize(1);
    assertThat(last().path("lastTransitionTime").asText())
        .as("since when it waits")
        .isEqualTo("1970-01-01T00:00:01Z");
    conditions.holds(pod(1), 1_000, "Waiting", "b");
    assertThat(last().path("message").asText()).isEqualTo("b");
    assertThat(last().path("lastTransitionTime").asText())
        .as("the text is another, and it has waited since the same time")
        .isEqualTo("1970-01-01T00:00:01Z");
    assertThat(events).containsExactly(new PodEvent(pod(1), false, "Waiting", "a"));
    assertThat(server.sent().get(0).path()).isEqualTo("/api/v1/namespaces/ml/pods/p1/status");
  }

  @Test
  void tenThousandPodsAreWrittenOneAfterTheOtherAndTheNewestTextAlone() {
    int pods = 10_000;
    for (int i = 0; i < pods; i++) {
      conditions.holds(pod(i), 1_000, "Waiting", "old");
    }
    assertThat(written()).hasSize(50);
    for (int i = 0; i < pods; i++) {
      conditions.holds(pod(i), 1_000, "Waiting", "new");
    }
    pass(1_000);
    assertThat(written()).hasSize(100);
    for (int second = 0; second < 2 * pods / 50; second++) {
      pass(1_000);
    }
    assertThat(written().stream().filter(each -> each.path("message").asText().equals("old")))
        .hasSize(50);
    assertThat(written()).hasSize(pods + 50);
  }

  @Test
  void whileManyPodsAreBoundFewAreWritten() {
    for (int i = 0; i < 200; i++) {
      conditions.holds(pod(i), 1_000, "Waiting", "a");
    }
    for (int second = 0; second < 4; second++) {
      for (int i = 0; i < 50; i++) {
        conditions.binding();
      }
      pass(1_000);
    }
    assertThat(written()).hasSize(50 + 4 * 10);
  }

  @Test
  void aPodWhoseGateIsOffDoesNotWaitAnyMore() {
    conditions.holds(pod(1), 1_000, "Waiting", "a");
    millis += 5_000;
    open(1, GateResult.Kind.REFUSED);
    assertThat(written()).as("it still waits").hasSize(1);
    open(1, GateResult.Kind.OPENED);
    pass(1);
    assertThat(last().path("status").asText()).isEqualTo("True");
    assertThat(last().path("lastTransitionTime").asText()).isEqualTo("2026-01-01T00:00:05Z");
    open(2, GateResult.Kind.OPENED);
    pass(1);
    assertThat(written()).as("it never said that it waits").hasSize(2);
  }

  @Test
  void whatWasNotWrittenYetNeedsNoEnd() {
    for (int i = 0; i < 51; i++) {
      conditions.holds(pod(i), 1_000, "Waiting", "a");
    }
    open(50, GateResult.Kind.OPENED);
    pass(60_000);
    assertThat(written()).hasSize(50);
  }

  @Test
  void anEarlierWriteCannotComeAfterALaterOne() {
    threads.hold();
    conditions.holds(pod(1), 1_000, "Waiting", "a");
    open(1, GateResult.Kind.OPENED);
    pass(60_000);
    assertThat(written()).isEmpty();
    threads.letGo();
    pass(1);
    assertThat(written()).hasSize(2);
    assertThat(last().path("status").asText()).isEqualTo("True");
  }

  @Test
  void aTextThatCouldNotBeWrittenIsWrittenWhenItIsToldAgain() {
    server.answer(500);
    conditions.holds(pod(1), 1_000, "Waiting", "a");
    server.answer(200);
    conditions.holds(pod(1), 1_000, "Waiting", "a");
    assertThat(written()).hasSize(2);
    conditions.holds(pod(1), 1_000, "Waiting", "a");
    assertThat(written()).hasSize(2);
  }

  @Test
  void ofAPodThatIsOverNothingIsWritten() {
    for (int i = 0; i < 51; i++) {
      conditions.holds(pod(i), 1_000, "Waiting", "a");
    }
    conditions.podEnded("u50");
    pass(60_000);
    assertThat(written()).hasSize(50);
  }

  @Test
  void gatesAreOpenedAtABoundedRate() throws InterruptedException {
    RateLimiter rate = new RateLimiter(threads, () -> millis * 1_000_000, 100, 5);
    millis = 1_000;
    for (int i = 0; i < 7; i++) {
      rate.await();
    }
    assertThat(threads.pauses()).containsExactly(Duration.ofMillis(10));
  }
}
