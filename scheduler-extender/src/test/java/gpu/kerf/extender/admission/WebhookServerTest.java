package gpu.kerf.extender.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.http.TestCertificate;
import gpu.kerf.extender.service.RunningService;
import gpu.kerf.model.hardware.GpuMode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The webhooks over TLS, without an API server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WebhookServerTest {
  private static final String POD =
      "{spec: {containers: [{name: main, resources: {limits: {kerf.gpu/memory: 8Gi}}}]}}";

  private Path folder = Path.of("");
  private List<TestCertificate> certificates = List.of();

  @BeforeAll
  void make(@TempDir Path files) {
    folder = files;
    certificates =
        List.of(
            TestCertificate.make(folder, "first", "EC"),
            TestCertificate.make(folder, "second", "EC"),
            TestCertificate.make(folder, "client", "EC"),
            TestCertificate.make(folder, "stranger", "EC"));
  }

  @BeforeEach
  void show() throws IOException {
    show(0);
    Files.writeString(folder.resolve("ca.crt"), certificates.get(2).certificatePem());
  }

  private void show(int number) throws IOException {
    Files.writeString(folder.resolve("tls.crt"), certificates.get(number).certificatePem());
    Files.writeString(folder.resolve("tls.key"), certificates.get(number).keyPem());
  }

  @Test
  void bothWebhooksAnswerReviews() throws Exception {
    try (RunningService service = serve()) {
      JsonNode answer =
          ok(
              post(
                  service,
                  "/mutate?timeout=10s",
                  AdmissionFixture.creation(AdmissionFixture.pod(POD))));
      assertThat(answer.at("/kind").asText()).isEqualTo("AdmissionReview");
      assertThat(answer.at("/response/patchType").asText()).isEqualTo("JSONPatch");
      String patch =
          new String(
              Base64.getDecoder().decode(answer.at("/response/patch").asText()),
              StandardCharsets.UTF_8);
      assertThat(patch).startsWith("[{\"op\":\"add\",\"path\":\"/spec/containers/0/env\"");

      JsonNode verdict =
          ok(post(service, "/validate", AdmissionFixture.creation(AdmissionFixture.pod(POD))));
      assertThat(verdict.at("/response/allowed").asBoolean()).isFalse();
      assertThat(verdict.at("/response/status/message").asText()).contains("is missing");
      assertThat(service.get("/metrics"))
          .contains(
              "kerf_admission_answers_total{webhook=\"mutate\",outcome=\"patched\",reason=\"\",}"
                  + " 1.0")
          .contains(
              "kerf_admission_answers_total{webhook=\"validate\",outcome=\"refused\",reason=\"incomplete\",}"
                  + " 1.0")
          .contains("kerf_admission_duration_seconds_count{webhook=\"mutate\",} 1.0")
          .contains("kerf_http_connections{port=\"webhook\",}");
    }
  }

  /** On the loop of the verbs nothing moves until the review is answered on another. */
  @Test
  void aReviewIsAnsweredWhileTheVerbsLoopIsBusy() throws Exception {
    try (RunningService service = serve()) {
      HttpRequest review =
          review(service, "/mutate", AdmissionFixture.creation(AdmissionFixture.pod(POD)));
      HttpClient client = http(null);
      int status =
          service.onLoop(
              () -> client.sendAsync(review, BodyHandlers.ofString()).join().statusCode());
      assertThat(status).isEqualTo(200);
    }
  }

  @Test
  void aReviewSeesANodeThatCameLately() throws Exception {
    byte[] large =
        AdmissionFixture.creation(
            AdmissionFixture.usual()
                .mutated(
                    AdmissionFixture.pod(
                        "{spec: {containers: [{name: main, resources: {limits: {kerf.gpu/memory:"
                            + " 100Gi}}}]}}")));
    try (RunningService service = serve()) {
      assertThat(ok(post(service, "/validate", large)).at("/response/allowed").asBoolean())
          .isFalse();
      service.onLoop(
          () -> {
            service
                .service
                .listener()
                .nodeChanged(RunningService.node("b", 1, "H200-141GB", GpuMode.PLAIN));
            return "";
          });
      // The snapshot is replaced in the loop's next turn.
      service.onLoop(() -> "");
      assertThat(ok(post(service, "/validate", large)).at("/response/allowed").asBoolean())
          .isTrue();
    }
  }

  @Test
  void nothingElseIsBehindItsDoor() throws Exception {
    try (RunningService service = serve()) {
      for (String path :
          List.of("/filter", "/bind", "/metrics", "/api/v1/fleet", "/", "/mutate/")) {
        assertThat(
                post(service, path, AdmissionFixture.creation(AdmissionFixture.pod(POD)))
                    .statusCode())
            .as(path)
            .isEqualTo(404);
      }
      HttpResponse<String> get =
          http(null).send(request(service, "/mutate").GET().build(), BodyHandlers.ofString());
      assertThat(get.statusCode()).isEqualTo(405);
    }
  }

  @Test
  void whatIsNoReviewIsRefusedWithItsReason() throws Exception {
    try (RunningService service = serve("limits.body=64KiB")) {
      assertThat(refusal(service, "no json")).startsWith("400").contains("cannot be read");
      assertThat(refusal(service, "[]")).startsWith("400").contains("not a JSON object");
      assertThat(refusal(service, "{}")).startsWith("400").contains("no request with a uid");
      assertThat(refusal(service, "{\"request\":{\"uid\":\"a\"},\"request\":{}}"))
          .startsWith("400")
          .contains("Duplicate");
      assertThat(refusal(service, "{\"a\":" + "[".repeat(500) + "]".repeat(500) + "}"))
          .startsWith("400");
      assertThat(refusal(service, "{\"apiVersion\":\"admission.k8s.io/v1beta1\"}"))
          .startsWith("400")
          .contains("admissionReviewVersions: [v1]");
      assertThat(refusal(service, "x".repeat(70_000))).startsWith("413");
    }
  }

  @Test
  void withClientAuthoritiesOnlyTheirClientsAreAnswered() throws Exception {
    try (RunningService service =
        serve("admission.clientAuthorities=" + folder.resolve("ca.crt"))) {
      HttpRequest review =
          review(service, "/mutate", AdmissionFixture.creation(AdmissionFixture.pod(POD)));

      assertThat(http(certificates.get(2)).send(review, BodyHandlers.ofString()).statusCode())
          .isEqualTo(200);
      assertThatThrownBy(() -> http(null).send(review, BodyHandlers.ofString()))
          .as("without a certificate")
          .isInstanceOf(IOException.class);
      assertThatThrownBy(() -> http(certificates.get(3)).send(review, BodyHandlers.ofString()))
          .as("with one of an unknown authority")
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void plainHttpIsNotAnswered() throws Exception {
    try (RunningService service = serve()) {
      URI plain = URI.create("http://127.0.0.1:" + port(service) + "/mutate");
      HttpRequest request =
          HttpRequest.newBuilder(plain)
              .timeout(Await.LONG)
              .POST(BodyPublishers.ofString("{}"))
              .build();
      assertThatThrownBy(() -> HttpClient.newHttpClient().send(request, BodyHandlers.ofString()))
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void itWaitsForItsCertificateAndTakesTheNextWhileItRuns() throws Exception {
    Files.delete(folder.resolve("tls.key"));
    try (RunningService service = serve()) {
      Await.until(
          "readiness says what is missing",
          () -> service.get("/metrics").contains("kerf_ready{condition=\"webhook\",} 0.0"));
      assertThat(port(service)).isZero();

      show(0);

      Await.until("it listens", () -> port(service) > 0);
      assertThat(service.get("/metrics")).contains("kerf_ready{condition=\"webhook\",} 1.0");
      ok(post(service, "/mutate", AdmissionFixture.creation(AdmissionFixture.pod(POD))));

      show(1);

      Await.until(
          "it shows the next one",
          () ->
              service
                  .get("/metrics")
                  .contains("kerf_tls_reloads_total{port=\"webhook\",outcome=\"changed\",} 1.0"));
      ok(post(service, "/mutate", AdmissionFixture.creation(AdmissionFixture.pod(POD))));
    }
  }

  private RunningService serve(String... more) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "admission.enabled=true",
                "admission.host=127.0.0.1",
                "admission.port=0",
                "admission.certificate=" + folder.resolve("tls.crt"),
                "admission.key=" + folder.resolve("tls.key"),
                "tls.checkEvery=100ms"));
    all.addAll(List.of(more));
    RunningService service =
        RunningService.on(
            List.of(RunningService.node("a", 2, "H100-80GB", GpuMode.PLAIN)),
            all.toArray(String[]::new));
    if (Files.exists(folder.resolve("tls.key"))) {
      Await.until("it listens", () -> port(service) > 0);
    }
    return service;
  }

  private static int port(RunningService service) {
    return service.onLoop(service.service::webhookPort);
  }

  private static JsonNode ok(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return AdmissionFixture.parse(answer.body());
  }

  private String refusal(RunningService service, String body) throws Exception {
    HttpResponse<String> answer = post(service, "/validate", body.getBytes(StandardCharsets.UTF_8));
    return answer.statusCode() + " " + answer.body();
  }

  private HttpResponse<String> post(RunningService service, String path, byte[] body)
      throws Exception {
    return http(null).send(review(service, path, body), BodyHandlers.ofString());
  }

  private static HttpRequest review(RunningService service, String path, byte[] body) {
    return request(service, path).POST(BodyPublishers.ofByteArray(body)).build();
  }

  private static HttpRequest.Builder request(RunningService service, String path) {
    return HttpRequest.newBuilder(URI.create("https://localhost:" + port(service) + path))
        .header("Content-Type", "application/json")
        .timeout(Await.LONG);
  }

  private HttpClient http(@Nullable TestCertificate identity) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("first", certificates.get(0).certificate());
    trusted.setCertificateEntry("second", certificates.get(1).certificate());
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(identity == null ? null : identity.store(), TestCertificate.PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return HttpClient.newBuilder().sslContext(context).build();
  }
}
