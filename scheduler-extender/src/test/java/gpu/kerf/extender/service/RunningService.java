package gpu.kerf.extender.service;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.access.AccessReviews;
import gpu.kerf.extender.client.HttpConnection;
import gpu.kerf.extender.cluster.ClusterListener;
import gpu.kerf.extender.cluster.Disruptions;
import gpu.kerf.extender.delivery.EnvDelivery;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.settings.LiveSettings;
import gpu.kerf.extender.settings.SettingsSource;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The whole service on a cluster that a test steers, with a clock of the test's. */
public final class RunningService implements AutoCloseable {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  public final AtomicLong millis = new AtomicLong(1_795_258_800_000L);
  public final Scheduling scheduling;
  public final Service service;
  public final int port;
  private final Vertx vertx = Vertxes.small();
  private final Context context = vertx.getOrCreateContext();
  private volatile boolean nodesTold;
  private volatile boolean synced;
  private volatile Duration staleness = Duration.ZERO;

  /** A node of GPUs that are all alike. */
  public static NodeSpec node(String name, int gpus, String model, GpuMode mode) {
    GpuModel known = Objects.requireNonNull(GpuCatalog.builtIn().find(model, 0), model);
    return NodeSpec.of(name, Collections.nCopies(gpus, GpuSpec.of(known, mode)));
  }

  private RunningService(
      @Nullable Path file,
      List<NodeSpec> nodes,
      @Nullable AccessReviews reviews,
      String... assignments) {
    List<String> all =
        new ArrayList<>(
            List.of("listen.port=0", "stop.lead=0s", "stop.drain=1s", "readiness.warmUpPods=0"));
    all.addAll(List.of(assignments));
    SettingsSource source = new SettingsSource(vertx, file, Map.of(), all);
    Clocks clocks = Clocks.virtual(() -> Instant.ofEpochMilli(millis.get()));
    scheduling =
        new Scheduling(
            Dialects.all(), clocks, action -> context.runOnContext(nothing -> action.run()));
    LiveSettings settings = new LiveSettings(source, Await.value(source.read()), clocks.wall());
    service =
        onLoop(
            () -> {
              Service.Environment environment =
                  new Service.Environment(
                      new Steered(),
                      new EnvDelivery(),
                      Disruptions.NONE,
                      "demo",
                      new Metrics(),
                      reviews);
              Service made = new Service(vertx, settings, scheduling, environment, clocks);
              nodes.forEach(made.listener()::nodeChanged);
              return made;
            });
    port = Await.value(begin(service::start));
  }

  /** Starts with nodes that are all known at once. */
  public static RunningService on(List<NodeSpec> nodes, String... assignments) {
    RunningService running = new RunningService(null, nodes, null, assignments);
    running.synced = true;
    return running;
  }

  /** Starts with an observers' port whose clients are judged. */
  public static RunningService reviewed(
      AccessReviews reviews, List<NodeSpec> nodes, String... assignments) {
    List<String> all =
        new ArrayList<>(
            List.of("observe.host=127.0.0.1", "observe.port=0", "observe.console=true"));
    all.addAll(List.of(assignments));
    RunningService running = new RunningService(null, nodes, reviews, all.toArray(String[]::new));
    running.synced = true;
    return running;
  }

  /** Starts with settings in a file. */
  static RunningService with(Path file, List<NodeSpec> nodes) {
    RunningService running = new RunningService(file, nodes, null);
    running.synced = true;
    return running;
  }

  /** Starts with nodes, while the cluster says that it is not all. */
  public static RunningService notSynced(List<NodeSpec> nodes, String... assignments) {
    return new RunningService(null, nodes, null, assignments);
  }

  /** From now on all nodes are there, and pods may be missing. */
  void nodesTold() {
    nodesTold = true;
  }

  void sync() {
    synced = true;
  }

  void stale(Duration age) {
    staleness = age;
  }

  /** What news of the cluster is told to; to be called {@link #onLoop}. */
  public ClusterListener listener() {
    return service.listener();
  }

