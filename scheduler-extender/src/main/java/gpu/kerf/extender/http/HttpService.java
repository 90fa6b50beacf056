package gpu.kerf.extender.http;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;

/** The HTTP server. */
public final class HttpService {
  private final Vertx vertx;
  private final HttpServerOptions options;

  public HttpService(Vertx vertx, HttpServerOptions options) {
    this.vertx = vertx;
    this.options = options;
  }

  /** Listens; the server that comes back knows its port. */
  public Future<HttpServer> start() {
    Router router = Router.router(vertx);
    router.get("/healthz").handler(call -> call.response().end("{\"ok\":true}"));
    return vertx.createHttpServer(options).requestHandler(router).listen();
  }
}
