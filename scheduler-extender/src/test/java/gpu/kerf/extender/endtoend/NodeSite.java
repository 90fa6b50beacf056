package gpu.kerf.extender.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.ContainerImage;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.controlplane.KubeScheduler;
import gpu.kerf.extender.controlplane.Options;
import gpu.kerf.extender.controlplane.RealNode;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A cluster of one real node that Kerf serves. The node's GPUs stand in its inventory alone: what
 * is looked at is what containers are told, for which no GPU is needed.
 */
final class NodeSite implements AutoCloseable {
  static final String NODE = "real";

  /** Two plain H100, and an A100 in pieces. */
  private static final Inventory GPUS =
      Inventory.of(NODE)
          .plain("H100-80GB", 81_559, 2)
          .mig("A100-40GB", 40_960, "1g.10gb@0", "1g.5gb@2", "3g.20gb@4");

  private final ControlPlane plane;
  private final Api api;
  private final RealNode node;
  private final KerfProcess kerf;
  private final KubeScheduler scheduler;

  private NodeSite(ControlPlane plane) {
    this.plane = plane;
    this.api = Api.of(plane.kubeconfig());
    this.node = plane.node(NODE);
    this.kerf = new KerfProcess(plane, "kerf", plane.kubeconfig(), List.of());
    this.scheduler = plane.scheduler(Site.schedulerConfig(plane, kerf.address(), false));
  }

  static NodeSite start() {
    ControlPlane plane = ControlPlane.start(Options.defaults().withNode(NODE));
    try {
      NodeSite site = new NodeSite(plane);
      site.begin();
      return site;
    } catch (RuntimeException | AssertionError failed) {
      plane.close();
      throw failed;
    }
  }

  private void begin() {
    node.load(ContainerImage.shell("app", "env; exec sleep 1000000"));
    kerf.begin();
    scheduler.start();
    // There is no runtime of NVIDIA here: the node's containerd runs this class as any other.
    plane.apply(
        """
        apiVersion: node.k8s.io/v1
        kind: RuntimeClass
        metadata: {name: nvidia}
        handler: nvidia
        """);
    Await.until("the node is ready", this::ready);
    Await.until(
        "there is a service account",
        () ->
            api.send("GET", "/api/v1/namespaces/default/serviceaccounts/default", "").status()
                < 400);
    plane.kubectl("label", "node", NODE, "kerf.gpu/managed=true");
    plane.kubectl("annotate", "node", NODE, Inventory.ANNOTATION + "=" + GPUS.json());
    Await.until(
        "the node advertises", () -> node().at("/status/allocatable").has("kerf.gpu/whole"));
    kerf.awaitReady();
  }

  private boolean ready() {
    return Site.each(api.send("GET", "/api/v1/nodes/" + NODE, "").body().at("/status/conditions"))
        .anyMatch(
            condition ->
                condition.path("type").asText().equals("Ready")
                    && condition.path("status").asText().equals("True"));
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
    return api.get(Site.PODS + "/" + name);
  }

  void create(Pod... pods) {
    plane.create(Site.PODS, Arrays.stream(pods).map(Pod::delivered).map(Pod::json).toList());
  }

  void awaitPhase(String phase, String... names) {
    for (String name : names) {
      Site.await(
          name + " is " + phase,
          () -> pod(name).at("/status/phase").asText().equals(phase),
          () -> plane.kubectl("describe", "pod", name));
    }
  }

  void awaitRunning(String... names) {
    awaitPhase("Running", names);
  }

  /** What a container found in its environment when it started. */
  Map<String, String> environment(String pod, String container) {
    Map<String, String> environment = new TreeMap<>();
    plane
        .kubectl("logs", pod, "--container=" + container)
        .lines()
        .filter(line -> line.contains("="))
        .forEach(
            line ->
                environment.put(
                    line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1)));
    return environment;
  }

  /** Takes all pods away; nothing is held then. */
  void clear() {
    Site.await(
        "all pods are gone",
        () -> {
          api.delete(Site.PODS + "?gracePeriodSeconds=0");
          return api.get(Site.PODS).path("items").isEmpty();
        });
    Await.until("the ledger is empty", () -> kerf.placements() == 0);
  }

  @Override
  public void close() {
    scheduler.close();
    kerf.close();
    plane.close();
  }
}
