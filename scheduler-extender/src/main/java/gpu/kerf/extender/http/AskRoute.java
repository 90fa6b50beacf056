package gpu.kerf.extender.http;

import gpu.kerf.extender.settings.Settings;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /api/v1/ask/PATH}: what {@code /api/v1/PATH} answers, as text, for a client whose
 * headers do not arrive. The API server's service proxy takes the {@code Authorization} of a
 * request for itself, and {@code kubectl create --raw} sends no header of its user's, so the body
 * begins as a request does, with the line {@code Authorization: Bearer TOKEN}. A manifest follows
 * where the path takes one.
 *
 * <p>Errors are objects of kind Status, of which kubectl prints the message. None of them is 401,
 * which kubectl takes for an answer of the API server about its own credentials.
 */
final class AskRoute {
  static final String PREFIX = "/api/v1/ask/";
  private static final String TARGET = "/api/v1/";

  /** In the words of the API server, which has Tables in this way. */
  private static final String STATUS = "application/json;as=Status";

  private static final String EXPLAIN = "explain";
  private static final String MANIFEST = "kerf.manifest";
  private static final String AUTHORIZATION = "authorization:";

  private final Vertx vertx;
  private final Settings.Limits limits;
  private final long longest;

  /**
   * @param longest of a body, in bytes
   */
  AskRoute(Vertx vertx, Settings.Limits limits, long longest) {
    this.vertx = vertx;
    this.limits = limits;
    this.longest = longest;
  }

  void addTo(Routes routes, ErrorAnswers refusals, Gate gate) {
    routes.postUnguarded(PREFIX + "*", call -> read(call, refusals, gate));
  }

  /** Whether a client wants errors as objects of kind Status, as kubectl does. */
  static boolean wantsStatus(HttpServerRequest request) {
    return String.valueOf(request.path()).startsWith(PREFIX)
        || String.valueOf(request.getHeader("Accept")).endsWith(STATUS);
  }

  /** The manifest of a call that came this way; null of all others. */
  static @Nullable Buffer manifest(RoutingContext call) {
    return call.get(MANIFEST);
  }

  private void read(RoutingContext call, ErrorAnswers refusals, Gate gate) {
    HttpServerRequest request = call.request();
    Body.Bounds bounds = new Body.Bounds(longest, limits.arrival());
    Body[] reading = new Body[1];
    reading[0] =
        new Body(
            vertx,
            request,
            bounds,
            gate,
            bytes -> {
              reading[0].release();
              ask(call, bytes);
            },
            refusal -> {
              Hangup.after(vertx, request);
              refusals.answer(request, refusal);
              reading[0].release();
            });
    request.response().exceptionHandler(gone -> reading[0].release());
    reading[0].read();
  }

  private static void ask(RoutingContext call, Buffer body) {
    Asked asked = Asked.of(body);
    MultiMap headers = call.request().headers();
    if (!asked.authorization.isEmpty()) {
      headers.set("Authorization", asked.authorization);
    }
    headers.set("Accept", "text/plain, " + STATUS);
    call.put(MANIFEST, asked.manifest);
    HttpServerRequest request = call.request();
    String path = String.valueOf(request.path()).substring(PREFIX.length());
    String query = request.query();
    HttpMethod method = path.equals(EXPLAIN) ? HttpMethod.POST : HttpMethod.GET;
    call.reroute(method, TARGET + path + (query == null ? "" : "?" + query));
  }

  /** What a body says. */
  private record Asked(String authorization, Buffer manifest) {

    static Asked of(Buffer body) {
      byte[] bytes = body.getBytes();
      int end = 0;
      while (end < bytes.length && bytes[end] != '\n') {
        end++;
      }
      String first = new String(bytes, 0, end, StandardCharsets.UTF_8).strip();
      if (!first.regionMatches(true, 0, AUTHORIZATION, 0, AUTHORIZATION.length())) {
        return new Asked("", body);
      }
      Buffer rest = body.getBuffer(Math.min(end + 1, bytes.length), bytes.length);
      return new Asked(first.substring(AUTHORIZATION.length()).strip(), rest);
    }
  }
}
