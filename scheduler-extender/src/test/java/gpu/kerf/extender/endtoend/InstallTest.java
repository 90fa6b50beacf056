package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.NodeTest;
import gpu.kerf.extender.manifests.Shipped;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The shipped manifests and the built image, on a real node: what containers are told of their
 * GPUs.
 */
@NodeTest
final class InstallTest {
  private static final String DEVICES = "NVIDIA_VISIBLE_DEVICES";
  private static final String MEMORY = "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT";
  private static final String THREADS = "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE";

  /** A pod that no scheduler sees. */
  private static final String PAST = "{schedulerName: default-scheduler, nodeName: real}";

  private static final String DECISION = "metadata.annotations['kerf.gpu/visible-devices.main']";

  private static InstalledCluster cluster;

  @BeforeAll
  static void start() {
    cluster = InstalledCluster.start();
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
  }

  @Test
  void containerWithWholeGpusSeesTheirUuids() {
    cluster.create(Pod.named("p").whole(2));
    cluster.awaitRunning("p");
    assertThat(main("p")).containsEntry(DEVICES, "GPU-real-0,GPU-real-1").doesNotContainKey(MEMORY);
  }

  @Test
  void containerWithInstanceSeesItsUuid() {
    // 8192 MiB: more than 1g.5gb has, and 1g.10gb strands least.
    cluster.create(Pod.named("p").memory("8Gi").wall("mig"));
    cluster.awaitRunning("p");
    assertThat(main("p")).containsEntry(DEVICES, "MIG-real-2-0").doesNotContainKey(MEMORY);
  }

  @Test
  void containerWithShareSeesItsGpuItsLimitsAndItsDaemon() {
    cluster.create(Pod.named("p").memory("8Gi").wall("mps").annotated("kerf.gpu/sm-percent", "25"));
    cluster.awaitRunning("p");
    String gpu = placement("p").at("/containers/0/slots/0/uuid").asText();
    assertThat(gpu).startsWith("GPU-real-");
    assertThat(main("p"))
        .containsEntry(DEVICES, gpu)
        .containsEntry(MEMORY, "0=8192M")
        .containsEntry(THREADS, "25")
        .containsEntry("CUDA_MPS_PIPE_DIRECTORY", "/run/kerf/mps/pipe");
    cluster.realNode().run("sh", "-c", "echo here > /run/kerf/mps/pipe/control");
    assertThat(cluster.plane().kubectl("exec", "p", "--", "cat", "/run/kerf/mps/pipe/control"))
        .isEqualTo("here\n");
  }

  @Test
  void everyContainerSeesItsOwnAndWhoDidNotAskSeesNothing() {
    cluster.create(
        Pod.named("p").whole(1).container("second", "kerf.gpu/memory", "4Gi").container("sidecar"));
    cluster.awaitRunning("p");
    JsonNode containers = placement("p").path("containers");
    assertThat(containers).hasSize(2);
    assertThat(main("p")).containsEntry(DEVICES, uuid(containers.get(0)));
    assertThat(cluster.environment("p", "second"))
        .containsEntry(DEVICES, uuid(containers.get(1)))
        .extractingByKey(DEVICES)
        .isNotEqualTo(uuid(containers.get(0)));
    assertThat(cluster.environment("p", "sidecar")).containsEntry(DEVICES, "void");
  }

  @Test
  void sidecarSeesItsGpuBeforeTheContainersStartAndInitContainersNone() {
    cluster.create(
        Pod.named("p")
            .memory("4Gi")
            .initContainer("fetch")
            .sidecar("cache", "kerf.gpu/memory", "4Gi"));
    cluster.awaitRunning("p");
    JsonNode containers = placement("p").path("containers");
    assertThat(containers).hasSize(2);
    for (JsonNode container : containers) {
      String name = container.path("name").asText();
      assertThat(cluster.environment("p", name)).containsEntry(DEVICES, uuid(container));
    }
    assertThat(cluster.environment("p", "fetch")).containsEntry(DEVICES, "void");
  }

  @Test
  void initContainerSeesTheShareOfTheContainerAfterItWithItsLimit() {
    cluster.create(
        Pod.named("p").memory("8Gi").wall("mps").initContainer("warm", "kerf.gpu/memory", "4Gi"));
    cluster.awaitRunning("p");
    JsonNode containers = placement("p").path("containers");
    assertThat(containers).hasSize(1);
    for (String name : List.of("warm", "main")) {
      assertThat(cluster.environment("p", name))
          .containsEntry(DEVICES, uuid(containers.get(0)))
          .containsEntry(MEMORY, "0=8192M");
    }
  }

  @Test
  void podsAndCapacityOutliveTheKubelet() {
    cluster.create(Pod.named("before").whole(1));
    cluster.awaitRunning("before");
    String container = containerId("before");
    String capacity = cluster.node().at("/status/capacity/kerf.gpu~1memory").asText();
    assertThat(capacity).isNotEmpty();
    String reported = heartbeat();

    cluster.realNode().killKubelet();
    cluster.realNode().startKubelet();
    TestCluster.await("the kubelet reports again", () -> !heartbeat().equals(reported));
    assertThat(cluster.node().at("/status/capacity/kerf.gpu~1memory").asText()).isEqualTo(capacity);
    assertThat(cluster.node().at("/status/allocatable/kerf.gpu~1whole").asText()).isEqualTo("2");

    // The kubelet that just came admits on what it knows of those that were there.
    cluster.create(Pod.named("after").whole(1));
    cluster.awaitRunning("after");
    assertThat(main("after").get(DEVICES)).isNotEqualTo(main("before").get(DEVICES));
    assertThat(containerId("before")).as("never started again").isEqualTo(container);
  }

