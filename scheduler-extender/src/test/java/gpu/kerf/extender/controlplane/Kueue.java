package gpu.kerf.extender.controlplane;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * Kueue's own controller, built from its Go module, beside a control plane.
 *
 * <p>Its webhooks are not served: who creates a Job writes {@code suspend: true} himself. Its kinds
 * have the version v1beta2 alone, so that nothing has to be converted.
 */
public final class Kueue {
  /** Names a folder with the program and its kinds to take instead. */
  private static final String VARIABLE = "KERF_KUEUE";

  private static final String NAMESPACE = "kueue-system";
  private static final YAMLMapper YAML = new YAMLMapper();

  /** Into these Kueue writes the authority of its webhook, and does not start without. */
  private static final Set<String> CONVERTED =
      Set.of("localqueues", "clusterqueues", "workloads", "cohorts", "multikueueclusters");

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
    Assumptions.assumeTrue(go, "no Kueue: go is not on the PATH, and KERF_KUEUE names no folder");
    return Programs.made(environment, "go/build", "kueue");
  }

  /**
   * Gives the control plane Kueue's kinds, and starts the controller.
   *
   * @param folder as {@link #orSkip} found it
   */
  public static Kueue start(ControlPlane plane, Path folder) {
    try {
      plane.apply(kinds(folder.resolve("crds")));
      plane.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s");
      plane.apply(
          """
          apiVersion: v1
          kind: Namespace
          metadata: {name: %1$s}
          ---
          apiVersion: v1
          kind: Secret
          metadata: {name: kueue-webhook-server-cert, namespace: %1$s}
          """
              .formatted(NAMESPACE));
      Path config = plane.logs().resolve("data").resolve("kueue.yaml");
      Files.writeString(config, configuration(certificates(plane)));
      return new Kueue(
          plane.run(
              "kueue",
              Map.of("KUBECONFIG", plane.kubeconfig().toString(), "GOMAXPROCS", "2"),
              List.of(
                  folder.resolve("kueue").toString(),
                  "--config=" + config,
                  "--feature-gates=VisibilityOnDemand=false,MultiKueue=false",
                  "--zap-log-level=2")));
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
    internalCertManagement:
      enable: true
      webhookServiceName: kueue-webhook-service
      webhookSecretName: kueue-webhook-server-cert
    clientConnection: {qps: 300, burst: 500}
    integrations: {frameworks: [batch/job]}
    """
        .formatted(NAMESPACE, Ports.free(), Ports.free(), certificates);
  }

  private static String kinds(Path folder) throws IOException {
    List<String> kinds = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        kinds.add(kind((ObjectNode) YAML.readTree(Files.readString(file))).toString());
      }
    }
    return String.join("\n---\n", kinds);
  }

  private static ObjectNode kind(ObjectNode kind) {
    for (JsonNode version : kind.at("/spec/versions")) {
      if (version instanceof ObjectNode each && each.path("name").asText().equals("v1beta1")) {
        each.put("served", each.path("storage").asBoolean());
      }
    }
    if (CONVERTED.contains(kind.at("/spec/names/plural").asText())) {
      ObjectNode webhook =
          kind.withObject("/spec/conversion").put("strategy", "Webhook").putObject("webhook");
      webhook.putArray("conversionReviewVersions").add("v1");
      webhook
          .putObject("clientConfig")
          .putObject("service")
          .put("namespace", NAMESPACE)
          .put("name", "kueue-webhook-service")
          .put("path", "/convert");
    }
    return kind;
  }

  public boolean running() {
    return program.running();
  }

  /** Everything it wrote so far. */
  public String log() {
    return program.log();
  }
}
