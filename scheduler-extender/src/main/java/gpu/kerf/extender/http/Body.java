package gpu.kerf.extender.http;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A request's body while it arrives: bounded in length and in time, and counted at the gate until
 * it is given back.
 */
final class Body {
  private static final int FIRST_BYTES = 1 << 16;

  private final HttpServerRequest request;
  private final Bounds bounds;
  private final Gate gate;
  private final Handler<Buffer> done;
  private final Handler<ErrorAnswer> refused;
  private final Vertx vertx;
  private Buffer bytes = Buffer.buffer();
  private long counted;
  private long timer = -1;
  private boolean over;

  /** How long it may be, and how long it may take. */
  record Bounds(long bytes, Duration arrival) {}

  Body(
      Vertx vertx,
      HttpServerRequest request,
      Bounds bounds,
      Gate gate,
      Handler<Buffer> done,
      Handler<ErrorAnswer> refused) {
    this.vertx = vertx;
    this.request = request;
    this.bounds = bounds;
    this.gate = gate;
    this.done = done;
    this.refused = refused;
  }

  /** Begins to read; calls either {@code done} or {@code refused}, or none if the peer is gone. */
  void read() {
    long announced = announced();
    if (announced > bounds.bytes) {
      refuse(ErrorAnswer.tooLong(bounds.bytes));
      return;
    }
    if (announced < 0) {
      refuse(
          ErrorAnswer.badRequest("The Content-Length is not a number.", "Send the body's length."));
      return;
    }
    bytes = Buffer.buffer((int) Math.min(announced, FIRST_BYTES));
    timer =
        vertx.setTimer(bounds.arrival.toMillis(), id -> refuse(ErrorAnswer.late(bounds.arrival)));
    request.exceptionHandler(gone -> end());
    request.handler(this::chunk);
    request.endHandler(nothing -> arrived());
    if ("100-continue".equalsIgnoreCase(request.getHeader("Expect"))) {
      request.response().writeContinue();
    }
  }

  private long announced() {
    String header = request.getHeader("Content-Length");
    try {
      return header == null ? 0 : Long.parseLong(header);
    } catch (NumberFormatException nonsense) {
      return -1;
    }
  }

  private void chunk(Buffer chunk) {
    if (over) {
      return;
    }
    if (bytes.length() + (long) chunk.length() > bounds.bytes) {
      refuse(ErrorAnswer.tooLong(bounds.bytes));
      return;
    }
    ErrorAnswer full = gate.take(chunk.length());
    if (full != null) {
      refuse(full);
      return;
    }
    counted += chunk.length();
    bytes.appendBuffer(chunk);
  }

  private void arrived() {
    if (!over) {
      over = true;
      vertx.cancelTimer(timer);
      done.handle(bytes);
    }
  }

  private void refuse(@Nullable ErrorAnswer refusal) {
    if (!over && refusal != null) {
      end();
      refused.handle(refusal);
    }
  }

  private void end() {
    over = true;
    vertx.cancelTimer(timer);
  }

  /** The bytes are needed no more, nor are those that have not come. */
  void release() {
    end();
    gate.give(counted);
    counted = 0;
    bytes = Buffer.buffer();
  }
}
