package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.DraNode.Call;
import gpu.kerf.extender.controlplane.DraTest;
import gpu.kerf.extender.controlplane.KubeScheduler;
import gpu.kerf.extender.endtoend.DraCluster.Seen;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What pods of Kerf get on a node whose GPUs a DRA driver hands out. */
@DraTest
final class DraOnANodeTest {
  /** Devices and counters of the first GPU, and the devices of the others. */
  private static final int SLICES = 4;

  /** The pod of a user who wrote a claim of his own, placed by kube-scheduler without Kerf. */
  private static final String ORDINARY =
      """
      apiVersion: resource.k8s.io/v1
      kind: ResourceClaim
      metadata: {name: theirs, namespace: default}
      spec:
        devices:
          requests:
          - name: half
            exactly:
              deviceClassName: mig.nvidia.com
              selectors:
              - cel: {expression: "device.attributes['gpu.nvidia.com'].profile == '3g.40gb'"}
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: theirs, namespace: default}
      spec:
        terminationGracePeriodSeconds: 1
        resourceClaims: [{name: gpu, resourceClaimName: theirs}]
        containers:
        - name: main
          image: app
          imagePullPolicy: Never
          command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 0.1; done"]
          resources: {claims: [{name: gpu}]}
      """;

  /** A DeviceClass that stands for a resource of pods. */
  private static final String EXTENDED =
      """
      apiVersion: resource.k8s.io/v1
      kind: DeviceClass
      metadata: {name: slice.example.com}
      spec:
        extendedResourceName: example.com/slice
        selectors:
        - cel: {expression: "device.driver == 'gpu.nvidia.com'"}
        - cel: {expression: "device.attributes['gpu.nvidia.com'].type == 'mig'"}
        - cel: {expression: "device.attributes['gpu.nvidia.com'].profile == '1g.10gb'"}
      """;

  /** A claim of a device of another driver. */
  private static final String CARD =
      """
      apiVersion: resource.k8s.io/v1
      kind: DeviceClass
      metadata: {name: cards}
      spec: {selectors: [{cel: {expression: "device.driver == 'cards.example.com'"}}]}
      ---
      apiVersion: resource.k8s.io/v1
      kind: ResourceClaim
      metadata: {name: card, namespace: default}
      spec: {devices: {requests: [{name: card, exactly: {deviceClassName: cards}}]}}
      """;

  private static final String OF_CARDS = "spec.driver=cards.example.com";

  /** A kubelet looks once a minute which claims no pod needs any more. */
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private static DraCluster cluster;

