package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.extender.controlplane.Helm;
import gpu.kerf.extender.controlplane.NodeTest;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The chart and the built image on a real node, as docs/how-to/install-with-helm.md has it. */
@NodeTest
final class HelmOnANodeTest {
  @TempDir Path folder;

  @Test
  void helmTestPassesWhereKerfRunsAndFailsWhereItIsAway() {
    Helm helm = Helm.orSkip(folder);
    try (InstalledCluster cluster = InstalledCluster.startBy(helm)) {
      assertThat(test(helm, cluster, "5m")).contains("TEST SUITE:     kerf-test", "Succeeded");

      cluster
          .plane()
          .kubectl("scale", "deployment/kerf", "--namespace=kerf-system", "--replicas=0");
      assertThatThrownBy(() -> test(helm, cluster, "10s"))
          .hasMessageContaining("Phase:          Failed");
    }
  }

  private static String test(Helm helm, InstalledCluster cluster, String timeout) {
    return helm.run(
        "test",
        "kerf",
        "--namespace=kerf-system",
        "--timeout=" + timeout,
        "--kubeconfig=" + cluster.plane().kubeconfig());
  }
}
