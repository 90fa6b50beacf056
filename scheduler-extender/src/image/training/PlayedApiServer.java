import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.PfxOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;

/**
 * As much of an API server as Kerf uses: lists in pages, watches, bindings that come back as watch
 * events, leases and events; over HTTP/2 and TLS, as the real one. Everything runs on one thread.
 */
final class PlayedApiServer {
  private static final String PODS = "/api/v1/pods";
  private static final String NODES = "/api/v1/nodes";

  /** The real one packs answers from this size on. */
  private static final int PACKED = 128 * 1024;

  private final Vertx vertx;
  private final Context context;
  private final Map<String, PlayedKind> kinds = new HashMap<>();
  private final Map<String, JsonObject> singles = new HashMap<>();
  private long version = 1000;
  private int port;
  private volatile String certificate = "";
  private volatile int bindings;

  PlayedApiServer(Vertx vertx) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    for (String kind :
        List.of(
            PODS,
            NODES,
            "/api/v1/namespaces",
            "/apis/policy/v1/poddisruptionbudgets",
            "/apis/resource.k8s.io/v1/resourceslices",
            "/apis/resource.k8s.io/v1/resourceclaims",
            "/apis/batch/v1/jobs",
            "/apis/kerf.gpu/v1alpha1/teams")) {
      kinds.put(kind, new PlayedKind());
    }
    for (String single :
        List.of(
            "/apis/coordination.k8s.io/v1/namespaces/kerf-system/leases/kerf-binding",
            "/apis/coordination.k8s.io/v1/namespaces/kerf-system/leases/kerf-turns",
            "/api/v1/namespaces/kerf-system/configmaps/kerf-checkpoint")) {
      String name = single.substring(single.lastIndexOf('/') + 1);
      JsonObject metadata = new JsonObject().put("name", name).put("namespace", "kerf-system");
      singles.put(single, new JsonObject().put("metadata", metadata.put("resourceVersion", "1")));
    }
  }

  void listen(ServerCertificate identity) throws Exception {
    certificate = identity.pem();
    HttpServerOptions options =
        new HttpServerOptions()
            .setSsl(true)
            .setUseAlpn(true)
            .setKeyCertOptions(
                new PfxOptions()
                    .setPath(identity.keyStore().toString())
                    .setPassword(ServerCertificate.PASSWORD));
    CompletableFuture<Integer> listening = new CompletableFuture<>();
    context.runOnContext(
        nothing ->
            vertx
                .createHttpServer(options)
                .requestHandler(request -> request.body().onSuccess(body -> answer(request, body)))
                .listen(0, "127.0.0.1")
                .onSuccess(server -> listening.complete(server.actualPort()))
                .onFailure(listening::completeExceptionally));
    port = listening.get(10, TimeUnit.MINUTES);
  }

  Path kubeconfig(Path folder) throws IOException {
    String text =
        """
        apiVersion: v1
        kind: Config
        current-context: training
        contexts: [{name: training, context: {cluster: training, user: training, namespace: kerf-system}}]
        clusters: [{name: training, cluster: {server: "https://127.0.0.1:%d", certificate-authority-data: "%s"}}]
        users: [{name: training, user: {token: training}}]
        """
            .formatted(
                port,
                Base64.getEncoder().encodeToString(certificate.getBytes(StandardCharsets.UTF_8)));
    return Files.writeString(folder.resolve("kubeconfig"), text);
  }

  // ---- what happens in the cluster; called on other threads

  void addNodes(int count) throws Exception {
    onContext(
        () -> {
          for (int i = 0; i < count; i++) {
            put(NODES, PlayedObjects.node(i));
          }
        });
  }

  void addBoundPods(int count, int nodes) throws Exception {
    onContext(
        () -> {
          for (int i = 0; i < count; i++) {
            put(PODS, PlayedObjects.boundPod(i, i % nodes, i / nodes % 8));
          }
        });
  }

  /** The pod as the API server has it. */
  JsonObject create(JsonObject pod) throws Exception {
    onContext(() -> put(PODS, pod));
    return pod.copy();
  }

  void delete(String pod) throws Exception {
    onContext(() -> remove(pod));
  }

  int bindings() {
    return bindings;
  }

  private void onContext(Runnable work) throws Exception {
    CompletableFuture<Void> done = new CompletableFuture<>();
    context.runOnContext(
        nothing -> {
          try {
            work.run();
            done.complete(null);
          } catch (RuntimeException e) {
            done.completeExceptionally(e);
          }
        });
    done.get(10, TimeUnit.MINUTES);
  }

  private void put(String kind, JsonObject object) {
    object.getJsonObject("metadata").put("resourceVersion", "" + ++version);
    kinds.get(kind).put(version, object);
  }

  private void remove(String pod) {
    JsonObject known = kinds.get(PODS).get(pod);
    if (known != null) {
      known.getJsonObject("metadata").put("resourceVersion", "" + ++version);
      kinds.get(PODS).remove(version, pod);
    }
  }

  // ---- what Kerf asks

  private void answer(HttpServerRequest request, Buffer body) {
    String path = request.path();
    PlayedKind kind = kinds.get(path);
    if (kind != null) {
      if ("true".equals(request.getParam("watch"))) {
        kind.watch(request, version);
      } else {
        send(request, 200, kind.page(request, version));
      }
    } else if (singles.containsKey(path)) {
      single(request, body);
    } else if (path.endsWith("/events")) {
      send(request, 201, new JsonObject(body));
    } else if (path.startsWith("/api/v1/namespaces/") && path.contains("/pods/")) {
      pod(request, path.split("/", -1), body);
    } else if (path.startsWith(NODES + "/") && path.endsWith("/status")) {
      node(request, path.split("/", -1)[4], body);
    } else {
      status(request, 404, "the server could not find the requested resource");
    }
  }

  private void single(HttpServerRequest request, Buffer body) {
    JsonObject object = singles.get(request.path());
    if (request.method().name().equals("PATCH")) {
      object.mergeIn(new JsonObject(body), true);
      object.getJsonObject("metadata").put("resourceVersion", "" + ++version);
    }
    send(request, 200, object);
  }

  private void pod(HttpServerRequest request, String[] path, Buffer body) {
    JsonObject pod = kinds.get(PODS).get(path[6]);
    String part = path.length > 7 ? path[7] : "";
    if (pod == null) {
      status(request, 404, "pods \"" + path[6] + "\" not found");
      return;
    }
    switch (part) {
      case "binding" -> {
        bind(pod, new JsonObject(body));
        status(request, 201, "");
      }
      case "status" -> {
        pod.mergeIn(new JsonObject(body), true);
        put(PODS, pod);
        send(request, 200, pod);
      }
      case "eviction" -> {
        status(request, 201, "");
        remove(path[6]);
      }
      default -> send(request, 200, pod);
    }
  }

  private void bind(JsonObject pod, JsonObject binding) {
    JsonObject annotations = binding.getJsonObject("metadata").getJsonObject("annotations");
    JsonObject metadata = pod.getJsonObject("metadata");
    if (metadata.getJsonObject("annotations") == null) {
      metadata.put("annotations", new JsonObject());
    }
    metadata.getJsonObject("annotations").mergeIn(annotations);
    pod.getJsonObject("spec").put("nodeName", binding.getJsonObject("target").getString("name"));
    put(PODS, pod);
    bindings++;
    vertx.setTimer(
        20,
        id -> {
          pod.getJsonObject("status").put("phase", "Running");
          put(PODS, pod);
        });
  }

  private void node(HttpServerRequest request, String name, Buffer body) {
    JsonObject node = kinds.get(NODES).get(name);
    node.mergeIn(new JsonObject(body), true);
    put(NODES, node);
    send(request, 200, node);
  }

  private static void status(HttpServerRequest request, int code, String message) {
    JsonObject status =
        new JsonObject()
            .put("kind", "Status")
            .put("apiVersion", "v1")
            .put("metadata", new JsonObject())
            .put("status", code < 400 ? "Success" : "Failure")
            .put("message", message)
            .put("code", code);
    send(request, code, status);
  }

  private static void send(HttpServerRequest request, int code, JsonObject object) {
    HttpServerResponse response = request.response();
    response.setStatusCode(code).putHeader("Content-Type", "application/json");
    Buffer text = object.toBuffer();
    String accepted = request.getHeader("Accept-Encoding");
    if (text.length() >= PACKED && accepted != null && accepted.contains("gzip")) {
      response.putHeader("Content-Encoding", "gzip");
      text = packed(text);
    }
    response.end(text);
  }

  private static Buffer packed(Buffer text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream packing = new GZIPOutputStream(bytes)) {
      packing.write(text.getBytes());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return Buffer.buffer(bytes.toByteArray());
  }

  /** A list of objects. */
  static JsonObject list(JsonArray items, JsonObject metadata) {
    return new JsonObject()
        .put("kind", "List")
        .put("apiVersion", "v1")
        .put("metadata", metadata)
        .put("items", items);
  }
}
