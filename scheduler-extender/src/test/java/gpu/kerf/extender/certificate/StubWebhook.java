package gpu.kerf.extender.certificate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A webhook that allows everything, and shows the certificate that lies in a folder. */
final class StubWebhook implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpsServer server;
  private final Set<String> asked = ConcurrentHashMap.newKeySet();

  private StubWebhook(HttpsServer server) {
    this.server = server;
  }

  static StubWebhook with(Path folder) throws IOException, GeneralSecurityException {
    InetAddress address = WebhookService.address();
    HttpsServer server = HttpsServer.create(new InetSocketAddress(address, 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context(folder)));
    StubWebhook webhook = new StubWebhook(server);
    server.createContext("/", webhook::answer);
    server.start();
    return webhook;
  }

  private static SSLContext context(Path folder) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    Certificate[] chain =
        Pem.certificates(Files.readString(folder.resolve("tls.crt"))).toArray(Certificate[]::new);
    char[] password = {};
    store.setKeyEntry("own", Pem.key(Files.readString(folder.resolve("tls.key"))), password, chain);
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(store, password);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      JsonNode request = JSON.readTree(exchange.getRequestBody()).path("request");
      asked.add(request.path("name").asText());
      String answer =
          "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"response\":{\"uid\":\"%s\",\"allowed\":true}}"
              .formatted(request.path("uid").asText());
      byte[] body = answer.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  /** Whether the API server has asked about a pod. */
  boolean asked(String pod) {
    return asked.contains(pod);
  }

  /** The Service that the webhook configurations name, leading here. */
  String service() {
    return WebhookService.leadingTo(server.getAddress().getPort());
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
