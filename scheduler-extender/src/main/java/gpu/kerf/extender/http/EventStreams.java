package gpu.kerf.extender.http;

import gpu.kerf.extender.api.View;
import gpu.kerf.extender.state.Decision;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Live events for consoles, as server-sent events.
 *
 * <p>Four times a second each listener gets the changes since the last time, one message of each
 * kind: a browser cannot draw more often, and a fast scheduler would overload it. A client that
 * does not keep up is disconnected and reconnects by itself. Without a listener only the timeline
 * is computed.
 */
final class EventStreams {
  private static final long TICK_MILLIS = 250;
  private static final int TICKS_A_SECOND = 4;
  private static final int STATUS_TICKS = 8;
  private static final int HEARTBEAT_TICKS = 60;
  private static final int MOST_FULL_TICKS = 20;
  private static final int QUEUE_BYTES = 1 << 18;

  private final Vertx vertx;
  private final View view;
  private final int most;
  private final Metrics metrics;
  private final Map<HttpServerResponse, Integer> listeners = new LinkedHashMap<>();
  private @Nullable Decision latest;
  private long ticks;
  private long timer = -1;

  EventStreams(Vertx vertx, View view, int most, Metrics metrics) {
    this.vertx = vertx;
    this.view = view;
    this.most = most;
    this.metrics = metrics;
    metrics.set(Metric.EVENT_STREAMS, 0);
  }

  void start() {
    timer = vertx.setPeriodic(TICK_MILLIS, id -> tick());
  }

  void decided(Decision decision) {
    latest = decision;
    Decision.Choice chosen = decision.chosen();
    if (decision.verb() == Decision.Verb.BIND && chosen != null) {
      view.touched(chosen.node());
    }
  }

  void open(RoutingContext call, ErrorAnswers refusals) {
    if (listeners.size() >= most) {
      String what = listeners.size() + " consoles listen already.";
      refusals.answer(call.request(), ErrorAnswer.busy(what, "limits.eventStreams"));
      return;
    }
    HttpServerResponse response = call.response();
    response.putHeader("Content-Type", "text/event-stream");
    response.putHeader("Cache-Control", "no-store");
    response.putHeader("X-Accel-Buffering", "no");
    response.setChunked(true);
    response.setWriteQueueMaxSize(QUEUE_BYTES);
    response.exceptionHandler(gone -> remove(response));
    listeners.put(response, 0);
    metrics.set(Metric.EVENT_STREAMS, listeners.size());
    response.write(Buffer.buffer("retry: 2000\n\n").appendBuffer(message("status", view.status())));
  }

  private void remove(HttpServerResponse response) {
    listeners.remove(response);
    metrics.set(Metric.EVENT_STREAMS, listeners.size());
  }

  private void tick() {
    ticks++;
    byte[] point = ticks % TICKS_A_SECOND == 0 ? view.tick() : null;
    if (listeners.isEmpty()) {
      latest = null;
      return;
    }
    Buffer news = Buffer.buffer();
    add(news, "nodes", view.changedNodes());
    add(news, "timeline", point);
    Decision decision = latest;
    add(news, "decision", decision == null ? null : View.decision(decision));
    latest = null;
    if (ticks % STATUS_TICKS == 0) {
      add(news, "status", view.status());
    }
    if (ticks % HEARTBEAT_TICKS == 0) {
      news.appendString(": still here\n\n");
    }
    if (news.length() > 0) {
      List.copyOf(listeners.keySet()).forEach(listener -> tell(listener, news));
    }
  }

  private static void add(Buffer news, String event, byte @Nullable [] data) {
    if (data != null) {
      news.appendBuffer(message(event, data));
    }
  }

  private static Buffer message(String event, byte[] data) {
    return Buffer.buffer("event: " + event + "\ndata: ").appendBytes(data).appendString("\n\n");
  }

  private void tell(HttpServerResponse listener, Buffer news) {
    if (listener.closed()) {
      remove(listener);
    } else if (listener.writeQueueFull()) {
      int full = listeners.merge(listener, 1, Integer::sum);
      if (full > MOST_FULL_TICKS) {
        remove(listener);
        metrics.count(Metric.CUT_OFF, "slow-listener");
        listener.reset();
      }
    } else {
      listeners.put(listener, 0);
      listener.write(news);
    }
  }

  void close() {
    vertx.cancelTimer(timer);
    new ArrayList<>(listeners.keySet()).forEach(HttpServerResponse::end);
    listeners.clear();
  }
}
