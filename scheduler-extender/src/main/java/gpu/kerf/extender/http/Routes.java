package gpu.kerf.extender.http;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Registers paths with their methods. Other methods on these paths get an error that names the
 * allowed ones.
 */
final class Routes {
  private final Router router;
  private final ErrorAnswers refusals;
  private final Guards guards;

  /**
   * What stands before handlers.
   *
   * @param usual before every handler that says nothing of viewers
   * @param viewers before those that leave out what the {@link Viewing} of the call does not see
   */
  record Guards(
      UnaryOperator<Handler<RoutingContext>> usual,
      UnaryOperator<Handler<RoutingContext>> viewers) {
    static final Guards NONE = new Guards(handler -> handler, handler -> handler);
  }

  Routes(Vertx vertx, ErrorAnswers refusals) {
    this(Router.router(vertx), refusals, Guards.NONE);
    router.route().failureHandler(this::failed);
  }

  private Routes(Router router, ErrorAnswers refusals, Guards guards) {
    this.router = router;
    this.refusals = refusals;
    this.guards = guards;
  }

  /** The same paths; what is added to them through this is guarded. */
  Routes guardedBy(Guards before) {
    return new Routes(router, refusals, before);
  }

  /** A path to read; HEAD works where GET does. Where clients are judged, administrators get it. */
  void get(String path, Handler<RoutingContext> handler) {
    on(List.of(HttpMethod.GET, HttpMethod.HEAD), path, guards.usual.apply(handler));
  }

  /** The same for a handler that shows each client what its {@link Viewing} sees, and no more. */
  void getAsSeen(String path, Handler<RoutingContext> handler) {
    on(List.of(HttpMethod.GET, HttpMethod.HEAD), path, guards.viewers.apply(handler));
  }

  void postAsSeen(String path, Handler<RoutingContext> handler) {
    on(List.of(HttpMethod.POST), path, guards.viewers.apply(handler));
  }

  /** For a handler that shows nothing itself, and hands the call on to a path that is guarded. */
  void postUnguarded(String path, Handler<RoutingContext> handler) {
    on(List.of(HttpMethod.POST), path, handler);
  }

  private void on(List<HttpMethod> methods, String path, Handler<RoutingContext> handler) {
    Route route = router.route(path);
    methods.forEach(route::method);
    route.handler(handler);
    List<String> names = new ArrayList<>(methods.stream().map(HttpMethod::name).toList());
    router.route(path).handler(call -> refuse(call.request(), names));
  }

  /** Says which methods a path has. */
  void refuse(HttpServerRequest request, List<String> allowed) {
    request.response().putHeader("Allow", String.join(", ", allowed));
    refusals.answer(request, ErrorAnswer.method(request.method().name(), allowed));
  }

  /** Answers requests that match no path. */
  void otherwise(Handler<RoutingContext> handler) {
    router.route().handler(handler);
  }

  private void failed(RoutingContext call) {
    Throwable cause = call.failure();
    if (cause == null && call.statusCode() < 500) {
      refusals.answer(
          call.request(), ErrorAnswer.badRequest("The request cannot be read.", "Check its path."));
    } else {
      refusals.answer(call.request(), ErrorAnswer.broken(), cause);
    }
  }

  void handle(HttpServerRequest request) {
    router.handle(request);
  }
}
