package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.ContainerImage;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.controlplane.KubeScheduler;
import gpu.kerf.extender.controlplane.NodeTest;
import gpu.kerf.extender.controlplane.Options;
import gpu.kerf.extender.controlplane.RealNode;
import gpu.kerf.extender.manifests.Shipped;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a real kubelet does with a container whose pod object is removed under it. */
@NodeTest
final class ForcedDeletionTest {
  /** Its containers ignore signals and go on for the whole grace period. */
  private static final String STUBBORN = "trap '' TERM; while :; do sleep 0.2; done; echo ";

  /** It ends when it is told to. */
  private static final String OBEDIENT = "trap 'exit 0' TERM; while :; do sleep 0.2; done; echo ";

  private static final int GRACE_SECONDS = 5;

  /** Longer than Kerf takes to start. */
  private static final int LONG_GRACE_SECONDS = 30;

  private static ControlPlane plane;
  private static Api api;
  private static RealNode node;
  private static KerfProcess kerf;
  private static KubeScheduler scheduler;

  @BeforeAll
  static void start() {
    plane = ControlPlane.start(Options.defaults().withNode("real"));
    api = Api.of(plane.kubeconfig());
    node = plane.node("real");
    node.load(ContainerImage.shell("app", "exec sleep 1000000"));
    Await.until("the node is there", () -> plane.kubectl("get", "nodes").contains(" Ready "));
    plane.kubectl("label", "node", "real", "kerf.gpu/managed=true");
    String gpu = Inventory.of("real").plain("H100-80GB", 81_559, 1).json();
    plane.kubectl("annotate", "node", "real", Inventory.ANNOTATION + "=" + gpu);
    plane.apply(Shipped.text("base/namespace.yaml"));
    plane.apply(Shipped.text("base/checkpoint.yaml"));
    plane.apply(Shipped.text("base/lease.yaml"));
    kerf =
        new KerfProcess(plane, "kerf", plane.kubeconfig(), List.of("cluster.namespace=kerf-system"))
            .start();
    scheduler =
        plane.scheduler(
            TestCluster.schedulerConfig(plane, kerf.address(), false), plane.kubeconfig());
    scheduler.start();
    Await.until(
        "the GPU is offered",
        () -> plane.kubectl("get", "node", "real", "-o", "yaml").contains("kerf.gpu/whole: \"1\""));
  }

  @AfterAll
  static void stop() {
    if (plane != null) {
      scheduler.close();
      kerf.close();
      plane.close();
    }
  }

  @AfterEach
  void leaveNothing() {
    plane.kubectl("delete", "pods", "--all", "--grace-period=1");
    Await.until("nothing is held", () -> kerf.placements() == 0);
  }

  /** A pod that wants the only GPU. Its name is found among the processes of this machine. */
  private static String pod(String name, long grace, String script) {
    return """
    apiVersion: v1
    kind: Pod
    metadata: {name: %1$s, namespace: default}
    spec:
      schedulerName: kerf
      terminationGracePeriodSeconds: %2$d
      containers:
      - name: main
        image: app
        imagePullPolicy: Never
        command: [sh, -c, "%3$s %1$s"]
        resources: {limits: {kerf.gpu/whole: 1}}
    """
        .formatted(name, grace, script);
  }

  private static void awaitRunning(String name) {
    plane.kubectl("wait", "--for=condition=Ready", "pod/" + name, "--timeout=60s");
  }

  private static boolean lives(String name) {
    return node.run("ps", "-e", "-o", "args").contains("; echo  " + name);
  }

  private static boolean isBound(String name) {
    return !pod(name).at("/spec/nodeName").asText("").isEmpty();
  }

  private static JsonNode pod(String name) {
    return api.get(TestCluster.PODS + "/" + name);
  }

  @Test
  void theContainerOutlivesItsPodAndItsGpuIsGivenToTheNextOneOnlyWhenItIsGone() {
    plane.apply(pod("old", GRACE_SECONDS, STUBBORN));
    awaitRunning("old");
    assertThat(lives("old")).isTrue();
    plane.apply(pod("next", 1, OBEDIENT));

    deleteByForce("old");
    assertThat(lives("old")).as("it runs at the moment at which its slot would be free").isTrue();
    Await.until("it is held", () -> quarantined().size() == 1);
    assertNextIsBoundOnlyWhenOldIsGone();
  }

