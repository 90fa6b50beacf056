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
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A foreign webhook, called after Kerf's, that puts a container of its own into every pod, as
 * service meshes do.
 */
final class Injector implements AutoCloseable {
  /** The name of its container. */
  static final String PROXY = "proxy";

  private static final String PATCH =
      "[{\"op\":\"add\",\"path\":\"/spec/containers/-\","
          + "\"value\":{\"name\":\"proxy\",\"image\":\"mesh\"}}]";

  private final TestCertificate certificate;
  private final HttpsServer server;

  Injector(Path folder) {
    this.certificate = TestCertificate.make(folder, "injector", "EC");
    try {
      this.server =
          HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    server.setHttpsConfigurator(new HttpsConfigurator(identity()));
    server.createContext("/", Injector::answer);
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

  private static void answer(HttpExchange exchange) throws IOException {
    JsonNode request = Api.JSON.readTree(exchange.getRequestBody()).path("request");
    ObjectNode review =
        Api.JSON
            .createObjectNode()
            .put("apiVersion", "admission.k8s.io/v1")
            .put("kind", "AdmissionReview");
    ObjectNode response = review.putObject("response").put("allowed", true);
    response.put("uid", request.path("uid").asText());
    if (request.at("/object/spec/containers").findValuesAsText("name").stream()
        .noneMatch(PROXY::equals)) {
      response.put("patchType", "JSONPatch");
      response.put(
          "patch", Base64.getEncoder().encodeToString(PATCH.getBytes(StandardCharsets.UTF_8)));
    }
    byte[] body = Api.JSON.writeValueAsBytes(review);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  /** What the API server is told: by its name it comes after Kerf's. */
  String manifest() {
    return """
    apiVersion: admissionregistration.k8s.io/v1
    kind: MutatingWebhookConfiguration
    metadata: {name: mesh}
    webhooks:
    - name: inject.mesh.example
      clientConfig: {url: "https://127.0.0.1:%d/", caBundle: %s}
      rules:
      - {apiGroups: [""], apiVersions: [v1], resources: [pods], operations: [CREATE], scope: Namespaced}
      objectSelector: {matchLabels: {mesh: "yes"}}
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
  }
}
