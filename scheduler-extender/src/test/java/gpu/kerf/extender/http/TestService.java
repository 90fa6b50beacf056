package gpu.kerf.extender.http;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.access.AccessControl;
import gpu.kerf.extender.access.AccessReviews;
import gpu.kerf.extender.access.VisibleNames;
import gpu.kerf.extender.http.VerbHandler.Answer;
import gpu.kerf.extender.settings.Settings;
import gpu.kerf.extender.settings.SettingsSource;
import gpu.kerf.extender.team.TeamSource;
import gpu.kerf.extender.telemetry.Metrics;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The server on a port of its own, with verbs that a test steers: {@code filter} echoes, {@code
 * bind} answers when the test says so, {@code preempt} fails.
 */
final class TestService implements AutoCloseable {
  final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
  final Metrics metrics = new Metrics();
  final Readiness readiness = new Readiness();
  final BlockingQueue<CompletableFuture<Answer>> binds = new LinkedBlockingQueue<>();
  final AtomicInteger hangups = new AtomicInteger();
  final HttpService service;
  final HttpServer server;
  private final Context context = vertx.getOrCreateContext();

  private TestService(
      Settings settings, Function<Vertx, @Nullable Api> makeApi, @Nullable AccessReviews reviews) {
    Api api = makeApi.apply(vertx);
    readiness.warmedUp();
    Map<String, VerbHandler> verbs =
        Map.of("filter", this::filter, "bind", new Bind(), "preempt", this::preempt);
    service =
        new HttpService(
            vertx,
            settings,
            new HttpService.Components(
                verbs,
                readiness,
                metrics,
                api,
                metrics::answered,
                reviews == null ? null : access(reviews)));
    server = onContext(service::start);
  }

  /** With everything by default but what is set, as {@code path=value}. */
  static TestService with(String... assignments) {
    return new TestService(settings(assignments), vertx -> null, null);
  }

  static TestService with(Api api, String... assignments) {
    return new TestService(settings(assignments), vertx -> api, null);
  }

  static TestService with(Function<Vertx, @Nullable Api> api, String... assignments) {
    return new TestService(settings(assignments), api, null);
  }

  /** With an observers' port whose clients are judged, where nothing has a name. */
  static TestService reviewed(Api api, AccessReviews reviews) {
    Settings settings =
        settings("observe.host=127.0.0.1", "observe.port=0", "observe.console=true");
    return new TestService(settings, vertx -> api, reviews);
  }

  private AccessControl access(AccessReviews reviews) {
    VisibleNames none =
        new VisibleNames() {
          @Override
          public Set<String> namespaces() {
            return Set.of();
          }

          @Override
          public Set<String> teams() {
            return Set.of();
          }
        };
    return new AccessControl(
        reviews,
        TeamSource.KERF,
        none,
        Await.LONG,
        () -> 0,
        task -> context.runOnContext(nothing -> task.run()));
  }

  static Settings settings(String... assignments) {
    Vertx vertx = Vertx.vertx();
    try {
      List<String> all =
          new ArrayList<>(List.of("listen.port=0", "stop.lead=0s", "stop.drain=100ms"));
      all.addAll(List.of(assignments));
      return Await.value(new SettingsSource(vertx, null, Map.of(), all).read());
    } finally {
      Await.value(vertx.close());
    }
  }

  private CompletionStage<Answer> filter(Buffer body) {
    if (body.toString().startsWith("not json")) {
      throw RequestException.badRequest("It is no JSON.", "Send JSON.");
    }
    return CompletableFuture.completedFuture(new Answer(body, "placed", ""));
  }

  /** Counts the peers that do not wait any more. */
  private final class Bind implements VerbHandler {
    @Override
    public CompletionStage<Answer> answer(Buffer body) {
      CompletableFuture<Answer> answer = new CompletableFuture<>();
      binds.add(answer);
      return answer;
    }

    @Override
    public CompletionStage<Answer> answer(Buffer body, Consumer<Runnable> onHangup) {
      onHangup.accept(hangups::incrementAndGet);
      return answer(body);
    }
  }

  private CompletionStage<Answer> preempt(Buffer body) {
    if (body.toString().startsWith("error")) {
      throw new NoClassDefFoundError("preempt is gone");
    }
    throw new IllegalStateException("preempt is broken");
  }

  /** What fails on the context that owns the ledger without a caller that is told. */
  void onFailure(Handler<Throwable> handler) {
    context.exceptionHandler(handler);
  }

  /** The next bind that waits for its answer. */
  CompletableFuture<Answer> nextBind() {
    try {
      CompletableFuture<Answer> bind = binds.poll(Await.LONG.toSeconds(), TimeUnit.SECONDS);
      if (bind == null) {
        throw new AssertionError("No bind has come.");
      }
      return bind;
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  int port() {
    return server.actualPort();
  }

  String url(String path) {
    return "http://127.0.0.1:" + port() + path;
  }

  /** Does something on the context that owns the ledger, and waits for what comes of it. */
  <T> T onContext(Supplier<Future<T>> action) {
    return Await.value(begin(action));
  }

  <T> Future<T> begin(Supplier<Future<T>> action) {
    Promise<T> promise = Promise.promise();
    context.runOnContext(nothing -> action.get().onComplete(promise));
    return promise.future();
  }

  String metrics() {
    return onContext(() -> Future.succeededFuture(metrics.scrape("").text()));
  }

  @Override
  public void close() {
    onContext(service::stop);
    Await.value(vertx.close());
  }
}
