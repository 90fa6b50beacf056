package gpu.kerf.extender.manifests;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The component {@code strangers}: pods of other schedulers that reach for devices. */
@ClusterTest
final class StrangersTest {
  private ControlPlane plane;

  @BeforeEach
  void use(ControlPlane shared) {
    plane = shared;
    plane.kubectl("apply", "-f", Shipped.file("components/strangers/policy.yaml").toString());
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
    Await.until("the policy is in force", this::isInForce);
  }

  private boolean isInForce() {
    try {
      create("default", "runtimeClassName: nvidia");
      return false;
    } catch (IllegalStateException refused) {
      return true;
    }
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
  @ValueSource(strings = {"nvidia", "nvidia-cdi", "nvidia-legacy"})
  void mayNotHaveNvidiasRuntime(String name) {
    plane.apply(
        """
        apiVersion: node.k8s.io/v1
        kind: RuntimeClass
        metadata: {name: %1$s}
        handler: %1$s
        """
            .formatted(name));
    assertThatThrownBy(() -> create("default", "runtimeClassName: " + name))
        .hasMessageContaining("write schedulerName: kerf");
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
  void mayDoEverythingElseAndInTrustedNamespacesAll() {
    create("default", container("env: [{name: NVIDIA_VISIBLE_DEVICES, value: void}, {name: A}]"));
    create("default", "");
    create("monitors", "runtimeClassName: nvidia");
    create("default", "schedulerName: kerf\n  runtimeClassName: nvidia");
  }
}
