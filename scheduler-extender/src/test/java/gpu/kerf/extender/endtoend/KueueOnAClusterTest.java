package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.controlplane.Kueue;
import gpu.kerf.extender.controlplane.Kwok;
import gpu.kerf.extender.controlplane.Options;
import gpu.kerf.extender.manifests.Shipped;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real Kueue asks Kerf, which has the rights of the component {@code kueue} beside its own, and
 * kube-scheduler places what Kueue admits.
 */
@ClusterTest
final class KueueOnAClusterTest {
  private static final String ACCOUNT = "system:serviceaccount:kerf-system:kerf";
  private static final String WORKLOADS =
      "/apis/kueue.x-k8s.io/v1beta2/namespaces/default/workloads";

  private static final String JOBS = "/apis/batch/v1/namespaces/default/jobs/";

  @TempDir static Path folder;
  private static Audit audit;
  private static TestCluster cluster;
  private static Kueue kueue;

  @BeforeAll
  static void start() throws IOException {
    Path program = Kueue.orSkip();
    audit = Audit.in(folder);
    ControlPlane plane = ControlPlane.start(audit.switchOn(Options.defaults().user(ACCOUNT)));
    for (String file : List.of("namespace", "rbac", "lease", "checkpoint")) {
      plane.apply(Shipped.text("base/" + file + ".yaml"));
    }
    for (String file : List.of("rbac", "policy")) {
      plane.apply(Shipped.text("components/kueue/" + file + ".yaml"));
    }
    kueue = Kueue.start(plane, program);
    TestCluster.Accounts accounts =
        new TestCluster.Accounts(plane.kubeconfig(ACCOUNT), plane.kubeconfig(), "");
    cluster =
        TestCluster.on(
            plane,
            accounts,
            List.of("cluster.namespace=kerf-system", "kueue.enabled=true", "kueue.keepQuota=10m"));
    plane.kubectl(
        "apply", "--validate=strict", "-f", Shipped.file("examples/kueue/queues.yaml").toString());
    TestCluster.await(
        "the queue is active",
        () ->
            plane
                .kubectl("get", "clusterqueue", "gpus", "-o", "yaml")
                .contains("Can admit new workloads"),
        () -> plane.kubectl("get", "clusterqueues,admissionchecks", "-o", "yaml") + kueue.log());
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @AfterEach
  void clear() {
    cluster.plane().kubectl("delete", "jobs", "--all", "--wait=false");
    cluster.clear();
    TestCluster.await(
        "Kueue knows of no workload any more",
        () -> cluster.api().get(WORKLOADS).path("items").isEmpty(),
        () -> cluster.api().get(WORKLOADS) + kueue.log());
  }

  /** The check of the only workload of a Job. */
  private JsonNode check(String job) {
    for (JsonNode workload : cluster.api().get(WORKLOADS).path("items")) {
      if (workload.at("/metadata/ownerReferences/0/name").asText().equals(job)) {
        return workload.at("/status/admissionChecks/0");
      }
    }
    return cluster.api().get(WORKLOADS).path("nothing");
  }

  private void awaitCheck(String job, String state) {
    TestCluster.await(
        job + " is " + state,
        () -> check(job).path("state").asText().equals(state),
        () -> cluster.api().get(WORKLOADS) + "\n" + kueue.log());
  }

  private void job(String name, int pods, String limit) {
    cluster
        .plane()
        .apply(
            """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: %1$s, labels: {kueue.x-k8s.io/queue-name: gpus}}
            spec:
              suspend: true
              completions: %2$d
              parallelism: %2$d
              template:
                metadata: {annotations: {%4$s: 1h}}
                spec:
                  schedulerName: kerf
                  restartPolicy: Never
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: main
                    image: app
                    resources: {requests: {cpu: 1, memory: 1Gi}, limits: {%3$s}}
            """
                .formatted(name, pods, limit, Kwok.RUNS_FOR));
  }

  private boolean isSuspended(String job) {
    return cluster.api().get(JOBS + job).at("/spec/suspend").asBoolean();
  }

  @Test
  void theExampleIsAdmittedAndRunsOnRealRoom() throws IOException {
    cluster.nodes(Inventory.of("a").plain("H100-80GB", 81_559, 4).manifest());
    cluster
        .plane()
        .kubectl(
            "apply", "--validate=strict", "-f", Shipped.file("examples/kueue/job.yaml").toString());
    awaitCheck("fine-tuning", "Ready");
    assertThat(check("fine-tuning").path("message").asText())
        .isEqualTo("All 4 pods have room at once, on 1 node.");
    TestCluster.await(
        "all four have run",
        () -> cluster.api().get(JOBS + "fine-tuning").at("/status/succeeded").asInt() == 4,
        () -> cluster.plane().kubectl("describe", "jobs,pods"));
    assertThat(cluster.kerf().metric("kerf_kueue_answers_total{state=\"ready\"")).isPositive();
  }

  @Test
  void whatQuotaAdmitsAndNoGpuCanHoldIsHeldBackWithTheReasonUntilRoomComes() throws IOException {
    cluster.nodes(Inventory.of("a").plain("A100-40GB", 40_960, 2).manifest());
    // 2 x 25 GiB leave 2 x 14 GiB: of 1280 GiB of quota Kueue would let 20 GiB through.
    job("first", 2, "kerf.gpu/memory: 25Gi");
    cluster.awaitRunning(2);
    job("second", 1, "kerf.gpu/memory: 20Gi");
    TestCluster.await(
        "the reason is told",
        () -> check("second").path("message").asText().contains("has room now"),
        () -> check("second") + kueue.log());
    assertThat(check("second").path("state").asText()).isEqualTo("Pending");
    assertThat(check("second").path("message").asText())
        .startsWith(
            "No pod of pod set main has room now: enough GPU memory of the node is free, but not"
                + " in one piece (1 node).");
    assertThat(isSuspended("second")).isTrue();
    assertThat(cluster.kerf().metric("kerf_kueue_waiting_workloads")).isEqualTo(1);
    cluster.plane().kubectl("delete", "job", "first", "--cascade=foreground");
    awaitCheck("second", "Ready");
    cluster.awaitRunning(1);
    assertThat(isSuspended("second")).isFalse();
  }

  @Test
  void whatNoGpuCouldEverHoldIsRejectedAndDeactivated() throws IOException {
    cluster.nodes(Inventory.of("a").plain("A100-40GB", 40_960, 8).manifest());
    job("huge", 1, "kerf.gpu/memory: 60Gi");
    TestCluster.await(
        "Kueue deactivates it",
        () -> cluster.api().get(WORKLOADS).at("/items/0/spec/active").asText("").equals("false"),
        () -> cluster.api().get(WORKLOADS) + kueue.log());
    assertThat(isSuspended("huge")).isTrue();
  }

  @Test
  void everyRightOfTheRoleIsUsedAndThePolicyLeavesNothingElse() throws Exception {
    cluster.nodes(Inventory.of("a").plain("A100-40GB", 40_960, 1).manifest());
    job("one", 1, "kerf.gpu/whole: 1");
    awaitCheck("one", "Ready");
    Set<Right> granted =
        Right.grantedBy(
            Api.JSON
                .readTree(cluster.plane().kubectl("get", "clusterrole/kerf-kueue", "-o", "json"))
                .path("rules"));
    assertThat(audit.used(ACCOUNT)).containsAll(granted);
    assertThat(audit.forbidden(ACCOUNT)).isEmpty();
    refusesMoreThanAnswers();
  }

  /** After what was forbidden was looked at: these requests are. */
  private void refusesMoreThanAnswers() {
    Api kerf = Api.of(cluster.plane().kubeconfig(ACCOUNT));
    String name = cluster.api().get(WORKLOADS).at("/items/0/metadata/name").asText();
    String workload = WORKLOADS + "/" + name;
    String check = "/apis/kueue.x-k8s.io/v1beta2/admissionchecks/kerf-fits";
    String condition =
        "{\"status\":{\"conditions\":[{\"type\":\"%s\",\"status\":\"False\",\"reason\":\"A\",\"message\":\"\","
            + "\"lastTransitionTime\":\"2026-12-01T04:00:00Z\"}]}}";
    assertRefused(kerf, workload + "/status", condition.formatted("Admitted"), "but its checks");
    assertRefused(
        kerf,
        workload + "/status",
        "{\"status\":{\"admissionChecks\":[{\"name\":\"kerf-fits\",\"state\":\"Rejected\",\"message\":\"\","
            + "\"lastTransitionTime\":\"2026-12-01T04:00:00Z\"}]}}",
        "that are pending");
    assertRefused(kerf, check + "/status", condition.formatted("Other"), "the condition Active");
    assertRefused(kerf, workload, "{\"spec\":{\"active\":false}}", "cannot patch");
  }

  private static void assertRefused(Api kerf, String path, String body, String why) {
    Api.Answer answer = kerf.send("PATCH", path, body);
    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.body().path("message").asText()).contains(why);
  }
}
