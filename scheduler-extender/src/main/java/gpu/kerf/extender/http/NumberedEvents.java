package gpu.kerf.extender.http;

import gpu.kerf.extender.access.AccessVerdict;
import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.stream.EventJson;
import gpu.kerf.extender.stream.EventLog;
import gpu.kerf.extender.stream.Position;
import gpu.kerf.extender.stream.StreamEvent;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The numbered CloudEvents over HTTP, in batches and live. A client says after which event it goes
 * on, and is told what is missing.
 *
 * <p>Live clients are told ten times a second, all of them together no more than {@link #MOST}
 * events at a time, so that they hold up no decision. A client that does not keep up stays where it
 * is in the log.
 */
public final class NumberedEvents {
  private static final long TICK_MILLIS = 100;
  private static final int HEARTBEAT_TICKS = 150;
  private static final int MOST = 500;
  private static final int USUAL_BATCH = 100;
  private static final int MOST_IN_BATCH = 1_000;

  /** Most of the log may be of others; looking through it takes time as well. */
  private static final int LOOKS = 10_000;

  /** Among the events since the last review may be one of a namespace that was not there then. */
  private static final int REVIEW_TICKS = 10;

  private static final int QUEUE_BYTES = 1 << 18;
  private static final String BATCH = "application/cloudevents-batch+json";
  private static final String LIVE = "text/event-stream";
  private static final String LAST_EVENT_ID = "Last-Event-ID";
  private static final String NEXT = "Kerf-Next";

  private final Vertx vertx;
  private final EventLog log;
  private final EventJson json;
  private final LongSupplier wallMillis;
  private final int most;
  private final Metrics metrics;
  private final Map<HttpServerResponse, Listener> listeners = new LinkedHashMap<>();
  private long ticks;
  private long timer = -1;

  /** A client that listens. */
  private static final class Listener {
    private Viewing viewing;
    private Position position;

    /** The number of the last event that was there when its rights were reviewed. */
    private long reviewedTo;

    Listener(Viewing viewing, Position position) {
      this.viewing = viewing;
      this.position = position;
    }
  }

  /**
   * @param most how many clients may listen at once
   */
  public NumberedEvents(
      Vertx vertx,
      EventLog log,
      EventJson json,
      LongSupplier wallMillis,
      int most,
      Metrics metrics) {
    this.vertx = vertx;
    this.log = log;
    this.json = json;
    this.wallMillis = wallMillis;
    this.most = most;
    this.metrics = metrics;
    metrics.set(Metric.STREAM_LISTENERS, 0);
  }

  /** Whether a request wants these events, and not those of the console. */
  static boolean isAskedFor(HttpServerRequest request) {
    return request.getParam("after") != null
        || request.getParam("limit") != null
        || request.getHeader(LAST_EVENT_ID) != null
        || accepts(request, "application/cloudevents");
  }

  private static boolean accepts(HttpServerRequest request, String type) {
    return String.valueOf(request.getHeader("Accept")).contains(type);
  }

  void answer(RoutingContext call, ErrorAnswers refusals) {
    HttpServerRequest request = call.request();
    Position after;
    try {
      after = after(request);
    } catch (IllegalArgumentException nonsense) {
      refusals.answer(
          request,
          ErrorAnswer.badRequest(
              String.valueOf(nonsense.getMessage()),
              "Write after=0 for all that are kept, after=now, or the id of an event."));
      return;
    }
    if (accepts(request, LIVE)) {
      open(call, refusals, after);
    } else {
      batch(call, refusals, after);
    }
  }

  /**
   * A client that connects again has the place at which it was cut off, which counts more than its
   * address.
   */
  private Position after(HttpServerRequest request) {
    String last = request.getHeader(LAST_EVENT_ID);
    String given = last == null || last.isEmpty() ? request.getParam("after") : last;
    if (given == null) {
      return log.start();
    }
    return given.equals("now") ? log.end() : Position.parse(given);
  }

  private void batch(RoutingContext call, ErrorAnswers refusals, Position after) {
    Integer limit = ApiRoutes.limit(call, refusals, USUAL_BATCH, MOST_IN_BATCH);
    if (limit == null) {
      return;
    }
    Viewing viewing = Viewing.of(call);
    Supplier<CompletionStage<AccessVerdict>> again = viewing.again();
    if (again == null || viewing.viewer().seesAll()) {
      send(call, after, new EventLog.Amount(limit, LOOKS, Long.MAX_VALUE), viewing.viewer());
      return;
    }
    long reviewed = log.end().number();
    again
        .get()
        .whenComplete(
            (verdict, failure) -> {
              if (verdict != null && verdict.kind() == AccessVerdict.Kind.ALLOWED) {
                EventLog.Amount amount = new EventLog.Amount(limit, LOOKS, reviewed);
                send(call, after, amount, verdict.viewer());
              } else if (verdict != null) {
                refusals.answer(call.request(), ErrorAnswer.noAccess(verdict));
              } else {
                call.fail(failure);
              }
            });
  }

  private void send(RoutingContext call, Position after, EventLog.Amount amount, Viewer viewer) {
    if (call.response().closed()) {
      return;
    }
    EventLog.Page page = log.read(after, amount, viewer);
    call.response()
        .putHeader("Content-Type", BATCH)
        .putHeader("Cache-Control", "no-store")
        .putHeader(NEXT, page.next().toString())
        .end(Buffer.buffer(json.batch(page, viewer, wallMillis.getAsLong())));
  }

  private void open(RoutingContext call, ErrorAnswers refusals, Position after) {
    if (listeners.size() >= most) {
      String what = listeners.size() + " clients listen already.";
      refusals.answer(call.request(), ErrorAnswer.busy(what, "limits.eventStreams"));
      return;
    }
    HttpServerResponse response = call.response();
    response.putHeader("Content-Type", LIVE);
    response.putHeader("Cache-Control", "no-store");
    response.putHeader("X-Accel-Buffering", "no");
    response.setChunked(true);
    response.setWriteQueueMaxSize(QUEUE_BYTES);
    response.exceptionHandler(gone -> remove(response));
    listeners.put(response, new Listener(Viewing.of(call), after));
    metrics.set(Metric.STREAM_LISTENERS, listeners.size());
    response.write("retry: 2000\n\n");
  }

  private void remove(HttpServerResponse response) {
    listeners.remove(response);
    metrics.set(Metric.STREAM_LISTENERS, listeners.size());
  }

  void start() {
    timer = vertx.setPeriodic(TICK_MILLIS, id -> tick());
  }

  private void tick() {
    ticks++;
    if (listeners.isEmpty()) {
      return;
    }
    if (ticks % REVIEW_TICKS == 0) {
      Map.copyOf(listeners).forEach(this::lookAgain);
    }
    Map.copyOf(listeners).forEach(this::tell);
  }

  private EventLog.Amount amount(Listener listener) {
    int share = 1 + MOST / Math.max(1, listeners.size());
    long upTo = listener.viewing.viewer().seesAll() ? Long.MAX_VALUE : listener.reviewedTo;
    return new EventLog.Amount(share, share + LOOKS / Math.max(1, listeners.size()), upTo);
  }

  private void tell(HttpServerResponse response, Listener listener) {
    if (response.closed()) {
      remove(response);
      return;
    }
    if (response.writeQueueFull()) {
      return;
    }
    Viewer viewer = listener.viewing.viewer();
    EventLog.Page page = log.read(listener.position, amount(listener), viewer);
    Buffer news = Buffer.buffer();
    if (page.gap() != null) {
      Position before = new Position(log.run(), page.gap().resumes() - 1);
      message(news, before, json.one(page.gap(), wallMillis.getAsLong()));
    }
    for (StreamEvent event : page.events()) {
      message(news, new Position(log.run(), event.number()), json.one(event, viewer));
    }
    listener.position = page.next();
    if (ticks % HEARTBEAT_TICKS == 0) {
      // The id alone is no event: it only says how far a client has come that may see few of them.
      news.appendString("id: " + page.next() + "\n\n");
    }
    if (news.length() > 0) {
      response.write(news);
    }
  }

  private static void message(Buffer news, Position id, byte[] data) {
    news.appendString("id: " + id + "\ndata: ").appendBytes(data).appendString("\n\n");
  }

  /** Rights change, and namespaces appear: what a client may see is found out anew. */
  private void lookAgain(HttpServerResponse response, Listener listener) {
    Supplier<CompletionStage<AccessVerdict>> again = listener.viewing.again();
    if (again != null) {
      long reviewed = log.end().number();
      again
          .get()
          .whenComplete(
              (verdict, failure) -> {
                if (verdict != null && verdict.kind() == AccessVerdict.Kind.ALLOWED) {
                  listener.viewing = new Viewing(verdict.viewer(), again);
                  listener.reviewedTo = Math.max(listener.reviewedTo, reviewed);
                } else if (listeners.containsKey(response)) {
                  remove(response);
                  response.end();
                }
              });
    }
  }

  void close() {
    vertx.cancelTimer(timer);
    Map.copyOf(listeners).keySet().forEach(HttpServerResponse::end);
    listeners.clear();
  }
}
