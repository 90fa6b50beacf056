package gpu.kerf.extender.http;

import gpu.kerf.extender.access.AccessVerdict;
import java.time.Duration;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * An error answer of the HTTP server.
 *
 * @param code a word for programs and metrics; there are few, and they do not change
 * @param what the problem, for people
 * @param hint what to do about it
 */
record ErrorAnswer(int status, String code, String what, String hint) {
  static final int UNAUTHORIZED = 401;

  static ErrorAnswer badRequest(String what, String hint) {
    return new ErrorAnswer(400, "bad-request", what, hint);
  }

  static ErrorAnswer browser() {
    return new ErrorAnswer(
        403,
        "browser",
        "The request comes from a web page (it has an Origin).",
        "Verbs are for kube-scheduler; pages may use /api/v1.");
  }

  static ErrorAnswer otherSite() {
    return new ErrorAnswer(
        403,
        "browser",
        "The request comes from a web page of another site.",
        "Use the console of this server, or a program that is no browser.");
  }

  static ErrorAnswer notFound(String path, String hint) {
    return new ErrorAnswer(404, "not-found", "There is nothing at " + path + ".", hint);
  }

  static ErrorAnswer notObserved(@Nullable String path) {
    return new ErrorAnswer(
        404,
        "not-found",
        "There is nothing at " + path + " on this port.",
        "It has /metrics, /healthz and /readyz; observe.console: true adds the console and the"
            + " API.");
  }

  /** Why a client sees nothing. */
  static ErrorAnswer noAccess(AccessVerdict verdict) {
    return switch (verdict.kind()) {
      case NO_TOKEN, INVALID_TOKEN ->
          new ErrorAnswer(
              UNAUTHORIZED,
              "unauthorized",
              verdict.text(),
              "Send Authorization: Bearer TOKEN; kubectl create token ACCOUNT makes one.");
      case FORBIDDEN ->
          new ErrorAnswer(
              403,
              "forbidden",
              verdict.text(),
              "Ask for the right to get your team (teams.kerf.gpu), or pods of your namespace;"
                  + " metrics need the right to get the path /metrics.");
      case NOT_REVIEWED ->
          new ErrorAnswer(
              503,
              "not-reviewed",
              "The API server could not say what the bearer of the token may see: "
                  + verdict.text()
                  + ".",
              "Try again; Kerf needs the role kerf-access for it.");
      case ALLOWED -> throw new IllegalArgumentException("The client is allowed: " + verdict + ".");
    };
  }

  static ErrorAnswer noSuch(String what, String hint) {
    return new ErrorAnswer(404, "not-found", what, hint);
  }

  static ErrorAnswer method(String method, Collection<String> allowed) {
    return new ErrorAnswer(
        405,
        "method-not-allowed",
        method + " is not for this path.",
        "Use " + oneOf(allowed) + ".");
  }

  private static String oneOf(Collection<String> words) {
    return String.join(" or ", words);
  }

  static ErrorAnswer late(Duration limit) {
    return new ErrorAnswer(
        408,
        "too-slow",
        "The request did not arrive within " + limit.toMillis() + " ms.",
        "Send it faster, or raise limits.arrival.");
  }

  static ErrorAnswer tooLong(long limit) {
    return new ErrorAnswer(
        413,
        "body-too-long",
        "The body is longer than " + limit + " bytes.",
        "Set nodeCacheCapable: true for this extender in the kube-scheduler configuration, or raise"
            + " limits.body.");
  }

  static ErrorAnswer uriTooLong() {
    return new ErrorAnswer(414, "uri-too-long", "The request line is too long.", "Ask for less.");
  }

  static ErrorAnswer mediaType(String given) {
    return new ErrorAnswer(
        415,
        "media-type",
        "The content type (" + given + ") is not application/json.",
        "Send Content-Type: application/json, in UTF-8 and not compressed.");
  }

  static ErrorAnswer manifestType(String given) {
    return new ErrorAnswer(
        415,
        "media-type",
        "The content type (" + given + ") is neither JSON nor YAML.",
        "Send Content-Type: application/json or application/yaml.");
  }

  static ErrorAnswer headersTooLong(long limit) {
    return new ErrorAnswer(
        431,
        "headers-too-long",
        "The headers are longer than " + limit + " bytes.",
        "Send fewer, or raise limits.headers.");
  }

  static ErrorAnswer broken() {
    return new ErrorAnswer(
        500,
        "internal",
        "The service failed on this request.",
        "The log has the reason under this id.");
  }

  static ErrorAnswer busy(String what, String setting) {
    return new ErrorAnswer(503, "busy", what, "Try again, or raise " + setting + ".");
  }

  static ErrorAnswer busyForNow(String what) {
    return new ErrorAnswer(503, "busy", what, "Try again in a second.");
  }

  static ErrorAnswer stopping() {
    return new ErrorAnswer(503, "stopping", "The service is stopping.", "Call the next one.");
  }

  static ErrorAnswer unanswered(Duration limit) {
    return new ErrorAnswer(
        503,
        "no-answer",
        "There was no answer within " + limit.toMillis() + " ms.",
        "kube-scheduler tries again by itself; limits.answer is how long an answer may take.");
  }
}
