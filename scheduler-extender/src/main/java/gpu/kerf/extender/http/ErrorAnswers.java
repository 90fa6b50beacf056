package gpu.kerf.extender.http;

import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends a {@link ErrorAnswer}, and writes the same to the log and the counter. */
final class ErrorAnswers {
  private static final Logger LOG = LoggerFactory.getLogger(ErrorAnswers.class);

  private static final int FORBIDDEN = 403;

  /** The words of the API server for statuses. */
  private static final Map<Integer, String> REASONS =
      Map.of(
          FORBIDDEN,
          "Forbidden",
          404,
          "NotFound",
          405,
          "MethodNotAllowed",
          413,
          "RequestEntityTooLarge",
          503,
          "ServiceUnavailable");

  private final Metrics metrics;
  private final String prefix;
  private long number;

  ErrorAnswers(Metrics metrics) {
    this.metrics = metrics;
    byte[] random = new byte[3];
    new SecureRandom().nextBytes(random);
    this.prefix = HexFormat.of().formatHex(random);
  }

  /** A name for one failure that stands in its answer and in the log. */
  String nextId() {
    return prefix + "-" + ++number;
  }

  Future<Void> answer(HttpServerRequest request, ErrorAnswer refusal) {
    return answer(request, refusal, null);
  }

  /**
   * Answers once; a peer that has been answered already hears nothing more.
   *
   * @param cause what the log should tell, where a stack trace helps
   */
  Future<Void> answer(HttpServerRequest request, ErrorAnswer refusal, @Nullable Throwable cause) {
    String id = nextId();
    metrics.count(Metric.REFUSALS, refusal.code());
    log(id, request, refusal, cause);
    HttpServerResponse response = request.response();
    if (response.ended() || response.closed() || response.headWritten()) {
      return Future.succeededFuture();
    }
    boolean asking = AskRoute.wantsStatus(request);
    response.setStatusCode(asking ? askingStatus(refusal) : refusal.status());
    response.putHeader("Content-Type", "application/json");
    response.putHeader("Cache-Control", "no-store");
    if (refusal.status() == 503 && !asking) {
      response.putHeader("Retry-After", "1");
    }
    return response.end((asking ? status(refusal) : body(id, refusal)).toBuffer());
  }

  private static int askingStatus(ErrorAnswer refusal) {
    return refusal.status() == ErrorAnswer.UNAUTHORIZED ? FORBIDDEN : refusal.status();
  }

  /** As the API server writes errors, for kubectl. */
  private static JsonObject status(ErrorAnswer refusal) {
    int code = askingStatus(refusal);
    return new JsonObject()
        .put("kind", "Status")
        .put("apiVersion", "v1")
        .put("metadata", new JsonObject())
        .put("status", "Failure")
        .put("message", "Kerf: " + refusal.what() + " " + refusal.hint())
        .put("reason", REASONS.getOrDefault(code, code < 500 ? "BadRequest" : "InternalError"))
        .put("code", code);
  }

  private static JsonObject body(String id, ErrorAnswer refusal) {
    JsonObject error =
        new JsonObject()
            .put("id", id)
            .put("code", refusal.code())
            .put("what", refusal.what())
            .put("hint", refusal.hint());
    return new JsonObject().put("error", error);
  }

  private static void log(
      String id, HttpServerRequest request, ErrorAnswer refusal, @Nullable Throwable cause) {
    var line = cause == null && refusal.status() < 500 ? LOG.atInfo() : LOG.atWarn();
    line.setCause(cause)
        .addKeyValue(LogKeys.ID, id)
        .addKeyValue(LogKeys.CODE, refusal.code())
        .addKeyValue(LogKeys.STATUS, refusal.status())
        .addKeyValue(LogKeys.METHOD, request.method())
        .addKeyValue(LogKeys.PATH, shortened(request.path()))
        .addKeyValue(LogKeys.PEER, request.remoteAddress())
        .log(refusal.what());
  }

  private static String shortened(@Nullable String path) {
    return path == null ? "" : path.length() > 100 ? path.substring(0, 100) + "…" : path;
  }
}
