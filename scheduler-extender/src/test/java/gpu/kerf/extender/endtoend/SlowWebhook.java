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
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A foreign webhook that allows every Binding, some seconds after it was asked. */
final class SlowWebhook implements AutoCloseable {
  private final Duration pause;
  private final TestCertificate certificate;
  private final HttpsServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  SlowWebhook(Path folder, Duration pause) {
    this.pause = pause;
    this.certificate = TestCertificate.make(folder, "slow", "EC");
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
    LockSupport.parkNanos(pause.toNanos());
    ObjectNode review = Api.JSON.createObjectNode();
    review.put("apiVersion", "admission.k8s.io/v1").put("kind", "AdmissionReview");
    review.putObject("response").put("allowed", true).put("uid", request.path("uid").asText());
    byte[] body = Api.JSON.writeValueAsBytes(review);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  /** What the API server is told. */
  String manifest() {
    return """
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingWebhookConfiguration
    metadata: {name: slow}
    webhooks:
    - name: slow.example.com
      clientConfig: {url: "https://127.0.0.1:%d/", caBundle: %s}
      rules:
      - {apiGroups: [""], apiVersions: [v1], resources: [pods/binding], operations: [CREATE]}
      timeoutSeconds: 30
      failurePolicy: Fail
      sideEffects: None
      admissionReviewVersions: [v1]
    """
        .formatted(
            server.getAddress().getPort(),
            Base64.getEncoder()
                .encodeToString(certificate.certificatePem().getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
