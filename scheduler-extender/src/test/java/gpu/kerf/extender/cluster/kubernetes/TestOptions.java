package gpu.kerf.extender.cluster.kubernetes;

import gpu.kerf.extender.cluster.kubernetes.objects.DraNodes;
import gpu.kerf.extender.cluster.kubernetes.objects.GpuDrivers;
import gpu.kerf.extender.team.TeamSource;
import java.time.Duration;

/** The options of clusters in tests. */
public final class TestOptions {

  private TestOptions() {}

  /**
   * Without a margin of the quarantine.
   *
   * @param renewal after how long the API server ends a watch
   */
  public static KubernetesCluster.Options with(Duration renewal) {
    return with(renewal, Duration.ZERO);
  }

  /** The same with a margin of the quarantine. */
  public static KubernetesCluster.Options with(Duration renewal, Duration quarantineMargin) {
    return new KubernetesCluster.Options(
        "kerf",
        4,
        renewal,
        "test",
        quarantineMargin,
        Duration.ofMinutes(10),
        false,
        "kerf-system",
        "this",
        TeamSource.KERF,
        DraNodes.LABELLED,
        16,
        GpuDrivers.USUAL);
  }
}
