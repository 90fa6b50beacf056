package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.controlplane.Options;
import gpu.kerf.extender.manifests.Shipped;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/**
 * What teams are charged while Jobs come and go and Kerf is killed at random, beside a recount from
 * the audit log of a real API server. {@code -Dkerf.usage.minutes=10} runs it for longer.
 */
@ClusterTest
final class UsageOnAClusterTest {
  private static final List<String> TEAMS = List.of("fraud", "research");
  private static final int GPUS = 16;
  private static final long MILLI = 1_000;
  private static final Duration CHECKPOINT = Duration.ofSeconds(5);

  private final Random random = new Random(20_261_130);
  @TempDir Path folder;
  private TestCluster cluster;
  private BindingLog log;
  private int jobs;
  private int kills;

  @BeforeEach
  void startWithTwoTeams() throws IOException {
    log = BindingLog.in(folder);
    ControlPlane plane = ControlPlane.start(log.switchOn(Options.defaults()));
    TestCluster.Accounts accounts =
        new TestCluster.Accounts(plane.kubeconfig(), plane.kubeconfig(), "");
    plane.apply(Shipped.text("base/teams.yaml"));
    plane.kubectl("wait", "--for=condition=Established", "crd/teams.kerf.gpu", "--timeout=60s");
    TEAMS.forEach(team -> plane.apply(team(team)));
    cluster = TestCluster.on(plane, accounts, List.of());
    for (String node : List.of("a", "b")) {
      cluster.plane().apply(Inventory.eightH100(node).manifest());
    }
    TestCluster.await(
        "the teams are accepted", () -> TEAMS.stream().allMatch(team -> !usage(team).isEmpty()));
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  private static String team(String name) {
    return """
    ---
    apiVersion: v1
    kind: Namespace
    metadata: {name: %1$s}
    ---
    apiVersion: kerf.gpu/v1alpha1
    kind: Team
    metadata: {name: %1$s}
    spec: {namespaces: {names: [%1$s]}, guarantee: "0"}
    """
        .formatted(name);
  }

  private JsonNode usage(String team) {
    return cluster.api().get("/apis/kerf.gpu/v1alpha1/teams/" + team).at("/status/usage");
  }

  /** A Job whose pods have a whole GPU, or two, each for some seconds. */
  private void job(String team) {
    int gpus = 1 + random.nextInt(2);
    cluster
        .plane()
        .apply(
            """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: of%1$d-%2$d, namespace: %3$s}
            spec:
              parallelism: 3
              completions: 3
              template:
                metadata: {annotations: {kerf.test/runs-for: %4$ds}}
                spec:
                  schedulerName: kerf
                  restartPolicy: Never
                  schedulingGates: [{name: kerf.gpu/turn}]
                  containers: [{name: main, image: app, resources: {limits: {kerf.gpu/whole: %1$d}}}]
            """
                .formatted(gpus, jobs++, team, 1 + random.nextInt(8)));
  }

  private static long gpusOf(BindingLog.Run run) {
    return run.pod().startsWith("of2-") ? 2 : 1;
  }

  private long finished(String team) {
    return TestCluster.each(
            cluster.api().get("/apis/batch/v1/namespaces/" + team + "/jobs").path("items"))
        .filter(job -> job.at("/status/succeeded").asInt() == 3)
        .count();
  }

  private long finished() {
    return TEAMS.stream().mapToLong(this::finished).sum();
  }

  /** A user deletes a pod; its Job makes another one. */
  private void deleteOne(String team) {
    String pods = "/api/v1/namespaces/" + team + "/pods";
    List<JsonNode> running =
        TestCluster.each(cluster.api().get(pods).path("items"))
            .filter(pod -> pod.at("/status/phase").asText().equals("Running"))
            .toList();
    if (!running.isEmpty()) {
      JsonNode one = running.get(random.nextInt(running.size()));
      cluster.api().delete(pods + "/" + one.at("/metadata/name").asText());
    }
  }

  private void round() {
    int before = jobs;
    TEAMS.forEach(this::job);
    TEAMS.forEach(this::job);
    if (kills == 0 || random.nextInt(3) > 0) {
      kills++;
      cluster.kerf().kill();
      deleteOne("fraud");
      cluster.kerf().start();
    }
    deleteOne("research");
    TestCluster.await("some of the Jobs end", () -> finished() >= before - 2);
  }

  private static long used(BindingLog.Run run) {
    Duration held = Duration.between(run.bound(), run.ended());
    return Math.max(0, held.toMillis()) * gpusOf(run) * MILLI;
  }

  @Test
  void killsAtRandomMomentsLoseLessThanACheckpointAndChargeNothingTwice(TestReporter reporter) {
    Duration minutes = Duration.ofMinutes(Integer.getInteger("kerf.usage.minutes", 0));
    Instant until = Instant.now().plus(minutes);
    for (int round = 0; round < 2 || Instant.now().isBefore(until); round++) {
      round();
    }
    TestCluster.await("all Jobs have ended", () -> finished() == jobs);
    cluster.kerf().stop();
    Map<String, Long> recount = new HashMap<>();
    Map<String, Long> pods = new HashMap<>();
    for (BindingLog.Run run : log.runs().values()) {
      assertThat(run.ended()).as(run.toString()).isNotEqualTo(Instant.MAX);
      recount.merge(run.namespace(), used(run), Long::sum);
      pods.merge(run.namespace(), 1L, Long::sum);
    }
    for (String team : TEAMS) {
      long truth = recount.getOrDefault(team, 0L);
      long charged = usage(team).path("milliGpuMillis").asLong();
      String what =
          "%s, %d pods, %d kills: charged %d, recount %d"
              .formatted(team, pods.get(team), kills, charged, truth);
      reporter.publishEntry(team, what);
      long checkpoint = CHECKPOINT.toMillis() * GPUS * MILLI;
      assertThat(charged)
          .as(what)
          .isBetween(truth - truth / 1000 - checkpoint, truth + truth / 1000 + checkpoint);
    }
  }
}
