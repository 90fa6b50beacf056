package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.certificate.WebhookService;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.controlplane.Manifests;
import gpu.kerf.extender.controlplane.Options;
import gpu.kerf.extender.controlplane.Ports;
import gpu.kerf.extender.manifests.Shipped;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Everything that {@code manifests/base} ships, around a Kerf that makes its certificate itself:
 * the API server finds the webhook by its Service, and Kerf has the shipped account.
 */
@ClusterTest
final class ShippedWebhookTest {
  private static final String ACCOUNT = "system:serviceaccount:kerf-system:kerf";
  private static final String RUNTIME_CLASS =
      "{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: nvidia}, handler: nvidia}";

  @TempDir Path folder;

  @Test
  void podsAreMadeCompletePlacedAndGuardedAndOthersNeverWait() {
    try (TestCluster cluster = start()) {
      cluster.nodes(Inventory.eightH100("a").manifest());
      cluster.create(Pod.named("ours").memory("8Gi"));
      cluster.awaitRunning("ours");
      JsonNode variable = cluster.pod("ours").at("/spec/containers/0/env/0");
      assertThat(variable.path("name").asText()).isEqualTo("NVIDIA_VISIBLE_DEVICES");
      assertThat(variable.at("/valueFrom/fieldRef/fieldPath").asText())
          .isEqualTo("metadata.annotations['kerf.gpu/visible-devices.main']");
      assertThat(cluster.pod("ours").at("/spec/runtimeClassName").asText()).isEqualTo("nvidia");

      Pod forged = Pod.named("forged").memory("8Gi").annotated("kerf.gpu/placement", "{}");
      assertThatThrownBy(() -> cluster.create(forged)).hasMessageContaining("kerf.gpu/placement");
      assertThatThrownBy(
              () ->
                  cluster
                      .plane()
                      .kubectl(
                          "annotate",
                          "pod",
                          "ours",
                          "--overwrite",
                          "kerf.gpu/visible-devices.main=all"))
          .hasMessageContaining("only Kerf may write");

      cluster.kerf().kill();
      assertThatThrownBy(() -> cluster.create(Pod.named("late").memory("8Gi")))
          .hasMessageContaining("pods.kerf.gpu");
      cluster.plane().apply(Manifests.pod("somebodys"));
      cluster.plane().kubectl("label", "pod", "ours", "a=b");
      cluster.plane().kubectl("annotate", "pod", "somebodys", "a=b");
      cluster.plane().kubectl("delete", "pod", "ours", "--timeout=60s");
    }
  }

  @Test
  void podsOfTeamsGetTheGateIfTheyMustWaitAndLoseItInTurn() {
    try (TestCluster cluster = start("teams")) {
      cluster.nodes(Inventory.of("a").plain("H100-80GB", 81_559, 2).manifest());
      cluster
          .plane()
          .kubectl("wait", "--for=condition=Established", "crd/teams.kerf.gpu", "--timeout=60s");
      cluster
          .plane()
          .apply(
              """
              apiVersion: kerf.gpu/v1alpha1
              kind: Team
              metadata: {name: research}
              spec: {namespaces: {names: [default]}, guarantee: "1"}
              """);
      TestCluster.await(
          "the team is accepted",
          () ->
              cluster
                  .api()
                  .get("/apis/kerf.gpu/v1alpha1/teams/research")
                  .at("/status/conditions/0/status")
                  .asText()
                  .equals("True"));
      for (String name : List.of("first", "second")) {
        cluster.create(Pod.named(name).whole(1));
        assertThat(gates(cluster, name)).as("%s may start at once", name).isEmpty();
        cluster.awaitRunning(name);
      }
      cluster.create(Pod.named("third").whole(1));
      // The API server tells ages in seconds, and pods of the same age have no order.
      Instant created =
          Instant.parse(cluster.pod("third").at("/metadata/creationTimestamp").asText());
      TestCluster.await("the next second", () -> Instant.now().isAfter(created.plusMillis(1_000)));
      cluster.create(Pod.named("fourth").whole(1));
      assertThat(gates(cluster, "third")).contains("kerf.gpu/turn");
      assertThat(gates(cluster, "fourth")).contains("kerf.gpu/turn");

      cluster.plane().kubectl("delete", "pod", "first", "--timeout=60s");
      cluster.awaitRunning("third");
      assertThat(gates(cluster, "fourth")).contains("kerf.gpu/turn");

      cluster.plane().kubectl("delete", "team", "research", "--timeout=60s");
      TestCluster.await(
          "without teams no pod has a gate", () -> gates(cluster, "fourth").isEmpty());
    }
  }

