package gpu.kerf.extender.cluster.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.GateResult;
import gpu.kerf.extender.cluster.kubernetes.calling.Access;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Options;
import gpu.kerf.extender.manifests.Shipped;
import gpu.kerf.extender.team.AcceptedTeams;
import gpu.kerf.extender.team.TeamFigures;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.team.GpuAmount;
import gpu.kerf.model.usage.UsageCheckpoint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Teams, their status, and gates on a real API server, with the shipped rights and policies. */
@ClusterTest
final class TeamsOnAClusterTest {
  private static final String KERF = "system:serviceaccount:kerf-system:kerf";

  private final ScheduledExecutorService loop = Executors.newSingleThreadScheduledExecutor();
  private final TeamsListener listener = new TeamsListener();
  private ControlPlane plane;
  private KubernetesCluster cluster;

  /** Keeps what it is told of teams. */
  private static final class TeamsListener extends RecordingListener {
    private volatile AcceptedTeams teams = AcceptedTeams.NONE;
    private volatile Map<String, UsageCheckpoint> usage = Map.of();

    @Override
    public void teamUsageRead(Map<String, UsageCheckpoint> read) {
      usage = Map.copyOf(read);
    }

    @Override
    public void teamsChanged(AcceptedTeams now) {
      teams = now;
    }
  }

  @BeforeEach
  void start() throws Exception {
    plane = ControlPlane.start(Options.defaults().user(KERF));
    for (String file : List.of("namespace", "rbac", "lease", "checkpoint", "policy", "teams")) {
      plane.kubectl("apply", "-f", Shipped.file("base/" + file + ".yaml").toString());
    }
    plane.kubectl("wait", "--for=condition=Established", "crd/teams.kerf.gpu", "--timeout=60s");
    Access.Patience patience = new Access.Patience(Duration.ofSeconds(5), Duration.ofSeconds(45));
    ApiServer server =
        new Access(Map.of(), Path.of("/")).connect(plane.kubeconfig(KERF).toString(), patience);
    cluster =
        new KubernetesCluster(
            server, TestOptions.with(Duration.ofSeconds(30)), Clocks.system(), new Metrics());
    cluster.start(loop, listener);
    var unused = loop.scheduleWithFixedDelay(cluster::tick, 50, 50, TimeUnit.MILLISECONDS);
    Await.until("it is synced", cluster::synced);
  }

