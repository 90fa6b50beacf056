package gpu.kerf.extender.controlplane;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/**
 * Kueue's own controllers and scheduler, built from its Go module, beside a control plane.
 *
 * <p>The API server asks none of its webhooks, so a test writes {@code suspend: true} into its
 * Jobs.
 */
public final class Kueue {
  /** Names a folder with the program and its kinds to take instead. */
  private static final String VARIABLE = "KUEUE_BIN";

  private static final String NAMESPACE = "kueue-system";

  private final Program program;

  private Kueue(Program program) {
    this.program = program;
  }

  /** Where the program and its kinds are; skips the test where this machine has no way to them. */
  public static Path orSkip() {
    Map<String, String> environment = System.getenv();
    if (environment.containsKey(VARIABLE)) {
      return Path.of(environment.getOrDefault(VARIABLE, ""));
    }
    boolean go =
        Programs.path(environment).stream().anyMatch(each -> Files.exists(each.resolve("go")));
    Assumptions.assumeTrue(
        go, Programs.NONE + " with Kueue: go is not on the PATH, and KUEUE_BIN names no folder");
    return Programs.made(environment, "go/build", "kueue");
  }

  /**
   * Gives the control plane Kueue's kinds, and starts the controller.
   *
   * @param folder as {@link #orSkip} found it
   */
  public static Kueue start(ControlPlane plane, Path folder) {
    try {
      plane.kubectl("apply", "--server-side", "-f", folder.resolve("crds").toString());
      plane.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s");
      plane.kubectl("create", "namespace", NAMESPACE);
      Path config = plane.logs().resolve("data").resolve("kueue.yaml");
      Files.writeString(config, configuration(certificates(plane)));
      return new Kueue(
          plane.run(
              "kueue",
              Map.of("KUBECONFIG", plane.kubeconfig().toString(), "GOMAXPROCS", "2"),
              List.of(folder.resolve("kueue").toString(), "--config=" + config)));
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  /** The API server's certificate serves: no client asks for the webhook's. */
  private static Path certificates(ControlPlane plane) throws IOException {
    Path folder = Files.createDirectories(plane.logs().resolve("data").resolve("kueue"));
    Path from = plane.certificates();
    for (String kind : List.of("crt", "key")) {
      Files.copy(
          from.resolve("apiserver." + kind),
          folder.resolve("tls." + kind),
          StandardCopyOption.REPLACE_EXISTING);
    }
    return folder;
  }

  private static String configuration(Path certificates) {
    return """
    apiVersion: config.kueue.x-k8s.io/v1beta2
    kind: Configuration
    namespace: %s
    health: {healthProbeBindAddress: "127.0.0.1:%d"}
    metrics: {bindAddress: "0"}
    webhook: {host: 127.0.0.1, port: %d, certDir: "%s"}
    leaderElection: {leaderElect: false}
    clientConnection: {qps: 300, burst: 500}
    integrations: {frameworks: [batch/job]}
    """
        .formatted(NAMESPACE, Ports.free(), Ports.free(), certificates);
  }

  public boolean running() {
    return program.running();
  }

  /** Everything it wrote so far. */
  public String log() {
    return program.log();
  }
}
