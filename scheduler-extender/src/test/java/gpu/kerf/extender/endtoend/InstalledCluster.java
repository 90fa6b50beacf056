package gpu.kerf.extender.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.ContainerImage;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Helm;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.controlplane.Options;
import gpu.kerf.extender.controlplane.RealNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A cluster as a user has it after {@code kubectl apply -k manifests/overlays/single}, or after
 * {@code helm install}: Kerf and its kube-scheduler run from their images on a real node.
 */
final class InstalledCluster implements AutoCloseable {
  static final String NODE = "real";

  private static final Path MANIFESTS =
      Path.of(System.getProperty("basedir", ""))
          .toAbsolutePath()
          .resolve("../manifests")
          .normalize();

  /** There is no runtime of NVIDIA here: the node's containerd runs this class as any other. */
  static final String RUNTIME_CLASS =
      """
      apiVersion: node.k8s.io/v1
      kind: RuntimeClass
      metadata: {name: nvidia}
      handler: nvidia
      """;

  /** Two plain H100, and an A100 in pieces. No GPU is needed to see what containers are told. */
  private static final Inventory GPUS =
      Inventory.of(NODE)
          .plain("H100-80GB", 81_559, 2)
          .mig("A100-40GB", 40_960, "1g.10gb@0", "1g.5gb@2", "3g.20gb@4");

  private final ControlPlane plane;
  private final Api api;
  private final RealNode node;

  private InstalledCluster(ControlPlane plane) {
    this.plane = plane;
    this.api = Api.of(plane.kubeconfig());
    this.node = plane.node(NODE);
  }

  /** All of it, running. */
  static InstalledCluster start() {
    String overlay = MANIFESTS.resolve("overlays/single").toString();
    return start(plane -> plane.kubectl("apply", "-k", overlay));
  }

  /** The same by the chart, as the release {@code kerf}. */
  static InstalledCluster startBy(Helm helm) {
    return start(
        plane ->
            helm.run(
                "install",
                "kerf",
                MANIFESTS.toString(),
                "--namespace=kerf-system",
                "--create-namespace",
                "--set=images.kube-scheduler=kube-scheduler",
                "--kubeconfig=" + plane.kubeconfig()));
  }

  private static InstalledCluster start(Consumer<ControlPlane> install) {
    Path image = KerfImage.orSkip();
    ControlPlane plane = ControlPlane.start(Options.defaults().withNode(NODE));
    try {
      InstalledCluster cluster = new InstalledCluster(plane);
      cluster.loadImages(image);
      cluster.awaitNode();
      // Kerf's own pod is the default scheduler's.
      plane.scheduler().start();
      install.accept(plane);
      cluster.tellColdStart();
      cluster.awaitInstalled();
      cluster.addGpus();
      return cluster;
    } catch (RuntimeException | AssertionError failed) {
      plane.close();
      throw failed;
    }
  }

  private void loadImages(Path image) {
    node.load(image);
    node.load(
        ContainerImage.of("kube-scheduler", "kube-scheduler")
            .program("bin/kube-scheduler", plane.program("kube-scheduler")));
    node.load(MpsImage.make());
    node.load(ContainerImage.shell("app", "env; exec sleep 1000000"));
  }

  private void awaitNode() {
    Await.until(
        "the node is there", () -> api.send("GET", "/api/v1/nodes/" + NODE, "").status() < 400);
  }

  private void addGpus() {
    plane.kubectl("label", "node", NODE, "kerf.gpu/managed=true");
    plane.kubectl("annotate", "node", NODE, Inventory.ANNOTATION + "=" + GPUS.json());
    plane.apply(RUNTIME_CLASS);
    Await.until(
        "the node advertises",
        () -> api.get("/api/v1/nodes/" + NODE).at("/status/allocatable").has("kerf.gpu/whole"));
  }

