package gpu.kerf.extender.cluster.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.BindReadiness;
import gpu.kerf.extender.cluster.BindResult;
import gpu.kerf.extender.cluster.Binding;
import gpu.kerf.extender.cluster.EvictResult;
import gpu.kerf.extender.cluster.Eviction;
import gpu.kerf.extender.cluster.kubernetes.reconciling.Difference;
import gpu.kerf.extender.cluster.kubernetes.writing.BindingLease;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.controlplane.KubeScheduler;
import gpu.kerf.extender.service.ClusterService;
import gpu.kerf.extender.wire.PodView;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kerf between a real API server and a real kube-scheduler. */
@ClusterTest
final class OnAClusterTest {
  private static final String BINDING_LEASE = "kerf-binding";

  @TempDir Path folder;
  private ControlPlane plane;

  @BeforeEach
  void start() {
    plane = ControlPlane.start();
    plane.kwok();
  }

  @AfterEach
  void stop() {
    plane.close();
  }

  private static String pod(String name, String resource, String amount) {
    return """
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: default, labels: {app: llm}}
        spec:
          schedulerName: kerf
          terminationGracePeriodSeconds: 0
          containers:
          - {name: main, image: app, resources: {limits: {%s: %s}}}
        """
        .formatted(name, resource, amount);
  }

  private void awaitRunning(String pod) {
    plane.kubectl("wait", "--for=jsonpath={.status.phase}=Running", "pod/" + pod, "--timeout=60s");
  }

  private String field(String object, String path) {
    return plane.kubectl("get", object, "-o", "jsonpath={" + path + "}");
  }

  private void awaitCapacity(String node) {
    Await.until(
        node + " advertises",
        () -> !field("node/" + node, ".status.capacity.kerf\\.gpu/memory").isEmpty());
  }

  private static <T> T value(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @Test
  void eightGibibytesOnAnA100AreASliceThatTheEventNames() {
    plane.apply(Inventory.of("a").mig("A100-40GB", 40_960, "1g.10gb@0", "3g.20gb@4").manifest());
    try (RunningKerf kerf = RunningKerf.on(plane)) {
      awaitCapacity("a");
      try (KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig(folder)).start()) {
        plane.apply(pod("p", "kerf.gpu/memory", "8Gi"));
        awaitRunning("p");
        assertThat(field("pod/p", ".metadata.annotations.kerf\\.gpu/placement"))
            .contains("\"1g.10gb\"");
        Await.until(
            "the event",
            () -> plane.kubectl("describe", "pod", "p").contains("GPU 0 1g.10gb at slice 0"));
        plane.kubectl("delete", "pod", "p", "--timeout=60s");
        Await.until(
            "nothing is held", () -> kerf.get("/api/v1/fleet").body().contains("\"heldMiB\":0"));
        assertThat(scheduler.running()).isTrue();
      }
    }
  }

