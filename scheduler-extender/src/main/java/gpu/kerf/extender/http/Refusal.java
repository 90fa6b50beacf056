package gpu.kerf.extender.http;

import java.time.Duration;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is not what was asked for.
 *
 * @param code a word for programs and metrics; there are few, and they do not change
 * @param what what is wrong, for people
 * @param hint what to do about it
 */
record Refusal(int status, String code, String what, String hint) {

  static Refusal badRequest(String what, String hint) {
    return new Refusal(400, "bad-request", what, hint);
  }

  static Refusal browser() {
    return new Refusal(
        403,
        "browser",
        "The request comes from a web page (it has an Origin).",
        "Verbs are for kube-scheduler; pages may use /api/v1.");
  }

  static Refusal otherSite() {
    return new Refusal(
        403,
        "browser",
        "The request comes from a web page of another site.",
        "Use the console of this server, or a program that is no browser.");
  }

  static Refusal notFound(String path, String hint) {
    return new Refusal(404, "not-found", "There is nothing at " + path + ".", hint);
  }

  static Refusal notObserved(@Nullable String path) {
    return new Refusal(
        404,
        "not-found",
        "There is nothing at " + path + " on this port.",
        "It has /metrics, /healthz and /readyz; observe.console: true adds the console and the API.");
  }

  static Refusal noSuch(String what, String hint) {
    return new Refusal(404, "not-found", what, hint);
  }

  static Refusal method(String method, Collection<String> allowed) {
    return new Refusal(
        405,
        "method-not-allowed",
        method + " is not for this path.",
        "Use " + oneOf(allowed) + ".");
  }

  private static String oneOf(Collection<String> words) {
    return String.join(" or ", words);
  }

  static Refusal late(Duration limit) {
    return new Refusal(
        408,
        "too-slow",
        "The request did not arrive within " + limit.toMillis() + " ms.",
        "Send it faster, or raise limits.arrival.");
  }

  static Refusal tooLong(long limit) {
    return new Refusal(
        413,
        "body-too-long",
        "The body is longer than " + limit + " bytes.",
        "Set nodeCacheCapable: true for this extender in the kube-scheduler configuration, or raise"
            + " limits.body.");
  }

  static Refusal uriTooLong() {
    return new Refusal(414, "uri-too-long", "The request line is too long.", "Ask for less.");
  }

  static Refusal mediaType(String given) {
    return new Refusal(
        415,
        "media-type",
        "The content type (" + given + ") is not application/json.",
        "Send Content-Type: application/json, in UTF-8 and not compressed.");
  }

  static Refusal manifestType(String given) {
    return new Refusal(
        415,
        "media-type",
        "The content type (" + given + ") is neither JSON nor YAML.",
        "Send Content-Type: application/json or application/yaml.");
  }

  static Refusal headersTooLong(long limit) {
    return new Refusal(
        431,
        "headers-too-long",
        "The headers are longer than " + limit + " bytes.",
        "Send fewer, or raise limits.headers.");
  }

  static Refusal broken() {
    return new Refusal(
        500,
        "internal",
        "The service failed on this request.",
        "The log has the reason under this id.");
  }

  static Refusal busy(String what, String setting) {
    return new Refusal(503, "busy", what, "Try again, or raise " + setting + ".");
  }

  static Refusal busyForNow(String what) {
    return new Refusal(503, "busy", what, "Try again in a second.");
  }

  static Refusal stopping() {
    return new Refusal(503, "stopping", "The service is stopping.", "Call the next one.");
  }

  static Refusal unanswered(Duration limit) {
    return new Refusal(
        503,
        "no-answer",
        "There was no answer within " + limit.toMillis() + " ms.",
        "kube-scheduler tries again by itself; limits.answer is how long an answer may take.");
  }
}
