package gpu.kerf.extender.http;

import gpu.kerf.extender.settings.Settings;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.telemetry.Meter;
import gpu.kerf.extender.telemetry.Meters;
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
  private static final Set<HttpMethod> READING = Set.of(HttpMethod.GET, HttpMethod.HEAD);
  private static final int MOST_STREAMS = 256;

  private final Vertx vertx;
  private final Settings settings;
  private final Door door;
  private final Parts parts;
  private final Refusals refusals;
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
   * @param tally counts the answers of the verbs
   */
  public record Parts(
      Map<String, VerbHandler> verbs,
      Readiness readiness,
      Meters meters,
      @Nullable Api api,
      Tally tally) {

    public Parts(
        Map<String, VerbHandler> verbs, Readiness readiness, Meters meters, @Nullable Api api) {
      this(verbs, readiness, meters, api, meters::answered);
    }
  }

  public HttpService(Vertx vertx, Settings settings, Parts parts) {
    this(vertx, settings, Door.verbs(settings), parts);
  }

  public HttpService(Vertx vertx, Settings settings, Door door, Parts parts) {
    this.vertx = vertx;
    this.settings = settings;
    this.door = door;
    this.parts = parts;
    this.refusals = new Refusals(parts.meters);
    this.gate = new Gate(door.limits(), parts.meters, door.name());
    this.connections =
        new Connections(
            door.limits(),
            parts.meters,
            open -> parts.meters.set(Meter.CONNECTIONS, open, door.name()));
    this.routes = new Routes(vertx, refusals);
    this.observer = door.pages() ? new Observer(vertx, settings, standing(), parts.meters) : null;
    parts.verbs.forEach((name, verb) -> verbs.put("/" + name, route(name, verb)));
    addRoutes();
  }

  /** What the port of the observers has: all but the verbs, or no more than how things stand. */
  private Routes standing() {
    if (settings.observe().console()) {
      return routes;
    }
    Routes few = new Routes(vertx, refusals);
    addStanding(few);
    few.otherwise(
        call -> refusals.answer(call.request(), Refusal.notObserved(call.request().path())));
    return few;
  }

  private VerbRoute route(String name, VerbHandler verb) {
    return new VerbRoute(vertx, name, verb, door.limits(), gate, refusals, parts.tally);
  }

  private void addStanding(Routes to) {
    to.get("/healthz", call -> json(call, 200, Buffer.buffer("{\"ok\":true}")));
    to.get("/readyz", this::readyz);
    to.get("/metrics", this::metrics);
  }

  private void addRoutes() {
    if (door.pages()) {
      addStanding(routes);
    }
    if (parts.api != null) {
      parts.api.addTo(routes, refusals, gate);
    }
    routes.otherwise(this::otherwise);
  }

  private void readyz(RoutingContext call) {
    boolean ready = parts.readiness.ready();
    json(call, ready ? 200 : 503, parts.readiness.json().toBuffer());
  }

  static void json(RoutingContext call, int status, Buffer body) {
    call.response()
        .setStatusCode(status)
        .putHeader("Content-Type", "application/json")
        .putHeader("Cache-Control", "no-store")
        .end(body);
  }

  private void metrics(RoutingContext call) {
    Meters.Scrape scrape = parts.meters.scrape(call.request().getHeader("Accept"));
    call.response().putHeader("Content-Type", scrape.contentType()).end(scrape.text());
  }

  private void otherwise(RoutingContext call) {
    HttpServerRequest request = call.request();
    boolean reads = READING.contains(request.method());
    if (!door.console() || !reads || !console.answer(request)) {
      refusals.answer(request, Refusal.notFound(String.valueOf(request.path()), places()));
    }
  }

  /** The port where no verbs are; 0 if there is none. */
  int observed() {
    return observer == null ? 0 : observer.port();
  }

  /** What can be found here. */
  private String places() {
    String found = verbs.isEmpty() ? "" : "Here are " + String.join(", ", names()) + ".";
    return parts.api == null ? found : (found + " The API starts at /api/v1/fleet.").strip();
  }

  private List<String> names() {
    return verbs.keySet().stream().sorted().toList();
  }

  /** Listens; fails if the port or the certificates cannot be had. */
  public Future<HttpServer> start() {
    Future<HttpServer> listening =
        door.tls().enabled()
            ? Certificates.read(vertx, door.tlsGroup(), door.tls()).compose(this::listen)
            : listen(null);
    Observer looks = observer;
    return looks == null ? listening : listening.compose(main -> looks.start().map(main));
  }

  private Future<HttpServer> listen(@Nullable Certificates certificates) {
    HttpServerOptions options = options(door.limits(), door.host(), door.port());
    if (certificates != null) {
      certificates.addTo(options);
      options.setSslHandshakeTimeout(door.limits().arrival().toMillis());
      options.setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
    }
    HttpServer created = vertx.createHttpServer(options);
    server = created;
    return created
        .requestHandler(this::handle)
        .invalidRequestHandler(this::invalid)
        .connectionHandler(connections::opened)
        .exceptionHandler(failure -> LOG.debug("A connection failed.", failure))
        .listen()
        .onSuccess(listening -> began(listening, certificates));
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
    if (door.pages()) {
      timers.add(new LoopDelay(vertx, parts.meters).start());
    }
    if (certificates != null) {
      CertificateWatch looks =
          new CertificateWatch(vertx, door, listening, certificates, parts.meters);
      watch = looks;
      timers.add(vertx.setPeriodic(door.tls().checkEvery().toMillis(), id -> looks.look()));
    }
    LOG.atInfo()
        .addKeyValue(LogKeys.ADDRESS, door.address(listening.actualPort()))
        .log(certificates == null ? "Listening." : "Listening with TLS.");
  }

  private void handle(HttpServerRequest request) {
    Turn turn = connections.began(request);
    VerbRoute verb = verbs.get(String.valueOf(request.path()));
    if (turn.isSurplus() && verb != null) {
      refuseSurplus(request);
    } else if (verb == null) {
      routes.handle(request);
    } else if (request.method().equals(HttpMethod.POST)) {
      verb.handle(turn);
    } else {
      routes.refuse(request, List.of("POST"));
    }
  }

  private void refuseSurplus(HttpServerRequest request) {
    Hangup.after(vertx, request);
    String what = connections.size() + " connections are open.";
    refusals.answer(request, Refusal.busy(what, "limits.connections"));
  }

  private void invalid(HttpServerRequest request) {
    Throwable cause = request.decoderResult().cause();
    Refusal refusal =
        cause instanceof TooLongHttpHeaderException
            ? Refusal.headersTooLong(door.limits().headers().value())
            : cause instanceof TooLongHttpLineException
                ? Refusal.uriTooLong()
                : Refusal.badRequest("The request is no HTTP.", "Check what sends it.");
    request.response().putHeader("Connection", "close");
    refusals.answer(request, refusal).onComplete(done -> request.connection().close());
  }

  /**
   * Stops so that nobody is left without an answer: first it calls itself not ready, for a while it
   * goes on as before, then it takes no new connections and waits for the answers under way.
   */
  public Future<Void> stop() {
    parts.readiness.stopping();
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
    if (parts.api != null) {
      parts.api.close();
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
