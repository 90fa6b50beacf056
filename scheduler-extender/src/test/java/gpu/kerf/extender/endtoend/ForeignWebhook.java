package gpu.kerf.extender.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import gpu.kerf.extender.http.TestCertificate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A webhook of another project, with a certificate that it made itself. */
abstract class ForeignWebhook implements AutoCloseable {
  private final TestCertificate certificate;
  private final HttpsServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  ForeignWebhook(Path folder, String name) {
    this.certificate = TestCertificate.make(folder, name, "EC");
    try {
      this.server =
          HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    server.setExecutor(threads);
    server.setHttpsConfigurator(new HttpsConfigurator(identity()));
    server.createContext("/", this::answer);
    server.start();
  }

  private SSLContext identity() {
    try {
      KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
      keys.init(certificate.store(), TestCertificate.PASSWORD);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      return context;
    } catch (GeneralSecurityException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    JsonNode request = Api.JSON.readTree(exchange.getRequestBody()).path("request");
    ObjectNode review = Api.JSON.createObjectNode();
    review.put("apiVersion", "admission.k8s.io/v1").put("kind", "AdmissionReview");
    ObjectNode response = review.putObject("response");
    response.put("allowed", true).put("uid", request.path("uid").asText());
    answer(request, response);
    byte[] body = Api.JSON.writeValueAsBytes(review);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  /** Adds to a response that allows the request. */
  abstract void answer(JsonNode request, ObjectNode response);

  /** The {@code clientConfig} by which the API server finds it. */
  final String clientConfig() {
    return "{url: \"https://127.0.0.1:%d/\", caBundle: %s}"
        .formatted(
            server.getAddress().getPort(),
            Base64.getEncoder()
                .encodeToString(certificate.certificatePem().getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public final void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
