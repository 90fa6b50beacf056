package gpu.kerf.extender.cluster.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.DriverNode;
import gpu.kerf.extender.controlplane.KubeScheduler;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
  @TempDir Path folder;
  private ControlPlane plane;

  @BeforeEach
  void start() {
    Assumptions.assumeTrue(ControlPlane.minor() >= 36, "the field of pods is on from 1.36");
    plane = ControlPlane.start();
    plane.kwok();
    plane.apply(DriverNode.CLASSES);
    plane.apply(DriverNode.node("n0") + DriverNode.slices("n0"));
  }

  @AfterEach
  void stop() {
    if (plane != null) {
      plane.close();
    }
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

  private static List<String> held(RunningKerf kerf, String state) {
    try {
      List<String> names = new ArrayList<>();
      for (JsonNode pod : JSON.readTree(kerf.get("/api/v1/pods").body()).path("pods")) {
        if (pod.path("state").asText().equals(state)) {
          names.add(pod.path("name").asText());
        }
      }
      return names;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void awaitCapacity() {
    Await.until(
        "the node advertises",
        () -> !read("node", "n0").at("/status/capacity/kerf.gpu~1memory").isMissingNode());
  }

  @Test
  void podsGetInstancesThatDidNotExistAndLeaveNoClaims() {
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
        // No kubelet has reported the end of the containers, so the driver may not have let go.
        // DraOnANodeTest shows on a real kubelet that slots are given again.
        Await.until(
            "their devices are held for a while",
            () -> held(kerf, "quarantined").size() == 2 && held(kerf, "bound").isEmpty());
        assertThat(kerf.metric("kerf_claims_total{outcome=\"written\"")).isEqualTo(2);
        assertThat(scheduler.running()).isTrue();
      }
    }
  }

  /** A driver of network cards, with a pool of the name that the pool of the GPUs has. */
  private static final String CARDS =
      """
      ---
      apiVersion: resource.k8s.io/v1
      kind: DeviceClass
      metadata: {name: gpu-nic}
      spec: {selectors: [{cel: {expression: "device.driver == 'dra.net'"}}]}
      ---
      apiVersion: resource.k8s.io/v1
      kind: DeviceClass
      metadata: {name: anything}
      spec: {selectors: [{cel: {expression: "device.driver.endsWith('net')"}}]}
      ---
      apiVersion: resource.k8s.io/v1
      kind: ResourceSlice
      metadata: {name: n0-cards}
      spec:
        driver: dra.net
        nodeName: n0
        pool: {name: n0, generation: 1, resourceSliceCount: 1}
        devices: [{name: gpu-0}, {name: eth1}]
      """;

  /** A claim by its name and, with {@code Template}, a template of such claims. */
  private static String claim(String kind, String name, String deviceClass) {
    String spec =
        "{devices: {requests: [{name: r, exactly: {deviceClassName: %s}}]}}".formatted(deviceClass);
    return """
    ---
    apiVersion: resource.k8s.io/v1
    kind: %s
    metadata: {name: %s, namespace: default}
    spec: %s
    """
        .formatted(kind, name, kind.endsWith("Template") ? "{spec: " + spec + "}" : spec);
  }

  private static String claiming(String claim) {
    return "  resourceClaims: [{name: c, " + claim + "}]\n";
  }

  private String ordinary(String pod, String claim) {
    JsonNode results = read("resourceclaim", claim).at("/status/allocation/devices/results");
    assertThat(read("resourceclaim", claim).at("/status/reservedFor/0/name").asText())
        .isEqualTo(pod);
    assertThat(results).hasSize(1);
    return results.at("/0/driver").asText() + " " + results.at("/0/device").asText();
  }

  private boolean hasEvent(String pod, String text) {
    return plane
        .kubectl("get", "events", "--field-selector=involvedObject.name=" + pod)
        .contains(text);
  }

  @Test
  void aPodGetsItsGpuFromKerfAndItsNetworkCardFromItsOwnClaim() {
    plane.apply(CARDS);
    plane.apply(claim("ResourceClaim", "card", "gpu-nic"));
    plane.apply(claim("ResourceClaimTemplate", "cards", "anything"));
    plane.apply(claim("ResourceClaim", "theirs", "mig.nvidia.com"));
    try (RunningKerf kerf = RunningKerf.on(plane, "dra.otherDrivers=dra.net")) {
      awaitCapacity();
      try (KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig(folder)).start()) {
        plane.apply(pod("named", claiming("resourceClaimName: card")));
        plane.apply(pod("made", claiming("resourceClaimTemplateName: cards")));
        plane.apply(pod("both", claiming("resourceClaimName: theirs")));
        plane.apply(
            pod("other", claiming("resourceClaimName: theirs"))
                .replace("resources: {limits: {kerf.gpu/memory: 8Gi}}", "resources: {}"));
        awaitBound("named");
        awaitBound("made");
        awaitBound("other");
        String made =
            read("pod", "made").at("/status/resourceClaimStatuses/0/resourceClaimName").asText();
        assertThat(List.of(ordinary("named", "card"), ordinary("made", made)))
            .containsExactlyInAnyOrder("dra.net gpu-0", "dra.net eth1");
        for (String name : List.of("named", "made")) {
          JsonNode pod = read("pod", name);
          String own = pod.at("/status/extendedResourceClaimStatus/resourceClaimName").asText();
          assertThat(own).isEqualTo("kerf-" + pod.at("/metadata/uid").asText());
          assertThat(ordinary(name, own)).startsWith("gpu.nvidia.com gpu-0-mig-1g10gb-");
        }
        assertThat(ordinary("other", "theirs")).startsWith("gpu.nvidia.com ");
        Await.until("users are told", () -> hasEvent("both", "asks for GPUs as well"));
        assertThat(read("pod", "both").at("/spec/nodeName").isMissingNode()).isTrue();
        assertThat(kerf.metric("kerf_ledger_conflicts")).isZero();
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
          // From 1.37 on the API server keeps the field.
          assertThat(left.at("/status/extendedResourceClaimStatus").isMissingNode())
              .isEqualTo(ControlPlane.minor() < 37 || writes < 3);
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
