package gpu.kerf.extender.schedulerconfig;

import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.dialect.QuotaMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A KubeSchedulerConfiguration with which a stock kube-scheduler asks Kerf. */
public final class SchedulerConfig {

  /**
   * One point of Kerf's outweighs all in-tree scores together: they reach 100 each with weights
   * that sum to 12, and a point counts ten times this.
   */
  static final int WEIGHT = 200;

  private SchedulerConfig() {}

  /**
   * What is different from cluster to cluster; an empty text leaves its line out.
   *
   * @param namespace of the lease
   * @param leaderElection whether several replicas choose one that acts
   * @param authority the file with the authority of Kerf's certificate
   */
  public record Options(
      String schedulerName,
      String url,
      String namespace,
      String kubeconfig,
      boolean leaderElection,
      String authority,
      String certificate,
      String key) {}

  /** How long kube-scheduler waits for Kerf where no node is handed out by a DRA driver. */
  public static final Duration TIMEOUT = Duration.ofSeconds(5);

  /**
   * The same where one is: the claims of many pods wait for each other, and a kube-scheduler that
   * asks again too early only makes them more.
   */
  public static final Duration TIMEOUT_WITH_CLAIMS = Duration.ofSeconds(30);

  public static String yaml(Options options) {
    return yaml(options, TIMEOUT);
  }

  /**
   * The same.
   *
   * @param timeout how long kube-scheduler waits for an answer
   */
  public static String yaml(Options options, Duration timeout) {
    List<String> lines = new ArrayList<>();
    lines.add("apiVersion: kubescheduler.config.k8s.io/v1");
    lines.add("kind: KubeSchedulerConfiguration");
    election(options, lines);
    lines.add("clientConnection:");
    if (!options.kubeconfig.isEmpty()) {
      lines.add("  kubeconfig: " + quoted(options.kubeconfig));
    }
    lines.add("  qps: 1000");
    lines.add("  burst: 2000");
    lines.add("podInitialBackoffSeconds: 1");
    lines.add("podMaxBackoffSeconds: 10");
    profile(options, lines);
    extender(options, timeout, lines);
    return String.join("\n", lines) + "\n";
  }

  private static void election(Options options, List<String> lines) {
    lines.add("leaderElection:");
    if (!options.leaderElection) {
      lines.add("  leaderElect: false");
      return;
    }
    lines.add("  leaderElect: true");
    lines.add(
        "  # A lease of its own: behind that of the default scheduler it would wait for ever.");
    lines.add("  resourceLock: leases");
    lines.add("  resourceNamespace: " + quoted(options.namespace));
    lines.add("  resourceName: kerf");
  }

  private static void profile(Options options, List<String> lines) {
    lines.add("profiles:");
    lines.add("- schedulerName: " + quoted(options.schedulerName));
    lines.add("  # Kerf must see every node: the best one may be the last one.");
    lines.add("  percentageOfNodesToScore: 100");
    lines.add("  pluginConfig:");
    lines.add("  - name: NodeResourcesFit");
    lines.add(
        "    # What pods in other projects' words ask for: Kerf counts it, and on its nodes no");
    lines.add("    # device plugin advertises it.");
    lines.add("    args:");
    lines.add("      ignoredResourceGroups: [" + String.join(", ", Dialects.othersDomains()) + "]");
    lines.add("      # For quota alone: no node has it.");
    lines.add("      ignoredResources: [" + QuotaMemory.RESOURCE + "]");
    lines.add("  - name: DefaultPreemption");
    lines.add("    args: {minCandidateNodesPercentage: 100, minCandidateNodesAbsolute: 100}");
  }

  private static void extender(Options options, Duration timeout, List<String> lines) {
    lines.add("extenders:");
    lines.add("- urlPrefix: " + quoted(options.url));
    lines.add("  filterVerb: filter");
    lines.add("  prioritizeVerb: prioritize");
    lines.add("  bindVerb: bind");
    lines.add("  preemptVerb: preempt");
    lines.add(
        "  # One point of Kerf's outweighs all in-tree scores; they choose among equal nodes.");
    lines.add("  weight: " + WEIGHT);
    lines.add("  httpTimeout: " + timeout.toSeconds() + "s");
    lines.add("  # Only names of nodes are sent, not whole nodes.");
    lines.add("  nodeCacheCapable: true");
    lines.add("  # Without Kerf's answer a pod would be bound without any GPU.");
    lines.add("  ignorable: false");
    lines.add(
        "  # No managedResources: Kerf is asked about all pods of this scheduler, also those");
    lines.add("  # that say what they need in annotations, and counts the CPU of the others.");
    tls(options, lines);
  }

  private static void tls(Options options, List<String> lines) {
    if (!options.url.startsWith("https:")) {
      return;
    }
    lines.add("  enableHTTPS: true");
    if (!options.authority.isEmpty() || !options.certificate.isEmpty()) {
      lines.add("  tlsConfig:");
      file("caFile", options.authority, lines);
      file("certFile", options.certificate, lines);
      file("keyFile", options.key, lines);
    }
  }

  private static void file(String key, String file, List<String> lines) {
    if (!file.isEmpty()) {
      lines.add("    " + key + ": " + quoted(file));
    }
  }

  private static String quoted(String text) {
    return text.matches("[A-Za-z0-9/][A-Za-z0-9/._-]*")
        ? text
        : "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }
}
