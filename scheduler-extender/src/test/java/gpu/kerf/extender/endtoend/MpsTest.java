package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.ContainerImage;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.NodeTest;
import gpu.kerf.extender.controlplane.Options;
import gpu.kerf.extender.controlplane.RealNode;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The MPS daemon's manifest on a real node, with scripts in place of NVIDIA's programs. */
@NodeTest
final class MpsTest {
  private static final Path HERE = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
  private static final String CONTROL = "/run/kerf/mps/pipe/control";

  private static final String CLIENT =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: client, namespace: default}
      spec:
        nodeName: real
        terminationGracePeriodSeconds: 0
        containers:
        - name: main
          image: app
          imagePullPolicy: IfNotPresent
          securityContext: {runAsUser: 1000}
          volumeMounts:
          - {name: pipe, mountPath: /run/kerf/mps/pipe}
          - {name: shm, mountPath: /dev/shm}
        volumes:
        - {name: pipe, hostPath: {path: /run/kerf/mps/pipe}}
        - {name: shm, hostPath: {path: /run/kerf/mps/shm}}
      """;

  private static final String ON_A_NODE_WITH_MIG_ALONE =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: only-mig, namespace: kerf-mps}
      spec:
        nodeName: real
        containers:
        - name: mps
          image: mps
          imagePullPolicy: IfNotPresent
          command: [sh, /opt/kerf-mps/mps.sh, run]
          env:
          - {name: ONLY_MIG, value: "yes"}
          - {name: CUDA_MPS_PIPE_DIRECTORY, value: /tmp}
          - {name: CUDA_MPS_LOG_DIRECTORY, value: /tmp}
          readinessProbe:
            exec: {command: [sh, /opt/kerf-mps/mps.sh, healthy]}
            periodSeconds: 1
          volumeMounts: [{name: script, mountPath: /opt/kerf-mps}]
        volumes: [{name: script, configMap: {name: kerf-mps}}]
      """;

  private static ControlPlane plane;

  @BeforeAll
  static void start() {
    plane = ControlPlane.start(Options.defaults().withNode("real"));
    RealNode node = plane.node("real");
    node.load(MpsImage.make());
    node.load(ContainerImage.shell("app", "exec sleep 1000000"));
    plane.scheduler().start();
    plane.apply(InstalledCluster.RUNTIME_CLASS);
    plane.apply(impatient(plane.kubectl("kustomize", HERE.resolve("../manifests/mps").toString())));
    Await.until(
        "the node is there", () -> plane.kubectl("get", "nodes", "-o", "name").contains("real"));
    plane.kubectl("label", "node", "real", "kerf.gpu/managed=true");
    awaitReady();
    plane.apply(CLIENT);
    plane.kubectl("wait", "--for=condition=Ready", "pod/client", "--timeout=60s");
  }

  /** The shipped probes wait for a minute before they take a daemon from its clients. */
  private static String impatient(String manifests) {
    return manifests
        .replaceAll("periodSeconds: \\d+", "periodSeconds: 1")
        .replaceAll("timeoutSeconds: \\d+", "timeoutSeconds: 1")
        .replace("failureThreshold: 6\n", "failureThreshold: 2\n");
  }

  @AfterAll
  static void stop() {
    if (plane != null) {
      plane.close();
    }
  }

  @Test
  void daemonIsShownTheGpusOutOfMigModeAlone() {
    assertThat(inDaemon("cat /run/kerf/mps/log/shared")).isEqualTo("GPU-1,GPU-2\n");
  }

  @Test
  void clientOfAnotherUserFindsTheDaemonAndSharesMemoryWithIt() {
    assertThat(inClient("cat " + CONTROL)).isEqualTo(inDaemon("cat " + CONTROL)).isNotEmpty();
    inClient("echo shared > /dev/shm/of-client");
    assertThat(inDaemon("cat /dev/shm/of-client")).isEqualTo("shared\n");
  }

  @Test
  void clientFindsTheNextDaemonWhenOneEnds() {
    String before = inClient("cat " + CONTROL);
    inDaemon("echo quit | nvidia-cuda-mps-control");
    awaitNextDaemon(before);
  }

  @Test
  void daemonThatHangsIsStartedAgain() {
    String before = inClient("cat " + CONTROL);
    inDaemon("touch /run/kerf/mps/pipe/hangs");
    awaitNextDaemon(before);
  }

  @Test
  void nodeWithoutGpusToShareIsHealthy() {
    plane.apply(ON_A_NODE_WITH_MIG_ALONE);
    plane.kubectl(
        "wait", "--namespace=kerf-mps", "--for=condition=Ready", "pod/only-mig", "--timeout=60s");
    assertThat(plane.kubectl("logs", "--namespace=kerf-mps", "only-mig"))
        .contains("nothing to share");
  }

  private static void awaitNextDaemon(String before) {
    TestCluster.await(
        "a client sees the next daemon",
        () -> {
          String now = inClient("cat " + CONTROL + " || echo");
          return !now.isBlank() && !now.equals(before);
        },
        () -> plane.kubectl("describe", "pods", "--namespace=kerf-mps"));
    awaitReady();
  }

  private static void awaitReady() {
    TestCluster.await(
        "the daemon is ready",
        () ->
            plane
                .kubectl(
                    "get", "ds/kerf-mps", "-n", "kerf-mps", "-o", "jsonpath={.status.numberReady}")
                .equals("1"),
        () -> plane.kubectl("describe", "pods", "--namespace=kerf-mps"));
  }

  private static String inDaemon(String script) {
    return plane.kubectl("exec", "--namespace=kerf-mps", "ds/kerf-mps", "--", "sh", "-c", script);
  }

  private static String inClient(String script) {
    return plane.kubectl("exec", "client", "--", "sh", "-c", script);
  }
}
