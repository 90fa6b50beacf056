package gpu.kerf.extender.cluster.kubernetes;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.kubernetes.calling.AccessException;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.schedulerconfig.SchedulerConfig;
import gpu.kerf.extender.service.ClusterService;
import gpu.kerf.extender.service.Vertxes;
import gpu.kerf.extender.settings.LiveSettings;
import gpu.kerf.extender.settings.SettingsSource;
import gpu.kerf.extender.time.Clocks;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code kerf serve} in this JVM, on a control plane. */
final class RunningKerf implements AutoCloseable {
  private final HttpClient http = HttpClient.newHttpClient();
  private final Vertx vertx = Vertxes.small();
  private final ClusterService service;
  private final Path kubeconfig;

  private RunningKerf(Path kubeconfig, Clocks clocks, List<String> more) {
    this.kubeconfig = kubeconfig;
    List<String> assignments =
        new ArrayList<>(
            List.of(
                "listen.port=0",
                "stop.lead=0s",
                "readiness.warmUpPods=0",
                "cluster.quarantineMargin=0s",
                "cluster.kubeconfig=" + kubeconfig));
    assignments.addAll(more);
    SettingsSource source = new SettingsSource(vertx, null, Map.of(), assignments);
    LiveSettings settings =
        new LiveSettings(source, Await.value(source.read()), InstantSource.system());
    try {
      service = ClusterService.start(vertx, settings, Map.of(), clocks);
    } catch (AccessException | IOException e) {
      throw new AssertionError(e);
    }
    Await.until("Kerf is ready", () -> get("/readyz").statusCode() == 200);
  }

  /** Started with the given settings beside the usual ones, and ready. */
  static RunningKerf on(ControlPlane plane, String... assignments) {
    return on(plane, Clocks.system(), assignments);
  }

  /** The same with other clocks. */
  static RunningKerf on(ControlPlane plane, Clocks clocks, String... assignments) {
    return new RunningKerf(plane.kubeconfig(), clocks, List.of(assignments));
  }

  /** The configuration of a kube-scheduler that asks it. */
  Path schedulerConfig(Path folder) {
    String yaml =
        SchedulerConfig.yaml(
            new SchedulerConfig.Options(
                "kerf",
                "http://127.0.0.1:" + service.port(),
                "kerf",
                kubeconfig.toString(),
                false,
                "",
                "",
                ""));
    try {
      return Files.writeString(folder.resolve("scheduler-" + service.port() + ".yaml"), yaml);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  HttpResponse<String> get(String path) {
    URI uri = URI.create("http://127.0.0.1:" + service.port() + path);
    try {
      return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** The value of a metric, of its first series; 0 if there is none. */
  double metric(String series) {
    return get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(series))
        .findFirst()
        .map(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .orElse(0.0);
  }

  ClusterService service() {
    return service;
  }

  @Override
  public void close() {
    service.stop();
    Vertxes.close(vertx);
  }
}
