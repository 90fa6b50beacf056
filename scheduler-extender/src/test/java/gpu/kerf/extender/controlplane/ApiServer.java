package gpu.kerf.extender.controlplane;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** kube-apiserver, which can go and come back as the same one. */
final class ApiServer {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final Path path;
  private final Path log;
  private final List<String> flags;
  private final String address;
  private final Access access;
  private @Nullable Program program;
  private @Nullable HttpClient client;

  ApiServer(Path path, Path log, String address, Access access, List<String> flags) {
    this.path = path;
    this.log = log;
    this.address = address;
    this.access = access;
    this.flags = flags;
  }

  /** Its flags, except those that a test adds. */
  static List<String> flags(int port, String etcd, Access access, Options options) {
    List<String> flags =
        new ArrayList<>(
            List.of(
                "--etcd-servers=" + etcd,
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                "--secure-port=" + port,
                "--endpoint-reconciler-type=none",
                "--cert-dir=" + access.certificates(),
                "--token-auth-file=" + access.tokens(),
                "--authorization-mode=RBAC",
                "--service-account-issuer=https://kerf.test",
                "--service-account-key-file=" + access.verifyingKey(),
                "--service-account-signing-key-file=" + access.signingKey(),
                "--service-cluster-ip-range=10.0.0.0/24",
                "--allow-privileged",
                "--max-requests-inflight=2000",
                "--max-mutating-requests-inflight=1000",
                "--disable-admission-plugins=" + disabled(options)));
    flags.addAll(options.apiServerFlags());
    return flags;
  }

  /** Without the node lifecycle nothing would lift a taint again. */
  private static String disabled(Options options) {
    List<String> plugins = new ArrayList<>();
    if (!options.serviceAccounts()) {
      plugins.add("ServiceAccount");
    }
    if (!options.nodeLifecycle()) {
      plugins.add("TaintNodesByCondition");
    }
    return String.join(",", plugins);
  }

  void start() {
    List<String> command = new ArrayList<>(List.of(path.toString()));
    command.addAll(flags);
    program = Program.start(log, Map.of(), command);
  }

  void kill() {
    if (program != null) {
      program.kill();
    }
  }

  long pid() {
    if (program == null) {
      throw new IllegalStateException("kube-apiserver was not started.");
    }
    return program.pid();
  }

  void awaitReady(Program etcd) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!"ok".equals(get("/readyz"))) {
      if (System.nanoTime() > deadline
          || !etcd.running()
          || program == null
          || !program.running()) {
        throw new IllegalStateException(
            "kube-apiserver did not become ready. The end of its log:\n%s\nThe end of etcd's log:\n%s"
                .formatted(program == null ? "" : program.lastWords(), etcd.lastWords()));
      }
      LockSupport.parkNanos(20_000_000);
    }
  }

  /** Some objects are made by the API server itself, soon after it is ready. */
  void awaitAnswer(String path) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (get(path) == null) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("There is no " + path + ".");
      }
      LockSupport.parkNanos(20_000_000);
    }
  }

  /** The body of a GET, or nothing while there is no successful answer. */
  @Nullable String get(String path) {
    try {
      HttpRequest request = request(path).timeout(Duration.ofSeconds(5)).build();
      var response = client().send(request, BodyHandlers.ofString());
      return response.statusCode() == 200 ? response.body() : null;
    } catch (IOException notYet) {
      return null;
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(stopped);
    }
  }

  /** Deletes one object. */
  void delete(String path) {
    try {
      var answer = client().send(request(path).DELETE().build(), BodyHandlers.ofString());
      if (answer.statusCode() >= 300) {
        throw new IllegalStateException(path + ": " + answer.statusCode() + " " + answer.body());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Creates objects, many at a time; all of them exist afterwards. */
  void create(String path, List<String> manifests) {
    Semaphore atOnce = new Semaphore(64);
    List<CompletableFuture<?>> created = new ArrayList<>();
    try {
      for (String manifest : manifests) {
        atOnce.acquire();
        created.add(post(path, manifest).whenComplete((done, failed) -> atOnce.release()));
      }
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(stopped);
    }
    created.forEach(CompletableFuture::join);
  }

  private CompletableFuture<?> post(String path, String manifest) throws IOException {
    HttpRequest request =
        request(path)
            .header("Content-Type", "application/yaml")
            .POST(BodyPublishers.ofString(manifest))
            .build();
    return client()
        .sendAsync(request, BodyHandlers.ofString())
        .thenAccept(
            response -> {
              if (response.statusCode() != 201) {
                throw new IllegalStateException(path + " answered " + response.body());
              }
            });
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(address + path))
        .header("Authorization", "Bearer " + access.token(Access.ADMIN));
  }

  /** One for all the lives of the server: it keeps its certificate. */
  private HttpClient client() throws IOException {
    if (client == null) {
      client =
          HttpClient.newBuilder()
              .connectTimeout(Duration.ofSeconds(5))
              .sslContext(trusting(access.certificate()))
              .build();
    }
    return client;
  }

  private static SSLContext trusting(Path certificates) throws IOException {
    try (InputStream file = Files.newInputStream(certificates)) {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(file)) {
        trusted.setCertificateEntry("certificate-" + trusted.size(), one);
      }
      if (trusted.size() == 0) {
        throw new IOException(certificates + " is not written yet.");
      }
      TrustManagerFactory managers =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      managers.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, managers.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException halfWritten) {
      throw new IOException(halfWritten);
    }
  }
}
