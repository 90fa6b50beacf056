package gpu.kerf.extender.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.telemetry.Metrics;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventLogTest {
  private static final EventLog.Amount MANY = new EventLog.Amount(1_000, 1_000, Long.MAX_VALUE);

  private final Metrics metrics = new Metrics();

  private EventLog log(int size) {
    return new EventLog("run", size, () -> 5, metrics);
  }

  private static EventLog filled(EventLog log, int events) {
    for (int i = 0; i < events; i++) {
      log.add(SampleEvents.bound(i % 2 == 0 ? "research" : "fraud", "p" + i));
    }
    return log;
  }

  private static List<Long> numbers(EventLog.Page page) {
    return page.events().stream().map(StreamEvent::number).toList();
  }

  @Test
  void eventsAreNumberedFromOne() {
    EventLog log = filled(log(8), 3);
    EventLog.Page page = log.read(log.start(), MANY, Viewer.ALL);
    assertThat(numbers(page)).containsExactly(1L, 2L, 3L);
    assertThat(page.gap()).isNull();
    assertThat(page.next()).isEqualTo(new Position("run", 3)).isEqualTo(log.end());
    assertThat(metrics.scrape("").text())
        .contains("kerf_stream_events_total{type=\"gpu.kerf.pod.bound.v1\",} 3.0");
  }

  @Test
  void aReaderGoesOnWhereItStood() {
    EventLog log = filled(log(8), 5);
    EventLog.Amount two = new EventLog.Amount(2, 1_000, Long.MAX_VALUE);
    EventLog.Page first = log.read(new Position("", 1), two, Viewer.ALL);
    assertThat(numbers(first)).containsExactly(2L, 3L);
    assertThat(numbers(log.read(first.next(), two, Viewer.ALL))).containsExactly(4L, 5L);
    assertThat(numbers(log.read(log.end(), two, Viewer.ALL))).isEmpty();
  }

  @Test
  void whatWasOverwrittenIsSaidWithItsNumber() {
    EventLog log = filled(log(4), 10);
    EventLog.Page page = log.read(new Position("run", 2), MANY, Viewer.ALL);
    // 10 events in 4 places: 7 to 10 are left. After 2 come 3, 4, 5 and 6, which are lost.
    assertThat(page.gap()).isEqualTo(new Gap(Gap.Reason.OVERWRITTEN, new Position("run", 2), 7, 4));
    assertThat(numbers(page)).containsExactly(7L, 8L, 9L, 10L);
    assertThat(log.read(new Position("run", 6), MANY, Viewer.ALL).gap()).isNull();
  }

  @Test
  void aPositionOfAnotherStartIsAGap() {
    EventLog log = filled(log(8), 3);
    EventLog.Page page = log.read(new Position("before", 2), MANY, Viewer.ALL);
    assertThat(page.gap())
        .isEqualTo(new Gap(Gap.Reason.RESTARTED, new Position("before", 2), 1, 0));
    assertThat(numbers(page)).containsExactly(1L, 2L, 3L);
  }

  @Test
  void aNumberThatIsNotThereYetIsAGap() {
    EventLog log = filled(log(8), 3);
    EventLog.Page page = log.read(new Position("", 4), MANY, Viewer.ALL);
    assertThat(page.gap()).isEqualTo(new Gap(Gap.Reason.UNKNOWN, new Position("", 4), 1, 0));
    assertThat(log.read(new Position("", 3), MANY, Viewer.ALL).gap()).isNull();
  }

  @Test
  void aViewerReadsItsEventsAndPassesThoseOfOthers() {
    EventLog log = filled(log(8), 6);
    Viewer frank = new Viewer(false, false, Set.of("fraud"), Set.of("fraud"));
    EventLog.Page page =
        log.read(log.start(), new EventLog.Amount(2, 1_000, Long.MAX_VALUE), frank);
    assertThat(numbers(page)).containsExactly(2L, 4L);
    assertThat(page.next().number()).isEqualTo(4);
    EventLog.Page short1 = log.read(log.start(), new EventLog.Amount(9, 3, Long.MAX_VALUE), frank);
    assertThat(numbers(short1)).containsExactly(2L);
    assertThat(short1.next().number()).isEqualTo(3);
    assertThat(log.read(log.start(), new EventLog.Amount(9, 9, 2), frank).next().number())
        .isEqualTo(2);
  }

  @Test
  void theNamespacesOfItsEventsAreKnown() {
    assertThat(filled(log(8), 6).namespaces()).containsExactlyInAnyOrder("research", "fraud");
    assertThat(log(8).namespaces()).isEmpty();
  }

  /** Every number is either read, in order, or counted as lost; none is read twice. */
  @Test
  void aReaderOnAnotherThreadMissesNothingThatItIsNotToldOf() throws InterruptedException {
    EventLog log = log(64);
    int events = 200_000;
    AtomicBoolean done = new AtomicBoolean();
    Thread writer =
        new Thread(
            () -> {
              for (int i = 0; i < events; i++) {
                log.add(SampleEvents.window());
              }
              done.set(true);
            });
    Position position = log.start();
    writer.start();
    long last = 0;
    long read = 0;
    long lost = 0;
    while (true) {
      boolean end = done.get();
      EventLog.Page page =
          log.read(position, new EventLog.Amount(10, 10, Long.MAX_VALUE), Viewer.ALL);
      lost += page.gap() == null ? 0 : page.gap().lost();
      for (StreamEvent event : page.events()) {
        assertThat(event.number()).isGreaterThan(last);
        last = event.number();
        read++;
      }
      position = page.next();
      if (end && page.events().isEmpty() && position.number() == events) {
        break;
      }
    }
    writer.join();
    assertThat(read + lost).isEqualTo(events);
  }

  @Test
  void positionsAreReadAsTheyAreWritten() {
    assertThat(Position.parse("17")).isEqualTo(new Position("", 17));
    assertThat(Position.parse("a1b2-17")).isEqualTo(new Position("a1b2", 17));
    assertThat(new Position("a1b2", 17)).hasToString("a1b2-17");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-1", "one", "a b-3", "9999999999999999999", "A1-3", "a1-", "a-b-3"})
  void aPositionThatIsNoneIsRefusedWithItsText(String text) {
    assertThatThrownBy(() -> Position.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(" + text + ")");
  }
}
