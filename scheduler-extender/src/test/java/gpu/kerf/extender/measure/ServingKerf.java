package gpu.kerf.extender.measure;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.Kerf;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Ports;
import gpu.kerf.extender.schedulerconfig.SchedulerConfig;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * {@code kerf serve} as a process of its own, with the heap that the launcher gives it; or the one
 * of an image, unpacked to where {@code -Dkerf.measure.image} says.
 */
final class ServingKerf implements AutoCloseable {
  private static final List<String> HEAP =
      List.of(
          "-XX:+UseSerialGC",
          "-Xms128m",
          "-XX:NewSize=64m",
          "-XX:MaxNewSize=64m",
          "-XX:MinHeapFreeRatio=20",
          "-XX:MaxHeapFreeRatio=40");

  /** More options for the JVM, to compare: {@code -Dkerf.measure.jvm=-XX:TieredStopAtLevel=1}. */
  private static final List<String> MORE =
      Arrays.stream(System.getProperty("kerf.measure.jvm", "").split(",", -1))
          .filter(option -> !option.isEmpty())
          .toList();

  private static final String IMAGE = System.getProperty("kerf.measure.image", "");

  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http = HttpClient.newHttpClient();
  private final ControlPlane plane;
  private final String address;
  private final Process process;
  private final double readyAfter;

  /**
   * @param settings more of them, each as key=value
   */
  ServingKerf(ControlPlane plane, String... settings) throws IOException, InterruptedException {
    this.plane = plane;
    int port = Ports.free();
    this.address = "http://127.0.0.1:" + port;
    List<String> command = IMAGE.isEmpty() ? fromClasses() : fromImage();
    command.add("serve");
    command.add("--kubeconfig=" + plane.kubeconfig());
    command.add("--listen=127.0.0.1:" + port);
    for (String each : settings) {
      command.add("--set=" + each);
    }
    long start = System.nanoTime();
    this.process =
        new ProcessBuilder(command)
            .directory(IMAGE.isEmpty() ? null : Path.of(IMAGE, "opt/kerf").toFile())
            .redirectErrorStream(true)
            .redirectOutput(plane.logs().resolve("kerf.log").toFile())
            .start();
    while (!isReady()) {
      if (!process.isAlive()) {
        throw new IOException("kerf serve ended; see " + plane.logs().resolve("kerf.log"));
      }
      Thread.sleep(20);
    }
    this.readyAfter = (System.nanoTime() - start) / 1e9;
  }

  private static List<String> fromClasses() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(HEAP);
    command.addAll(MORE);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(Kerf.class.getName());
    return command;
  }

  private static List<String> fromImage() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(IMAGE, "opt/kerf/jre/bin/kerf").toString());
    command.addAll(MORE);
    command.add("@options");
    return command;
  }

  private boolean isReady() throws InterruptedException {
    try {
      URI uri = URI.create(address + "/readyz");
      HttpRequest request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(5)).build();
      return http.send(request, BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException notYet) {
      return false;
    }
  }

  /** The sum of a metric's series whose name and labels begin so. */
  double metric(String begin) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(address + "/metrics")).build();
    return http.send(request, BodyHandlers.ofString())
        .body()
        .lines()
        .filter(line -> line.startsWith(begin))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** Seconds from the start of the process to readiness. */
  double readyAfter() {
    return readyAfter;
  }

  /** The most memory that it ever had resident, in MiB. */
  long residentMiB() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
      }
    }
    throw new IOException("Linux does not tell the memory of a process.");
  }

  /** The CPU time that it has used, in milliseconds. */
  double cpuMillis() {
    return process.toHandle().info().totalCpuDuration().orElseThrow().toNanos() / 1e6;
  }

  /** The configuration of a kube-scheduler that asks it, whose client does not hold it back. */
  Path schedulerConfig() throws IOException {
    SchedulerConfig.Options options =
        new SchedulerConfig.Options(
            "kerf", address, "kerf", plane.kubeconfig().toString(), false, "", "", "");
    String yaml = SchedulerConfig.yaml(options);
    Path file = plane.logs().resolve("scheduler-with-kerf.yaml");
    return Files.writeString(file, yaml.replaceAll("(?m)^( *(qps|burst): ).*$", "$15000"));
  }

  /** What it answers to kube-scheduler. */
  JsonNode ask(String verb, JsonNode body) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(address + "/" + verb))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body.toString()))
            .build();
    return JSON.readTree(http.send(request, BodyHandlers.ofByteArray()).body());
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "kerf at %s", address);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
