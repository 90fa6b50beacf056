package gpu.kerf.extender.http;

import gpu.kerf.extender.access.AccessVerdict;
import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.api.FillHistory;
import gpu.kerf.extender.api.View;
import gpu.kerf.extender.state.Decision;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Live events for consoles, as server-sent events.
 *
 * <p>Four times a second each listener gets the changes since the last time, one message of each
 * kind: a browser cannot draw more often, and a fast scheduler would overload it. A client that
 * does not keep up is disconnected and reconnects by itself. Without a listener only the timeline
 * is computed. Each listener gets what it may see, which is found out anew now and then.
 */
final class EventStreams {
  private static final long TICK_MILLIS = 250;
  private static final int TICKS_A_SECOND = 4;
  private static final int STATUS_TICKS = 8;
  private static final int HEARTBEAT_TICKS = 60;
  private static final int MOST_FULL_TICKS = 20;
  private static final int ACCESS_TICKS = 40;
  private static final int QUEUE_BYTES = 1 << 18;

  private final Vertx vertx;
  private final View view;
  private final int most;
  private final Metrics metrics;
  private final Map<HttpServerResponse, Listener> listeners = new LinkedHashMap<>();
  private @Nullable Decision latest;
  private long ticks;
  private long timer = -1;

  /** A client that listens. */
  private static final class Listener {
    private Viewing viewing;
    private int fullTicks;

    Listener(Viewing viewing) {
      this.viewing = viewing;
    }
  }

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
    Viewing viewing = Viewing.of(call);
    listeners.put(response, new Listener(viewing));
    metrics.set(Metric.EVENT_STREAMS, listeners.size());
    response.write(
        Buffer.buffer("retry: 2000\n\n")
            .appendBuffer(message("status", view.status(viewing.viewer()))));
  }

  private void remove(HttpServerResponse response) {
    listeners.remove(response);
    metrics.set(Metric.EVENT_STREAMS, listeners.size());
  }

  private void tick() {
    ticks++;
    FillHistory.Point point = ticks % TICKS_A_SECOND == 0 ? view.tick() : null;
    if (listeners.isEmpty()) {
      latest = null;
      return;
    }
    byte[] nodes = view.changedNodes();
    Decision decision = latest;
    latest = null;
    Map<Viewer, Buffer> news = new HashMap<>();
    Map.copyOf(listeners)
        .forEach(
            (response, listener) ->
                tell(
                    response,
                    listener,
                    news.computeIfAbsent(
                        listener.viewing.viewer(),
                        viewer -> news(viewer, nodes, point, decision))));
    if (ticks % ACCESS_TICKS == 0) {
      Map.copyOf(listeners).forEach(this::lookAgain);
    }
  }

  private Buffer news(
      Viewer viewer,
      byte @Nullable [] nodes,
      FillHistory.@Nullable Point point,
      @Nullable Decision decision) {
    Buffer news = Buffer.buffer();
    add(news, "nodes", nodes);
    add(news, "timeline", point == null ? null : point.render(viewer));
    if (decision != null && viewer.seesNamespace(decision.pod().namespace())) {
      add(news, "decision", View.decision(viewer, decision));
    }
    if (ticks % STATUS_TICKS == 0) {
      add(news, "status", view.status(viewer));
    }
    if (ticks % HEARTBEAT_TICKS == 0) {
      news.appendString(": still here\n\n");
    }
    return news;
  }

  /** Rights change: a client that may see nothing any more hears nothing more. */
  private void lookAgain(HttpServerResponse response, Listener listener) {
    Supplier<CompletionStage<AccessVerdict>> again = listener.viewing.again();
    if (again != null) {
      again
          .get()
          .whenComplete(
              (verdict, failure) -> {
                if (verdict != null && verdict.kind() == AccessVerdict.Kind.ALLOWED) {
                  listener.viewing = new Viewing(verdict.viewer(), again);
                } else if (listeners.containsKey(response)) {
                  remove(response);
                  response.end();
                }
              });
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

  private void tell(HttpServerResponse response, Listener listener, Buffer news) {
    if (response.closed()) {
      remove(response);
    } else if (news.length() > 0 && response.writeQueueFull()) {
      listener.fullTicks++;
      if (listener.fullTicks > MOST_FULL_TICKS) {
        remove(response);
        metrics.count(Metric.CUT_OFF, "slow-listener");
        response.reset();
      }
    } else if (news.length() > 0) {
      listener.fullTicks = 0;
      response.write(news);
    }
  }

  void close() {
    vertx.cancelTimer(timer);
    new ArrayList<>(listeners.keySet()).forEach(HttpServerResponse::end);
    listeners.clear();
  }
}
