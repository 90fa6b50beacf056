package gpu.kerf.extender.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** Speaks to an API server as a kubeconfig says, for what kubectl is too slow for. */
final class Api {
  static final ObjectMapper JSON = new ObjectMapper();
  static final ObjectMapper YAML = new YAMLMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final String server;
  private final String token;
  private final Path certificate;
  private final HttpClient client;

  /** What was answered. */
  record Answer(int status, JsonNode body) {
    Answer orFail() {
      if (status >= 400) {
        throw new IllegalStateException(status + ": " + body.path("message").asText());
      }
      return this;
    }
  }

  private Api(String server, String token, Path certificate) throws IOException {
    this.server = server;
    this.token = token;
    this.certificate = certificate;
    this.client = HttpClient.newBuilder().sslContext(context(trusting(certificate))).build();
  }

  static Api of(Path kubeconfig) {
    try {
      JsonNode config = YAML.readTree(Files.readString(kubeconfig));
      JsonNode cluster = config.at("/clusters/0/cluster");
      return new Api(
          cluster.path("server").asText(),
          config.at("/users/0/user/token").asText(),
          Path.of(cluster.path("certificate-authority").asText()));
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  String server() {
    return server;
  }

  Path certificate() {
    return certificate;
  }

  JsonNode get(String path) {
    return send("GET", path, "").orFail().body();
  }

  JsonNode post(String path, String body) {
    return send("POST", path, body).orFail().body();
  }

  /** A merge patch. */
  JsonNode patch(String path, String body) {
    return send("PATCH", path, body).orFail().body();
  }

  /** Deletes one object or a whole collection; what is gone already is fine. */
  void delete(String path) {
    Answer answer = send("DELETE", path, "");
    if (answer.status != 404) {
      answer.orFail();
    }
  }

  Answer send(String method, String path, String body) {
    try {
      HttpResponse<String> response =
          client.send(request(method, path, body), BodyHandlers.ofString());
      return new Answer(response.statusCode(), JSON.readTree(response.body()));
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(stopped);
    }
  }

  /** What a watch tells within a second, and the refusal of one that cannot begin. */
  List<JsonNode> watch(String path, String resourceVersion) {
    String query = "?watch=true&timeoutSeconds=1&resourceVersion=" + resourceVersion;
    try {
      HttpResponse<String> response =
          client.send(request("GET", path + query, ""), BodyHandlers.ofString());
      List<JsonNode> lines = new ArrayList<>();
      for (String line : response.body().lines().toList()) {
        lines.add(JSON.readTree(line));
      }
      return lines;
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(stopped);
    }
  }

  private HttpRequest request(String method, String path, String body) {
    String type = method.equals("PATCH") ? "application/merge-patch+json" : "application/json";
    return HttpRequest.newBuilder(URI.create(server + path))
        .header("Authorization", "Bearer " + token)
        .header("Content-Type", type)
        .timeout(PATIENCE)
        .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
        .build();
  }

  static X509TrustManager trusting(Path certificates) throws IOException {
    try (InputStream file = Files.newInputStream(certificates)) {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      for (var one : CertificateFactory.getInstance("X.509").generateCertificates(file)) {
        trusted.setCertificateEntry("certificate-" + trusted.size(), one);
      }
      TrustManagerFactory managers =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      managers.init(trusted);
      return (X509TrustManager) managers.getTrustManagers()[0];
    } catch (GeneralSecurityException broken) {
      throw new IOException(broken);
    }
  }

  static SSLContext context(X509TrustManager trust) throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {trust}, null);
      return context;
    } catch (GeneralSecurityException broken) {
      throw new IOException(broken);
    }
  }
}
