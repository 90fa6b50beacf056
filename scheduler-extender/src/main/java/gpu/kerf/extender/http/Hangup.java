package gpu.kerf.extender.http;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;

/**
 * Closes a connection whose request was refused before its body has arrived.
 *
 * <p>Closing at once would reset the connection while the peer still sends, and it might never see
 * the answer. So the server discards further bytes for a moment: until the body ends or the time is
 * over.
 */
final class Hangup {
  private static final long MOST_MILLIS = 1000;

  private Hangup() {}

  /** To be called before the answer is written. */
  static void after(Vertx vertx, HttpServerRequest request) {
    if (request.version() == HttpVersion.HTTP_2) {
      request.handler(chunk -> {});
      vertx.setTimer(MOST_MILLIS, id -> resetIfOpen(request));
      return;
    }
    request.response().putHeader("Connection", "close");
    request.handler(chunk -> {});
    long timer = vertx.setTimer(MOST_MILLIS, id -> request.connection().close());
    request.endHandler(
        nothing -> {
          vertx.cancelTimer(timer);
          request.connection().close();
        });
    request.exceptionHandler(gone -> vertx.cancelTimer(timer));
  }

  private static void resetIfOpen(HttpServerRequest request) {
    if (!request.isEnded()) {
      request.response().reset();
    }
  }
}
