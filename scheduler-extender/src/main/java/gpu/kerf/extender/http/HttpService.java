package gpu.kerf.extender.http;

import gpu.kerf.extender.access.AccessControl;
import gpu.kerf.extender.settings.Settings;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP server: limits, verbs, health, metrics, the API and the console.
 *
 * <p>It is started on the context that owns the ledger, and everything it does happens there.
 */
public final class HttpService {
  private static final Logger LOG = LoggerFactory.getLogger(HttpService.class);
  private static final long SWEEP_MILLIS = 100;
  static final Set<HttpMethod> READING = Set.of(HttpMethod.GET, HttpMethod.HEAD);
  private static final int MOST_STREAMS = 256;

  private final Vertx vertx;
  private final Settings settings;
  private final ServerPort serverPort;
  private final Components components;
  private final ErrorAnswers refusals;
  private final Gate gate;
  private final Connections connections;
  private final Map<String, VerbRoute> verbs = new HashMap<>();
  private final Routes routes;
  private final @Nullable Observer observer;
  private final ConsoleFiles console = new ConsoleFiles();
  private final List<Long> timers = new ArrayList<>();
  private @Nullable HttpServer server;
  private @Nullable CertificateWatch watch;

  /**
   * What the server serves.
   *
   * @param verbs by their paths without the slash
   * @param api what stands under /api, or null if nothing does
   * @param answers counts the answers of the verbs
   * @param access judges the clients of the observers' port; null if it is open
   */
  public record Components(
      Map<String, VerbHandler> verbs,
      Readiness readiness,
      Metrics metrics,
      @Nullable Api api,
      AnswerListener answers,
      @Nullable AccessControl access) {

    public Components(
        Map<String, VerbHandler> verbs, Readiness readiness, Metrics metrics, @Nullable Api api) {
      this(verbs, readiness, metrics, api, metrics::answered, null);
    }
  }

  public HttpService(Vertx vertx, Settings settings, Components components) {
    this(vertx, settings, ServerPort.verbs(settings), components);
  }

  public HttpService(Vertx vertx, Settings settings, ServerPort serverPort, Components components) {
    this.vertx = vertx;
    this.settings = settings;
    this.serverPort = serverPort;
    this.components = components;
    this.refusals = new ErrorAnswers(components.metrics);
    this.gate = new Gate(serverPort.limits(), components.metrics, serverPort.name());
    this.connections =
        new Connections(
            serverPort.limits(),
            components.metrics,
            open -> components.metrics.set(Metric.CONNECTIONS, open, serverPort.name()));
    this.routes = new Routes(vertx, refusals);
    this.observer =
        serverPort.pages()
            ? new Observer(vertx, settings, observedRoutes(), components.metrics)
            : null;
    components.verbs.forEach((name, verb) -> verbs.put("/" + name, route(name, verb)));
    addRoutes();
  }

  /** What the port of the observers has: all but the verbs, or no more than how things stand. */
  private Routes observedRoutes() {
    Routes some = new Routes(vertx, refusals);
    Routes metrics = some;
    Routes pages = some;
    if (components.access != null) {
      AccessGuard guard = new AccessGuard(vertx, components.access, refusals);
      metrics = some.guardedBy(new Routes.Guards(guard::metrics, guard::metrics));
      pages = some.guardedBy(new Routes.Guards(guard::administrators, guard::viewers));
    }
    addStanding(some, metrics);
    if (!settings.observe().console()) {
      some.otherwise(
          call -> refusals.answer(call.request(), ErrorAnswer.notObserved(call.request().path())));
      return some;
    }
    if (components.api != null) {
      components.api.addTo(pages, refusals, gate);
    }
    some.otherwise(this::otherwise);
    return some;
  }

  private VerbRoute route(String name, VerbHandler verb) {
    return new VerbRoute(
        vertx, name, verb, serverPort.limits(), gate, refusals, components.answers);
  }

  private void addStanding(Routes to, Routes metrics) {
    to.get("/healthz", call -> json(call, 200, Buffer.buffer("{\"ok\":true}")));
    to.get("/readyz", this::readyz);
    metrics.get("/metrics", this::metrics);
  }

  private void addRoutes() {
    if (serverPort.pages()) {
      addStanding(routes, routes);
    }
    if (components.api != null) {
      components.api.addTo(routes, refusals, gate);
      components.api.start();
    }
    routes.otherwise(this::otherwise);
  }

  private void readyz(RoutingContext call) {
    boolean ready = components.readiness.ready();
    json(call, ready ? 200 : 503, components.readiness.json().toBuffer());
  }

  static void json(RoutingContext call, int status, Buffer body) {
    call.response()
        .setStatusCode(status)
        .putHeader("Content-Type", "application/json")
        .putHeader("Cache-Control", "no-store")
        .end(body);
  }

  private void metrics(RoutingContext call) {
    Metrics.Scrape scrape = components.metrics.scrape(call.request().getHeader("Accept"));
    call.response().putHeader("Content-Type", scrape.contentType()).end(scrape.text());
  }

  private void otherwise(RoutingContext call) {
    HttpServerRequest request = call.request();
    boolean reads = READING.contains(request.method());
    if (!serverPort.console() || !reads || !console.answer(request)) {
      refusals.answer(request, ErrorAnswer.notFound(String.valueOf(request.path()), places()));
    }
  }

  /** The port where no verbs are; 0 if there is none. */
  public int observed() {
    return observer == null ? 0 : observer.port();
  }

  /** What can be found here. */
  private String places() {
    String found = verbs.isEmpty() ? "" : "Here are " + String.join(", ", names()) + ".";
    return components.api == null ? found : (found + " The API starts at /api/v1/fleet.").strip();
  }

