package gpu.kerf.extender.manifests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every overlay, as the API server takes it. */
@ClusterTest
final class OverlaysTest {
  private static final Set<String> IMAGES = Set.of("kerf", "kube-scheduler", "mps");

  private ControlPlane plane;

  @BeforeEach
  void use(ControlPlane shared) {
    plane = shared;
    // Nothing can be tried in a namespace that is not there.
    plane.kubectl("apply", "-f", Shipped.file("base/namespace.yaml").toString());
    plane.kubectl("apply", "-f", Shipped.file("mps/namespace.yaml").toString());
    plane.apply(certManager("issuers", "Issuer") + certManager("certificates", "Certificate"));
    plane.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s");
  }

  /** As much of cert-manager's kinds as it takes to be asked for one. */
  private static String certManager(String plural, String kind) {
    return """
    ---
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: %1$s.cert-manager.io}
    spec:
      group: cert-manager.io
      scope: Namespaced
      names: {plural: %1$s, kind: %2$s}
      versions:
      - name: v1
        served: true
        storage: true
        schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
    """
        .formatted(plural, kind);
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

  /** Kustomize takes other folders by their paths from here alone. */
  @ParameterizedTest
  @ValueSource(strings = {"foreign-pods", "api-server-certificate", "kai-teams", "access", "kueue"})
  void aComponentThatNoOverlayHasIsAcceptedOnTopOfOne(String component) throws IOException {
    Path here =
        Files.createDirectories(Path.of(System.getProperty("basedir", ""), "target", component));
    Path manifests = here.toRealPath().relativize(Shipped.file("").toRealPath());
    Files.writeString(
        here.resolve("kustomization.yaml"),
        "resources: [%1$s/overlays/ha]\ncomponents: [%1$s/components/%2$s]\n"
            .formatted(manifests, component));
    String rendered = plane.kubectl("kustomize", here.toString());
    assertThat(Shipped.objects(rendered)).isNotEqualTo(Shipped.objects(render("ha")));
    String accepted =
        plane.kubectlWithInput(
            rendered, "apply", "--dry-run=server", "--validate=strict", "-f", "-");
    assertThat(accepted.lines().count()).isEqualTo(Shipped.objects(rendered).size());
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void imagesAreNamedSoThatKustomizeCanReplaceThem(String overlay) {
    assertThat(images(overlay)).contains("kerf", "kube-scheduler").isSubsetOf(IMAGES);
  }

  /** A pod that is to get its share by MPS waits for the daemon, so both come or neither does. */
  @ParameterizedTest
  @MethodSource("overlays")
  void podsWaitForMpsWhereTheDaemonComesAlong(String overlay) {
    Map<String, String> environment = new HashMap<>();
    for (JsonNode container : containers(overlay)) {
      container
          .path("env")
          .forEach(v -> environment.put(v.path("name").asText(), v.path("value").asText()));
    }
    boolean waiting = !"false".equals(environment.get("KERF_ADMISSION_MPS"));
    assertThat(images(overlay).contains("mps")).isEqualTo(waiting);
    assertThat(waiting).isEqualTo(!overlay.endsWith("-node-side") && !overlay.equals("dra"));
  }

  private Set<String> images(String overlay) {
    Set<String> images = new TreeSet<>();
    containers(overlay).forEach(container -> images.add(container.path("image").asText()));
    return images;
  }

  private List<JsonNode> containers(String overlay) {
    List<JsonNode> containers = new ArrayList<>();
    for (JsonNode object : Shipped.objects(render(overlay))) {
      object.at("/spec/template/spec/containers").forEach(containers::add);
    }
    return containers;
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
  void applyingAgainKeepsWhatKerfWroteMeanwhile() {
    String authority = Shipped.bundle(plane.kubeconfig());
    String rendered = render("single");
    plane.kubectlWithInput(rendered, "apply", "-f", "-");
    String key = "{\"data\":{\"tls.key\":\"a2V5\"}}";
    plane.kubectl("patch", "secret", "kerf-webhook", "-n", "kerf-system", "-p", key);
    for (String kind : List.of("mutating", "validating")) {
      String bundle =
          "{\"webhooks\":[{\"name\":\"pods.kerf.gpu\",\"clientConfig\":{\"caBundle\":\"%s\"}}]}"
              .formatted(authority);
      plane.kubectl("patch", kind + "webhookconfiguration", "kerf", "-p", bundle);
    }
    plane.kubectlWithInput(
        rendered.replace("timeoutSeconds: 10", "timeoutSeconds: 9"), "apply", "-f", "-");
    for (String kind : List.of("mutating", "validating")) {
      assertThat(plane.kubectl("get", kind + "webhookconfiguration", "kerf", "-o", "yaml"))
          .contains("caBundle: " + authority, "timeoutSeconds: 9");
    }
    assertThat(plane.kubectl("get", "secret", "kerf-webhook", "-n", "kerf-system", "-o", "yaml"))
        .contains("tls.key: a2V5");
    plane.kubectl("delete", "-n", "kerf-system", "deployment/kerf");
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
