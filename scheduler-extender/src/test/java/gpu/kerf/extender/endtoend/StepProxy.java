package gpu.kerf.extender.endtoend;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.X509TrustManager;
import okhttp3.Call;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * Stands between a client and a server and passes everything on, until a {@link Guard} says
 * otherwise: a test sees each request there, and can kill a process at exactly that step.
 */
final class StepProxy implements AutoCloseable {
  private static final Guard OPEN = new Guard() {};

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final String target;
  private final OkHttpClient client;
  private final Set<Call> watches = ConcurrentHashMap.newKeySet();
  private volatile Guard guard = OPEN;
  private volatile boolean held;

  /** What is asked. */
  record Request(String method, String path, String query, String body) {
    boolean is(String verb, String end) {
      return method.equals(verb) && path.endsWith(end);
    }

    boolean isWatch() {
      return query.contains("watch=true");
    }
  }

  /** Sees everything that passes. An exception cuts the connection. */
  interface Guard {
    /** Before the server is asked. */
    default void asked(Request request) throws IOException {}

    /** After the server has answered, before the client hears of it. */
    default void answered(Request request, int status) throws IOException {}
  }

  private StepProxy(HttpServer server, String target, OkHttpClient client) {
    this.server = server;
    this.target = target;
    this.client = client;
  }

  /**
   * Opens one to a server.
   *
   * @param certificate what the server shows; null where it speaks plain HTTP
   */
  static StepProxy to(String target, @Nullable Path certificate) {
    try {
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      StepProxy stepProxy = new StepProxy(server, target, client(certificate));
      server.setExecutor(stepProxy.threads);
      server.createContext("/", stepProxy::pass);
      server.start();
      return stepProxy;
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  private static OkHttpClient client(@Nullable Path certificate) throws IOException {
    OkHttpClient.Builder client =
        new OkHttpClient.Builder()
            .protocols(List.of(Protocol.HTTP_1_1))
            .retryOnConnectionFailure(false)
            .readTimeout(Duration.ZERO);
    if (certificate != null) {
      X509TrustManager trust = Api.trusting(certificate);
      client.sslSocketFactory(Api.context(trust).getSocketFactory(), trust);
    }
    return client.build();
  }

  String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** From now on this guard sees everything that passes. */
  void guard(Guard now) {
    guard = now;
  }

  /** Lets everything pass. */
  void open() {
    guard = OPEN;
  }

  /** Ends every watch that is open, as a lost connection does; how many those were. */
  int cutWatches() {
    int open = watches.size();
    watches.forEach(Call::cancel);
    return open;
  }

  /** Keeps back what watches bring, as a slow network does, or lets it come. */
  void holdWatches(boolean hold) {
    held = hold;
  }

  private void pass(HttpExchange exchange) {
    try (exchange) {
      URI uri = exchange.getRequestURI();
      String query = uri.getRawQuery() == null ? "" : uri.getRawQuery();
      byte[] body = exchange.getRequestBody().readAllBytes();
      Request request =
          new Request(
              exchange.getRequestMethod(),
              uri.getPath(),
              query,
              new String(body, StandardCharsets.UTF_8));
      guard.asked(request);
      passOn(exchange, request, client.newCall(forwarded(exchange, body)));
    } catch (IOException cut) {
      // The client finds its connection closed.
    }
  }

  private void passOn(HttpExchange exchange, Request request, Call call) throws IOException {
    if (request.isWatch()) {
      watches.add(call);
    }
    try (Response answer = call.execute()) {
      guard.answered(request, answer.code());
      answer(exchange, request, answer);
    } finally {
      watches.remove(call);
    }
  }

  private okhttp3.Request forwarded(HttpExchange exchange, byte[] body) {
    String method = exchange.getRequestMethod();
    boolean bare = body.length == 0 && !method.equals("POST");
    okhttp3.Request.Builder request =
        new okhttp3.Request.Builder()
            .url(target + exchange.getRequestURI())
            .method(method, bare ? null : RequestBody.create(body));
    for (String name : List.of("Authorization", "Content-Type", "Accept")) {
      String value = exchange.getRequestHeaders().getFirst(name);
      if (value != null) {
        request.header(name, value);
      }
    }
    return request.build();
  }

  private void answer(HttpExchange exchange, Request request, Response answer) throws IOException {
    String type = answer.header("Content-Type", "application/json");
    exchange.getResponseHeaders().set("Content-Type", type);
    long length = answer.body().contentLength();
    exchange.sendResponseHeaders(answer.code(), length == 0 ? -1 : Math.max(0, length));
    try (InputStream from = answer.body().byteStream();
        OutputStream to = exchange.getResponseBody()) {
      byte[] piece = new byte[16_384];
      for (int read = from.read(piece); read >= 0; read = from.read(piece)) {
        while (held && request.isWatch()) {
          LockSupport.parkNanos(5_000_000);
        }
        to.write(piece, 0, read);
        to.flush();
      }
    }
  }

  @Override
  public void close() {
    held = false;
    server.stop(0);
    client.dispatcher().cancelAll();
    client.connectionPool().evictAll();
    threads.shutdownNow();
  }
}
