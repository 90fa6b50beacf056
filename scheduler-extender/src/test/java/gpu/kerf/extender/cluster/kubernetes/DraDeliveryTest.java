package gpu.kerf.extender.cluster.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.KubeScheduler;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MigProfile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes whose GPUs a DRA driver hands out, through a real kube-scheduler and a real API server. The
 * driver's ResourceSlices are the test's, and kwok plays the kubelets.
 */
@ClusterTest
final class DraDeliveryTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MODEL = "H100-80GB";

  static final String CLASSES =
      """
      apiVersion: resource.k8s.io/v1
      kind: DeviceClass
      metadata: {name: gpu.nvidia.com}
      spec: {selectors: [{cel: {expression: "device.driver == 'gpu.nvidia.com'"}}]}
      ---
      apiVersion: resource.k8s.io/v1
      kind: DeviceClass
      metadata: {name: mig.nvidia.com}
      spec:
        selectors: [{cel: {expression: "device.driver == 'gpu.nvidia.com'"}}]
      """;

  @TempDir Path folder;
  private ControlPlane plane;

  @BeforeEach
  void start() {
    Assumptions.assumeTrue(ControlPlane.minor() >= 36, "the field of pods is on from 1.36");
    plane = ControlPlane.start();
    plane.kwok();
    plane.apply(CLASSES);
    plane.apply(node("n0") + slices("n0"));
  }

  @AfterEach
  void stop() {
    if (plane != null) {
      plane.close();
    }
  }

  private static String node(String name) {
    return """
    ---
    apiVersion: v1
    kind: Node
    metadata:
      name: %1$s
      annotations: {kwok.x-k8s.io/node: fake}
      labels: {kubernetes.io/hostname: %1$s, kerf.gpu/managed: "true", kerf.gpu/delivery: dra}
    status:
      capacity: {cpu: "64", memory: 256Gi, pods: "110"}
      allocatable: {cpu: "64", memory: 256Gi, pods: "110"}
      nodeInfo: {kubeletVersion: v1.36.3}
    """
        .formatted(name);
  }

  /** One GPU that the driver cuts on demand, in the form of NVIDIA's driver. */
  static String slices(String node) {
    GpuModel model = Objects.requireNonNull(GpuCatalog.builtIn().find(MODEL, 81_559));
    List<String> devices = new ArrayList<>();
    devices.add(device("gpu-0", "gpu", "uuid", "GPU-" + node, "", 0, model.slices()));
    for (MigProfile profile : model.profiles()) {
      for (int start = 0; start < model.slices(); start++) {
        if (profile.startsAt(start)) {
          String name =
              "gpu-0-mig-%s-%d"
                  .formatted(profile.name().replaceAll("[^0-9a-z]", ""), start)
                  .toLowerCase(Locale.ROOT);
          devices.add(
              device(
                  name,
                  "mig",
                  "parentUUID",
                  "GPU-" + node,
                  profile.name(),
                  profile.driverStart(start),
                  profile.size()));
        }
      }
    }
    return """
    ---
    apiVersion: resource.k8s.io/v1
    kind: ResourceSlice
    metadata: {name: %1$s-counters}
    spec:
      driver: gpu.nvidia.com
      nodeName: %1$s
      pool: {name: %1$s, generation: 1, resourceSliceCount: 2}
      sharedCounters: [{name: gpu-0-counter-set, counters: {%2$s}}]
    ---
    apiVersion: resource.k8s.io/v1
    kind: ResourceSlice
    metadata: {name: %1$s-devices}
    spec:
      driver: gpu.nvidia.com
      nodeName: %1$s
      pool: {name: %1$s, generation: 1, resourceSliceCount: 2}
      devices:
    %3$s
    """
        .formatted(node, counters(0, model.slices()), String.join("\n", devices).indent(2));
  }

  private static String device(
      String name, String type, String uuidKey, String uuid, String profile, int from, int size) {
    String more = profile.isEmpty() ? "" : ", profile: {string: " + profile + "}";
    return """
    - name: %s
      attributes: {type: {string: %s}, %s: {string: %s},
        productName: {string: NVIDIA H100 80GB HBM3}%s}
      capacity: {memory: {value: 81559Mi}}
      consumesCounters: [{counterSet: gpu-0-counter-set, counters: {%s}}]\
    """
        .formatted(name, type, uuidKey, uuid, more, counters(from, size));
  }

  private static String counters(int from, int count) {
    List<String> counters = new ArrayList<>();
    for (int i = from; i < from + count; i++) {
      counters.add("memory-slice-" + i + ": {value: \"1\"}");
    }
    return String.join(", ", counters);
  }

  private static String pod(String name, String more) {
    return """
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: %s, namespace: default}
    spec:
      schedulerName: kerf
      terminationGracePeriodSeconds: 0
    %s  containers:
      - {name: main, image: app, resources: {limits: {kerf.gpu/memory: 8Gi}}}
    """
        .formatted(name, more);
  }

  private JsonNode read(String kind, String name) {
    try {
      return JSON.readTree(plane.kubectl("get", kind, name, "-o", "json"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private JsonNode claims() {
    return read("resourceclaims", "--namespace=default").path("items");
  }

  private void awaitBound(String pod) {
    Await.until(
        pod + " is bound", () -> !read("pod", pod).at("/spec/nodeName").asText("").isEmpty());
  }

  private void awaitCapacity() {
    Await.until(
        "the node advertises",
        () -> !read("node", "n0").at("/status/capacity/kerf.gpu~1memory").isMissingNode());
  }

  @Test
  void podsGetInstancesThatDidNotExistAndGiveThemBack() {
    try (RunningKerf kerf = RunningKerf.on(plane)) {
      awaitCapacity();
      try (KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig(folder)).start()) {
        plane.apply(pod("one", "") + pod("two", ""));
        awaitBound("one");
        awaitBound("two");
        JsonNode one = read("pod", "one");
        JsonNode annotations = one.at("/metadata/annotations");
        String claim = one.at("/status/extendedResourceClaimStatus/resourceClaimName").asText();
        String device =
            read("resourceclaim", claim).at("/status/allocation/devices/results/0/device").asText();
        assertThat(device).startsWith("gpu-0-mig-1g10gb-");
        assertThat(annotations.path("kerf.gpu/placement").asText())
            .contains("\"device\":\"" + device + "\"");
        assertThat(annotations.has("kerf.gpu/visible-devices.main")).isFalse();
        assertThat(claims()).hasSize(2);

        plane.kubectl("delete", "pod", "one", "two", "--timeout=60s");
        Await.until("the claims are gone", () -> claims().isEmpty());
        Await.until(
            "nothing is held", () -> kerf.get("/api/v1/fleet").body().contains("\"heldMiB\":0"));
        assertThat(kerf.metric("kerf_claims_total{outcome=\"written\"")).isEqualTo(2);
        assertThat(scheduler.running()).isTrue();
      }
    }
  }

  @Test
  void aClaimThatAReplicaLeftWhenItWasKilledIsTakenUpOrReleased() {
    for (int writes = 1; writes <= 3; writes++) {
      plane.apply(pod("taken" + writes, ""));
      plane.apply(pod("left" + writes, "  schedulingGates: [{name: example.com/never}]\n"));
      leave("taken" + writes, "gpu-0-mig-7g80gb-0", writes);
      leave("left" + writes, "gpu-0-mig-7g80gb-0", writes);
    }
    try (RunningKerf kerf = RunningKerf.on(plane)) {
      Await.until(
          "what is left of pods that wait is released",
          () -> kerf.metric("kerf_claims_swept_total{cause=\"done\"") >= 3);
      awaitCapacity();
      try (KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig(folder)).start()) {
        for (int writes = 1; writes <= 3; writes++) {
          awaitBound("taken" + writes);
          JsonNode left = read("pod", "left" + writes);
          assertThat(left.at("/status/extendedResourceClaimStatus").isMissingNode()).isTrue();
        }
        assertThat(claims()).hasSize(3);
        Await.until(
            "users are told", () -> plane.kubectl("get", "events").contains("ClaimReleased"));
        assertThat(kerf.metric("kerf_ledger_conflicts")).isZero();
        assertThat(scheduler.running()).isTrue();
      }
    }
  }

  /** As a replica does that is killed after so many of the three writes. */
  private void leave(String pod, String device, int writes) {
    String uid = read("pod", pod).at("/metadata/uid").asText();
    plane.kubectlWithInput(
        """
        apiVersion: resource.k8s.io/v1
        kind: ResourceClaim
        metadata:
          name: kerf-%1$s
          namespace: default
          annotations: {resource.kubernetes.io/extended-resource-claim: "true"}
          finalizers: [resource.kubernetes.io/delete-protection]
          ownerReferences: [{apiVersion: v1, kind: Pod, name: %2$s, uid: %1$s, controller: true}]
        spec:
          devices:
            requests:
            - name: container-0-request-0
              exactly: {deviceClassName: mig.nvidia.com, allocationMode: ExactCount, count: 1}
        """
            .formatted(uid, pod),
        "create",
        "-f",
        "-");
    if (writes > 1) {
      patch(
          "resourceclaim",
          "kerf-" + uid,
          """
          {"status":{"allocation":{"devices":{"results":[{"request":"container-0-request-0",
          "driver":"gpu.nvidia.com","pool":"n0","device":"%s"}]}},
          "reservedFor":[{"resource":"pods","name":"%s","uid":"%s"}]}}\
          """
              .formatted(device, pod, uid));
    }
    if (writes > 2) {
      patch(
          "pod",
          pod,
          """
          {"status":{"extendedResourceClaimStatus":{"resourceClaimName":"kerf-%s",
          "requestMappings":[{"containerName":"main","resourceName":"kerf.gpu/memory",
          "requestName":"container-0-request-0"}]}}}\
          """
              .formatted(uid));
    }
  }

  private void patch(String kind, String name, String body) {
    plane.kubectl("patch", kind, name, "--subresource=status", "--type=merge", "-p", body);
  }
}
