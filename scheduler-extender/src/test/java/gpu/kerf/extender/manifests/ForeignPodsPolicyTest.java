package gpu.kerf.extender.manifests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The component {@code foreign-pods}: pods of other schedulers that reach for devices. */
@ClusterTest
final class ForeignPodsPolicyTest {
  private ControlPlane plane;

  @BeforeEach
  void use(ControlPlane shared) {
    plane = shared;
    plane.kubectl("apply", "-f", Shipped.file("components/foreign-pods/policy.yaml").toString());
    plane.apply(
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: monitors, labels: {kerf.gpu/trusted: "true"}}
        ---
        apiVersion: node.k8s.io/v1
        kind: RuntimeClass
        metadata: {name: nvidia}
        handler: nvidia
        """);
    String devices = container("env: [{name: NVIDIA_VISIBLE_DEVICES, value: all}]");
    Await.until("the policies are in force", () -> isRefused("runtimeClassName: nvidia"));
    Await.until("the policies are in force", () -> isRefused(devices));
  }

  private boolean isRefused(String spec) {
    try {
      create("default", spec);
      return false;
    } catch (IllegalStateException refused) {
      return true;
    }
  }

  /** Makes a RuntimeClass, and waits until the policy has seen it. */
  private void runtimeClass(String name, String labels, String handler) {
    plane.apply(
        """
        apiVersion: node.k8s.io/v1
        kind: RuntimeClass
        metadata: {name: %s, labels: {%s}}
        handler: %s
        """
            .formatted(name, labels, handler));
  }

  private void create(String namespace, String spec) {
    create(namespace, "", spec);
  }

  private void create(String namespace, String annotations, String spec) {
    plane.kubectlWithInput(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: stranger, namespace: %s, annotations: {%s}}
        spec:
          containers: [{name: main, image: app}]
          %s
        """
            .formatted(namespace, annotations, spec),
        "create",
        "--dry-run=server",
        "-f",
        "-");
  }

  private static String container(String more) {
    return "initContainers: [{name: first, image: app, " + more + "}]";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          nvidia        |                          | nvidia
          nvidia-cdi    |                          | nvidia-cdi
          nvidia-legacy |                          | nvidia-legacy
          harmless      |                          | nvidia
          of-a-friend   |                          | nvidia-experimental
          gpus          | kerf.gpu/runtime: nvidia | gpus
          """)
  void mayNotHaveNvidiasRuntimeByAnyNameOfItsClass(String name, String labels, String handler) {
    runtimeClass(name, labels == null ? "" : labels, handler);
    Await.until("the class is seen", () -> isRefused("runtimeClassName: " + name));
    assertThatThrownBy(() -> create("default", "runtimeClassName: " + name))
        .hasMessageContaining("The runtime class " + name + " (handler " + handler + ")")
        .hasMessageContaining("write schedulerName: kerf");
  }

  @Test
  void mayHaveAnyOtherRuntimeByAnyNameOfItsClass() {
    runtimeClass("nvidia-free", "", "runc");
    runtimeClass("seen", "", "nvidia");
    // Both come by one watch, so that the policy has seen the first when it has seen the second.
    Await.until("the classes are seen", () -> isRefused("runtimeClassName: seen"));
    create("default", "runtimeClassName: nvidia-free");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "fieldRef: {fieldPath: \"metadata.annotations['mine']\"}",
        "configMapKeyRef: {name: mine, key: devices}",
        "secretKeyRef: {name: mine, key: devices, optional: true}"
      })
  void mayNotTakeDevicesFromElsewhere(String source) {
    for (String name : new String[] {"NVIDIA_VISIBLE_DEVICES", "NVIDIA_IMEX_CHANNELS"}) {
      String env = "env: [{name: %s, valueFrom: {%s}}]".formatted(name, source);
      assertThatThrownBy(() -> create("default", container(env)))
          .hasMessageContaining("(valueFrom, too)");
    }
    create("default", container("env: [{name: OTHER, valueFrom: {%s}}]".formatted(source)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/var/run/nvidia-container-devices/all",
        "/run/nvidia-container-devices/GPU-1",
        "//var//run/nvidia-container-devices"
      })
  void mayNotMountAListOfDevices(String path) {
    String mount = "volumeMounts: [{name: list, mountPath: %s}]".formatted(path);
    String volume = "\n  volumes: [{name: list, emptyDir: {}}]";
    assertThatThrownBy(() -> create("default", container(mount) + volume))
        .hasMessageContaining("nvidia-container-devices name devices");
    String other = "volumeMounts: [{name: list, mountPath: /run/nvidia-container-devices-of-mine}]";
    create("default", container(other) + volume);
  }

  @Test
  void mayNotNameThemLaterEither() {
    plane.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: there, namespace: default}
        spec: {containers: [{name: main, image: app}]}
        """);
    assertThatThrownBy(() -> plane.kubectl("annotate", "pod", "there", "cdi.k8s.io/a=b"))
        .hasMessageContaining("Container Device Interface");
    plane.kubectl("annotate", "pod", "there", "mine=b");
    plane.kubectl("label", "pod", "there", "mine=b");
    assertThatThrownBy(() -> debug("first", "all")).hasMessageContaining("only Kerf may");
    debug("second", "void");
  }

  private void debug(String name, String devices) {
    plane.kubectl(
        "patch",
        "pod",
        "there",
        "--subresource=ephemeralcontainers",
        "-p",
        ("{\"spec\":{\"ephemeralContainers\":[{\"name\":\"%s\",\"image\":\"app\",\"env\":"
                + "[{\"name\":\"NVIDIA_VISIBLE_DEVICES\",\"value\":\"%s\"}]}]}}")
            .formatted(name, devices));
  }

  @Test
  void bothPoliciesAreReadByTheApiServerWithoutAWarning() {
    for (String policy : new String[] {"kerf-foreign-pods", "kerf-foreign-pods-runtime"}) {
      Await.until("it is checked", () -> !status(policy, ".observedGeneration").isEmpty());
      assertThat(status(policy, ".typeChecking.expressionWarnings")).isEmpty();
    }
  }

  private String status(String policy, String path) {
    return plane.kubectl(
        "get", "validatingadmissionpolicy", policy, "-o", "jsonpath={.status" + path + "}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"all", "'0'", "GPU-1"})
  void mayNotNameDevices(String devices) {
    String env = "env: [{name: NVIDIA_VISIBLE_DEVICES, value: %s}]".formatted(devices);
    assertThatThrownBy(() -> create("default", container(env)))
        .hasMessageContaining("only Kerf may");
  }

  @Test
  void mayNotNameDevicesToTheRuntime() {
    assertThatThrownBy(() -> create("default", "nvidia.cdi.k8s.io/container.main: all", ""))
        .hasMessageContaining("Container Device Interface");
  }

  @Test
  void kerfsOwnPodsOnNodesMaySeeThem() {
    String env = container("env: [{name: NVIDIA_VISIBLE_DEVICES, value: all}]");
    for (String folder : new String[] {"mps", "components/inventory-reporter"}) {
      String namespace = Shipped.text(folder + "/namespace.yaml");
      plane.apply(namespace);
      String name = Shipped.objects(namespace).get(0).at("/metadata/name").asText();
      create(name, env + "\n  runtimeClassName: nvidia");
    }
  }

  @Test
  void mayDoEverythingElseAndInTrustedNamespacesAll() {
    create("default", container("env: [{name: NVIDIA_VISIBLE_DEVICES, value: void}, {name: A}]"));
    create("default", "");
    create("monitors", "runtimeClassName: nvidia");
    create("default", "schedulerName: kerf\n  runtimeClassName: nvidia");
  }
}
