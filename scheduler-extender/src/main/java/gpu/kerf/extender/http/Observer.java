package gpu.kerf.extender.http;

import gpu.kerf.extender.settings.Settings;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.telemetry.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A second port for clients that only read: the kubelet's probes, Prometheus, people. It does not
 * serve the verbs, and its connections have a limit of their own, so they cannot take the
 * connections of kube-scheduler.
 */
final class Observer {
  private static final Logger LOG = LoggerFactory.getLogger(Observer.class);
  private static final long SWEEP_MILLIS = 1000;
  private static final int MOST_CONNECTIONS = 256;
  private static final Duration IDLE = Duration.ofSeconds(10);

  private final Vertx vertx;
  private final Settings settings;
  private final Routes routes;
  private final Connections connections;
  private @Nullable HttpServer server;
  private @Nullable Long timer;

  Observer(Vertx vertx, Settings settings, Routes routes, Metrics metrics) {
    this.vertx = vertx;
    this.settings = settings;
    this.routes = routes;
    this.connections = new Connections(limits(), metrics, open -> {});
  }

  /** An idle client makes room for the next. */
  private Settings.Limits limits() {
    return settings.limits().withConnections(MOST_CONNECTIONS, IDLE);
  }

  /** Listens where the settings say so; fails if the port cannot be had. */
  Future<Void> start() {
    Settings.Observe where = settings.observe();
    if (!where.enabled()) {
      return Future.succeededFuture();
    }
    HttpServerOptions options = HttpService.options(settings.limits(), where.host(), where.port());
    return HttpService.server(vertx, options, connections)
        .requestHandler(this::handle)
        .listen()
        .onSuccess(this::began)
        .mapEmpty();
  }

  private void began(HttpServer listening) {
    server = listening;
    timer = vertx.setPeriodic(SWEEP_MILLIS, id -> connections.sweep());
    LOG.atInfo()
        .addKeyValue(LogKeys.ADDRESS, settings.observe().host() + ":" + listening.actualPort())
        .log("To be observed.");
  }

  private void handle(HttpServerRequest request) {
    if (connections.began(request).isSurplus()) {
      // It may be the kubelet, which would restart the pod.
      Hangup.after(vertx, request);
    }
    routes.handle(request);
  }

  /** Where it listens; 0 if it does not. */
  int port() {
    return server == null ? 0 : server.actualPort();
  }

  Future<Void> stop() {
    if (timer != null) {
      vertx.cancelTimer(timer);
    }
    return server == null ? Future.succeededFuture() : server.close();
  }
}
