package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.certificate.WebhookService;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.controlplane.Options;
import gpu.kerf.extender.controlplane.Ports;
import gpu.kerf.extender.docs.Guides;
import gpu.kerf.extender.docs.Markdown;
import gpu.kerf.extender.manifests.Shipped;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The commands of the guides, as they stand there, with kubectl and a real control plane: install,
 * the tutorial, the README, an upgrade, and uninstalling at the end.
 *
 * <p>Kubelets are played by kwok, so no image runs: Kerf and its kube-scheduler are processes of
 * this machine with the shipped account, and the kustomization that a reader has for the images
 * takes the Deployment's replicas away. {@code InstallTest} runs the shipped pod on a real node.
 */
@ClusterTest
final class QuickStartTest {
  private static final String NODE = "gpu-node";
  private static final String ACCOUNT = "system:serviceaccount:kerf-system:kerf";
  private static final long PATIENCE_SECONDS = 180;

  private static final String RUNTIME_CLASS =
      "{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: nvidia}, handler: nvidia}";

  private static final String KUSTOMIZATION_OF_THE_READER =
      """
      patches:
      - target: {kind: Deployment, name: kerf}
        patch: |
          - {op: replace, path: /spec/replicas, value: 0}
      - target: {kind: Service, name: kerf-webhook}
        patch: |
          - {op: remove, path: /spec/selector}
      """;

  @TempDir Path certificates;
  @TempDir Path folder;

  private ControlPlane plane;

  @BeforeEach
  void start() {
    plane =
        ControlPlane.start(
            Options.defaults().user(ACCOUNT).apiServerFlag("--enable-aggregator-routing=true"));
  }

  @Test
  void theGuidesCommandsDoWhatTheySay() throws Exception {
    copyManifests();
    int port = Ports.free();
    plane.apply(RUNTIME_CLASS);
    plane.create("/api/v1/nodes", List.of(unmanaged()));
    List<Markdown.Shell> install = blocks(Guides.INSTALL);
    run(install.get(0));
    plane.apply(WebhookService.leadingTo(port));
    Path account = plane.kubeconfig(ACCOUNT);
    TestCluster.Accounts accounts = new TestCluster.Accounts(account, account, "kerf-system");
    try (TestCluster cluster = TestCluster.on(plane, accounts, settings(port))) {
      blocks(Guides.FIRST_SHARE).subList(1, 5).forEach(this::run);
      assertThat(cluster.slotOf("first").path("gpu"))
          .isEqualTo(cluster.slotOf("second").path("gpu"));
      assertThat(cluster.exists("too-much")).isFalse();
      run(blocks(Guides.FIRST_SHARE).get(5));
      cluster.awaitGone("first");

      install.subList(1, install.size()).forEach(this::run);
      TestCluster.await("twelve tasks had their places", () -> placedTasks(cluster) == 12);

      blocks(Guides.README).forEach(this::run);
      blocks(Guides.UPGRADE).forEach(this::run);

      long before = placedTasks(cluster);
      List<Markdown.Shell> uninstall = blocks(Guides.UNINSTALL);
      uninstall.subList(0, 4).forEach(this::run);
      TestCluster.await("the node gave its resources up", () -> !advertises(cluster));
      uninstall.subList(4, uninstall.size()).forEach(this::run);
      assertThat(placedTasks(cluster)).isEqualTo(before);
      assertThat(plane.kubectl("get", "namespaces")).doesNotContain("kerf");
    }
  }

  /** The guides hand it to Kerf. */
  private static String unmanaged() {
    String manifest = Inventory.eightH100(NODE).manifest();
    String without = manifest.replace(", kerf.gpu/managed: \"true\"", "");
    assertThat(without).isNotEqualTo(manifest);
    return without;
  }

  private static List<Markdown.Shell> blocks(Path page) throws IOException {
    return Markdown.shellBlocks(page).stream()
        .filter(block -> block.script().contains("kubectl "))
        .toList();
  }

  private void copyManifests() throws IOException {
    Path shipped = Shipped.file(".").normalize();
    try (Stream<Path> files = Files.walk(shipped)) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve("manifests").resolve(shipped.relativize(file).toString()));
      }
    }
    Files.writeString(
        folder.resolve("manifests/overlays/single/kustomization.yaml"),
        KUSTOMIZATION_OF_THE_READER,
        StandardOpenOption.APPEND);
  }

  private void run(Markdown.Shell block) {
    String script = block.script().replace("NODE", NODE).replace("MONITORING", "default");
    // Column headings are in capitals, too.
    script = script.replace(NODE + ":", "NODE:");
    try {
      Path printed = Files.createTempFile(folder, "printed", ".txt");
      ProcessBuilder builder =
          new ProcessBuilder("bash", "-eu", "-c", script)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(printed.toFile());
      Path kubectl = plane.program("kubectl");
      builder.environment().put("KUBECONFIG", plane.kubeconfig().toString());
      builder.environment().put("HOME", folder.toString());
      builder.environment().merge("PATH", kubectl.getParent() + ":", (old, dir) -> dir + old);
      Process shell = builder.start();
      boolean ended = shell.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
      shell.destroyForcibly();
      String output = Files.readString(printed);
      assertThat(ended).as("%s%nends; it printed%n%s", script, output).isTrue();
      assertThat(shell.exitValue() != 0)
          .as("%s%nprinted%n%s", script, output)
          .isEqualTo(block.fails());
    } catch (IOException | InterruptedException broken) {
      throw new IllegalStateException(broken);
    }
  }

  private static boolean advertises(TestCluster cluster) {
    return cluster.api().get("/api/v1/nodes/" + NODE).at("/status/capacity").has("kerf.gpu/whole");
  }

  private static long placedTasks(TestCluster cluster) {
    return cluster.pods().stream()
        .filter(pod -> pod.at("/metadata/labels").path("app").asText().equals("tasks"))
        .map(TestCluster::placement)
        .filter(JsonNode::isObject)
        .filter(placement -> !placement.path("containers").isEmpty())
        .count();
  }

  /** As in kerf.yaml, on a port and in a folder of the test's. */
  private List<String> settings(int port) {
    return List.of(
        "cluster.namespace=kerf-system",
        "certificates.make=true",
        "certificates.folder=" + certificates,
        "admission.enabled=true",
        "admission.host=0.0.0.0",
        "admission.port=" + port,
        "admission.certificate=" + certificates.resolve("tls.crt"),
        "admission.key=" + certificates.resolve("tls.key"));
  }
}