  private List<String> names() {
    return verbs.keySet().stream().sorted().toList();
  }

  /** Listens; fails if the port or the certificates cannot be had. */
  public Future<HttpServer> start() {
    Future<HttpServer> listening =
        serverPort.tls().enabled()
            ? Certificates.read(vertx, serverPort.tlsGroup(), serverPort.tls())
                .compose(this::listen)
            : listen(null);
    Observer looks = observer;
    return looks == null ? listening : listening.compose(main -> looks.start().map(main));
  }

  private Future<HttpServer> listen(@Nullable Certificates certificates) {
    HttpServerOptions options = options(serverPort.limits(), serverPort.host(), serverPort.port());
    if (certificates != null) {
      certificates.addTo(options);
      options.setSslHandshakeTimeout(serverPort.limits().arrival().toMillis());
      options.setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
    }
    HttpServer created = server(vertx, options, connections);
    server = created;
    return created
        .requestHandler(this::handle)
        .invalidRequestHandler(this::invalid)
        .listen()
        .onSuccess(listening -> began(listening, certificates));
  }

  /** A server that does not listen yet, whose connections are counted. */
  static HttpServer server(Vertx vertx, HttpServerOptions options, Connections connections) {
    return vertx
        .createHttpServer(options)
        .connectionHandler(connections::opened)
        .exceptionHandler(failure -> LOG.debug("A connection failed.", failure));
  }

  static HttpServerOptions options(Settings.Limits limits, String host, int port) {
    return new HttpServerOptions()
        .setHost(host)
        .setPort(port)
        .setMaxHeaderSize(limits.headers().intValue())
        .setMaxInitialLineLength(limits.headers().intValue())
        .setInitialSettings(
            new Http2Settings()
                .setMaxHeaderListSize(limits.headers().value())
                .setMaxConcurrentStreams(MOST_STREAMS))
        .setHttp2ClearTextEnabled(false)
        .setIdleTimeout((int) Math.min(Integer.MAX_VALUE, limits.idle().toMillis()))
        .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
        .setTcpNoDelay(true)
        .setReuseAddress(true);
  }

  private void began(HttpServer listening, @Nullable Certificates certificates) {
    timers.add(vertx.setPeriodic(SWEEP_MILLIS, id -> connections.sweep()));
    if (serverPort.pages()) {
      timers.add(new LoopDelay(vertx, components.metrics).start());
    }
    if (certificates != null) {
      CertificateWatch looks =
          new CertificateWatch(vertx, serverPort, listening, certificates, components.metrics);
      watch = looks;
      timers.add(vertx.setPeriodic(serverPort.tls().checkEvery().toMillis(), id -> looks.look()));
    }
    LOG.atInfo()
        .addKeyValue(LogKeys.ADDRESS, serverPort.address(listening.actualPort()))
        .log(certificates == null ? "Listening." : "Listening with TLS.");
  }

  private void handle(HttpServerRequest request) {
    PendingResponse pendingResponse = connections.began(request);
    VerbRoute verb = verbs.get(String.valueOf(request.path()));
    if (pendingResponse.isSurplus() && verb != null) {
      refuseSurplus(request);
    } else if (verb == null) {
      routes.handle(request);
    } else if (request.method().equals(HttpMethod.POST)) {
      verb.handle(pendingResponse);
    } else {
      routes.refuse(request, List.of("POST"));
    }
  }

  private void refuseSurplus(HttpServerRequest request) {
    Hangup.after(vertx, request);
    String what = connections.size() + " connections are open.";
    refusals.answer(request, ErrorAnswer.busy(what, "limits.connections"));
  }

  private void invalid(HttpServerRequest request) {
    Throwable cause = request.decoderResult().cause();
    ErrorAnswer refusal =
        cause instanceof TooLongHttpHeaderException
            ? ErrorAnswer.headersTooLong(serverPort.limits().headers().value())
            : cause instanceof TooLongHttpLineException
                ? ErrorAnswer.uriTooLong()
                : ErrorAnswer.badRequest("The request is no HTTP.", "Check what sends it.");
    request.response().putHeader("Connection", "close");
    refusals.answer(request, refusal).onComplete(done -> request.connection().close());
  }

  /**
   * Stops so that open requests still get their answers. First the service reports that it is not
   * ready and goes on as before for a while; then it takes no new connections and waits for open
   * requests, up to a limit.
   */
  public Future<Void> stop() {
    components.readiness.stopping();
    LOG.info("Stopping.");
    long lead = settings.stop().lead().toMillis();
    Future<?> waited = lead == 0 ? Future.succeededFuture() : vertx.timer(lead);
    return waited.compose(nothing -> drain()).eventually(this::clear);
  }

  private Future<Void> drain() {
    Duration drain = settings.stop().drain();
    HttpServer listening = server;
    if (listening == null) {
      return Future.succeededFuture();
    }
    if (components.api != null) {
      components.api.close();
    }
    int left = gate.inFlight();
    LOG.atInfo().addKeyValue(LogKeys.COUNT, left).log("Waiting for answers under way.");
    Future<Void> quiet =
        gate.whenEmpty().timeout(Math.max(1, drain.toMillis()), TimeUnit.MILLISECONDS);
    return quiet
        .otherwiseEmpty()
        .compose(nothing -> Objects.requireNonNull(listening).shutdown(Duration.ofMillis(500)));
  }

  private Future<Void> clear() {
    timers.forEach(vertx::cancelTimer);
    timers.clear();
    Future<Void> looked = watch == null ? Future.succeededFuture() : watch.idle();
    Observer looks = observer;
    return looks == null ? looked : looked.eventually(looks::stop);
  }
}
