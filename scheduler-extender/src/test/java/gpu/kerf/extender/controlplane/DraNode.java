package gpu.kerf.extender.controlplane;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A node that starts containers, with a DRA driver in the form of NVIDIA's, which can go and come
 * back. The driver publishes GPUs that are not there, refuses what overlaps, and writes down what
 * it creates and destroys. A device is, in a container, the variable {@code DRA_DEVICES} and a
 * device node below {@code /dev/nvidia}.
 */
public final class DraNode {
  /** As whom the driver speaks to the API server. */
  static final String DRIVER = "dra-driver";

  private static final String NAME = "gpu.nvidia.com";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What NVIDIA's chart grants its driver, and its device classes. */
  private static final String CLUSTER =
      """
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRole
      metadata: {name: dra-driver}
      rules:
      - {apiGroups: [resource.k8s.io], resources: [resourceclaims], verbs: [get]}
      - apiGroups: [resource.k8s.io]
        resources: [resourceslices]
        verbs: [get, list, watch, create, update, patch, delete]
      - {apiGroups: [""], resources: [nodes], verbs: [get]}
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRoleBinding
      metadata: {name: dra-driver}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: dra-driver}
      subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: dra-driver}]
      ---
      apiVersion: resource.k8s.io/v1
      kind: DeviceClass
      metadata: {name: gpu.nvidia.com}
      spec:
        selectors:
        - cel:
            expression: "device.driver == 'gpu.nvidia.com' && device.attributes['gpu.nvidia.com'].type == 'gpu'"
      ---
      apiVersion: resource.k8s.io/v1
      kind: DeviceClass
      metadata: {name: mig.nvidia.com}
      spec:
        selectors:
        - cel:
            expression: "device.driver == 'gpu.nvidia.com' && device.attributes['gpu.nvidia.com'].type == 'mig'"
      """;

  private final RealNode node;
  private final Path log;
  private final List<String> command;
  private @Nullable Program driver;

  /** A kind of call from the kubelet to the driver. */
  public enum Call {
    PREPARE("hold-prepare"),
    UNPREPARE("hold-unprepare");

    private final String file;

    Call(String file) {
      this.file = file;
    }
  }

  /**
   * A line of the driver's journal.
   *
   * @param event {@code create}, {@code destroy} or {@code refuse}
   * @param claim the namespace and the name of the claim
   * @param why why it refused; empty otherwise
   */
  public record Entry(String event, String claim, List<String> devices, String why) {
    /** Such as {@code create gpu-0-mig-1g10gb-19-5}. */
    public String text() {
      return event + " " + String.join(",", devices);
    }
  }

  private DraNode(RealNode node, Path log, List<String> command) {
    this.node = node;
    this.log = log;
    this.command = command;
  }

  static DraNode start(
      ControlPlane plane, RealNode node, Path driver, Path kubeconfig, String... gpus) {
    plane.apply(CLUSTER);
    try {
      Files.writeString(
          node.folder().resolve("driver.kubeconfig"), RealNode.fromInside(kubeconfig));
      Files.createDirectories(node.folder().resolve("dra"));
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
    DraNode started =
        new DraNode(
            node,
            plane.logs().resolve(node.name() + "-dra-driver.log"),
            command(driver, node, NAME, "dra", gpus));
    started.startDriver();
    return started;
  }

  private static List<String> command(
      Path driver, RealNode node, String name, String folder, String... devices) {
    return List.of(
        driver.toString(),
        "--driver=" + name,
        "--node=" + node.name(),
        "--gpus=" + String.join(",", devices),
        "--kubeconfig=" + Machine.FOLDER + "/driver.kubeconfig",
        "--kubelet=" + Machine.FOLDER + "/kubelet",
        "--cdi=" + ContainerdPrograms.CDI,
        "--folder=" + Machine.FOLDER + "/" + folder);
  }

  /**
   * Starts a second driver, whose pool has the name of the node as well, and whose devices are
   * whole ones that are called as GPUs are.
   *
   * @return ends it
   */
  public Runnable startOther(String name, int devices) {
    String[] whole = Collections.nCopies(devices, "whole").toArray(String[]::new);
    List<String> other = command(Path.of(command.get(0)), node, name, "dra-" + name, whole);
    Program program = node.start(log.resolveSibling(name + ".log"), other.toArray(String[]::new));
    return () -> Machine.kill(program);
  }

  public RealNode node() {
    return node;
  }

  public void startDriver() {
    driver = node.start(log, command.toArray(String[]::new));
  }

  /** Ends the driver at once. What it created stays. */
  public void killDriver() {
    if (driver != null) {
      Machine.kill(driver);
    }
  }

  /** Lets calls of a kind wait until {@link #release}. */
  public void hold(Call call) {
    try {
      Files.writeString(file(call.file), "");
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  public void release(Call call) {
    try {
      Files.deleteIfExists(file(call.file));
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  /** What the driver did so far, in this order. */
  public List<Entry> journal() {
    List<Entry> entries = new ArrayList<>();
    try {
      if (!Files.exists(file("journal.jsonl"))) {
        return List.of();
      }
      for (String line : Files.readAllLines(file("journal.jsonl"))) {
        entries.add(entry(JSON.readTree(line)));
      }
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
    return entries;
  }

  /** The devices that the driver has created and not destroyed. */
  public List<String> created() {
    List<String> devices = new ArrayList<>();
    for (Entry entry : journal()) {
      switch (entry.event) {
        case "create" -> devices.addAll(entry.devices);
        case "destroy" -> entry.devices.forEach(devices::remove);
        default -> {}
      }
    }
    return devices;
  }

  private static Entry entry(JsonNode line) {
    List<String> devices = new ArrayList<>();
    line.path("devices").forEach(device -> devices.add(device.path("device").asText()));
    return new Entry(
        line.path("event").asText(),
        line.path("name").asText(),
        List.copyOf(devices),
        line.path("why").asText(""));
  }

  private Path file(String name) {
    return node.folder().resolve("dra").resolve(name);
  }
}