  /**
   * A figure for docs/explanation/measurements.md; how fast this machine is, is no property of
   * Kerf.
   */
  private void tellColdStart() {
    Instant ready = awaitReady(awaitAddress());
    System.out.printf(
        "kerf serve was ready %d ms after its process started, on a cluster without GPUs%n",
        Duration.between(startOfService(), ready).toMillis());
  }

  private static Instant startOfService() {
    return ProcessHandle.allProcesses()
        .map(ProcessHandle::info)
        .filter(info -> words(info).containsAll(List.of("@options", "serve")))
        .flatMap(info -> info.startInstant().stream())
        .max(Comparator.naturalOrder())
        .orElseThrow();
  }

  private static List<String> words(ProcessHandle.Info process) {
    return process.arguments().map(List::of).orElse(List.of());
  }

  private void awaitInstalled() {
    TestCluster.await(
        "Kerf's pod is ready",
        () ->
            api.get("/apis/apps/v1/namespaces/kerf-system/deployments/kerf")
                    .at("/status/availableReplicas")
                    .asInt()
                == 1,
        () -> plane.kubectl("describe", "pods", "--namespace=kerf-system"));
  }

  ControlPlane plane() {
    return plane;
  }

  RealNode realNode() {
    return node;
  }

  /** The node, as the API server has it. */
  JsonNode node() {
    return api.get("/api/v1/nodes/" + NODE);
  }

  JsonNode pod(String name) {
    return api.get(TestCluster.PODS + "/" + name);
  }

  void create(Pod pod) {
    api.post(TestCluster.PODS, pod.json());
  }

  /** What the API server has against a pod. */
  String refusal(Pod pod) {
    return api.send("POST", TestCluster.PODS, pod.json()).body().path("message").asText();
  }

  void awaitPhase(String phase, String name) {
    TestCluster.await(
        name + " is " + phase,
        () -> pod(name).at("/status/phase").asText().equals(phase),
        () -> plane.kubectl("describe", "pod", name));
  }

  void awaitRunning(String name) {
    awaitPhase("Running", name);
  }

  /** What a container found in its environment when it started. */
  Map<String, String> environment(String pod, String container) {
    return environment(plane.kubectl("logs", pod, "--container=" + container));
  }

  /** The variables in what {@code env} printed. */
  static Map<String, String> environment(String log) {
    Map<String, String> environment = new TreeMap<>();
    log.lines()
        .filter(line -> line.contains("="))
        .forEach(
            line ->
                environment.put(
                    line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1)));
    return environment;
  }

  /** Deletes all pods of users; with a grace period, or Kerf holds their slots for a while. */
  void clear() {
    TestCluster.await(
        "all pods are gone",
        () -> {
          api.delete(TestCluster.PODS + "?gracePeriodSeconds=1");
          return api.get(TestCluster.PODS).path("items").isEmpty();
        });
  }

  /** Kerf's own pod; the one that goes does not count. */
  private JsonNode kerfPod() {
    return TestCluster.each(api.get("/api/v1/namespaces/kerf-system/pods").path("items"))
        .filter(pod -> !pod.path("metadata").has("deletionTimestamp"))
        .findFirst()
        .orElse(MissingNode.getInstance());
  }

  /** The address of Kerf's pod, as soon as it has one. */
  private String awaitAddress() {
    TestCluster.await(
        "Kerf's pod has an address", () -> !kerfPod().at("/status/podIP").asText("").isEmpty());
    return kerfPod().at("/status/podIP").asText();
  }

  /** When the service at an address of a pod first said that it is ready. */
  private static Instant awaitReady(String address) {
    HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + address + ":8881/readyz"))
            .timeout(Duration.ofSeconds(1))
            .build();
    Await.until(
        address + " is ready",
        () -> {
          try {
            return http.send(request, BodyHandlers.discarding()).statusCode() == 200;
          } catch (IOException notYet) {
            return false;
          } catch (InterruptedException stopped) {
            throw new IllegalStateException(stopped);
          }
        });
    return Instant.now();
  }

  @Override
  public void close() {
    plane.close();
  }
}
