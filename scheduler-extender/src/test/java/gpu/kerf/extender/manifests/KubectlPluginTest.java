package gpu.kerf.extender.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.OnPath;
import gpu.kerf.extender.access.RecordedReviews;
import gpu.kerf.extender.service.RunningService;
import gpu.kerf.model.hardware.GpuMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The plugin of kubectl, with a kubectl that forwards to a service of this test. */
class KubectlPluginTest {

  @TempDir Path folder;
  private RunningService service = RunningService.on(List.of());

  @BeforeEach
  void start() throws IOException {
    OnPath.orSkip("curl");
    service.close();
    service = RunningService.on(List.of(RunningService.node("a", 1, "H100-80GB", GpuMode.PLAIN)));
    kubectl(
        """
        [ "$1 $2" != "create --dry-run=server" ] || { cp "$4" %s/tried; echo "pod/train created (server dry run)"; exit; }
        [ "$1 $2 $3 $4 $5" = "-n kerf-system port-forward deploy/kerf :8880" ] || { echo "Not so: $*" >&2; exit 1; }
        echo "$$" >%s/pid
        echo "Forwarding from 127.0.0.1:%d -> 8880"
        exec sleep 600
        """
            .formatted(folder, folder, service.port));
  }

  @AfterEach
  void stop() {
    service.close();
  }

