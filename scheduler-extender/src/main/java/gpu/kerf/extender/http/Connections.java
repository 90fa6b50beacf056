package gpu.kerf.extender.http;

import gpu.kerf.extender.settings.Settings;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Limits the open connections, and closes the ones that send no requests.
 *
 * <p>A peer that sends a byte at intervals never reaches the server's own idle time-out. So this
 * class counts whole requests: a connection whose first request does not arrive in time is closed,
 * and so is one on which no request has come for too long. Connections beyond the limit get a
 * refusal for their first request, and those beyond twice the limit none.
 */
final class Connections {
  private static final double NANOS = 1e6;

  private final Settings.Limits limits;
  private final Metrics metrics;
  private final IntConsumer size;
  private final IdentityHashMap<HttpConnection, Use> open = new IdentityHashMap<>();

  private static final class Use {
    private final boolean surplus;
    private int requests;
    private boolean used;
    private long since = System.nanoTime();

    Use(boolean surplus) {
      this.surplus = surplus;
    }
  }

  /**
   * @param size is told how many are open
   */
  Connections(Settings.Limits limits, Metrics metrics, IntConsumer size) {
    this.limits = limits;
    this.metrics = metrics;
    this.size = size;
    size.accept(0);
  }

  void opened(HttpConnection connection) {
    if (open.size() >= 2 * limits.connections()) {
      cutOff(connection, "too-many");
      return;
    }
    open.put(connection, new Use(open.size() >= limits.connections()));
    size.accept(open.size());
    connection.closeHandler(
        nothing -> {
          open.remove(connection);
          size.accept(open.size());
        });
  }

  /** A request has come. */
  PendingResponse began(HttpServerRequest request) {
    Use use = open.getOrDefault(request.connection(), new Use(false));
    PendingResponse pendingResponse = new PendingResponse(request, use.surplus);
    use.requests++;
    use.used = true;
    pendingResponse.onOver(
        () -> {
          use.requests--;
          use.since = System.nanoTime();
        });
    return pendingResponse;
  }

  /** Closes what is idle or slow. */
  void sweep() {
    long now = System.nanoTime();
    List<HttpConnection> slow = new ArrayList<>();
    List<HttpConnection> idle = new ArrayList<>();
    open.forEach(
        (connection, use) -> {
          double millis = (now - use.since) / NANOS;
          if (use.requests == 0 && !use.used && millis > limits.arrival().toMillis()) {
            slow.add(connection);
          } else if (use.requests == 0 && millis > limits.idle().toMillis()) {
            idle.add(connection);
          }
        });
    slow.forEach(connection -> cutOff(connection, "slow"));
    idle.forEach(connection -> cutOff(connection, "idle"));
  }

  private void cutOff(HttpConnection connection, String cause) {
    metrics.count(Metric.CUT_OFF, cause);
    connection.close();
  }

  int size() {
    return open.size();
  }
}
