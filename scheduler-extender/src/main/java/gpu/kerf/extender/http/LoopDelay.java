package gpu.kerf.extender.http;

import gpu.kerf.extender.telemetry.Metrics;
import io.vertx.core.Vertx;

/** Measures how late the event loop is, with a timer that should fire ten times a second. */
final class LoopDelay {
  private static final long MILLIS = 100;

  private final Vertx vertx;
  private final Metrics metrics;
  private long due;

  LoopDelay(Vertx vertx, Metrics metrics) {
    this.vertx = vertx;
    this.metrics = metrics;
  }

  /** The timer to cancel. */
  long start() {
    due = System.nanoTime() + MILLIS * 1_000_000;
    return vertx.setPeriodic(MILLIS, id -> fired());
  }

  private void fired() {
    long now = System.nanoTime();
    metrics.loopDelay(now - due);
    due = now + MILLIS * 1_000_000;
  }
}
