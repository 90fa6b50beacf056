package gpu.kerf.extender.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.kubernetes.calling.Access;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Options;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What Kerf's account can do to controllers' objects: write one annotation, and no more. */
@ClusterTest
final class RetriesPolicyTest {
  private static final String KERF = "system:serviceaccount:kerf-system:kerf";
  private static final String RETRY =
      "{\"metadata\":{\"annotations\":{\"kerf.gpu/retry\":\"%s\"}}}";
  private static final Map<String, String> PATHS =
      Map.of(
          "replicaset", "/apis/apps/v1/namespaces/default/replicasets/a",
          "statefulset", "/apis/apps/v1/namespaces/default/statefulsets/a",
          "daemonset", "/apis/apps/v1/namespaces/default/daemonsets/a",
          "job", "/apis/batch/v1/namespaces/default/jobs/a");

  private static final List<String> FORBIDDEN =
      List.of(
          "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}",
          "{\"metadata\":{\"annotations\":{\"a\":\"b\"}}}",
          "{\"metadata\":{\"annotations\":{\"a\":null}}}",
          "{\"metadata\":{\"annotations\":null}}",
          "{\"metadata\":{\"finalizers\":[\"example.com/more\"]}}",
          "{\"metadata\":{\"finalizers\":null}}",
          "{\"metadata\":{\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"name\":\"a\",\"uid\":\"b\"}]}}",
          "{\"metadata\":{\"annotations\":{\"kerf.gpu/retry\":\"1\",\"b\":\"b\"}}}");

  private static ControlPlane plane;
  private static ApiServer kerf;

  @BeforeAll
  static void start() throws Exception {
    plane = ControlPlane.start(Options.defaults().user(KERF));
    Access.Patience patience = new Access.Patience(Await.LONG, Await.LONG);
    kerf = new Access(Map.of(), Path.of("/")).connect(plane.kubeconfig(KERF).toString(), patience);
    for (String file : new String[] {"namespace", "rbac", "policy"}) {
      plane.kubectl("apply", "-f", Shipped.file("base/" + file + ".yaml").toString());
    }
    String metadata =
        "metadata: {name: a, namespace: default, annotations: {a: a}, finalizers:"
            + " [example.com/keep]}";
    String template =
        """
        selector: {matchLabels: {app: a}}
          template:
            metadata: {labels: {app: a}}
            spec: {schedulerName: kerf, containers: [{name: main, image: app}]}
        """;
    String job = template.substring(template.indexOf("  template")).strip();
    plane.apply(
        """
        apiVersion: apps/v1
        kind: ReplicaSet
        %1$s
        spec:
          replicas: 0
          %2$s
        ---
        apiVersion: apps/v1
        kind: StatefulSet
        %1$s
        spec:
          replicas: 0
          serviceName: a
          %2$s
        ---
        apiVersion: apps/v1
        kind: DaemonSet
        %1$s
        spec:
          %2$s
        ---
        apiVersion: batch/v1
        kind: Job
        %1$s
        spec:
          suspend: true
          %3$s
        """
            .formatted(
                metadata,
                template,
                job.replace("containers:", "restartPolicy: Never, containers:")));
    for (String path : PATHS.values()) {
      Await.until("the policy is in force", () -> !refusal(path, probe()).isEmpty());
    }
  }

  @AfterAll
  static void stop() {
    kerf.close();
    plane.close();
  }

  /** Each time another one, because a patch that changes nothing is not refused. */
  private static String probe() {
    return "{\"metadata\":{\"labels\":{\"probe\":\"" + System.nanoTime() + "\"}}}";
  }

  /** What Kerf's account is told when it patches a status; empty if it was done. */
  private static String refusal(String path, String patch) {
    return send(path + "/status", patch);
  }

  private static String send(String path, String patch) {
    try {
      ApiReply reply = kerf.send(ApiRequest.patch(path, ApiRequest.MERGE_PATCH, patch));
      return reply.ok() ? "" : reply.problem();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String field(String kind, String path) {
    return plane.kubectl("get", kind, "a", "-o", "jsonpath={" + path + "}");
  }

  @Test
  void theAnnotationIsWrittenAndTheSecondTimeNothingChanges() {
    PATHS.forEach(
        (kind, path) -> {
          assertThat(refusal(path, RETRY.formatted("7"))).as(kind).isEmpty();
          assertThat(field(kind, ".metadata.annotations.kerf\\.gpu/retry")).isEqualTo("7");
          String version = field(kind, ".metadata.resourceVersion");
          assertThat(refusal(path, RETRY.formatted("7"))).isEmpty();
          assertThat(field(kind, ".metadata.resourceVersion")).as(kind).isEqualTo(version);
          assertThat(refusal(path, RETRY.formatted("8"))).as(kind).isEmpty();
        });
  }

  @Test
  void nothingElseOfTheObjectChanges() {
    PATHS.forEach(
        (kind, path) -> {
          for (String patch : FORBIDDEN) {
            assertThat(refusal(path, patch)).as("%s: %s", kind, patch).contains("Kerf's account");
          }
        });
    Map<String, String> statuses =
        Map.of(
            "daemonset", "{\"status\":{\"numberReady\":5}}", "job", "{\"status\":{\"failed\":5}}");
    PATHS.forEach(
        (kind, path) ->
            assertThat(refusal(path, statuses.getOrDefault(kind, "{\"status\":{\"replicas\":5}}")))
                .as(kind)
                .contains("neither the spec nor the status"));
  }

  @Test
  void theStatusCarriesNoChangeOfTheSpec() {
    PATHS.forEach(
        (kind, path) -> {
          String generation = field(kind, ".metadata.generation");
          String evil =
              "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"main\",\"image\":\"evil\"}]}}}}";
          assertThat(refusal(path, evil)).as("the API server drops it").isEmpty();
          assertThat(field(kind, ".spec.template.spec.containers[0].image")).isEqualTo("app");
          assertThat(field(kind, ".metadata.generation")).isEqualTo(generation);
          assertThat(send(path, RETRY.formatted("9")))
              .as("not past the status")
              .contains("forbidden");
        });
  }

  @Test
  void otherAccountsAreNotConcerned() {
    plane.kubectl("label", "replicaset", "a", "mine=yes");
    plane.kubectl(
        "patch",
        "replicaset",
        "a",
        "--subresource=status",
        "--type=merge",
        "-p",
        "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}");
  }

  @Test
  void theRuleCanBeReadByTheApiServerWithoutAWarning() {
    Await.until("it is checked", () -> !checked("{.status.observedGeneration}").isEmpty());
    assertThat(checked("{.status.typeChecking.expressionWarnings}")).isEmpty();
  }

  private static String checked(String path) {
    return plane.kubectl(
        "get", "validatingadmissionpolicy", "kerf-retries", "-o", "jsonpath=" + path);
  }
}
