import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Asks Kerf what kube-scheduler would ask for one pod after the other, and binds several at once;
 * also what the API server asks its webhook, and what Prometheus and a console read.
 */
final class PlayedScheduler {
  private static final int BINDINGS_AT_ONCE = 8;
  private static final long LONGEST_START_MILLIS = 600_000;

  /** After so many others a pod has ended. */
  private static final int LIFE = 1500;

  private final PlayedApiServer server;
  private final Training.Ports ports;
  private final HttpClient plain =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final HttpClient secure;

  PlayedScheduler(PlayedApiServer server, Training.Ports ports, ServerCertificate certificate)
      throws GeneralSecurityException, IOException {
    this.server = server;
    this.ports = ports;
    this.secure = HttpClient.newBuilder().sslContext(certificate.trusting()).build();
  }

  void awaitReady(Process kerf) throws Exception {
    long end = System.currentTimeMillis() + LONGEST_START_MILLIS;
    while (!isReady()) {
      if (!kerf.isAlive() || System.currentTimeMillis() > end) {
        throw new IllegalStateException("kerf serve did not become ready.");
      }
      Thread.sleep(50);
    }
  }

  private boolean isReady() throws InterruptedException {
    try {
      return get(ports.observe(), "/readyz").statusCode() == 200;
    } catch (IOException notYet) {
      return false;
    }
  }

  void schedule(int pods, int nodes) throws Exception {
    JsonArray names = new JsonArray();
    for (int i = 0; i < nodes; i++) {
      names.add(PlayedObjects.nodeName(i));
    }
    Semaphore free = new Semaphore(BINDINGS_AT_ONCE);
    ExecutorService binders = Executors.newFixedThreadPool(BINDINGS_AT_ONCE);
    for (int i = 0; i < pods; i++) {
      JsonObject pod = PlayedObjects.pod(i);
      if (i % 4 == 0) {
        review(pod);
      }
      pod = server.create(pod);
      String node = choose(pod, names);
      if (!node.isEmpty()) {
        JsonObject chosen = pod;
        free.acquire();
        binders.execute(
            () -> {
              bind(chosen, node);
              free.release();
            });
      }
      if (i >= LIFE) {
        server.delete(PlayedObjects.podName(i - LIFE));
      }
      if (i % 250 == 249) {
        look();
      }
    }
    binders.shutdown();
    if (!binders.awaitTermination(10, TimeUnit.MINUTES)) {
      throw new IllegalStateException("A binding has no answer.");
    }
  }

  /** The node that Kerf prefers; empty if there is none. */
  private String choose(JsonObject pod, JsonArray names) throws Exception {
    JsonObject call = new JsonObject().put("Pod", pod).putNull("Nodes").put("NodeNames", names);
    JsonArray fits = verb("filter", call).getJsonArray("NodeNames");
    if (fits == null || fits.isEmpty()) {
      JsonObject victims = new JsonObject();
      victims.put(names.getString(0), new JsonObject().put("Pods", new JsonArray()));
      verb("preempt", new JsonObject().put("Pod", pod).put("NodeNameToMetaVictims", victims));
      return "";
    }
    if (fits.size() > 1) {
      verb("prioritize", call.put("NodeNames", fits));
    }
    return fits.getString(0);
  }

  private void bind(JsonObject pod, String node) {
    JsonObject metadata = pod.getJsonObject("metadata");
    JsonObject call =
        new JsonObject()
            .put("PodName", metadata.getString("name"))
            .put("PodNamespace", metadata.getString("namespace"))
            .put("PodUID", metadata.getString("uid"))
            .put("Node", node);
    try {
      verb("bind", call);
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void review(JsonObject pod) throws Exception {
    JsonObject request =
        new JsonObject()
            .put("uid", "review")
            .put("operation", "CREATE")
            .put("namespace", "default")
            .put("kind", new JsonObject().put("version", "v1").put("kind", "Pod"))
            .put("resource", new JsonObject().put("version", "v1").put("resource", "pods"))
            .put("object", pod);
    JsonObject review =
        new JsonObject()
            .put("apiVersion", "admission.k8s.io/v1")
            .put("kind", "AdmissionReview")
            .put("request", request);
    for (String path : new String[] {"/mutate", "/validate"}) {
      URI uri = URI.create("https://127.0.0.1:" + ports.webhook() + path);
      checked(post(secure, uri, review), path);
    }
  }

  private void look() throws Exception {
    get(ports.observe(), "/metrics");
    for (String path : new String[] {"fleet", "pods", "status", "decisions", "teams"}) {
      get(ports.verbs(), "/api/v1/" + path);
    }
  }

  private JsonObject verb(String name, JsonObject call) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + ports.verbs() + "/" + name);
    HttpResponse<String> answer = post(plain, uri, call);
    checked(answer, name);
    return new JsonObject(answer.body().startsWith("[") ? "{}" : answer.body());
  }

  private static HttpResponse<String> post(HttpClient client, URI uri, JsonObject body)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private static void checked(HttpResponse<String> answer, String what) throws IOException {
    if (answer.statusCode() != 200) {
      throw new IOException(what + " answered " + answer.statusCode() + ": " + answer.body());
    }
  }

  private HttpResponse<String> get(int port, String path) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + port + path);
    return plain.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }
}
