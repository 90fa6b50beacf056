package gpu.kerf.extender.manifests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every overlay, as the API server takes it. */
@ClusterTest
final class OverlaysTest {
  private ControlPlane plane;

  @BeforeEach
  void use(ControlPlane shared) {
    plane = shared;
    // Nothing can be tried in a namespace that is not there.
    plane.kubectl("apply", "-f", Shipped.file("base/namespace.yaml").toString());
  }

  static List<String> overlays() {
    return Shipped.in("overlays");
  }

  private String render(String overlay) {
    return plane.kubectl("kustomize", Shipped.file("overlays/" + overlay).toString());
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void isAcceptedToTheLastField(String overlay) {
    String accepted =
        plane.kubectlWithInput(
            render(overlay), "apply", "--dry-run=server", "--validate=strict", "-f", "-");
    assertThat(accepted.lines().count()).isEqualTo(Shipped.objects(render(overlay)).size());
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void imagesAreNamedSoThatKustomizeCanReplaceThem(String overlay) {
    Set<String> images = new TreeSet<>();
    for (JsonNode object : Shipped.objects(render(overlay))) {
      object
          .at("/spec/template/spec/containers")
          .forEach(c -> images.add(c.path("image").asText()));
    }
    assertThat(images).containsExactly("kerf", "kube-scheduler");
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void podsAreMadeUnderPodSecurityRestricted(String overlay) {
    plane.kubectlWithInput(render(overlay), "apply", "--validate=strict", "-f", "-");
    try {
      Await.until("pods are made", () -> pods() > 0);
    } finally {
      plane.kubectl("delete", "-n", "kerf-system", "deployment/kerf", "--cascade=foreground");
    }
  }

  @Test
  void namespaceRefusesWhatIsNotRestricted() {
    assertThatThrownBy(
            () -> plane.kubectl("run", "-n", "kerf-system", "--image=app", "--privileged", "bad"))
        .hasMessageContaining("violates PodSecurity \"restricted:latest\"");
  }

  private long pods() {
    return plane.kubectl("get", "pods", "-n", "kerf-system", "-o", "name").lines().count();
  }
}