  @Test
  void controllersThatFailedWithoutTheWebhookTryAgainOnceItIsBack() {
    try (TestCluster cluster = start()) {
      cluster.nodes(Inventory.eightH100("a").manifest());
      cluster.kerf().kill();
      cluster.plane().apply(controllers());
      // Then the ReplicaSet controller pauses for 20 s and more.
      TestCluster.await("it has failed often", () -> failures(cluster, "ReplicaSet") >= 13);
      cluster.kerf().start();
      cluster.awaitRunning(4);
      TestCluster.await(
          "the Job has had its pod, which kwok ends",
          () ->
              cluster
                      .api()
                      .get("/apis/batch/v1/namespaces/default/jobs/training")
                      .at("/status/succeeded")
                      .asInt()
                  == 1);

      int failures = failures(cluster, "ReplicaSet");
      double pause = 0.005 * Math.pow(2, failures - 1);
      assertThat(firstPod(cluster, "answers"))
          .as("after %d failures the next try is %.0f s after the last", failures, pause)
          .isBefore(lastFailure(cluster).plusMillis((long) (pause * 1_000)));
      for (String path :
          List.of(
              "/apis/apps/v1/namespaces/default/replicasets",
              "/apis/apps/v1/namespaces/default/statefulsets",
              "/apis/batch/v1/namespaces/default/jobs")) {
        assertThat(
                cluster.api().get(path).at("/items/0/metadata/annotations").has("kerf.gpu/retry"))
            .as(path)
            .isTrue();
      }
      assertThat(cluster.kerf().metric("kerf_controller_retries_total{outcome=\"asked\""))
          .isGreaterThanOrEqualTo(3);
    }
  }

  private static String controllers() {
    String pods =
        """
        template:
            metadata: {labels: {app: %s}}
            spec:
              schedulerName: kerf
              restartPolicy: %s
              containers: [{name: main, image: app, resources: {limits: {kerf.gpu/memory: 8Gi}}}]
        """;
    return """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: answers, namespace: default}
    spec:
      replicas: 3
      selector: {matchLabels: {app: answers}}
      %s
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: cache, namespace: default}
    spec:
      replicas: 1
      serviceName: cache
      selector: {matchLabels: {app: cache}}
      %s
    ---
    apiVersion: batch/v1
    kind: Job
    metadata: {name: training, namespace: default}
    spec:
      %s
    """
        .formatted(
            pods.formatted("answers", "Always").strip(),
            pods.formatted("cache", "Always").strip(),
            pods.formatted("training", "Never").strip());
  }

  private static JsonNode events(TestCluster cluster, String kind) {
    return cluster
        .api()
        .get(
            "/api/v1/namespaces/default/events?fieldSelector=reason=FailedCreate,involvedObject.kind="
                + kind)
        .path("items");
  }

  private static int failures(TestCluster cluster, String kind) {
    return TestCluster.each(events(cluster, kind)).mapToInt(e -> e.path("count").asInt()).sum();
  }

  private static Instant lastFailure(TestCluster cluster) {
    return TestCluster.each(events(cluster, "ReplicaSet"))
        .map(event -> Instant.parse(event.path("lastTimestamp").asText()))
        .max(Instant::compareTo)
        .orElseThrow();
  }

  private static Instant firstPod(TestCluster cluster, String app) {
    return cluster.pods().stream()
        .filter(pod -> pod.at("/metadata/labels/app").asText().equals(app))
        .map(pod -> Instant.parse(pod.at("/metadata/creationTimestamp").asText()))
        .min(Instant::compareTo)
        .orElseThrow();
  }

  private static String gates(TestCluster cluster, String pod) {
    JsonNode gates = cluster.pod(pod).at("/spec/schedulingGates");
    return gates.isMissingNode() ? "" : gates.toString();
  }

  private TestCluster start(String... more) {
    ControlPlane plane =
        ControlPlane.start(
            Options.defaults().user(ACCOUNT).apiServerFlag("--enable-aggregator-routing=true"));
    List<String> files =
        new ArrayList<>(
            List.of(
                "namespace", "rbac", "lease", "checkpoint", "certificates", "policy", "webhooks"));
    files.addAll(List.of(more));
    for (String file : files) {
      plane.kubectl("apply", "-f", Shipped.file("base/" + file + ".yaml").toString());
    }
    int port = Ports.free();
    plane.apply(WebhookService.leadingTo(port));
    plane.apply(RUNTIME_CLASS);
    Path account = plane.kubeconfig(ACCOUNT);
    return TestCluster.on(
        plane, new TestCluster.Accounts(account, account, "kerf-system"), settings(port));
  }

  /** As in kerf.yaml, on a port and in a folder of the test's. */
  private List<String> settings(int port) {
    return List.of(
        "cluster.namespace=kerf-system",
        "certificates.make=true",
        "certificates.folder=" + folder,
        "admission.enabled=true",
        "admission.host=0.0.0.0",
        "admission.port=" + port,
        "admission.certificate=" + folder.resolve("tls.crt"),
        "admission.key=" + folder.resolve("tls.key"));
  }
}