  /** Kerf hears again what happened while it did not run. */
  @Test
  void aGpuIsHeldThoughKerfDidNotRunWhenItsPodWasDeletedByForce() {
    plane.apply(pod("old", LONG_GRACE_SECONDS, STUBBORN));
    awaitRunning("old");
    plane.apply(pod("next", 1, OBEDIENT));
    long version = pod("old").at("/metadata/resourceVersion").asLong();
    Await.until("Kerf has written how far it has heard", () -> checkpoint() >= version - 1);

    kerf.kill();
    deleteByForce("old");
    kerf.start();

    Await.until("it is held", () -> quarantined().size() == 1);
    assertThat(quarantined().path(0).path("name").asText()).isEqualTo("old");
    assertThat(kerf.metric("kerf_quarantined_gpu_memory_bytes")).isPositive();
    assertThat(kerf.metric("kerf_deletions_wait_seconds")).isZero();
    String next = pod("next").toString();
    Await.until(
        "explain says who holds the node",
        () -> {
          JsonNode held = kerf.post("/api/v1/explain", next).at("/held/0");
          return held.at("/node").asText().equals("real")
              && held.at("/pods/0").asText().equals("default/old");
        });
    assertNextIsBoundOnlyWhenOldIsGone();
    assertThat(quarantined()).isEmpty();
  }

  private static long checkpoint() {
    return api.get("/api/v1/namespaces/kerf-system/configmaps/kerf-checkpoint")
        .at("/data/podVersion")
        .asLong(-1);
  }

  /** What the object says is gone, the kubelet does not know, and the container runs on. */
  @Test
  void aGpuOfANodeThatIsCutOffIsHeldUntilTheNodeIsHeardAndTheContainerIsGone() {
    plane.apply(pod("old", GRACE_SECONDS, STUBBORN));
    awaitRunning("old");
    plane.apply(pod("next", 1, OBEDIENT));

    node.killKubelet();
    deleteByForce("old");
    Await.until("it is held", () -> quarantined().size() == 1);
    // As the controller-manager does when a node has not been heard for
    // --node-monitor-grace-period.
    ready("Unknown");
    Await.until("Kerf knows", () -> quarantined().path(0).path("heldUntil").isNull());
    long silent = System.nanoTime();
    Await.until(
        "it would be over long ago",
        () -> System.nanoTime() - silent > TimeUnit.SECONDS.toNanos(GRACE_SECONDS + 2));
    assertThat(lives("old")).isTrue();
    assertThat(isBound("next")).isFalse();
    assertThat(quarantined()).hasSize(1);

    node.startKubelet();
    assertNextIsBoundOnlyWhenOldIsGone();
  }

  private static void deleteByForce(String name) {
    plane.kubectl("delete", "pod", name, "--force", "--grace-period=0", "--wait=false");
    assertThat(plane.kubectl("get", "pods", "-o", "name")).doesNotContain("pod/" + name);
  }

  private static JsonNode quarantined() {
    return kerf.get("/api/v1/pods?state=quarantined").path("pods");
  }

  private static void ready(String status) {
    String patch = "{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"%s\"}]}}";
    plane.kubectl(
        "patch",
        "node",
        "real",
        "--subresource=status",
        "--type=strategic",
        "-p",
        patch.formatted(status));
  }

  private static void assertNextIsBoundOnlyWhenOldIsGone() {
    long began = System.nanoTime();
    // Asked in this order: what runs after the next one was bound ran when it was bound.
    for (boolean bound = false; !bound; ) {
      bound = isBound("next");
      if (lives("old")) {
        assertThat(bound).as("the next one is bound while the old one runs").isFalse();
      }
      assertThat(System.nanoTime() - began).isLessThan(Await.LONG.toNanos());
    }
    awaitRunning("next");
    assertThat(lives("old")).isFalse();
  }

  @Test
  void aPodThatIsDeletedAsUsualReportsItsEndAndItsGpuIsFreeAtOnce() {
    // Longer than the test waits: were it held for that long, the test would fail.
    plane.apply(pod("old", 300, OBEDIENT));
    awaitRunning("old");
    plane.apply(pod("next", 1, OBEDIENT));
    plane.kubectl("delete", "pod", "old", "--wait=false");
    awaitRunning("next");
    assertThat(lives("old")).isFalse();
    assertThat(kerf.log()).doesNotContain("old was deleted by force");
  }
}
