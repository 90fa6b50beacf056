package gpu.kerf.extender.cluster.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.kubernetes.calling.AccessException;
import gpu.kerf.extender.service.ClusterService;
import gpu.kerf.extender.service.Vertxes;
import gpu.kerf.extender.settings.LiveSettings;
import gpu.kerf.extender.settings.SettingsSource;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code kerf serve} as a whole, against a small API server. */
class ClusterServiceTest {
  private final HttpClient http = HttpClient.newHttpClient();
  @RegisterExtension private final FakeApiServerExtension fake = new FakeApiServerExtension();

  private final FakeApiServer api = fake.api();
  private Vertx vertx;
  private @Nullable ClusterService service;

  @BeforeEach
  void start() {
    api.put("nodes", Manifests.node("a", Manifests.INVENTORY));
    api.put("pods", Manifests.pod("p", "kerf.gpu/memory", "8Gi"));
    vertx = Vertxes.small();
  }

  @AfterEach
  void stop() {
    service().stop();
    Vertxes.close(vertx);
  }

  private void serve() throws IOException, AccessException {
    List<String> assignments =
        List.of(
            "listen.port=0",
            "stop.lead=0s",
            "readiness.warmUpPods=0",
            "cluster.kubeconfig=" + fake.kubeconfig());
    SettingsSource source = new SettingsSource(vertx, null, Map.of(), assignments);
    LiveSettings settings =
        new LiveSettings(source, Await.value(source.read()), InstantSource.system());
    service = ClusterService.start(vertx, settings, Map.of());
    Await.until("it is ready", () -> get("/readyz").statusCode() == 200);
  }

  private ClusterService service() {
    return Objects.requireNonNull(service);
  }

  private HttpResponse<String> get(String path) {
    return send(HttpRequest.newBuilder(uri(path)).build());
  }

  private String post(String path, String body) {
    return send(HttpRequest.newBuilder(uri(path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build())
        .body();
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + service().port() + path);
  }

  private HttpResponse<String> send(HttpRequest request) {
    try {
      return http.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private String uid(String pod) {
    return api.get("pods", "ml/" + pod).at("/metadata/uid").asText();
  }

  @Test
  void aPodPassesFilterAndIsBoundWithWhatItGot() throws Exception {
    serve();
    String pod = api.get("pods", "ml/p").toString();
    assertThat(post("/filter", "{\"Pod\":" + pod + ",\"NodeNames\":[\"a\"]}"))
        .contains("\"NodeNames\":[\"a\"]");
    String bind =
        "{\"PodName\":\"p\",\"PodNamespace\":\"ml\",\"PodUID\":\""
            + uid("p")
            + "\",\"Node\":\"a\"}";
    assertThat(post("/bind", bind)).contains("\"Error\":\"\"");
    assertThat(api.get("pods", "ml/p").at("/metadata/annotations/kerf.gpu~1placement").asText())
        .contains("\"1g.10gb\"", "MIG-0");
    Await.until("an event tells it", () -> !api.events().isEmpty());
    assertThat(api.events().get(0).path("note").asText()).contains("GPU 1 1g.10gb at slice 0");
  }

  @Test
  void aRestartKnowsWhatIsHeld() throws Exception {
    aPodPassesFilterAndIsBoundWithWhatItGot();
    service().stop();
    api.put(
        "pods",
        Manifests.pod("q", "kerf.gpu/memory", "8Gi")
            .replace("\"labels\"", "\"annotations\":{\"kerf.gpu/wall\":\"mig\"},\"labels\""));
    api.put(
        "pods",
        Manifests.pod("r", "kerf.gpu/memory", "16Gi")
            .replace("\"labels\"", "\"annotations\":{\"kerf.gpu/wall\":\"mig\"},\"labels\""));
    serve();
    assertThat(get("/api/v1/fleet").body()).contains("\"heldMiB\":9856");
    // 1g.10gb is taken, so the 8Gi behind a MIG wall go to 3g.20gb, and then nothing is left.
    String q = api.get("pods", "ml/q").toString();
    assertThat(post("/filter", "{\"Pod\":" + q + ",\"NodeNames\":[\"a\"]}"))
        .contains("\"NodeNames\":[\"a\"]");
    post(
        "/bind",
        "{\"PodName\":\"q\",\"PodNamespace\":\"ml\",\"PodUID\":\""
            + uid("q")
            + "\",\"Node\":\"a\"}");
    String r = api.get("pods", "ml/r").toString();
    assertThat(post("/filter", "{\"Pod\":" + r + ",\"NodeNames\":[\"a\"]}"))
        .contains("\"FailedAndUnresolvableNodes\":{\"a\"");
  }
}