  @Test
  void whatFitsNowhereSaysWhyAndStaysQuiet() {
    for (int i = 0; i < 20; i++) {
      plane.apply(
          Inventory.of("n" + i).mig("A100-40GB", 40_960, "1g.10gb@0", "1g.10gb@2").manifest());
    }
    try (RunningKerf kerf = RunningKerf.on(plane)) {
      for (int i = 0; i < 20; i++) {
        awaitCapacity("n" + i);
      }
      try (KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig(folder)).start()) {
        plane.apply(
            pod("p", "kerf.gpu/whole", "1")
                .replace("kerf.gpu/whole: 1", "kerf.gpu/memory: 9900Mi"));
        Await.until(
            "the reason is told",
            () ->
                plane
                    .kubectl("describe", "pod", "p")
                    .contains("no GPU of the node has as much memory"));
        double before = kerf.metric("kerf_verb_answers_total{verb=\"filter\"");
        sleep(10);
        assertThat(kerf.metric("kerf_verb_answers_total{verb=\"filter\"") - before)
            .as("filter calls in 10 s at rest")
            .isLessThanOrEqualTo(2);
        assertThat(scheduler.running()).isTrue();
      }
    }
  }

  @Test
  void onlyThePodInTheWayOfOnePieceIsEvicted() {
    plane.apply(Inventory.of("a").plain("A100-40GB", 40_960, 2).manifest());
    plane.apply(
        """
        apiVersion: scheduling.k8s.io/v1
        kind: PriorityClass
        metadata: {name: urgent}
        value: 1000
        """);
    try (RunningKerf kerf = RunningKerf.on(plane)) {
      awaitCapacity("a");
      try (KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig(folder)).start()) {
        // 2 x 20480 is more than the 40192 that shares may have of one GPU: each lies on its own.
        plane.apply(pod("l0", "kerf.gpu/memory", "20Gi") + pod("l1", "kerf.gpu/memory", "20Gi"));
        awaitRunning("l0");
        awaitRunning("l1");
        // The node's sum has 40960 left, and no GPU has more than 19712.
        plane.apply(
            pod("urgent", "kerf.gpu/memory", "30Gi")
                .replace("schedulerName", "priorityClassName: urgent\n  schedulerName"));
        awaitRunning("urgent");
        assertThat(plane.kubectl("get", "pods", "-o", "name").lines().filter(n -> n.contains("/l")))
            .as("one of the two is still there")
            .hasSize(1);
        Await.until("the plan is over", () -> kerf.metric("kerf_preemption_plans") == 0);
        assertThat(scheduler.running()).isTrue();
      }
    }
  }

  private static void sleep(int seconds) {
    // What must not happen within a time can only be seen by letting the time pass.
    try {
      TimeUnit.SECONDS.sleep(seconds);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aRestartFindsEveryPlacementAgain() {
    plane.apply(Inventory.fourCutA100("a").manifest() + Inventory.eightH100("b").manifest());
    String before;
    try (RunningKerf kerf = RunningKerf.on(plane)) {
      awaitCapacity("a");
      awaitCapacity("b");
      try (KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig(folder)).start()) {
        for (int i = 0; i < 10; i++) {
          plane.apply(pod("p" + i, "kerf.gpu/memory", i % 2 == 0 ? "4Gi" : "20Gi"));
        }
        for (int i = 0; i < 10; i++) {
          awaitRunning("p" + i);
        }
        before = held(kerf);
        assertThat(scheduler.running()).isTrue();
      }
    }
    try (RunningKerf kerf = RunningKerf.on(plane)) {
      assertThat(held(kerf)).isEqualTo(before).isNotEqualTo("0");
      assertThat(kerf.metric("kerf_ledger_conflicts")).isZero();
    }
  }

  @Test
  void aRecordThatAnAdminChangesIsReportedAndNothingElse() {
    plane.apply(Inventory.of("a").plain("A100-40GB", 40_960, 2).manifest());
    try (RunningKerf kerf = RunningKerf.on(plane, "cluster.reconcile=1s")) {
      awaitCapacity("a");
      try (KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig(folder)).start()) {
        plane.apply(pod("p", "kerf.gpu/memory", "20Gi") + pod("q", "kerf.gpu/memory", "20Gi"));
        awaitRunning("p");
        awaitRunning("q");
        double before = kerf.metric("kerf_reconciliations_total{outcome=\"done\"");
        Await.until(
            "it was compared three times",
            () -> kerf.metric("kerf_reconciliations_total{outcome=\"done\"") >= before + 3);
        assertThat(kerf.get("/metrics").body().lines())
            .filteredOn(line -> line.startsWith("kerf_ledger_differences{"))
            .hasSize(Difference.Kind.values().length)
            .allMatch(line -> line.endsWith(" 0.0"));
        String record = field("pod/p", ".metadata.annotations.kerf\\.gpu/placement");
        String forged = record.replaceFirst("\"memoryMiB\":\\d+", "\"memoryMiB\":1024");
        plane.kubectl("annotate", "--overwrite", "pod", "p", "kerf.gpu/placement=" + forged);
        Await.until(
            "it is reported",
            () -> kerf.metric("kerf_ledger_differences{kind=\"other-slots\"") == 1);
        Await.until(
            "the event names both sides",
            () ->
                plane.kubectl("describe", "pod", "p").contains("20480 MiB by MPS. The API server"));
        assertThat(held(kerf)).as("both pods hold what they were given").isEqualTo("40960");
        assertThat(scheduler.running()).isTrue();
      }
    }
  }

  private static String held(RunningKerf kerf) {
    String fleet = kerf.get("/api/v1/fleet").body();
    return fleet.replaceAll(".*?\"heldMiB\":(\\d+).*", "$1");
  }

  @Test
  void whatTheApiServerSaysOfBindingsIsTold() throws Exception {
    plane.apply(Inventory.eightH100("a").manifest());
    plane.apply(pod("p", "kerf.gpu/memory", "8Gi") + pod("q", "kerf.gpu/memory", "8Gi"));
    try (RunningKerf kerf = RunningKerf.on(plane)) {
      KubernetesCluster cluster = kerf.service().cluster();
      PodView.Ref p = ref("p");
      takeLease(kerf, p);
      Map<String, String> annotations = Map.of("kerf.gpu/placement", "{}");
      assertThat(value(cluster.bind(new Binding(p, "a", annotations)))).isEqualTo(BindResult.BOUND);
      assertThat(value(cluster.bind(new Binding(p, "a", annotations))).kind())
          .isEqualTo(BindResult.Kind.CONFLICT);
      PodView.Ref other = new PodView.Ref("default", "q", p.uid());
      assertThat(value(cluster.bind(new Binding(other, "a", annotations))).kind())
          .isEqualTo(BindResult.Kind.CONFLICT);
      PodView.Ref unknown = new PodView.Ref("default", "unknown", p.uid());
      assertThat(value(cluster.bind(new Binding(unknown, "a", annotations))).kind())
          .isEqualTo(BindResult.Kind.NOT_FOUND);
      assertThat(value(cluster.read(p)).orElseThrow().nodeName()).isEqualTo("a");
      plane.stopApiServer();
      assertThat(value(cluster.bind(new Binding(ref("q", p.uid()), "a", annotations))).kind())
          .isIn(BindResult.Kind.REFUSED, BindResult.Kind.UNKNOWN);
      plane.startApiServer();
      Await.until("it goes on", () -> field("pod/p", ".spec.nodeName").equals("a"));
      plane.apply(pod("r", "kerf.gpu/memory", "8Gi"));
      Await.until(
          "the watch has come back",
          () -> kerf.get("/api/v1/pods?state=pending").body().contains("\"r\""));
    }
  }

  @Test
  void aBudgetBlocksAnEvictionAndSaysSo() throws Exception {
    plane.apply(Inventory.eightH100("a").manifest());
    plane.apply(
        pod("p", "kerf.gpu/memory", "8Gi").replace("PeriodSeconds: 0", "PeriodSeconds: 30"));
    plane.apply(
        """
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata: {name: keep, namespace: default}
        spec: {minAvailable: 1, selector: {matchLabels: {app: llm}}}
        """);
    try (RunningKerf kerf = RunningKerf.on(plane)) {
      KubernetesCluster cluster = kerf.service().cluster();
      takeLease(kerf, ref("p"));
      value(cluster.bind(new Binding(ref("p"), "a", Map.of())));
      awaitRunning("p");
      EvictResult blocked = value(cluster.evict(new Eviction(ref("p"), "room")));
      assertThat(blocked.kind()).isEqualTo(EvictResult.Kind.BLOCKED);
      assertThat(blocked.text()).contains("keep");
      plane.kubectl("delete", "pdb", "keep");
      PodView.Ref wrong = new PodView.Ref("default", "p", "00000000-0000-0000-0000-000000000000");
      assertThat(value(cluster.evict(new Eviction(wrong, "room"))).kind())
          .isEqualTo(EvictResult.Kind.GONE);
      assertThat(value(cluster.evict(new Eviction(ref("p"), "room"))))
          .isEqualTo(EvictResult.EVICTED);
    }
  }

  @Test
  void aClusterWithoutTheManifestsGetsALeaseAndBindsOnceAHolderBeforeWouldHaveStopped() {
    plane.kubectl("delete", "lease", BINDING_LEASE);
    plane.apply(Inventory.eightH100("a").manifest());
    long began = System.nanoTime();
    try (RunningKerf kerf = RunningKerf.on(plane)) {
      awaitCapacity("a");
      try (KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig(folder)).start()) {
        plane.apply(pod("p", "kerf.gpu/memory", "8Gi"));
        awaitRunning("p");
        assertThat((System.nanoTime() - began) / 1e9)
            .isGreaterThan((double) BindingLease.DURATION.plus(BindingLease.SETTLING).toSeconds());
        assertThat(scheduler.running()).isTrue();
      }
    }
    assertThat(field("lease/" + BINDING_LEASE, ".spec.holderIdentity"))
        .as("given back when Kerf stops")
        .isEmpty();
  }

  /** What comes before every binding. */
  private static void takeLease(RunningKerf kerf, PodView.Ref pod) throws Exception {
    ClusterService service = kerf.service();
    CompletableFuture<BindReadiness> taken = new CompletableFuture<>();
    service
        .scheduling()
        .loop()
        .execute(() -> service.cluster().catchUp("a", pod).thenAccept(taken::complete));
    assertThat(value(taken)).isEqualTo(BindReadiness.READY);
  }

  private PodView.Ref ref(String pod) {
    return ref(pod, field("pod/" + pod, ".metadata.uid"));
  }

  private static PodView.Ref ref(String pod, String uid) {
    return new PodView.Ref("default", pod, uid);
  }
}