  @BeforeAll
  static void start() {
    cluster = DraCluster.start("dynamic", "whole", "shared");
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @AfterEach
  void leaveNothing() {
    cluster.clear();
    Await.until("all devices are published", () -> cluster.slices() == SLICES);
  }

  private static Pod mig(String name, String memory) {
    return DraCluster.pod(name).wall("mig").memory(memory);
  }

  /** The one device of a container, by the record; the container sees it and no other. */
  private static String device(String pod, String container) {
    List<String> recorded = cluster.recorded(pod, container);
    assertThat(recorded).hasSize(1);
    assertThat(cluster.seen(pod, container)).isEqualTo(Seen.only(recorded.get(0)));
    return recorded.get(0);
  }

  @Test
  void theContainerGetsAnInstanceThatWasCutForItAndNothingElse() {
    cluster.create(mig("one", "8Gi").variable("NVIDIA_VISIBLE_DEVICES", "all"));
    cluster.awaitRunning("one");

    String device = device("one", "main");
    assertThat(device).matches("gpu-0-mig-1g10gb-19-[0-6]");
    assertThat(cluster.dra().created()).containsExactly(device);
    assertThat(cluster.plane().kubectl("exec", "one", "--", "env").lines())
        .as("the image's own variable does not count")
        .contains("NVIDIA_VISIBLE_DEVICES=void");
  }

  @Test
  void everyContainerSeesItsOwnInstanceAndOneWithoutDemandSeesNone() {
    cluster.create(
        mig("two", "8Gi")
            .container("second", "kerf.gpu/memory", "16Gi")
            .container("helper")
            .runs("two"));
    cluster.awaitRunning("two");

    String first = device("two", "main");
    String second = device("two", "second");
    assertThat(first).startsWith("gpu-0-mig-1g10gb-");
    assertThat(second).matches("gpu-0-mig-[12]g20gb-.*");
    assertThat(cluster.seen("two", "helper")).isEqualTo(Seen.NOTHING);
    assertThat(cluster.dra().created()).containsExactlyInAnyOrder(first, second);
    assertThat(cluster.claims()).as("one claim for the pod").hasSize(1);
  }

  @Test
  void aWholeGpuAndAShareAreHandedOutByTheSameDriver() {
    cluster.create(DraCluster.pod("whole").whole(1));
    cluster.create(DraCluster.pod("share").wall("mps").memory("8Gi"));
    cluster.awaitRunning("whole");
    cluster.awaitRunning("share");

    assertThat(device("whole", "main")).isEqualTo("gpu-1");
    assertThat(cluster.recorded("share", "main")).containsExactly("gpu-2");
    assertThat(cluster.seen("share", "main"))
        .isEqualTo(new Seen(List.of("gpu-2"), List.of("gpu-2"), "0=8192M"));
  }

  @Test
  void anInitContainerUsesTheInstanceOfTheContainerAfterIt() {
    cluster.create(mig("reuse", "8Gi").initContainer("warm", "kerf.gpu/memory", "8Gi"));
    cluster.awaitRunning("reuse");

    String device = device("reuse", "main");
    assertThat(cluster.saw("reuse", "warm")).isEqualTo(Seen.only(device));
    assertThat(cluster.dra().created()).as("one instance for both").containsExactly(device);
    assertThat(cluster.kerf().placements()).isEqualTo(1);
  }

  @Test
  void anInitContainerWithoutAMateHasAnInstanceOfItsOwnAndOneWithoutDemandNothing() {
    cluster.create(
        DraCluster.pod("own")
            .whole(1)
            .annotated("kerf.gpu/wall", "mig")
            .initContainer("fetch")
            .initContainer("check", "kerf.gpu/memory", "8Gi"));
    cluster.awaitRunning("own");

    assertThat(device("own", "main")).isEqualTo("gpu-1");
    List<String> own = cluster.recorded("own", "check");
    assertThat(own).hasSize(1).allMatch(device -> device.startsWith("gpu-0-mig-1g10gb-"));
    assertThat(cluster.saw("own", "check")).isEqualTo(Seen.only(own.get(0)));
    assertThat(cluster.saw("own", "fetch")).isEqualTo(Seen.NOTHING);
    assertThat(cluster.claims()).as("one claim for the pod").hasSize(1);
  }

  @Test
  void anInitContainerThatAsksForMoreMakesTheInstanceOfBothLarger() {
    cluster.create(mig("larger", "8Gi").initContainer("convert", "kerf.gpu/memory", "16Gi"));
    cluster.awaitRunning("larger");

    String device = device("larger", "main");
    assertThat(device).matches("gpu-0-mig-[12]g20gb-.*");
    assertThat(cluster.saw("larger", "convert")).isEqualTo(Seen.only(device));
    assertThat(cluster.dra().created()).containsExactly(device);
  }

  @Test
  void anInitContainerUsesAShareWithItsLimit() {
    cluster.create(
        DraCluster.pod("limited")
            .wall("mps")
            .memory("8Gi")
            .initContainer("warm", "kerf.gpu/memory", "4Gi"));
    cluster.awaitRunning("limited");

    Seen share = new Seen(List.of("gpu-2"), List.of("gpu-2"), "0=8192M");
    assertThat(cluster.seen("limited", "main")).isEqualTo(share);
    assertThat(cluster.saw("limited", "warm")).isEqualTo(share);
  }

  /** The same pod twice: for Kerf, and for a resource that a DeviceClass stands for. */
  @Test
  void kerfWritesForInitContainersWhatTheStandardSchedulerWrites() {
    cluster.plane().apply(EXTENDED);
    try (KubeScheduler standard = cluster.plane().scheduler()) {
      standard.start();
      cluster.create(
          instances("theirs", "example.com/slice", "1").spec("schedulerName: default-scheduler"));
      cluster.create(instances("ours", "kerf.gpu/memory", "8Gi").wall("mig"));
      cluster.awaitRunning("theirs");
      cluster.awaitRunning("ours");

      assertThat(cluster.mapped("ours"))
          .contains("main gets container-3-request-0")
          .containsExactlyInAnyOrderElementsOf(cluster.mapped("theirs"));
      for (String pod : List.of("theirs", "ours")) {
        Seen side = cluster.seen(pod, "side");
        assertThat(cluster.saw(pod, "before")).isEqualTo(side);
        assertThat(cluster.saw(pod, "after"))
            .isEqualTo(cluster.seen(pod, "main"))
            .isNotEqualTo(side);
      }
      assertThat(cluster.dra().created()).as("two for each pod").hasSize(4);
    } finally {
      cluster.plane().kubectl("delete", "deviceclass", "slice.example.com");
    }
  }

  /** An init container, a sidecar, another init container and a main one, all of which ask. */
  private static Pod instances(String name, String resource, String amount) {
    return DraCluster.pod(name)
        .limit(resource, amount)
        .initContainer("before", resource, amount)
        .sidecar("side", resource, amount)
        .initContainer("after", resource, amount);
  }

  @Test
  void aNetworkCardOfAnotherDriverComesBesideTheGpu() {
    Runnable end = cluster.dra().startOther("cards.example.com", 1);
    try {
      cluster.plane().apply(CARD);
      cluster.create(mig("both", "8Gi").claiming("card"));
      cluster.awaitRunning("both");

      List<String> gpu = cluster.recorded("both", "main");
      assertThat(cluster.seen("both", "main").nodes())
          .as("the card is called as a GPU is")
          .containsExactlyInAnyOrder("gpu-0", gpu.get(0));
      assertThat(cluster.dra().created()).isEqualTo(gpu);
      assertThat(cluster.claims()).hasSize(2);
      cluster.plane().kubectl("delete", "pod", "both", "--grace-period=1");
      cluster.plane().kubectl("delete", "resourceclaim", "card", "--timeout=60s");
    } finally {
      end.run();
      cluster.plane().kubectl("delete", "resourceslices", "--field-selector", OF_CARDS);
    }
  }

  @Test
  void theInstanceIsGivenAgainOnlyAfterTheDriverHasDestroyedIt() {
    cluster.create(all("old"));
    cluster.awaitRunning("old");
    assertThat(device("old", "main")).isEqualTo("gpu-0-mig-7g80gb-0-0");
    cluster.create(all("next"));

    cluster.dra().hold(Call.UNPREPARE);
    cluster.plane().kubectl("delete", "pod", "old", "--wait=false");
    Await.until("its container is gone", () -> !cluster.lives("old"));
    assertThat(cluster.pod("old", "/status/phase").asText())
        .as("the driver has not let go")
        .isEqualTo("Running");
    assertThat(cluster.isBound("next")).isFalse();

    cluster.dra().release(Call.UNPREPARE);
    cluster.awaitRunning("next");
    assertThat(cluster.dra().journal().stream().map(entry -> entry.text()))
        .endsWith(
            "create gpu-0-mig-7g80gb-0-0",
            "destroy gpu-0-mig-7g80gb-0-0",
            "create gpu-0-mig-7g80gb-0-0");
  }

  @Test
  void aPodThatSucceedsLeavesNoClaimAndNoInstance() {
    cluster.create(mig("job", "8Gi").spec("restartPolicy: Never").script("sleep 1"));
    cluster.plane().kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/job");

    assertThat(cluster.dra().created()).as("destroyed before the pod has ended").isEmpty();
    Await.until("the claim is gone", () -> cluster.claims().isEmpty());
    Await.until("Kerf holds nothing", () -> cluster.kerf().placements() == 0);
  }

  /**
   * A kubelet restarts with every update of its node. It removes the ResourceSlices of its node
   * then, and the driver publishes them again after half a minute.
   */
  @Test
  void aRestartOfTheKubeletChangesNothingAndPodsThatCameMeanwhileStart() {
    cluster.create(mig("before", "8Gi"));
    cluster.awaitRunning("before");
    String device = device("before", "main");

    cluster.dra().node().killKubelet();
    cluster.create(mig("while-down", "8Gi"));
    Await.until("it is bound", () -> cluster.isBound("while-down"));
    assertThat(cluster.lives("before")).isTrue();
    cluster.dra().node().startKubelet();
    Await.until("the kubelet has removed the slices", () -> cluster.slices() == 0);
    cluster.create(mig("while-unpublished", "8Gi"));

    cluster.awaitRunning("while-down");
    Await.until("the driver has published again", () -> cluster.slices() == SLICES);
    cluster.awaitRunning("while-unpublished");
    assertThat(List.of(device, device("while-down", "main"), device("while-unpublished", "main")))
        .doesNotHaveDuplicates();
    assertThat(cluster.pod("before", "/status/containerStatuses/0/restartCount").asInt(-1))
        .isZero();
    assertThat(device("before", "main")).isEqualTo(device);
    assertThat(cluster.dra().created()).as("prepared once").hasSize(3);
    assertThat(cluster.dra().journal()).noneMatch(entry -> entry.event().equals("refuse"));
  }

  @Test
  void whileTheDriverIsDeadAPodThatEndsKeepsItsInstance() {
    cluster.create(all("old"));
    cluster.awaitRunning("old");
    cluster.create(all("next"));

    cluster.dra().killDriver();
    cluster.plane().kubectl("delete", "pod", "old", "--wait=false");
    Await.until("its container is gone", () -> !cluster.lives("old"));
    assertThat(cluster.dra().created()).hasSize(1);
    assertThat(cluster.isBound("next")).isFalse();
    assertThat(cluster.claims()).hasSize(1);

    cluster.dra().startDriver();
    cluster.awaitRunning("next");
    assertThat(cluster.dra().created()).hasSize(1);
  }

  /**
   * The API server removes the claim at once; the container runs on, and the driver holds the
   * instance until the kubelet is back and has noticed.
   */
  @Test
  void anInstanceOfAPodDeletedByForceIsGivenAgainOnlyWhenTheDriverHasLetGo() {
    int before = events().size();
    cluster.create(all("old"));
    cluster.awaitRunning("old");
    cluster.create(all("next"));

    cluster.dra().node().killKubelet();
    deleteByForce("old");
    Await.until("the claim is gone", () -> cluster.claims().isEmpty());
    assertThat(cluster.dra().created()).hasSize(1);
    assertThat(cluster.lives("old")).isTrue();
    assertThat(cluster.isBound("next")).isFalse();

    cluster.dra().node().startKubelet();
    await(
        "the next one is bound",
        () -> {
          boolean bound = cluster.isBound("next");
          // Asked in this order: what was held after the binding was held at the binding.
          if (bound) {
            assertThat(events().subList(before, events().size()))
                .as("the driver let go before")
                .contains("destroy");
          }
          return bound;
        });
    cluster.awaitRunning("next");
    assertThat(events().subList(before, before + 3)).containsExactly("create", "destroy", "create");
  }

  @Test
  void aPodWhoseDriverIsDeadWaitsSaysWhyAndStartsWhenTheDriverIsBack() {
    int before = cluster.dra().journal().size();
    cluster.dra().killDriver();
    cluster.create(all("waits"));
    Await.until("it is bound", () -> cluster.isBound("waits"));
    await("it says why", () -> eventsOf("waits").contains("FailedPrepareDynamicResources"));
    assertThat(cluster.pod("waits", "/status/phase").asText()).isEqualTo("Pending");
    assertThat(cluster.dra().journal()).hasSize(before);

    cluster.dra().startDriver();
    await("it runs", () -> cluster.pod("waits", "/status/phase").asText().equals("Running"));
    assertThat(cluster.seen("waits", "main"))
        .isEqualTo(DraCluster.Seen.only("gpu-0-mig-7g80gb-0-0"));
  }

  @Test
  void podsOfKerfAndOnesWithClaimsOfTheirOwnShareAGpu() {
    try (KubeScheduler standard = cluster.plane().scheduler()) {
      standard.start();
      cluster.create(mig("first", "8Gi"));
      cluster.awaitRunning("first");
      cluster.plane().apply(ORDINARY);
      cluster.awaitRunning("theirs");
      List<String> theirs = cluster.seen("theirs", "main").variable();
      assertThat(theirs).hasSize(1).allMatch(device -> device.startsWith("gpu-0-mig-3g40gb-"));

      cluster.create(mig("second", "16Gi"));
      cluster.awaitRunning("second");
      assertThat(cluster.dra().created())
          .containsExactlyInAnyOrder(
              device("first", "main"), theirs.get(0), device("second", "main"));
      cluster.create(mig("third", "38Gi"));
      cluster
          .plane()
          .kubectl("wait", "--for=condition=PodScheduled=false", "pod/third", "--timeout=60s");
      assertThat(cluster.dra().journal()).noneMatch(entry -> entry.event().equals("refuse"));
    } finally {
      cluster
          .plane()
          .kubectl("delete", "resourceclaim", "theirs", "--ignore-not-found", "--wait=false");
    }
  }

  /** A pod that wants all of the only GPU that can be cut. */
  private static Pod all(String name) {
    return mig(name, "70Gi");
  }

  private static List<String> events() {
    return cluster.dra().journal().stream().map(entry -> entry.event()).toList();
  }

  private static String eventsOf(String pod) {
    return cluster.plane().kubectl("get", "events", "--field-selector=involvedObject.name=" + pod);
  }

  private static void deleteByForce(String pod) {
    cluster.plane().kubectl("delete", "pod", pod, "--force", "--grace-period=0", "--wait=false");
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("not within " + PATIENCE + ": " + what).isLessThan(deadline);
      LockSupport.parkNanos(20_000_000);
    }
  }
}
