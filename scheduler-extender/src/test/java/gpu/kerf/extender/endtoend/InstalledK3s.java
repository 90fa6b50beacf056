package gpu.kerf.extender.endtoend;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.ContainerImage;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.controlplane.K3s;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.k3s.K3sContainer;
import org.testcontainers.utility.MountableFile;

/**
 * Kerf on K3s as an administrator installs it: images that K3s finds in its folder, NVIDIA's
 * runtime where K3s looks for it, and {@code kubectl apply -k} of a folder with the overlay {@code
 * k3s}.
 */
final class InstalledK3s implements AutoCloseable {
  /** K3s imports what lies here when it starts. */
  private static final String IMAGES = "/var/lib/rancher/k3s/agent/images/";

  /** K3s makes the handler of the RuntimeClass nvidia of what it finds here when it starts. */
  private static final String RUNTIME = "/usr/local/nvidia/toolkit/nvidia-container-runtime";

  /** There is no GPU: the tests look at what containers are told. */
  private static final String PLAIN_RUNTIME = "#!/bin/sh\nexec runc \"$@\"\n";

  private static final int EXECUTABLE = 0755;

  private static final Path MANIFESTS =
      Path.of(System.getProperty("basedir", ""))
          .toAbsolutePath()
          .resolve("../manifests")
          .normalize();

  private final K3sContainer container;
  private final String node;
  private final Path kubeconfig;

  private InstalledK3s(K3sContainer container, Path folder) throws IOException {
    this.container = container;
    this.node = kubectl("get", "nodes", "-o", "jsonpath={.items[*].metadata.name}");
    this.kubeconfig =
        Files.writeString(folder.resolve("kubeconfig"), container.getKubeConfigYaml());
  }

  /**
   * All of it, running.
   *
   * @param folder for files on the way
   */
  static InstalledK3s start(Path folder) {
    Path image = KerfImage.orSkip();
    K3sContainer container = K3s.orSkip();
    try {
      container
          .withCopyFileToContainer(MountableFile.forHostPath(image), IMAGES + "kerf.tar")
          .withCopyFileToContainer(archive(MpsImage.make(), folder), IMAGES + "mps.tar")
          .withCopyFileToContainer(archive(app(), folder), IMAGES + "app.tar")
          .withCopyToContainer(Transferable.of(PLAIN_RUNTIME, EXECUTABLE), RUNTIME)
          .withCopyFileToContainer(MountableFile.forHostPath(MANIFESTS), "/kerf/manifests")
          .start();
      InstalledK3s k3s = new InstalledK3s(container, folder);
      k3s.install();
      k3s.addGpus();
      return k3s;
    } catch (IOException broken) {
      container.close();
      throw new UncheckedIOException(broken);
    } catch (RuntimeException | AssertionError failed) {
      container.close();
      throw failed;
    }
  }

  private static ContainerImage app() {
    return ContainerImage.shell("app", "env; exec sleep 1000000");
  }

  private static MountableFile archive(ContainerImage image, Path folder) {
    return MountableFile.forHostPath(image.write(folder));
  }

  /** As docs/how-to/install.md says, with the kube-scheduler of the cluster's version. */
  private void install() {
    String kustomization =
        """
        apiVersion: kustomize.config.k8s.io/v1beta1
        kind: Kustomization
        resources: [../manifests/overlays/k3s]
        images:
        - {name: kube-scheduler, newName: registry.k8s.io/kube-scheduler, newTag: %s}
        """
            .formatted(version().replaceFirst("\\+.*", ""));
    container.copyFileToContainer(
        Transferable.of(kustomization), "/kerf/install/kustomization.yaml");
    kubectl("apply", "-k", "/kerf/install");
    try {
      kubectl("-n", "kerf-system", "rollout", "status", "deploy/kerf", "--timeout=120s");
    } catch (IllegalStateException late) {
      throw new IllegalStateException(kubectl("describe", "pods", "-n", "kerf-system"), late);
    }
  }

  /** Two plain H100, and an A100 in pieces. */
  private void addGpus() {
    Inventory gpus =
        Inventory.of(node)
            .plain("H100-80GB", 81_559, 2)
            .mig("A100-40GB", 40_960, "1g.10gb@0", "1g.5gb@2", "3g.20gb@4");
    kubectl("label", "node", node, "kerf.gpu/managed=true");
    kubectl("annotate", "node", node, Inventory.ANNOTATION + "=" + gpus.json());
    String whole = "jsonpath={.status.allocatable.kerf\\.gpu/whole}";
    Await.until("the node advertises", () -> kubectl("get", "node", node, "-o", whole).equals("2"));
  }

  /** What the API server says of itself, such as {@code v1.36.3+k3s1}. */
  String version() {
    return json("get", "--raw", "/version").path("gitVersion").asText();
  }

  /** The image that runs as K3s. */
  String image() {
    return container.getDockerImageName();
  }

  String node() {
    return node;
  }

  /** How other programs on this machine reach the API server. */
  Path kubeconfig() {
    return kubeconfig;
  }

  /** Runs the kubectl that K3s has. */
  String kubectl(String... arguments) {
    List<String> command = new ArrayList<>(List.of("k3s", "kubectl"));
    command.addAll(List.of(arguments));
    try {
      ExecResult result = container.execInContainer(command.toArray(String[]::new));
      if (result.getExitCode() != 0) {
        throw new IllegalStateException(
            "kubectl %s exited %d:\n%s"
                .formatted(String.join(" ", arguments), result.getExitCode(), result.getStderr()));
      }
      return result.getStdout();
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(stopped);
    }
  }

  /** The same where the answer is JSON. */
  JsonNode json(String... arguments) {
    try {
      return Api.JSON.readTree(kubectl(arguments));
    } catch (JsonProcessingException broken) {
      throw new IllegalStateException(broken);
    }
  }

  void create(Pod... pods) {
    for (Pod pod : pods) {
      container.copyFileToContainer(Transferable.of(pod.json()), "/kerf/pod.json");
      kubectl("create", "-f", "/kerf/pod.json");
    }
  }

  void awaitRunning(String name) {
    try {
      kubectl("wait", "--for=jsonpath={.status.phase}=Running", "pod/" + name, "--timeout=60s");
    } catch (IllegalStateException late) {
      throw new IllegalStateException(kubectl("describe", "pod", name), late);
    }
  }

  boolean exists(String name) {
    return !kubectl("get", "pod", name, "--ignore-not-found", "-o", "name").isEmpty();
  }

  JsonNode pod(String name) {
    return json("get", "pod", name, "-o", "json");
  }

  /** What a container found in its environment when it started. */
  Map<String, String> environment(String pod) {
    return InstalledCluster.environment(kubectl("logs", pod));
  }

  /** Deletes all pods of users; with a grace period, or Kerf holds their slots for a while. */
  void clear() {
    kubectl("delete", "pods", "--all", "--grace-period=1");
  }

  @Override
  public void close() {
    container.close();
  }
}