  /** Does something on the thread that owns the scheduling. */
  public <T> T onLoop(Supplier<T> action) {
    return Await.value(begin(() -> Future.succeededFuture(action.get())));
  }

  <T> Future<T> begin(Supplier<Future<T>> action) {
    Promise<T> promise = Promise.promise();
    context.runOnContext(
        nothing -> {
          try {
            action.get().onComplete(promise);
          } catch (RuntimeException failed) {
            promise.fail(failed);
          }
        });
    return promise.future();
  }

  /** What a path answers; fails unless that is 200. */
  public String get(String path) {
    return call(path, null, 200);
  }

  /** What a path answers, with a status. */
  public String get(String path, int status) {
    return call(path, null, status);
  }

  public JsonNode json(String path) {
    return parsed(get(path));
  }

  public JsonNode post(String path, String body) {
    return parsed(call(path, body, 200));
  }

  private String call(String path, @Nullable String body, int expected) {
    try (HttpConnection connection =
        new HttpConnection(URI.create("http://127.0.0.1:" + port), (int) Await.LONG.toMillis())) {
      byte[] bytes = body == null ? new byte[0] : body.getBytes(StandardCharsets.UTF_8);
      int status = body == null ? connection.get(path) : connection.post(path, bytes, bytes.length);
      if (status != expected) {
        throw new AssertionError(path + " answered " + status + ": " + connection.text());
      }
      return connection.text();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  static JsonNode parsed(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException nonsense) {
      throw new AssertionError(text, nonsense);
    }
  }

  /** Filters and binds a pod; the node it went to. */
  public String place(String name, String limits) {
    return placePod(name, pod(name, limits));
  }

  /** The same behind a wall of MIG. */
  public String placeWalled(String name, String limits) {
    String wall = "\"metadata\":{\"annotations\":{\"kerf.gpu/wall\":\"mig\"},";
    return placePod(name, pod(name, limits).replace("\"metadata\":{", wall));
  }

  private String placePod(String name, String pod) {
    JsonNode filtered = post("/filter", arguments(pod));
    String node = filtered.path("NodeNames").path(0).asText();
    if (node.isEmpty()) {
      throw new AssertionError(name + " fits nowhere: " + filtered);
    }
    JsonNode bound =
        post(
            "/bind",
            "{\"PodName\":\"%s\",\"PodNamespace\":\"ml\",\"PodUID\":\"uid-%s\",\"Node\":\"%s\"}"
                .formatted(name, name, node));
    if (!bound.path("Error").asText().isEmpty()) {
      throw new AssertionError(name + " is not bound: " + bound);
    }
    return node;
  }

  /** Filters a pod that fits nowhere. */
  public void refuse(String name, String limits) {
    JsonNode filtered = post("/filter", arguments(pod(name, limits)));
    if (!filtered.path("NodeNames").isEmpty()) {
      throw new AssertionError(name + " fits: " + filtered);
    }
  }

  public static String pod(String name, String limits) {
    return ("{\"metadata\":{\"name\":\"%s\",\"namespace\":\"ml\",\"uid\":\"uid-%s\"},"
            + "\"spec\":{\"schedulerName\":\"kerf\",\"containers\":[{\"name\":\"main\","
            + "\"resources\":{\"limits\":{%s}}}]}}")
        .formatted(name, name, limits);
  }

  private String arguments(String pod) {
    List<String> names = new ArrayList<>();
    json("/api/v1/fleet").path("nodes").forEach(node -> names.add(node.path("name").asText()));
    return "{\"Pod\":%s,\"Nodes\":null,\"NodeNames\":[\"%s\"]}"
        .formatted(pod, String.join("\",\"", names));
  }

  /** The cluster as the test wants it. */
  private final class Steered extends WarmUpCluster {

    @Override
    public boolean synced() {
      return synced;
    }

    @Override
    public boolean nodesTold() {
      return nodesTold || synced;
    }

    @Override
    public Duration staleness() {
      return staleness;
    }
  }

  @Override
  public void close() {
    Await.value(begin(service::stop));
    Vertxes.close(vertx);
  }
}
