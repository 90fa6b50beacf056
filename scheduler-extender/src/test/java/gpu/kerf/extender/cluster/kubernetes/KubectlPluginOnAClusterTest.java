package gpu.kerf.extender.cluster.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.certificate.WebhookService;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.controlplane.Options;
import gpu.kerf.extender.manifests.Shipped;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The plugin with a real kubectl, through the service proxy of a real API server. */
@ClusterTest
final class KubectlPluginOnAClusterTest {
  @TempDir Path folder;
  private ControlPlane plane;
  private RunningKerf kerf;

  @BeforeEach
  void start() throws IOException {
    plane =
        ControlPlane.start(
            Options.defaults()
                .user("rita")
                .user("stranger")
                // So that a Service leads to its endpoint here, where nothing routes its address.
                .apiServerFlag("--enable-aggregator-routing=true"));
    plane.apply(Shipped.text("base/namespace.yaml"));
    plane.apply(Shipped.text("components/access/callers.yaml"));
    for (String namespace : List.of("research", "fraud")) {
      plane.kubectl("create", "namespace", namespace);
      plane.kubectl("create", "serviceaccount", "scientist", "--namespace=" + namespace);
      plane.apply(pod(namespace));
    }
    plane.kubectl(
        "create",
        "rolebinding",
        "view",
        "--clusterrole=view",
        "--namespace=research",
        "--user=rita",
        "--serviceaccount=research:scientist");
    plane.apply(Inventory.eightH100("a").manifest());
    kerf =
        RunningKerf.on(
            plane,
            "observe.host=0.0.0.0",
            "observe.port=0",
            "observe.console=true",
            "observe.access=token");
    plane.apply(WebhookService.observersLeadingTo(kerf.service().service().observedPort()));
    plane.kubectl(
        "patch",
        "pod",
        "kerf-1",
        "--namespace=kerf-system",
        "--subresource=status",
        "--patch=" + WebhookService.observersStatus());
    Path kubectl =
        Files.writeString(
            folder.resolve("kubectl"), "#!/bin/sh\nexec " + plane.program("kubectl") + " \"$@\"\n");
    Files.setPosixFilePermissions(kubectl, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @AfterEach
  void stop() {
    kerf.close();
    plane.close();
  }

  private static String pod(String namespace) {
    return """
    apiVersion: v1
    kind: Pod
    metadata: {name: train, namespace: %s}
    spec:
      schedulerName: kerf
      containers: [{name: main, image: app, resources: {limits: {kerf.gpu/whole: "9"}}}]
    """
        .formatted(namespace);
  }

  private record Said(int status, String out, String problem) {}

  private Said run(String user, Map<String, String> environment, String... arguments) {
    try {
      ProcessBuilder builder = new ProcessBuilder("../manifests/kubectl/kubectl-kerf");
      builder.command().addAll(List.of(arguments));
      Path out = folder.resolve("out");
      Path problem = folder.resolve("problem");
      builder.redirectOutput(out.toFile()).redirectError(problem.toFile());
      builder.environment().put("PATH", folder + ":" + System.getenv("PATH"));
      builder.environment().put("KUBECONFIG", plane.kubeconfig(user).toString());
      builder.environment().put("KERF_VIA", "proxy");
      builder.environment().putAll(environment);
      Process process = builder.start();
      assertThat(process.waitFor(Await.LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
      return new Said(process.exitValue(), Files.readString(out), Files.readString(problem));
    } catch (IOException | InterruptedException broken) {
      throw new AssertionError(broken);
    }
  }

  /** The last that was said, once it contains a text; the API server hears of a Service late. */
  private Said awaited(String text, String user, Map<String, String> environment, String what) {
    Said[] said = new Said[1];
    try {
      Await.until(
          "kubectl kerf says " + text,
          () -> {
            said[0] = run(user, environment, "why", what);
            return said[0].out().contains(text);
          });
    } catch (AssertionError never) {
      throw new AssertionError(never.getMessage() + "\n" + said[0], never);
    }
    return said[0];
  }

  private Said asked(String user, String... arguments) {
    Said said = run(user, Map.of(), arguments);
    assertThat(said.problem()).isEmpty();
    return said;
  }

  @Test
  void eachAsksWithHisOwnRightsAndSeesWhatIsHis() throws Exception {
    awaited("fraud/train", "admin", Map.of(), "train");

    assertThat(asked("admin", "top").out()).contains("NODE", "a ", "H100-80GB", "634Gi");
    assertThat(asked("rita", "top").out()).contains("H100-80GB");
    assertThat(asked("rita", "who", "a/0").out()).startsWith("GPU 0: H100-80GB (plain)");
    assertThat(asked("rita", "why", "train").out())
        .contains("research/train has waited for")
        .doesNotContain("fraud");
    assertThat(asked("rita", "teams").out()).startsWith("This cluster has no teams");
    assertThat(asked("rita", "report").out()).contains("TEAM", "COST");
    assertThat(run("rita", Map.of(), "who", "b").problem())
        .startsWith("kubectl kerf: There is no node b.");
    assertThat(run("stranger", Map.of(), "top").problem())
        .contains("User stranger may get no team, and pods in no namespace that uses GPUs.");
    assertThat(run("rita", Map.of("KERF_TOKEN", "nonsense"), "top").problem())
        .contains("The API server does not accept the bearer token");

    Path manifest = Files.writeString(folder.resolve("pod.yaml"), pod("research"));
    assertThat(asked("rita", "explain", "-f", manifest.toString()).out())
        .contains("Pod/train", "read as", "9 whole GPUs")
        .contains("User \"rita\" cannot create resource \"pods\"");
    plane.kubectl(
        "create", "quota", "gpus", "--hard=requests.kerf.gpu/whole=2", "--namespace=research");
    Await.until(
        "the quota stands in the way",
        () ->
            asked("admin", "explain", "-f", manifest.toString()).out().contains("exceeded quota"));
  }

  @Test
  void aTokenThatIsForKerfAloneIsEnough() {
    Said said =
        awaited(
            "research/train",
            "admin",
            Map.of("KERF_ACCOUNT", "research/scientist"),
            "research/train");

    assertThat(said.out()).contains("research/train has waited for");
    assertThat(run("admin", Map.of("KERF_ACCOUNT", "research/scientist"), "why", "fraud").out())
        .isEqualTo("Kerf knows no such pod that asks for GPUs.\n");
  }
}
