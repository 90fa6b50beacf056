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
  private final UnaryOperator<Handler<RoutingContext>> guard;

  Routes(Vertx vertx, ErrorAnswers refusals) {
    this(Router.router(vertx), refusals, handler -> handler);
    router.route().failureHandler(this::failed);
  }

  private Routes(
      Router router, ErrorAnswers refusals, UnaryOperator<Handler<RoutingContext>> guard) {
    this.router = router;
    this.refusals = refusals;
    this.guard = guard;
  }

  /** The same paths; what is added to them through this is guarded. */
  Routes guardedBy(UnaryOperator<Handler<RoutingContext>> before) {
    return new Routes(router, refusals, before);
  }

  /** A path to read; HEAD works where GET does. */
  void get(String path, Handler<RoutingContext> handler) {
    on(List.of(HttpMethod.GET, HttpMethod.HEAD), path, handler);
  }

  void post(String path, Handler<RoutingContext> handler) {
    on(List.of(HttpMethod.POST), path, handler);
  }

  private void on(List<HttpMethod> methods, String path, Handler<RoutingContext> handler) {
    Route route = router.route(path);
    methods.forEach(route::method);
    route.handler(guard.apply(handler));
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