  private void kubectl(String script) throws IOException {
    Path file = Files.writeString(folder.resolve("kubectl"), "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private record Said(int status, String out, String problem) {}

  private Said run(Map<String, String> environment, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("../manifests/kubectl/kubectl-kerf"));
    command.addAll(List.of(arguments));
    Path out = folder.resolve("out");
    Path problem = folder.resolve("problem");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(problem.toFile());
    builder.environment().put("PATH", folder + ":" + System.getenv("PATH"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    assertThat(process.waitFor(Await.LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
    return new Said(process.exitValue(), Files.readString(out), Files.readString(problem));
  }

  @Test
  void teamsAreToldAsText() throws Exception {
    Said said = run(Map.of(), "teams");

    assertThat(said.problem()).isEmpty();
    assertThat(said.out()).startsWith("This cluster has no teams");
    assertThat(said.status()).isZero();
  }

  @Test
  void theForwardingEndsWithTheCommand() throws Exception {
    run(Map.of(), "teams");

    long pid = Long.parseLong(Files.readString(folder.resolve("pid")).strip());
    Await.until(
        "kubectl has ended",
        () -> ProcessHandle.of(pid).map(process -> !process.isAlive()).orElse(true));
  }

  @Test
  void aTeamThatDoesNotExistIsSaid() throws Exception {
    Said said = run(Map.of(), "teams", "ml");

    assertThat(said.status()).isEqualTo(1);
    assertThat(said.problem()).isEqualTo("kubectl kerf: Kerf answered 404: There is no team ml.\n");
  }

  @Test
  void whyTellsOfPodsThatWaitAndOfPodsThatRun() throws Exception {
    service.place("runs", "\"kerf.gpu/memory\":\"8Gi\"");
    service.refuse("waits", "\"kerf.gpu/whole\":\"9\"");

    assertThat(run(Map.of(), "why", "ml/waits").out())
        .contains("ml/waits has waited for ", "  why: ")
        .doesNotContain("ml/runs");
    assertThat(run(Map.of(), "why", "runs").out()).startsWith("ml/runs is on node a: ");
    assertThat(run(Map.of(), "why", "other").out())
        .isEqualTo("Kerf knows no such pod that asks for GPUs.\n");
  }

  @Test
  void topShowsNodesAndWhoShowsPods() throws Exception {
    service.place("runs", "\"kerf.gpu/memory\":\"8Gi\"");

    assertThat(run(Map.of(), "top").out())
        .startsWith("NODE")
        .containsPattern("a +H100-80GB +1 +0 +71\\.[0-9]Gi .* 1\n");
    assertThat(run(Map.of(), "who", "a").out())
        .startsWith("GPU 0: H100-80GB (plain), ")
        .contains("  ml/runs container main: GPU 0 8192 MiB by MPS");
    assertThat(run(Map.of(), "who", "a/0").out()).contains("ml/runs");
    assertThat(run(Map.of(), "who", "a/1").problem())
        .isEqualTo("kubectl kerf: Kerf answered 404: There is no node a with a GPU 1.\n");
  }

  @Test
  void explainTellsOfEveryPodOfAFile() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("job.yaml"),
            """
            kind: PyTorchJob
            metadata: {name: train}
            spec:
              pytorchReplicaSpecs:
                Master: {template: {spec: {schedulerName: kerf, containers: [
                  {name: main, resources: {limits: {kerf.gpu/memory: 8Gi}}}]}}}
                Worker: {template: {spec: {schedulerName: kerf, containers: [
                  {name: main, resources: {limits: {kerf.gpu/whole: 2}}}]}}}
            ---
            kind: ConfigMap
            metadata: {name: notes}
            """);

    String out = run(Map.of(), "explain", "-f", file.toString()).out();

    assertThat(out)
        .contains("PyTorchJob/train (spec.pytorchReplicaSpecs.Master.template)\n")
        .contains("  goes to   a: GPU 0: MPS share (8Gi")
        .contains("PyTorchJob/train (spec.pytorchReplicaSpecs.Worker.template)\n")
        .contains("the node has fewer GPUs than the pod asks for")
        .contains("ConfigMap/notes makes no pods.")
        .endsWith("one of each:\n  pod/train created (server dry run)\n");
    assertThat(Files.readString(folder.resolve("tried")))
        .startsWith("{\"apiVersion\":\"v1\",\"kind\":\"List\"")
        .contains("\"generateName\":\"train-\"", "\"kerf.gpu/whole\":2");
  }

  @Test
  void throughTheProxyTheCallersTokenIsInTheBodyAndErrorsAreSaidInWords() throws Exception {
    RecordedReviews reviews = RecordedReviews.ofThreeUsers();
    try (RunningService guarded = RunningService.reviewed(reviews, List.of())) {
      kubectl(
          """
          case "$1 $2" in
          "config view")
            case $KUBECONFIG$* in
            exec*exec.command*) echo %1$s/credential ;;
            exec*exec.args*) echo get; echo a token ;;
            exec*exec.env*) echo WHO=admin ;;
            exec* | none*) ;;
            *user.token}*) printf %%s "$KUBECONFIG" ;;
            esac ;;
          "create --raw")
            path=${3#/api/v1/namespaces/kerf-system/services/kerf:metrics/proxy}
            status=$(curl --silent --data-binary @"$5" -o %1$s/reply -w '%%{http_code}' "http://127.0.0.1:%2$d$path")
            [ "$status" = 200 ] && exec cat %1$s/reply
            echo "Error from server (Reason): $(sed 's/.*"message":"//; s/".*//' %1$s/reply)" >&2
            exit 1 ;;
          "-n kerf-system") echo "no right" >&2; exit 1 ;;
          "-n research") [ "$*" = "-n research create token scientist --audience kerf.gpu --duration 10m" ] && echo rita ;;
          esac
          """
              .formatted(folder, guarded.service.observedPort()));

      Path credential =
          Files.writeString(
              folder.resolve("credential"),
              """
              #!/bin/sh
              [ "$1,$2" = "get,a token" ] && echo '{"kind":"ExecCredential",'
              echo '"status": {"token": "'"$WHO"'"}}'
              """);
      Files.setPosixFilePermissions(credential, PosixFilePermissions.fromString("rwxr-xr-x"));

      assertThat(run(Map.of("KUBECONFIG", "admin"), "teams").out())
          .startsWith("This cluster has no teams");
      assertThat(run(Map.of("KUBECONFIG", "exec"), "teams").out())
          .as("with what a command gives")
          .startsWith("This cluster has no teams");
      assertThat(run(Map.of("KUBECONFIG", "nonsense"), "teams").problem())
          .startsWith("kubectl kerf: The API server does not accept the bearer token");
      assertThat(run(Map.of("KUBECONFIG", "admin"), "teams", "ml").problem())
          .startsWith("kubectl kerf: There is no team ml.");
      Said account =
          run(Map.of("KUBECONFIG", "none", "KERF_ACCOUNT", "research/scientist"), "teams");
      assertThat(account.problem()).startsWith("kubectl kerf: User rita may get no team");
      assertThat(run(Map.of("KUBECONFIG", "none"), "teams").problem())
          .contains("kubectl port-forward failed: no right", "kubectl uses no bearer token");
    }
  }

  @Test
  void whereThePortHasNoApiItIsForwarded() throws Exception {
    try (RunningService closed =
        RunningService.reviewed(
            RecordedReviews.ofThreeUsers(), List.of(), "observe.console=false")) {
      String url = "http://127.0.0.1:%d".formatted(closed.service.observedPort());
      kubectl(
          """
          case "$1 $2" in
          "config view") echo admin ;;
          "create --raw")
            said=$(curl --silent --data-binary @"$5" "%s${3##*/proxy}")
            echo "Error from server (NotFound): $(echo "$said" | sed 's/.*"message":"//; s/".*//')" >&2
            exit 1 ;;
          *) echo "Forwarding from 127.0.0.1:%d -> 8880"; exec sleep 600 ;;
          esac
          """
              .formatted(url, service.port));

      Said said = run(Map.of(), "teams");

      assertThat(said.problem()).isEmpty();
      assertThat(said.out()).startsWith("This cluster has no teams");
      assertThat(run(Map.of("KERF_VIA", "proxy"), "teams").problem())
          .contains("There is nothing at /api/v1/ask/teams on this port.");
    }
  }

  @Test
  void reportsAreTables() throws Exception {
    service.place("runs", "\"kerf.gpu/memory\":\"8Gi\"");

    assertThat(run(Map.of(), "report").out()).startsWith("From ").contains("TEAM", "COST");
    assertThat(run(Map.of(), "report", "owner", "2026-11-01", "2026-12-01").out())
        .startsWith("From 2026-11-01T00:00:00Z to 2026-12-01T00:00:00Z, costs in EUR");
    assertThat(run(Map.of(), "report", "pod").problem())
        .isEqualTo("kubectl kerf: Kerf answered 400: by (pod) is unknown.\n");
  }

  @Test
  void anAddressThatIsKnownIsAskedWithoutForwarding() throws Exception {
    kubectl("echo \"It must not be called.\" >&2; exit 1\n");

    Said said = run(Map.of("KERF_URL", "http://127.0.0.1:" + service.port), "teams");

    assertThat(said.problem()).isEmpty();
    assertThat(said.status()).isZero();
  }

  @Test
  void aTokenIsSentWhereKerfAsksForOne() throws Exception {
    RecordedReviews reviews = RecordedReviews.ofThreeUsers();
    try (RunningService guarded = RunningService.reviewed(reviews, List.of())) {
      String url = "http://127.0.0.1:" + guarded.service.observedPort();

      Said without = run(Map.of("KERF_URL", url), "teams");
      Said with = run(Map.of("KERF_URL", url, "KERF_TOKEN", "admin"), "teams");

      assertThat(without.problem()).contains("Kerf answered 401");
      assertThat(with.problem()).isEmpty();
      assertThat(with.out()).startsWith("This cluster has no teams");
    }
  }

  @Test
  void aForwardingThatFailsSaysWhy() throws Exception {
    kubectl("echo 'error: deployments.apps \"kerf\" not found' >&2; exit 1\n");

    Said said = run(Map.of(), "teams");

    assertThat(said.status()).isEqualTo(1);
    assertThat(said.problem()).contains("deployments.apps \"kerf\" not found");
  }

  @Test
  void wrongUsageExitsWithTwo() throws Exception {
    assertThat(run(Map.of()).status()).isEqualTo(2);
    assertThat(run(Map.of(), "why").status()).isEqualTo(2);
    assertThat(run(Map.of(), "why", "a&limit=1").status()).isEqualTo(2);
    assertThat(run(Map.of(), "report", "team", "a&to=b").status()).isEqualTo(2);
    assertThat(run(Map.of(), "who", "a/../b").status()).isEqualTo(2);
    assertThat(run(Map.of(), "explain", "-x", "a").status()).isEqualTo(2);
    assertThat(run(Map.of("KERF_VIA", "telnet"), "top").status()).isEqualTo(2);
    assertThat(run(Map.of(), "--help").out()).contains("kubectl kerf COMMAND");
  }
}
