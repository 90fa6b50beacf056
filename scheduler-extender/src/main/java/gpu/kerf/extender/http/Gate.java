package gpu.kerf.extender.http;

import gpu.kerf.extender.settings.Settings;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import org.jspecify.annotations.Nullable;

/**
 * Limits the requests and bytes that the service handles at one time. Requests beyond the limits
 * are refused at once, because a queue would only make kube-scheduler wait for an answer that it no
 * longer needs.
 */
final class Gate {
  private final Settings.Limits limits;
  private final Metrics metrics;
  private final String port;
  private int inFlight;
  private long bytes;
  private @Nullable Promise<Void> empty;

  /**
   * @param port the name of the port that it guards, for metrics
   */
  Gate(Settings.Limits limits, Metrics metrics, String port) {
    this.limits = limits;
    this.metrics = metrics;
    this.port = port;
    measure();
  }

  /** Takes on one more answer; null if it may come, or else why not. */
  @Nullable ErrorAnswer enter() {
    if (inFlight >= limits.inFlight()) {
      return ErrorAnswer.busy(inFlight + " requests are being answered.", "limits.inFlight");
    }
    inFlight++;
    measure();
    return null;
  }

  void leave() {
    inFlight--;
    measure();
    if (inFlight == 0 && empty != null) {
      empty.tryComplete();
    }
  }

  /** Takes on so many bytes more of a body; null if they may come. */
  @Nullable ErrorAnswer take(long more) {
    if (bytes + more > limits.allBodies().value()) {
      return ErrorAnswer.busy(
          "The bodies that are in memory together are too long.", "limits.allBodies");
    }
    bytes += more;
    return null;
  }

  void give(long back) {
    bytes -= back;
    measure();
  }

  int inFlight() {
    return inFlight;
  }

  /** Completes when nothing is being answered. */
  Future<Void> whenEmpty() {
    if (inFlight == 0) {
      return Future.succeededFuture();
    }
    Promise<Void> promise = empty == null ? Promise.promise() : empty;
    empty = promise;
    return promise.future();
  }

  private void measure() {
    metrics.set(Metric.IN_FLIGHT, inFlight, port);
    metrics.set(Metric.BODY_BYTES, (double) bytes, port);
  }
}