  @AfterEach
  void stop() throws InterruptedException {
    cluster.close();
    loop.shutdown();
    assertThat(loop.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
    plane.close();
  }

  private static <T> T value(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private static String team(String name, String spec) {
    return """
    ---
    apiVersion: kerf.gpu/v1alpha1
    kind: Team
    metadata: {name: %s}
    spec: {%s}
    """
        .formatted(name, spec);
  }

  private String field(String object, String path) {
    return plane.kubectl("get", object, "-o", "jsonpath={" + path + "}");
  }

  private PodView.Ref pod(String name, String gates) {
    plane.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: default}
        spec:
          schedulerName: kerf
          schedulingGates: [%s]
          containers: [{name: main, image: app}]
        """
            .formatted(name, gates));
    return new PodView.Ref("default", name, field("pod/" + name, ".metadata.uid"));
  }

  private String accepted(String team) {
    return field(
        "team/" + team,
        ".status.conditions[?(@.type==\"Accepted\")]['status','reason','observedGeneration']");
  }

  @Test
  void teamsAreToldAndTheirStatusSaysWhatBecameOfThem() {
    plane.kubectl("create", "namespace", "shop");
    plane.kubectl("label", "namespace", "shop", "team=fraud");
    plane.apply(
        team("bank", "guarantee: \"10\"")
            + team(
                "fraud",
                "parent: bank, guarantee: \"4\", namespaces: {selector: {matchLabels: {team:"
                    + " fraud}}}")
            + team("late", "parent: bank, guarantee: \"7\""));
    Await.until(
        "the namespace has its team",
        () -> listener.teams.owners().equals(Map.of("shop", "fraud")));
    Await.until("it is accepted", () -> accepted("fraud").equals("True Accepted 1"));
    Await.until("it is not", () -> accepted("late").equals("False PromisesTooMuch 1"));
    assertThat(field("team/late", ".status.conditions[0].message"))
        .isEqualTo(
            "guarantee (7.000) is more than parent bank has left (6.000 of 10.000). Lower it, or"
                + " raise that of the parent.");
    GpuAmount six = new GpuAmount(6_000);
    loop.execute(
        () ->
            cluster.teamFigures(
                new TeamFigures(
                    Map.of(
                        "fraud",
                        new TeamFigures.Figures(
                            six, new GpuAmount(2_000), GpuAmount.NONE, six, 3, "nights")))));
    Await.until("its figures are there", () -> field("team/fraud", ".status.pending").equals("3"));
    assertThat(plane.kubectl("get", "team", "fraud", "--no-headers").strip().split(" +", -1))
        .containsExactly("fraud", "bank", "4", "6.000", "6.000", "3", "True");
    plane.kubectl(
        "patch", "team", "late", "--type=merge", "-p", "{\"spec\":{\"guarantee\":\"6\"}}");
    Await.until("it fits now", () -> accepted("late").equals("True Accepted 2"));
    plane.kubectl("label", "namespace", "shop", "team-");
    Await.until("the namespace has left", () -> listener.teams.owners().isEmpty());
    plane.kubectl("delete", "teams", "--all");
    Await.until("there is none any more", () -> listener.teams.isEmpty());
  }

  @Test
  void whatOthersWriteIntoTheStatusStays() {
    plane.apply(team("bank", "guarantee: \"10\""));
    Await.until("it is accepted", () -> accepted("bank").equals("True Accepted 1"));
    plane.kubectl(
        "patch",
        "team",
        "bank",
        "--subresource=status",
        "--type=merge",
        "-p",
        "{\"status\":{\"budget\":{\"usedGpuHours\":\"12.5\"}}}");
    plane.kubectl(
        "patch", "team", "bank", "--type=merge", "-p", "{\"spec\":{\"guarantee\":\"11\"}}");
    Await.until("it is written again", () -> accepted("bank").equals("True Accepted 2"));
    assertThat(field("team/bank", ".status.budget.usedGpuHours")).isEqualTo("12.5");
  }

  @Test
  void whatATeamHasUsedIsKeptBesideTheRestAndReadByTheNextProcess() throws Exception {
    plane.apply(team("bank", "guarantee: \"10\""));
    Await.until("it is accepted", () -> accepted("bank").equals("True Accepted 1"));
    UsageCheckpoint usage =
        new UsageCheckpoint(
            1_767_225_600_000L,
            1_767_229_200_123L,
            7_200_000_000_000_000_123L >> 1,
            List.of(new UsageCheckpoint.Period(1_767_225_600_000L, 77)));
    value(
        CompletableFuture.supplyAsync(() -> cluster.teamUsage(Map.of("bank", usage)), loop)
            .thenCompose(written -> written));
    assertThat(field("team/bank", ".status.usage.until")).isEqualTo("2026-01-01T01:00:00.123Z");
    assertThat(accepted("bank")).isEqualTo("True Accepted 1");
    plane.kubectl(
        "patch", "team", "bank", "--type=merge", "-p", "{\"spec\":{\"guarantee\":\"11\"}}");
    Await.until("it is read again", () -> usage.equals(listener.usage.get("bank")));
    assertThatThrownBy(
            () ->
                plane.kubectl(
                    "patch",
                    "team",
                    "bank",
                    "--subresource=status",
                    "--type=merge",
                    "-p",
                    "{\"status\":{\"usage\":{\"milliGpuMillis\":-1}}}"))
        .hasMessageContaining("milliGpuMillis");
  }

  @Test
  void aGateIsOpenedAndTheGatesOfOthersStay() throws Exception {
    PodView.Ref both = pod("both", "{name: kerf.gpu/turn}, {name: example.com/other}");
    assertThat(value(cluster.openGate(both))).isEqualTo(GateResult.OPENED);
    assertThat(field("pod/both", ".spec.schedulingGates[*].name")).isEqualTo("example.com/other");
    assertThat(value(cluster.openGate(both))).as("again").isEqualTo(GateResult.OPENED);
    PodView.Ref other = new PodView.Ref("default", "both", "00000000-0000-0000-0000-000000000000");
    assertThat(value(cluster.openGate(other)).kind()).isEqualTo(GateResult.Kind.GONE);
    PodView.Ref unknown = new PodView.Ref("default", "unknown", both.uid());
    assertThat(value(cluster.openGate(unknown)).kind()).isEqualTo(GateResult.Kind.GONE);
  }

  @Test
  void aHundredGatesAreOpenedWhileOthersChangeThePodsAndNoChangeIsLost() throws Exception {
    List<PodView.Ref> pods = new ArrayList<>();
    StringBuilder all = new StringBuilder();
    int count = 100;
    for (int i = 0; i < count; i++) {
      all.append(
          """
          ---
          apiVersion: v1
          kind: Pod
          metadata: {name: p%d, namespace: default}
          spec:
            schedulerName: kerf
            schedulingGates: [{name: example.com/other}, {name: kerf.gpu/turn}]
            containers: [{name: main, image: app}]
          """
              .formatted(i));
    }
    plane.apply(all.toString());
    for (String line :
        plane
            .kubectl(
                "get",
                "pods",
                "-o",
                "jsonpath={range .items[*]}{.metadata.name} {.metadata.uid}{\"\\n\"}{end}")
            .lines()
            .toList()) {
      String[] words = line.split(" ", -1);
      pods.add(new PodView.Ref("default", words[0], words[1]));
    }
    Thread labels = new Thread(() -> plane.kubectl("label", "pods", "--all", "touched=yes"));
    labels.start();
    List<CompletionStage<GateResult>> opening = pods.stream().map(cluster::openGate).toList();
    for (CompletionStage<GateResult> each : opening) {
      assertThat(value(each)).isEqualTo(GateResult.OPENED);
    }
    labels.join();
    assertThat(plane.kubectl("get", "pods", "-l", "touched=yes", "-o", "name").lines())
        .hasSize(count);
    assertThat(
            plane
                .kubectl("get", "pods", "-o", "jsonpath={.items[*].spec.schedulingGates[*].name}")
                .split(" ", -1))
        .hasSize(count)
        .containsOnly("example.com/other");
  }

  @Test
  void aRuleOfTheClusterThatForbidsItIsTold() throws Exception {
    plane.apply(
        """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata: {name: frozen}
        spec:
          matchConstraints:
            resourceRules:
            - {apiGroups: [""], apiVersions: [v1], resources: [pods], operations: [UPDATE]}
          validations:
          - {expression: "!object.metadata.name.startsWith('frozen')", message: This pod is frozen.}
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata: {name: frozen}
        spec: {policyName: frozen, validationActions: [Deny]}
        """);
    PodView.Ref pod = pod("frozen", "{name: kerf.gpu/turn}");
    Await.until("the policy is in force", () -> !isLabelled("frozen"));
    GateResult refused = value(cluster.openGate(pod));
    assertThat(refused.kind()).isEqualTo(GateResult.Kind.REFUSED);
    assertThat(refused.text()).contains("This pod is frozen.");
    plane.kubectl("delete", "validatingadmissionpolicybinding", "frozen");
    Await.until(
        "the policy is gone",
        () -> {
          try {
            return value(cluster.openGate(pod)).equals(GateResult.OPENED);
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
    plane.stopApiServer();
    assertThat(value(cluster.openGate(pod)).kind()).isEqualTo(GateResult.Kind.FAILED);
  }

  private boolean isLabelled(String pod) {
    try {
      plane.kubectl("label", "--overwrite", "pod", pod, "at=" + System.nanoTime());
      return true;
    } catch (IllegalStateException refused) {
      return false;
    }
  }

  @Test
  void aPodSaysWhyItWaitsAndThatItDoesNotAnyMore() throws Exception {
    PodView.Ref pod = pod("p", "{name: kerf.gpu/turn}");
    PodView.Ref other = pod("q", "{name: kerf.gpu/turn}");
    loop.execute(() -> cluster.waiting(pod, 1_000, "team research holds 6.0 of 6 guaranteed"));
    String turn = ".status.conditions[?(@.type==\"kerf.gpu/Turn\")]";
    Await.until(
        "the condition",
        () ->
            field("pod/p", turn + "['status','reason','message']")
                .equals("False Waiting team research holds 6.0 of 6 guaranteed"));
    Await.until(
        "the event",
        () -> plane.kubectl("describe", "pod", "p").contains("team research holds 6.0 of 6"));
    String since = field("pod/p", turn + ".lastTransitionTime");
    String version = field("pod/p", ".metadata.resourceVersion");
    loop.execute(() -> cluster.waiting(pod, 1_000, "team research holds 6.0 of 6 guaranteed"));
    loop.execute(() -> cluster.waiting(other, 1_000, "another pod"));
    Await.until("the other one", () -> !field("pod/q", turn + ".message").isEmpty());
    assertThat(field("pod/p", ".metadata.resourceVersion"))
        .as("nothing is written again")
        .isEqualTo(version);
    loop.execute(() -> cluster.waiting(pod, 1_000, "2 before you"));
    Await.until("the new text", () -> field("pod/p", turn + ".message").equals("2 before you"));
    assertThat(field("pod/p", turn + ".lastTransitionTime")).isEqualTo(since);
    assertThat(field("pod/p", turn + "['status']")).isEqualTo("False");
    assertThat(plane.kubectl("get", "events", "-o", "name").lines()).as("one a pod").hasSize(2);
    assertThat(value(cluster.openGate(pod))).isEqualTo(GateResult.OPENED);
    Await.until(
        "it does not wait any more",
        () -> field("pod/p", turn + "['status','reason','message']").equals("True Opened"));
  }
}
