package gpu.kerf.extender.stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A sink that answers as a test says; what it took is what a request with status 2xx brought. */
public final class TestSink implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<JsonNode> taken = new CopyOnWriteArrayList<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final AtomicInteger hanging = new AtomicInteger();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final HttpServer server;
  private volatile Behaviour behaviour = request -> new Answer(204, "");

  /** A request as it came. */
  record Request(String path, String type, JsonNode body) {

    /** The events of a batch, or the records for Kafka. */
    List<JsonNode> events() {
      List<JsonNode> events = new ArrayList<>();
      (body.isArray() ? body : body.path("records")).forEach(events::add);
      return events;
    }
  }

  record Answer(int status, String body) {}

  /** What becomes of a request. */
  @FunctionalInterface
  interface Behaviour {
    Answer answer(Request request) throws InterruptedException;
  }

  public TestSink() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::serve);
    server.start();
  }

  public URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  void behave(Behaviour now) {
    behaviour = now;
  }

  /** From now on requests get no answer until the sink is closed. */
  public void hang() {
    behave(
        request -> {
          hanging.incrementAndGet();
          closed.await();
          return new Answer(204, "");
        });
  }

  public int hanging() {
    return hanging.get();
  }

  /** The events that it took, in the order in which they came. */
  public List<JsonNode> taken() {
    return taken;
  }

  List<Request> requests() {
    return requests;
  }

  private void serve(HttpExchange call) throws IOException {
    try (call) {
      Request request =
          new Request(
              call.getRequestURI().getPath(),
              String.valueOf(call.getRequestHeaders().getFirst("Content-Type")),
              JSON.readTree(call.getRequestBody().readAllBytes()));
      requests.add(request);
      Answer answer = behaviour.answer(request);
      byte[] body = answer.body.getBytes(StandardCharsets.UTF_8);
      if (answer.status / 100 == 2) {
        taken.addAll(request.events());
      }
      call.sendResponseHeaders(answer.status, body.length == 0 ? -1 : body.length);
      if (body.length > 0) {
        call.getResponseBody().write(body);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
