package gpu.kerf.extender.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.ContainerImage;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.DraNode;
import gpu.kerf.extender.controlplane.KubeScheduler;
import gpu.kerf.extender.controlplane.Options;
import gpu.kerf.extender.manifests.Shipped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A cluster of one node whose GPUs a DRA driver hands out, with Kerf and kube-scheduler. The
 * kubelet and the runtime are real; Kerf has the rights that its manifests give; the driver is one
 * of the tests, which creates names.
 */
final class DraCluster implements AutoCloseable {
  static final String NODE = "real";
  static final String CLAIMS = "/apis/resource.k8s.io/v1/namespaces/default/resourceclaims";

  /** Kerf has the shipped rights, and no others. */
  private static final String ACCOUNT = "system:serviceaccount:kerf-system:kerf";

  private static final List<String> MANIFESTS =
      List.of(
          "base/namespace", "base/rbac", "base/checkpoint", "base/lease", "components/dra/rbac");

  private final ControlPlane plane;
  private final Api api;
  private final DraNode dra;
  private final KerfProcess kerf;
  private final KubeScheduler scheduler;

  private DraCluster(ControlPlane plane, String... gpus) {
    this.plane = plane;
    this.api = Api.of(plane.kubeconfig());
    this.dra = plane.draNode(NODE, gpus);
    dra.node().load(ContainerImage.shell("app", "exec sleep 1000000"));
    Await.until("the node is there", () -> plane.kubectl("get", "nodes").contains(" Ready "));
    for (String file : MANIFESTS) {
      plane.apply(Shipped.text(file + ".yaml"));
    }
    plane.kubectl("label", "node", NODE, "kerf.gpu/managed=true", "kerf.gpu/delivery=dra");
    this.kerf =
        new KerfProcess(
                plane, "kerf", plane.kubeconfig(ACCOUNT), List.of("cluster.namespace=kerf-system"))
            .start();
    this.scheduler =
        plane.scheduler(
            TestCluster.schedulerConfig(plane, kerf.address(), false), plane.kubeconfig());
    scheduler.start();
    Await.until(
        "the GPUs are offered",
        () -> api.get("/api/v1/nodes/" + NODE).at("/status/allocatable").has("kerf.gpu/memory"));
  }

  /**
   * Starts one.
   *
   * @param gpus how each GPU is handed out: dynamic, whole or shared
   */
  static DraCluster start(String... gpus) {
    ControlPlane plane = ControlPlane.start(Options.defaults().withDraNode(NODE).user(ACCOUNT));
    try {
      return new DraCluster(plane, gpus);
    } catch (RuntimeException | AssertionError failed) {
      plane.close();
      throw failed;
    }
  }

  ControlPlane plane() {
    return plane;
  }

  Api api() {
    return api;
  }

  DraNode dra() {
    return dra;
  }

  KerfProcess kerf() {
    return kerf;
  }

  /** A pod of which every container runs until it is told to end; its name is in its command. */
  static Pod pod(String name) {
    return Pod.named(name).spec("terminationGracePeriodSeconds: 1").runs(name);
  }

  void create(Pod pod) {
    api.post(TestCluster.PODS, pod.json());
  }

  void awaitRunning(String pod) {
    plane.kubectl("wait", "--for=condition=Ready", "pod/" + pod, "--timeout=60s");
  }

  JsonNode pod(String name, String path) {
    return api.get(TestCluster.PODS + "/" + name).at(path);
  }

  boolean isBound(String pod) {
    return !pod(pod, "/spec/nodeName").asText("").isEmpty();
  }

  /** The container processes of a pod, on the node. */
  boolean lives(String pod) {
    return dra.node().run("ps", "-e", "-o", "args").contains("; echo " + pod);
  }

  /** The devices that a container sees, as its variable and as its device nodes name them. */
  Seen seen(String pod, String container) {
    String environment = plane.kubectl("exec", pod, "-c", container, "--", "env");
    String nodes =
        plane.kubectl(
            "exec", pod, "-c", container, "--", "sh", "-c", "ls /dev/nvidia 2>/dev/null || true");
    return Seen.of(environment, nodes);
  }

  /** The same of an init container that has ended, from what it wrote. */
  Seen saw(String pod, String init) {
    String log = plane.kubectl("logs", pod, "-c", init);
    String nodes =
        log.lines().filter(line -> line.startsWith("gpu-")).collect(Collectors.joining("\n"));
    return Seen.of(log, nodes);
  }

  /** Which container of a pod gets which request of the claim that stands for its resources. */
  List<String> mapped(String pod) {
    List<String> mapped = new ArrayList<>();
    for (JsonNode each : pod(pod, "/status/extendedResourceClaimStatus/requestMappings")) {
      mapped.add(
          each.path("containerName").asText() + " gets " + each.path("requestName").asText());
    }
    return mapped;
  }

  /** What a container sees. */
  record Seen(List<String> variable, List<String> nodes, String memoryLimit) {
    static final Seen NOTHING = new Seen(List.of(), List.of(), "");

    static Seen of(String environment, String nodes) {
      return new Seen(
          List.of(value(environment, "DRA_DEVICES").split(",", -1)).stream()
              .filter(device -> !device.isEmpty())
              .toList(),
          nodes.lines().toList(),
          value(environment, "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT"));
    }

    static Seen only(String device) {
      return new Seen(List.of(device), List.of(device), "");
    }

    private static String value(String environment, String name) {
      return environment
          .lines()
          .filter(line -> line.startsWith(name + "="))
          .map(line -> line.substring(name.length() + 1))
          .findFirst()
          .orElse("");
    }
  }

  /** The devices that Kerf's record on a pod names, by container. */
  List<String> recorded(String pod, String container) {
    String record =
        pod(pod, "/metadata/annotations").path("kerf.gpu/placement").asText("{\"containers\":[]}");
    List<String> devices = new ArrayList<>();
    try {
      for (JsonNode each : Api.JSON.readTree(record).path("containers")) {
        if (each.path("name").asText().equals(container)) {
          each.path("slots").forEach(slot -> devices.add(slot.path("device").asText()));
        }
      }
    } catch (IOException wrong) {
      throw new UncheckedIOException(wrong);
    }
    return devices;
  }

  JsonNode claims() {
    return api.get(CLAIMS).path("items");
  }

  /** How many ResourceSlices are published. */
  int slices() {
    return api.get("/apis/resource.k8s.io/v1/resourceslices").path("items").size();
  }

  /** Removes all pods, and waits until nothing of them is held. */
  void clear() {
    dra.release(DraNode.Call.PREPARE);
    dra.release(DraNode.Call.UNPREPARE);
    plane.kubectl("delete", "pods", "--all", "--grace-period=1");
    Await.until("Kerf holds nothing", () -> kerf.placements() == 0);
    Await.until("all devices are destroyed", () -> dra.created().isEmpty());
    Await.until("all claims are gone", () -> claims().isEmpty());
  }

  @Override
  public void close() {
    scheduler.close();
    kerf.close();
    plane.close();
  }
}
