package gpu.kerf.extender.manifests;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The policy of the component {@code mps-plugin}: who may ask the kubelet for the MPS daemon. */
@ClusterTest
final class MpsPluginPolicyTest {
  private static final String LIMIT = "limits: {kerf.gpu/mps: '1'}";

  private ControlPlane plane;

  @BeforeEach
  void use(ControlPlane shared) {
    plane = shared;
    plane.kubectl("apply", "-f", Shipped.file("components/mps-plugin/policy.yaml").toString());
    Await.until("the policy is in force", this::isInForce);
  }

  private boolean isInForce() {
    try {
      create("default", "default-scheduler", LIMIT, "");
      return false;
    } catch (IllegalStateException refused) {
      return true;
    }
  }

  private void create(String namespace, String scheduler, String resources, String more) {
    plane.kubectlWithInput(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: asking, namespace: %s}
        spec:
          schedulerName: %s
          containers: [{name: main, image: app, resources: {%s}}]
          %s
        """
            .formatted(namespace, scheduler, resources, more),
        "create",
        "--dry-run=server",
        "-f",
        "-");
  }

  @ParameterizedTest
  @ValueSource(strings = {"default-scheduler", "volcano"})
  void noPodAsksPastKerf(String scheduler) {
    assertThatThrownBy(() -> create("default", scheduler, LIMIT, ""))
        .hasMessageContaining("only Kerf's webhook may ask for it");
    String first = "initContainers: [{name: first, image: app, resources: {" + LIMIT + "}}]";
    assertThatThrownBy(() -> create("default", scheduler, "", first))
        .hasMessageContaining("only Kerf's webhook may ask for it");
  }

  @Test
  void noPodAsksWhereTheWebhookIsNotAsked() {
    assertThatThrownBy(() -> create("kube-system", "kerf", LIMIT, ""))
        .hasMessageContaining("only Kerf's webhook may ask for it");
  }

  @Test
  void podsThatPassTheWebhookAndPodsThatDoNotAskAreLeftAlone() {
    create("default", "kerf", LIMIT, "");
    create("default", "default-scheduler", "limits: {cpu: 1}", "");
  }
}
