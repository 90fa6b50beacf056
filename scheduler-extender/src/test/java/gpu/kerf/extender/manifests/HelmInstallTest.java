package gpu.kerf.extender.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Helm;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The chart on a real API server: installed, upgraded, and taken away. */
@ClusterTest
final class HelmInstallTest {
  @TempDir Path folder;

  private ControlPlane plane;
  private Helm helm;

  @BeforeEach
  void find() {
    helm = Helm.orSkip(folder);
    // One of its own: what is installed here is in the way of other tests.
    plane = ControlPlane.start();
  }

  @AfterEach
  void stop() {
    plane.close();
  }

  @Test
  void upgradingKeepsWhatKerfWroteMeanwhileAndUninstallingKeepsTeams() {
    installOrUpgrade("--set=components={ha}");
    try {
      assertThat(plane.kubectl("get", "deployment/kerf", "-n", "kerf-system", "-o", "yaml"))
          .contains("replicas: 2", "app.kubernetes.io/managed-by: Helm");
      String key = "{\"data\":{\"tls.key\":\"a2V5\"}}";
      plane.kubectl("patch", "secret", "kerf-webhook", "-n", "kerf-system", "-p", key);
      plane.kubectl("wait", "--for=condition=Established", "crd/teams.kerf.gpu", "--timeout=60s");
      plane.apply(
          "{apiVersion: kerf.gpu/v1alpha1, kind: Team, metadata: {name: kept},"
              + " spec: {namespaces: {names: [kept]}}}");
      installOrUpgrade("--set-json=components=[]");
      assertThat(plane.kubectl("get", "deployment/kerf", "-n", "kerf-system", "-o", "yaml"))
          .contains("replicas: 1");
      assertThat(plane.kubectl("get", "secret", "kerf-webhook", "-n", "kerf-system", "-o", "yaml"))
          .contains("tls.key: a2V5");
    } finally {
      helm.run("uninstall", "kerf", "--namespace=kerf-system", kubeconfig());
    }
    assertThat(plane.kubectl("get", "teams", "-o", "name")).contains("team.kerf.gpu/kept");
    assertThat(plane.kubectl("get", "clusterroles", "-o", "name")).doesNotContain("/kerf");
  }

  private void installOrUpgrade(String value) {
    helm.run(
        "upgrade",
        "--install",
        "kerf",
        Shipped.file("").toString(),
        "--namespace=kerf-system",
        "--create-namespace",
        kubeconfig(),
        value);
  }

  private String kubeconfig() {
    return "--kubeconfig=" + plane.kubeconfig();
  }
}
