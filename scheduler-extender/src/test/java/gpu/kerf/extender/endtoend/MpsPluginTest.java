package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.Kerf;
import gpu.kerf.extender.controlplane.ContainerImage;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.NodeTest;
import gpu.kerf.extender.controlplane.Options;
import gpu.kerf.extender.controlplane.RealNode;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kerf mps-plugin} beside a real kubelet, for a tenant at pod security level baseline. */
@NodeTest
final class MpsPluginTest {
  private static final String POD =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: %s, namespace: tenant}
      spec:
        nodeName: real
        terminationGracePeriodSeconds: 0
        containers:
        - name: main
          image: app
          imagePullPolicy: IfNotPresent
          securityContext: {runAsUser: 1000}
          %s
      """;

  private static final String ASKS = "resources: {limits: {kerf.gpu/mps: '1'}}";

  private static ControlPlane plane;
  private static RealNode node;

  @BeforeAll
  static void start(@TempDir Path folder) {
    plane = ControlPlane.start(Options.defaults().withNode("real"));
    node = plane.node("real");
    node.load(ContainerImage.shell("app", "exec sleep 1000000"));
    plane.apply(
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: tenant, labels: {pod-security.kubernetes.io/enforce: baseline}}
        """);
    Await.until(
        "the node is there", () -> plane.kubectl("get", "nodes", "-o", "name").contains("real"));
    node.start(
        folder.resolve("plugin.log"),
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        System.getProperty("java.class.path"),
        Kerf.class.getName(),
        "mps-plugin",
        "--clients=2");
    awaitOffered("0");
    daemonComes();
  }

  @AfterAll
  static void stop() {
    if (plane != null) {
      plane.close();
    }
  }

  private static void daemonComes() {
    node.run(
        "sh",
        "-c",
        "mkdir -p /run/kerf/mps/pipe /run/kerf/mps/shm; chmod 1777 /run/kerf/mps/shm;"
            + " echo here > /run/kerf/mps/pipe/control");
    awaitOffered("2");
  }

  private static void awaitOffered(String clients) {
    TestCluster.await(
        clients + " clients may come",
        () -> offered().equals(clients),
        () -> plane.kubectl("describe", "nodes"));
  }

  private static String offered() {
    return plane.kubectl(
        "get", "nodes", "real", "-o", "jsonpath={.status.allocatable.kerf\\.gpu/mps}");
  }

  private static void run(String pod) {
    plane.apply(POD.formatted(pod, ASKS));
    TestCluster.await(
        pod + " runs",
        () -> phase(pod).equals("Running"),
        () -> plane.kubectl("describe", "pods", "-n", "tenant"));
  }

  /**
   * As the controller of a pod does it: until a plugin has registered again, a kubelet that started
   * refuses each pod that asks for its devices, and the refused pod stays refused.
   */
  private static void runOnceThePluginIsKnown(String pod) {
    plane.apply(POD.formatted(pod, ASKS));
    TestCluster.await(
        pod + " runs",
        () -> {
          if (phase(pod).equals("Failed")) {
            end(pod);
            plane.apply(POD.formatted(pod, ASKS));
          }
          return phase(pod).equals("Running");
        },
        () -> plane.kubectl("describe", "pods", "-n", "tenant"));
  }

  private static String phase(String pod) {
    return plane.kubectl("get", "pod", pod, "-n", "tenant", "-o", "jsonpath={.status.phase}");
  }

  private static void end(String pod) {
    plane.kubectl("delete", "pod", pod, "-n", "tenant", "--timeout=60s");
  }

  private static String in(String pod, String script) {
    return plane.kubectl("exec", pod, "-n", "tenant", "--", "sh", "-c", script);
  }

  @Test
  void aContainerGetsTheDaemonThatItsNamespaceForbidsAsAHostPath() {
    String path = "\n  volumes: [{name: pipe, hostPath: {path: /run/kerf/mps/pipe}}]";
    assertThatThrownBy(() -> plane.apply(POD.formatted("by-path", path)))
        .hasMessageContaining("violates PodSecurity")
        .hasMessageContaining("hostPath volumes");
    run("share");
    assertThat(in("share", "cat /run/kerf/mps/pipe/control")).isEqualTo("here\n");
    in("share", "echo shared > /dev/shm/of-client");
    assertThat(node.run("cat", "/run/kerf/mps/shm/of-client")).isEqualTo("shared\n");
    end("share");
  }

  @Test
  void noMoreContainersThanClientsGetIt() {
    run("first");
    run("second");
    plane.apply(POD.formatted("third", ASKS));
    Await.until("the kubelet refuses it", () -> phase("third").equals("Failed"));
    end("first");
    end("second");
    end("third");
  }

  @Test
  void aKubeletThatStartsAgainIsToldAgain() {
    run("before");
    node.killKubelet();
    node.startKubelet();
    runOnceThePluginIsKnown("after");
    assertThat(in("after", "cat /run/kerf/mps/pipe/control")).isEqualTo("here\n");
    assertThat(in("before", "cat /run/kerf/mps/pipe/control")).isEqualTo("here\n");
    end("before");
    end("after");
  }

  @Test
  void whileNoDaemonIsThereNoPodGetsAFolderInItsPlace() {
    node.run("rm", "-rf", "/run/kerf/mps/pipe");
    awaitOffered("0");
    plane.apply(POD.formatted("early", ASKS));
    Await.until("the kubelet refuses it", () -> phase("early").equals("Failed"));
    end("early");
    daemonComes();
  }
}
