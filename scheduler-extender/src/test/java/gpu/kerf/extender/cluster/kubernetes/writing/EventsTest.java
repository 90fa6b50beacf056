package gpu.kerf.extender.cluster.kubernetes.writing;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.kubernetes.FakeApiServer;
import gpu.kerf.extender.cluster.kubernetes.FakeApiServerExtension;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class EventsTest {
  private final AtomicLong millis = new AtomicLong(1_000_000);
  @RegisterExtension private final FakeApiServerExtension fake = new FakeApiServerExtension();

  private final FakeApiServer api = fake.api();
  private final ApiServer server = fake.connect();
  private final RequestPool background = fake.background(server);
  private Events events;

  @BeforeEach
  void start() {
    events =
        new Events(
            background,
            new Metrics(),
            Clocks.virtual(() -> Instant.ofEpochMilli(millis.get())),
            "test");
  }

  private void happens(int number) {
    events.write(
        new Events.About("Pod", "ml", "p" + number, "u" + number),
        new Events.Note(false, "Placed", "Scheduling", "Node a: GPU 0."));
  }

  private void seconds(int count) {
    for (int i = 0; i < 2 * count; i++) {
      millis.addAndGet(500);
      events.tick();
    }
  }

  private void assertWritten(int count) {
    Await.until(count + " are written", () -> api.events().size() >= count);
    assertThat(api.events()).hasSize(count);
  }

  @Test
  void oneIsWrittenAtOnce() {
    happens(0);
    assertWritten(1);
  }

  @Test
  void whileManyPodsAreBoundEventsWaitAndNoneIsLost() {
    for (int i = 0; i < 400; i++) {
      events.binding();
      happens(i);
    }
    assertWritten(100);
    for (int second = 0; second < 5; second++) {
      for (int i = 0; i < 50; i++) {
        events.binding();
      }
      seconds(1);
    }
    assertWritten(200);
    seconds(4);
    assertWritten(400);
  }

  @Test
  void aWaitingEventTellsWhenItHappened() {
    for (int i = 0; i < 101; i++) {
      happens(i);
    }
    seconds(1);
    assertWritten(101);
    assertThat(api.events().get(100).path("eventTime").asText())
        .isEqualTo("1970-01-01T00:16:40.000000Z");
  }
}
