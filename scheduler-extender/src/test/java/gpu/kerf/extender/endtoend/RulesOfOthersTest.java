package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.controlplane.Kwok;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the rest of Kubernetes says about pods counts for Kerf's pods as for any. */
@ClusterTest
final class RulesOfOthersTest {
  private static TestCluster cluster;

  @BeforeAll
  static void start() {
    cluster = TestCluster.start();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @AfterEach
  void leaveNothing() {
    cluster.clear();
  }

  @Test
  void quotaOnGpuMemoryStopsNamespace() {
    cluster.nodes(Inventory.eightH100("a").manifest());
    cluster.api().post("/api/v1/namespaces", "{\"metadata\":{\"name\":\"team\"}}");
    cluster
        .api()
        .post(
            "/api/v1/namespaces/team/resourcequotas",
            "{\"metadata\":{\"name\":\"gpus\"},\"spec\":{\"hard\":{\"requests.kerf.gpu/memory\":\"20Gi\"}}}");
    String quota = "/api/v1/namespaces/team/resourcequotas/gpus";
    TestCluster.await("the quota counts", () -> cluster.api().get(quota).at("/status").has("used"));
    assertThat(create("one")).isEqualTo("");
    assertThat(create("two")).isEqualTo("");
    assertThat(create("three")).contains("exceeded quota: gpus", "requests.kerf.gpu/memory=8Gi");
    cluster.awaitRunning(2);

    cluster.api().delete("/api/v1/namespaces/team/pods/one");
    TestCluster.await("there is room again", () -> create("three").isEmpty());
    TestCluster.await(
        "three runs",
        () -> cluster.api().get(pods("three")).at("/status/phase").asText().equals("Running"));
    cluster.assertSlots(2);
  }

  private static String pods(String name) {
    return "/api/v1/namespaces/team/pods/" + name;
  }

  /** What the API server has against a pod. */
  private static String create(String name) {
    Pod pod = Pod.named(name).memory("8Gi");
    return cluster
        .api()
        .send("POST", "/api/v1/namespaces/team/pods", pod.json())
        .body()
        .path("message")
        .asText("");
  }

  @Test
  void podsAreSpreadAsTheirTopologySays() {
    cluster.nodes(TestCluster.manifests(3, i -> Inventory.eightH100("node-" + i)));
    String spread =
        """
        topologySpreadConstraints:
        - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule,
           labelSelector: {matchLabels: {app: spread}}}
        """;
    // Alone, Kerf would pack all six onto one GPU.
    cluster.create(
        IntStream.range(0, 6)
            .mapToObj(
                i -> Pod.named("spread-" + i).memory("8Gi").labelled("app", "spread").spec(spread))
            .toArray(Pod[]::new));
    cluster.awaitRunning(6);
    for (int node = 0; node < 3; node++) {
      String name = "node-" + node;
      assertThat(cluster.pods())
          .filteredOn(pod -> pod.at("/spec/nodeName").asText().equals(name))
          .hasSize(2);
    }
    cluster.assertSlots(6);
  }

  @Test
  void podGoesWhereItsNodeAffinityPoints() {
    cluster.nodes(TestCluster.manifests(3, i -> Inventory.eightH100("node-" + i)));
    cluster.create(Pod.named("first").memory("8Gi"));
    cluster.awaitRunning("first");
    // Beside the first it would strand least.
    String other = cluster.nodeOf("first").equals("node-2") ? "node-1" : "node-2";
    cluster.create(
        Pod.named("elsewhere")
            .memory("8Gi")
            .spec(
                """
                affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution:
                  {nodeSelectorTerms: [{matchExpressions:
                    [{key: kubernetes.io/hostname, operator: In, values: [%s]}]}]}}}
                """
                    .formatted(other)));
    cluster.awaitRunning("elsewhere");
    assertThat(cluster.nodeOf("elsewhere")).isEqualTo(other);
  }

  @Test
  void jobRunsToItsEndAndLeavesNothingInTheLedger() {
    cluster.nodes(Inventory.fourCutA100("a").manifest());
    ObjectNode template = Pod.named("x").memory("4Gi").annotated(Kwok.RUNS_FOR, "1s").template();
    template.withObject("/spec").put("restartPolicy", "Never");
    ObjectNode job = Api.JSON.createObjectNode();
    job.withObject("/metadata").put("name", "train");
    // More than the eight small instances and the others that 4 GiB fit into: some must wait.
    job.withObject("/spec").put("completions", 24).put("parallelism", 24).set("template", template);
    cluster.api().post("/apis/batch/v1/namespaces/default/jobs", job.toString());
    TestCluster.await(
        "the owner is known",
        () -> cluster.kerf().get("/api/v1/pods").path("pods").toString().contains("Job/train"));
    TestCluster.await(
        "the job is complete",
        () ->
            cluster
                    .api()
                    .get("/apis/batch/v1/namespaces/default/jobs/train")
                    .at("/status/succeeded")
                    .asInt()
                == 24);
    TestCluster.await("the ledger is empty", () -> cluster.kerf().placements() == 0);
  }

  @Test
  void deploymentGetsNewSlotsForPodsThatGoAndFreesAllWhenItShrinks() {
    cluster.nodes(
        Inventory.of("a")
            .mig("A100-40GB", 40_960, "1g.10gb@0", "1g.10gb@2", "1g.10gb@4")
            .manifest());
    ObjectNode template = Pod.named("x").memory("8Gi").labelled("app", "serve").template();
    ObjectNode deployment = Api.JSON.createObjectNode();
    deployment.withObject("/metadata").put("name", "serve");
    ObjectNode spec = deployment.withObject("/spec").put("replicas", 3);
    spec.withObject("/selector").withObject("/matchLabels").put("app", "serve");
    spec.set("template", template);
    String deployments = "/apis/apps/v1/namespaces/default/deployments";
    cluster.api().post(deployments, deployment.toString());
    cluster.awaitRunning(3);
    List<String> before = cluster.pods().stream().map(RulesOfOthersTest::name).toList();

    cluster.delete(before.get(0));
    TestCluster.await(
        "another takes its place",
        () ->
            cluster.running() == 3
                && cluster.pods().stream().noneMatch(pod -> name(pod).equals(before.get(0))));
    cluster.assertSlots(3);
    assertThat(cluster.kerf().get("/api/v1/pods").path("pods").toString()).contains("serve-");

    cluster.api().patch(deployments + "/serve", "{\"spec\":{\"replicas\":0}}");
    TestCluster.await("the ledger is empty", () -> cluster.kerf().placements() == 0);
  }

  private static String name(JsonNode pod) {
    return pod.at("/metadata/name").asText();
  }

  @Test
  void pendingPodAtRestIsAskedAboutAtMostThreeTimesInTwentySeconds() throws Exception {
    cluster.priority("low", 10);
    cluster.priority("urgent", 1000);
    // 81559 MiB twice, 41 GiB taken of each: 60 GiB are there on every node, but in two pieces.
    cluster.nodes(
        TestCluster.manifests(20, i -> Inventory.of("node-" + i).plain("H100-80GB", 81_559, 2)));
    cluster.create(
        IntStream.range(0, 40)
            .mapToObj(i -> Pod.named("half-" + i).memory("41Gi").wall("mps"))
            .map(pod -> pod.priority("low").labelled("app", "half"))
            .toArray(Pod[]::new));
    cluster.awaitRunning(40);
    // kube-scheduler sees that they could go, Kerf that they may not.
    cluster.budget("half", 40);
    cluster.create(Pod.named("waits").memory("60Gi").priority("urgent"));
    cluster.awaitComplaint("waits", "but not in one piece");
    double before = filters();
    // What must not happen within a time can only be seen by letting it pass.
    TimeUnit.SECONDS.sleep(20);
    assertThat(filters() - before).as("filter calls in 20 s").isLessThanOrEqualTo(3);
    assertThat(cluster.running()).isEqualTo(40);
  }

  private static double filters() {
    return cluster.kerf().metric("kerf_verb_answers_total{verb=\"filter\"");
  }
}
