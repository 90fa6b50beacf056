package gpu.kerf.extender.http;

import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.List;

/**
 * One request, until its answer is written or the peer is gone. Only this class listens to these
 * two events, because a response has one listener for each.
 */
final class PendingResponse {
  private final HttpServerRequest request;
  private final boolean surplus;
  private final List<Runnable> whenOver = new ArrayList<>(2);
  private boolean over;

  PendingResponse(HttpServerRequest request, boolean surplus) {
    this.request = request;
    this.surplus = surplus;
    request.response().closeHandler(nothing -> end());
    request.response().bodyEndHandler(nothing -> end());
  }

  private void end() {
    if (!over) {
      over = true;
      whenOver.forEach(Runnable::run);
    }
  }

  void onOver(Runnable action) {
    whenOver.add(action);
  }

  HttpServerRequest request() {
    return request;
  }

  /** Whether its connection is one too many. */
  boolean isSurplus() {
    return surplus;
  }

  boolean isOver() {
    return over;
  }
}
