package gpu.kerf.extender.http;

import gpu.kerf.extender.access.AccessControl;
import gpu.kerf.extender.access.AccessVerdict;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Lets only those requests through whose client may see something, and says what it may see. */
final class AccessGuard {
  private final Vertx vertx;
  private final AccessControl access;
  private final ErrorAnswers refusals;

  AccessGuard(Vertx vertx, AccessControl access, ErrorAnswers refusals) {
    this.vertx = vertx;
    this.access = access;
    this.refusals = refusals;
  }

  /** Before what shows each client only what it may see. */
  Handler<RoutingContext> viewers(Handler<RoutingContext> next) {
    return call -> guard(call, access::viewer, next);
  }

  /** Before what shows all teams to every client that gets it. */
  Handler<RoutingContext> administrators(Handler<RoutingContext> next) {
    return call -> guard(call, access::administrator, next);
  }

  /** Before what shows all names there are. */
  Handler<RoutingContext> metrics(Handler<RoutingContext> next) {
    return call -> guard(call, access::metrics, next);
  }

  private void guard(
      RoutingContext call,
      Function<@Nullable String, CompletionStage<AccessVerdict>> judge,
      Handler<RoutingContext> next) {
    HttpServerRequest request = call.request();
    String authorization = request.getHeader("Authorization");
    request.pause();
    judge
        .apply(authorization)
        .whenComplete(
            (verdict, failure) -> {
              if (failure != null) {
                call.fail(failure);
              } else if (verdict.kind() == AccessVerdict.Kind.ALLOWED) {
                new Viewing(verdict.viewer(), () -> judge.apply(authorization)).putInto(call);
                proceed(call, next);
              } else {
                refuse(request, verdict);
              }
            });
  }

  /** The body, if there is one, must not arrive before it is wanted. */
  private static void proceed(RoutingContext call, Handler<RoutingContext> next) {
    if (call.response().closed()) {
      return;
    }
    try {
      next.handle(call);
    } catch (RuntimeException broken) {
      call.fail(broken);
    }
    call.request().resume();
  }

  private void refuse(HttpServerRequest request, AccessVerdict verdict) {
    ErrorAnswer answer = ErrorAnswer.noAccess(verdict);
    if (answer.status() == ErrorAnswer.UNAUTHORIZED) {
      request.response().putHeader("WWW-Authenticate", "Bearer realm=\"kerf\"");
    }
    if (!HttpService.READING.contains(request.method())) {
      Hangup.after(vertx, request);
    }
    refusals.answer(request, answer);
    request.resume();
  }
}
