package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.controlplane.NodeTest;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What containers that a real kubelet starts are told of their GPUs. */
@NodeTest
final class DeliveryTest {
  private static final String DEVICES = "NVIDIA_VISIBLE_DEVICES";
  private static final String MEMORY = "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT";
  private static final String THREADS = "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE";

  private static NodeSite site;

  @BeforeAll
  static void start() {
    site = NodeSite.start();
  }

  @AfterAll
  static void stop() {
    site.close();
  }

  @AfterEach
  void leaveNothing() {
    site.clear();
  }

  @Test
  void containerWithWholeGpusSeesTheirUuids() {
    site.create(pod("p").whole(2));
    site.awaitRunning("p");
    assertThat(main("p")).containsEntry(DEVICES, "GPU-real-0,GPU-real-1");
    assertThat(main("p").get(MEMORY)).as("no limit").isEqualTo("");
  }

  @Test
  void containerWithInstanceSeesItsUuid() {
    // 8192 MiB: more than 1g.5gb has, and 1g.10gb strands least.
    site.create(pod("p").memory("8Gi").wall("mig"));
    site.awaitRunning("p");
    assertThat(main("p")).containsEntry(DEVICES, "MIG-real-2-0").containsEntry(MEMORY, "");
  }

  @Test
  void containerWithShareSeesItsGpuAndItsLimits() {
    site.create(pod("p").memory("8Gi").wall("mps").annotated("kerf.gpu/sm-percent", "25"));
    site.awaitRunning("p");
    String gpu = placement("p").at("/containers/0/slots/0/uuid").asText();
    assertThat(gpu).startsWith("GPU-real-");
    assertThat(main("p"))
        .containsEntry(DEVICES, gpu)
        .containsEntry(MEMORY, "0=8192M")
        .containsEntry(THREADS, "25");
  }

  @Test
  void everyContainerSeesItsOwnAndWhoDidNotAskSeesNothing() {
    site.create(
        pod("p").whole(1).container("second", "kerf.gpu/memory", "4Gi").container("sidecar"));
    site.awaitRunning("p");
    JsonNode containers = placement("p").path("containers");
    assertThat(containers).hasSize(2);
    assertThat(main("p")).containsEntry(DEVICES, uuid(containers.get(0)));
    assertThat(site.environment("p", "second"))
        .containsEntry(DEVICES, uuid(containers.get(1)))
        .extractingByKey(DEVICES)
        .isNotEqualTo(uuid(containers.get(0)));
    assertThat(site.environment("p", "sidecar")).containsEntry(DEVICES, "void");
  }

  @Test
  void sidecarSeesItsGpuBeforeTheContainersStartAndInitContainersNone() {
    site.create(
        pod("p").memory("4Gi").initContainer("fetch").sidecar("cache", "kerf.gpu/memory", "4Gi"));
    site.awaitRunning("p");
    JsonNode containers = placement("p").path("containers");
    assertThat(containers).hasSize(2);
    for (JsonNode container : containers) {
      String name = container.path("name").asText();
      assertThat(site.environment("p", name)).containsEntry(DEVICES, uuid(container));
    }
    assertThat(site.environment("p", "fetch")).containsEntry(DEVICES, "void");
  }

  @Test
  void podsAndCapacityOutliveTheKubelet() {
    site.create(pod("before").whole(1));
    site.awaitRunning("before");
    String container = containerId("before");
    String capacity = site.node().at("/status/capacity/kerf.gpu~1memory").asText();
    assertThat(capacity).isNotEmpty();
    String reported = heartbeat();

    site.realNode().killKubelet();
    site.realNode().startKubelet();
    Site.await("the kubelet reports again", () -> !heartbeat().equals(reported));
    assertThat(site.node().at("/status/capacity/kerf.gpu~1memory").asText()).isEqualTo(capacity);
    assertThat(site.node().at("/status/allocatable/kerf.gpu~1whole").asText()).isEqualTo("2");

    // The kubelet that just came admits on what it knows of those that were there.
    site.create(pod("after").whole(1));
    site.awaitRunning("after");
    assertThat(main("after").get(DEVICES)).isNotEqualTo(main("before").get(DEVICES));
    assertThat(containerId("before")).as("never started again").isEqualTo(container);
  }

  @Test
  void kubeletRefusesWhatWasBoundPastTheSchedulerAndDoesNotFit() {
    site.create(pod("holds").whole(2));
    site.awaitRunning("holds");
    site.create(pod("bypasses").whole(1).spec("{nodeName: real}"));
    site.awaitPhase("Failed", "bypasses");
    assertThat(site.pod("bypasses").at("/status/reason").asText()).isEqualTo("OutOfkerf.gpu/whole");
    assertThat(site.pod("bypasses").at("/status/containerStatuses")).isEmpty();
    assertThat(site.pod("holds").at("/status/phase").asText()).isEqualTo("Running");
  }

  @Test
  void podPastTheSchedulerWithoutPlacementIsToldNoDevice() {
    site.create(pod("bypasses").whole(1).spec("{nodeName: real}"));
    site.awaitRunning("bypasses");
    assertThat(main("bypasses")).containsEntry(DEVICES, "");
  }

  private static Pod pod(String name) {
    return Pod.named(name).spec("{runtimeClassName: nvidia}");
  }

  private static Map<String, String> main(String pod) {
    return site.environment(pod, "main");
  }

  private static JsonNode placement(String pod) {
    return Site.placement(site.pod(pod));
  }

  private static String uuid(JsonNode container) {
    JsonNode slot = container.at("/slots/0");
    return slot.path("mig").path("uuid").asText(slot.path("uuid").asText());
  }

  private static String containerId(String pod) {
    return site.pod(pod).at("/status/containerStatuses/0/containerID").asText();
  }

  private static String heartbeat() {
    return site.node().at("/status/conditions/0/lastHeartbeatTime").asText();
  }
}
