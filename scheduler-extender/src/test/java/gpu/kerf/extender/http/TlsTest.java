package gpu.kerf.extender.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.extender.Await;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TlsTest {
  private Path folder = Path.of("");
  private List<TestCertificate> certificates = List.of();

  @BeforeAll
  void make(@TempDir Path files) {
    folder = files;
    certificates =
        List.of(
            TestCertificate.make(folder, "first", "EC"),
            TestCertificate.make(folder, "second", "RSA"),
            TestCertificate.make(folder, "client", "EC"));
  }

  private TestCertificate first() {
    return certificates.get(0);
  }

  private TestCertificate second() {
    return certificates.get(1);
  }

  private TestCertificate client() {
    return certificates.get(2);
  }

  @BeforeEach
  void writeFirst() throws IOException {
    write("tls.crt", first().certificatePem());
    write("tls.key", first().keyPem());
    write("ca.crt", client().certificatePem());
  }

  @Test
  void withTlsTheServiceSpeaksHttp2AndHttp11() throws Exception {
    try (TestService service = serve()) {
      assertThat(post(service, Version.HTTP_2, null).version()).isEqualTo(Version.HTTP_2);
      assertThat(post(service, Version.HTTP_1_1, null).version()).isEqualTo(Version.HTTP_1_1);
    }
  }

  @Test
  void manyBindsGoOverOneHttp2Connection() throws Exception {
    try (TestService service = serve()) {
      HttpClient client = http(Version.HTTP_2, null);
      assertThat(client.send(request(service, "/filter"), BodyHandlers.ofString()).body())
          .isEqualTo("{}");
      List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        answers.add(client.sendAsync(request(service, "/bind"), BodyHandlers.ofString()));
      }
      for (int i = 0; i < 20; i++) {
        service.nextBind().complete(new VerbHandler.Answer(Buffer.buffer("{}"), "placed", ""));
      }
      for (CompletableFuture<HttpResponse<String>> answer : answers) {
        assertThat(answer.get(Await.LONG.toSeconds(), TimeUnit.SECONDS).statusCode())
            .isEqualTo(200);
      }
      assertThat(service.metrics())
          .contains("kerf_http_connections{port=\"verbs\",} 1.0")
          .contains("kerf_http_in_flight_requests{port=\"verbs\",} 0.0");
    }
  }

  @Test
  void overHttp2TooLongABodyIsRefusedAndTheConnectionLives() throws Exception {
    try (TestService service = serve("limits.body=1KiB")) {
      HttpClient client = http(Version.HTTP_2, null);
      HttpRequest tooLong =
          HttpRequest.newBuilder(uri(service, "/filter"))
              .header("Content-Type", "application/json")
              .POST(BodyPublishers.ofString("x".repeat(5000)))
              .build();

      HttpResponse<String> refused = client.send(tooLong, BodyHandlers.ofString());

      assertThat(refused.statusCode()).isEqualTo(413);
      assertThat(refused.body()).contains("body-too-long");
      assertThat(client.send(request(service, "/filter"), BodyHandlers.ofString()).statusCode())
          .isEqualTo(200);
      Await.until(
          "nothing is in flight",
          () -> service.metrics().contains("kerf_http_in_flight_requests{port=\"verbs\",} 0.0"));
    }
  }

  @Test
  void withClientAuthoritiesOnlyTheirClientsAreServed() throws Exception {
    try (TestService service = serve("tls.clientAuthorities=" + folder.resolve("ca.crt"))) {
      assertThat(post(service, Version.HTTP_2, client()).statusCode()).isEqualTo(200);
      assertThatThrownBy(() -> post(service, Version.HTTP_2, null)).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> post(service, Version.HTTP_1_1, second()))
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void newCertificateFilesAreTakenWhileItRuns() throws Exception {
    try (TestService service = serve("tls.checkEvery=100ms")) {
      SSLSocket open = socket(service);
      assertThat(new Wire(open).post("/filter", "{}").reply().status()).isEqualTo(200);
      assertThat(shownOn(open)).isEqualTo(first().certificate());

      write("tls.crt", second().certificatePem());
      write("tls.key", second().keyPem());

      Await.until("the new one is shown", () -> shown(service).equals(second().certificate()));
      assertThat(new Wire(open).post("/filter", "{}").reply().status())
          .as("on a connection from before")
          .isEqualTo(200);
      assertThat(service.metrics())
          .contains("kerf_tls_reloads_total{port=\"verbs\",outcome=\"changed\",} 1.0");
    }
  }

  @Test
  void aKeyThatDoesNotBelongToTheCertificateIsRefusedAndTheOldPairStays() throws Exception {
    try (TestService service = serve("tls.checkEvery=100ms")) {
      write("tls.crt", second().certificatePem());

      Await.until(
          "it is refused",
          () ->
              service
                  .metrics()
                  .contains("kerf_tls_reloads_total{port=\"verbs\",outcome=\"refused\",} 1.0"));
      assertThat(shown(service)).isEqualTo(first().certificate());

      write("tls.key", second().keyPem());

      Await.until("the new pair is shown", () -> shown(service).equals(second().certificate()));
    }
  }

  @Test
  void filesThatAreNoCertificatesAreRefusedAtTheStartWithTheirNames() throws IOException {
    write("tls.key", "no key");
    assertThatThrownBy(this::serve)
        .hasMessageContaining("tls.key (" + folder.resolve("tls.key") + ")")
        .hasMessageContaining("are not the PEM files");
    write("tls.key", client().keyPem());
    assertThatThrownBy(this::serve).hasMessageContaining("the key does not belong");
    write("tls.key", second().keyPem());
    assertThatThrownBy(this::serve).hasMessageContaining("does not match algorithm");
    Files.delete(folder.resolve("tls.key"));
    assertThatThrownBy(this::serve).hasMessageContaining("does not exist");
    write("tls.key", first().keyPem());
    write("ca.crt", "");
    assertThatThrownBy(() -> serve("tls.clientAuthorities=" + folder.resolve("nothing.crt")))
        .hasMessageContaining("tls.clientAuthorities");
  }

  @Test
  void aClientThatNeverFinishesTheHandshakeIsCutOff() {
    try (TestService service = serve("limits.arrival=200ms");
        Wire silent = new Wire(service.port())) {
      assertThat(silent.isClosedByPeer()).isTrue();
    }
  }

  private TestService serve(String... more) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "tls.certificate=" + folder.resolve("tls.crt"),
                "tls.key=" + folder.resolve("tls.key")));
    all.addAll(List.of(more));
    return TestService.with(all.toArray(String[]::new));
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  private HttpResponse<String> post(
      TestService service, Version version, @Nullable TestCertificate identity) throws Exception {
    return http(version, identity).send(request(service, "/filter"), BodyHandlers.ofString());
  }

  private static HttpRequest request(TestService service, String path) {
    return HttpRequest.newBuilder(uri(service, path))
        .header("Content-Type", "application/json")
        .timeout(Await.LONG)
        .POST(BodyPublishers.ofString("{}"))
        .build();
  }

  private static URI uri(TestService service, String path) {
    return URI.create("https://localhost:" + service.port() + path);
  }

  private HttpClient http(Version version, @Nullable TestCertificate identity) throws Exception {
    return HttpClient.newBuilder().version(version).sslContext(context(identity)).build();
  }

  private SSLContext context(@Nullable TestCertificate identity) throws GeneralSecurityException {
    try {
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      trusted.setCertificateEntry("first", first().certificate());
      trusted.setCertificateEntry("second", second().certificate());
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(trusted);
      KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
      keys.init(identity == null ? null : identity.store(), TestCertificate.PASSWORD);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (IOException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private SSLSocket socket(TestService service) throws GeneralSecurityException, IOException {
    SSLSocket socket =
        (SSLSocket)
            context(null)
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), service.port());
    socket.setSoTimeout((int) Await.LONG.toMillis());
    socket.startHandshake();
    return socket;
  }

  private static X509Certificate shownOn(SSLSocket socket) throws IOException {
    return (X509Certificate) socket.getSession().getPeerCertificates()[0];
  }

  /** The certificate that a new connection gets. */
  private X509Certificate shown(TestService service) {
    try (SSLSocket socket = socket(service)) {
      return shownOn(socket);
    } catch (IOException | GeneralSecurityException failed) {
      throw new AssertionError(failed);
    }
  }
}
