package gpu.kerf.extender.manifests;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.docs.Markdown;
import java.io.IOException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The quota of {@code docs/how-to/limit-by-quota.md}, on a real API server. */
@ClusterTest
final class QuotaGuideTest {
  private ControlPlane plane;

  @BeforeEach
  void apply(ControlPlane shared) throws IOException {
    plane = shared;
    plane.apply("{apiVersion: v1, kind: Namespace, metadata: {name: limited}}");
    String quota = Markdown.yamlBlock(Markdown.root().resolve("docs/how-to/limit-by-quota.md"));
    plane.kubectlWithInput(quota, "apply", "--namespace=limited", "-f", "-");
    Await.until("the quota counts", () -> !used("memory").isEmpty());
  }

  private String used(String resource) {
    String path = "jsonpath={.status.used.requests\\.kerf\\.gpu/" + resource + "}";
    return plane.kubectl("get", "resourcequota", "gpus", "--namespace=limited", "-o", path);
  }

  private void create(String name, String... limits) {
    StringBuilder containers = new StringBuilder();
    for (String limit : limits) {
      containers.append(
          "{name: c%d, image: app, resources: {limits: {%s}}},"
              .formatted(containers.length(), limit));
    }
    plane.kubectlWithInput(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: limited}
        spec: {schedulerName: kerf, containers: [%s]}
        """
            .formatted(name, containers),
        "create",
        "-f",
        "-");
  }

  @Test
  void bothDoorsCloseWhenTheQuotaIsUsed() {
    // 40Gi of memory and one whole GPU
    create("parts", "kerf.gpu/memory: 24Gi", "kerf.gpu/memory: 16Gi");
    create("whole", "kerf.gpu/whole: 1");
    assertThatThrownBy(() -> create("more", "kerf.gpu/memory: 1Mi"))
        .hasMessageContaining("exceeded quota: gpus")
        .hasMessageContaining("requests.kerf.gpu/memory");
    assertThatThrownBy(() -> create("another", "kerf.gpu/whole: 1"))
        .hasMessageContaining("exceeded quota: gpus")
        .hasMessageContaining("requests.kerf.gpu/whole");
    create("without", "cpu: 1");
  }
}
