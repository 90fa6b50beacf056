package gpu.kerf.extender.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.Kerf;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Ports;
import gpu.kerf.extender.controlplane.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** {@code kerf serve} as a process of its own. It keeps its port over all its starts. */
final class KerfProcess implements AutoCloseable {
  private final ControlPlane plane;
  private final String name;
  private final List<String> command;
  private final int port = Ports.free();
  private final HttpClient http = HttpClient.newHttpClient();
  private @Nullable Program program;

  KerfProcess(ControlPlane plane, String name, Path kubeconfig, List<String> settings) {
    this.plane = plane;
    this.name = name;
    this.command = new ArrayList<>(List.of(java(), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-Xmx256m", "-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(Kerf.class.getName(), "serve", "--kubeconfig=" + kubeconfig));
    command.add("--listen=127.0.0.1:" + port);
    command.addAll(List.of("--set=stop.lead=0s", "--set=readiness.warmUpPods=0"));
    command.add("--set=cluster.quarantineMargin=0s");
    settings.forEach(setting -> command.add("--set=" + setting));
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** Starts it and waits until it is ready. */
  KerfProcess start() {
    begin();
    awaitReady();
    return this;
  }

  void begin() {
    program = plane.run(name, Map.of(), command);
  }

  void awaitReady() {
    Await.until(name + " is ready", () -> running() && status("/readyz") == 200);
  }

  boolean running() {
    return program != null && program.running();
  }

  /** Kills it at once. */
  void kill() {
    started().kill();
  }

  void stop() {
    started().stop();
  }

  /** Holds it as a machine does that is stuck. */
  void pause() {
    started().signal("STOP");
  }

  void resume() {
    started().signal("CONT");
  }

  String address() {
    return "http://127.0.0.1:" + port;
  }

  /** What a GET answers, as JSON. */
  JsonNode get(String path) {
    try {
      return Api.JSON.readTree(text(path).body());
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  /** What a POST answers, as JSON. */
  JsonNode post(String path, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(address() + path))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build();
    try {
      return Api.JSON.readTree(http.send(request, BodyHandlers.ofString()).body());
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(stopped);
    }
  }

  /** The code of a GET's answer; 0 if there is no answer. */
  int status(String path) {
    try {
      return text(path).statusCode();
    } catch (UncheckedIOException nobody) {
      return 0;
    }
  }

  /** The sum of a metric's series whose name and labels begin so. */
  double metric(String begin) {
    return text("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(begin))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** What its ledger says that pods hold: by uid, the node and the slots. */
  SortedMap<String, String> held() {
    SortedMap<String, String> held = new TreeMap<>();
    for (JsonNode pod : get("/api/v1/pods?state=bound&limit=100000").path("pods")) {
      held.put(pod.path("uid").asText(), pod.path("node").asText() + " " + pod.path("slots"));
    }
    return held;
  }

  /** Placements in its ledger, of every state. */
  long placements() {
    return (long) metric("kerf_ledger_placements{");
  }

  String log() {
    return started().log();
  }

  @Override
  public void close() {
    if (program != null) {
      program.kill();
    }
  }

  private HttpResponse<String> text(String path) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(address() + path))
            .timeout(Duration.ofSeconds(20))
            .build();
    try {
      return http.send(request, BodyHandlers.ofString());
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(stopped);
    }
  }

  private Program started() {
    if (program == null) {
      throw new IllegalStateException(name + " was never started.");
    }
    return program;
  }
}