  @Test
  void podOfKerfsThatNamesItsNodeIsRefused() {
    assertThat(cluster.refusal(Pod.named("p").whole(1).spec("{nodeName: real}")))
        .contains("spec.nodeName");
  }

  @Test
  void podPastTheSchedulerWithForgedDecisionIsRefused() {
    Pod forged = Pod.named("p").annotated("kerf.gpu/visible-devices.main", "GPU-real-0").spec(PAST);
    assertThat(cluster.refusal(forged)).contains("only Kerf may write");
  }

  @Test
  void podPastTheSchedulerThatReadsDecisionsFindsNone() {
    cluster.create(Pod.named("p").spec(PAST).variableFrom(DEVICES, DECISION));
    cluster.awaitRunning("p");
    assertThat(main("p")).containsEntry(DEVICES, "");
  }

  @Test
  void podPastTheSchedulerThatAsksForGpusIsRefused() {
    assertThat(cluster.refusal(Pod.named("p").whole(1).spec(PAST)))
        .contains("schedulerName: default-scheduler", "Write schedulerName: kerf.");
  }

  /** As one that was there before the policy. */
  @Test
  void withoutThePolicyPodPastTheSchedulerIsNamedAndHasNoDevice() {
    withoutThePolicy(
        () -> {
          Pod pod = Pod.named("p").whole(1).spec(PAST).variableFrom(DEVICES, DECISION);
          Await.until("the policy is off", () -> cluster.refusal(pod).isEmpty());
          cluster.awaitRunning("p");
          assertThat(main("p")).containsEntry(DEVICES, "");
          Await.until(
              "an event names it",
              () ->
                  cluster
                      .plane()
                      .kubectl("get", "events", "-o", "jsonpath={.items[*].reason}")
                      .contains("NotPlacedByKerf"));
        });
  }

  @Test
  void withoutThePolicyPodPastTheSchedulerThatAsksForMoreThanIsFreeIsRefusedByTheKubelet() {
    withoutThePolicy(
        () -> {
          cluster.create(Pod.named("holds").whole(2));
          cluster.awaitRunning("holds");
          Pod pod = Pod.named("p").whole(1).spec(PAST);
          Await.until("the policy is off", () -> cluster.refusal(pod).isEmpty());
          cluster.awaitPhase("Failed", "p");
          assertThat(cluster.pod("p").at("/status/reason").asText())
              .isEqualTo("OutOfkerf.gpu/whole");
          assertThat(cluster.pod("p").at("/status/containerStatuses")).isEmpty();
          assertThat(cluster.pod("holds").at("/status/phase").asText()).isEqualTo("Running");
        });
  }

  private static void withoutThePolicy(Runnable action) {
    cluster.plane().kubectl("delete", "validatingadmissionpolicybinding", "kerf-words");
    try {
      action.run();
    } finally {
      cluster.plane().kubectl("apply", "-f", Shipped.file("base/policy.yaml").toString());
      Await.until("the policy is in force again", InstallTest::refusesStrangers);
    }
  }

  private static boolean refusesStrangers() {
    try {
      cluster
          .plane()
          .kubectlWithInput(
              Pod.named("probe").whole(1).spec(PAST).json(),
              "create",
              "--dry-run=server",
              "-f",
              "-");
      return false;
    } catch (IllegalStateException refused) {
      return true;
    }
  }

  /**
   * What only a node can refuse: docs/explanation/admission.md names the setting of the container
   * toolkit.
   */
  @Test
  void podPastTheSchedulerThatNamesDevicesItselfIsToldThem() {
    cluster.create(Pod.named("p").spec(PAST).variable(DEVICES, "all"));
    cluster.awaitRunning("p");
    assertThat(main("p")).containsEntry(DEVICES, "all");
  }

  @Test
  void kerfRunsWithoutRootAndFindsItsClassesInTheArchive() {
    assertThat(cluster.realNode().run("ps", "-e", "-o", "uid=,args=").lines().map(String::strip))
        .contains("65532 kerf @options serve --config=/etc/kerf/kerf.yaml");
    // With this option a JVM that cannot use its archive does not start.
    assertThat(inKerf("kerf", "-Xshare:on", "@options", "--version")).startsWith("kerf ");
  }

  @Test
  void imageHasNoShellAndNothingThatCanBeWritten() {
    assertThatThrownBy(() -> inKerf("sh")).hasMessageContaining("not found");
    assertThatThrownBy(
            () -> inKerf("kerf", "-XX:ArchiveClassesAtExit=x.jsa", "@options", "--version"))
        .hasMessageContaining("Read-only file system");
  }

  private static String inKerf(String... command) {
    List<String> all = new ArrayList<>(List.of("exec", "--namespace=kerf-system", "deploy/kerf"));
    all.addAll(List.of("--container=kerf", "--"));
    all.addAll(List.of(command));
    return cluster.plane().kubectl(all.toArray(String[]::new));
  }

  private static Map<String, String> main(String pod) {
    return cluster.environment(pod, "main");
  }

  private static JsonNode placement(String pod) {
    return TestCluster.placement(cluster.pod(pod));
  }

  private static String uuid(JsonNode container) {
    JsonNode slot = container.at("/slots/0");
    return slot.path("mig").path("uuid").asText(slot.path("uuid").asText());
  }

  private static String containerId(String pod) {
    return cluster.pod(pod).at("/status/containerStatuses/0/containerID").asText();
  }

  private static String heartbeat() {
    return cluster.node().at("/status/conditions/0/lastHeartbeatTime").asText();
  }
}
