package gpu.kerf.extender.stream;

import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the events of a log to one HTTP sink, in order and at least once, on a thread of its own.
 *
 * <p>While the sink is slow or fails, its position in the log stays; when the log overwrites what
 * stands there, those events are dropped, counted, and told to the sink as a gap. A batch that the
 * sink will never take is halved until the one event is found, which is dropped.
 */
public final class EventSink {
  private static final Logger LOG = LoggerFactory.getLogger(EventSink.class);

  /** How late an event is at most because nothing wakes the thread. */
  private static final Duration LOOK = Duration.ofMillis(100);

  private final EventLog log;
  private final EventJson json;
  private final SinkOptions options;
  private final SinkClient client;
  private final Metrics metrics;
  private final LongSupplier wallMillis;
  private final Backoff backoff = new Backoff(() -> ThreadLocalRandom.current().nextDouble());
  private final CountDownLatch closed = new CountDownLatch(1);
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final Thread thread = new Thread(this::run, "kerf-stream");
  private boolean started;
  private Position position;
  private int batch;

  /** What is missing and was not yet told. */
  private @Nullable Gap untold;

  public EventSink(
      EventLog log, EventJson json, SinkOptions options, LongSupplier wallMillis, Metrics metrics) {
    this.log = log;
    this.json = json;
    this.options = options;
    this.client = new SinkClient(options);
    this.wallMillis = wallMillis;
    this.metrics = metrics;
    this.position = log.start();
    this.batch = options.batch();
    metrics.zero(Metric.STREAM_SENT);
    List.of("overwritten", "refused").forEach(why -> metrics.zero(Metric.STREAM_DROPPED, why));
    List.of("sent", "failed").forEach(how -> metrics.zero(Metric.STREAM_ATTEMPTS, how));
    thread.setDaemon(true);
  }

  public void start() {
    started = true;
    thread.start();
    LOG.atInfo().addKeyValue(LogKeys.ADDRESS, options.target()).log("Events go to a sink.");
  }

  private void run() {
    try {
      while (!isClosedAfter(Duration.ZERO)) {
        try {
          if (!sendPage()) {
            isClosedAfter(LOOK);
          }
        } catch (RuntimeException broken) {
          LOG.error("Events could not be sent to the sink; it tries again.", broken);
          isClosedAfter(backoff.failed());
        }
      }
      sendRest();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      client.close();
      ended.complete(null);
    }
  }

  /** What is left goes out as long as the sink takes it. */
  private void sendRest() throws InterruptedException {
    Position before;
    do {
      before = position;
    } while (sendPage() && !position.equals(before));
  }

  private boolean isClosedAfter(Duration time) throws InterruptedException {
    return closed.await(time.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Sends what stands next; false if nothing does. */
  private boolean sendPage() throws InterruptedException {
    metrics.set(Metric.STREAM_LAG, (double) log.after(position));
    EventLog.Page page =
        log.read(position, new EventLog.Amount(batch, batch, Long.MAX_VALUE), Viewer.ALL);
    Gap gap = page.gap();
    if (gap == null && page.events().isEmpty() && untold == null) {
      return false;
    }
    if (gap != null) {
      metrics.add(Metric.STREAM_DROPPED, (double) gap.lost(), "overwritten");
      untold = untold == null ? gap : untold.and(gap);
      position = new Position(log.run(), gap.resumes() - 1);
    }
    if (send(page.events())) {
      position = page.next();
    }
    metrics.set(Metric.STREAM_LAG, (double) log.after(position));
    return true;
  }

  /** Tries until the sink has all, or it will never take them, or the log runs over. */
  private boolean send(List<StreamEvent> events) throws InterruptedException {
    List<StreamEvent> left = events;
    while (true) {
      SinkClient.Answer answer = client.send(body(untold, left));
      metrics.count(
          Metric.STREAM_ATTEMPTS, answer.outcome() == SinkClient.Outcome.TAKEN ? "sent" : "failed");
      switch (answer.outcome()) {
        case TAKEN -> {
          taken(left.size());
          return true;
        }
        case REFUSED -> {
          return refused(left, answer.problem());
        }
        case FAILED -> {
          left = takenInPart(left, answer.left());
          Duration pause = backoff.failed();
          if (backoff.isFirst()) {
            say(answer.problem());
          }
          if (isClosedAfter(pause) || isOverwritten(left)) {
            return false;
          }
        }
      }
    }
  }

  private void say(String problem) {
    LOG.atWarn()
        .addKeyValue(LogKeys.ADDRESS, options.target())
        .addKeyValue(LogKeys.PROBLEM, problem)
        .log("The sink does not take events.");
  }

  /**
   * Those that the sink has not taken.
   *
   * @param failed which records failed, of which the gap was the first if it was sent; empty if all
   */
  private List<StreamEvent> takenInPart(List<StreamEvent> sent, List<Integer> failed) {
    if (failed.isEmpty()) {
      return sent;
    }
    int first = untold == null ? 0 : 1;
    List<StreamEvent> left = new ArrayList<>();
    for (int i = 0; i < sent.size(); i++) {
      if (failed.contains(i + first)) {
        left.add(sent.get(i));
      }
    }
    untold = failed.contains(0) ? untold : null;
    metrics.add(Metric.STREAM_SENT, sent.size() - left.size());
    return left;
  }

  private boolean isOverwritten(List<StreamEvent> events) {
    return !events.isEmpty() && log.start().number() >= events.get(events.size() - 1).number();
  }

  private void taken(int events) {
    backoff.succeeded();
    untold = null;
    batch = Math.min(options.batch(), batch * 2);
    metrics.add(Metric.STREAM_SENT, events);
  }

  /** Whether the events are given up; if not, fewer are tried next. */
  private boolean refused(List<StreamEvent> events, String problem) throws InterruptedException {
    if (events.size() > 1) {
      batch = events.size() / 2;
      return false;
    }
    say(problem);
    if (events.isEmpty()) {
      untold = null;
    }
    metrics.add(Metric.STREAM_DROPPED, events.size(), "refused");
    // A sink that refuses every event must be neither flooded nor emptied upon.
    return !isClosedAfter(backoff.failed());
  }

  private byte[] body(@Nullable Gap gap, List<StreamEvent> events) {
    long now = wallMillis.getAsLong();
    return options.format() == SinkOptions.Format.KAFKA_BRIDGE
        ? json.records(gap, now, events)
        : json.batch(new EventLog.Page(events, gap, position), Viewer.ALL, now);
  }

  /**
   * Sends what is left, and nothing a second time; completes when that is over, which takes no
   * longer than a request may for each batch.
   */
  public CompletionStage<Void> stop() {
    closed.countDown();
    if (!started) {
      client.close();
      ended.complete(null);
    }
    return ended;
  }
}
