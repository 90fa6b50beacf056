package gpu.kerf.extender.cluster.kubernetes.reconciling;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.JvmThreads;
import gpu.kerf.extender.cluster.kubernetes.calling.ServerWithoutStreams;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which controllers are let to try again, and when; a second is a call. */
class ControllerRetriesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final String REFUSED =
      "Error creating: Internal error occurred: failed calling webhook \\\"pods.kerf.gpu\\\":"
          + " failed to call webhook: connect: connection refused";

  private final EventServer server = new EventServer();
  private final ControllerRetries retries =
      new ControllerRetries(
          server, new JvmThreads(), new Clocks(() -> NOW, System::nanoTime), new Metrics());

  /** Has events of failures, and keeps what it was asked to change. */
  private static final class EventServer extends ServerWithoutStreams {
    private final Map<String, String> events = new LinkedHashMap<>();
    private final List<ApiRequest> patches = new ArrayList<>();
    private final List<String> gone = new ArrayList<>();
    private int lists;
    private int listStatus = 200;
    private int patchStatus = 200;

    void failed(String kind, String namespace, String name, int version) {
      failed(kind, namespace, name, version, NOW, REFUSED);
    }

    void failed(
        String kind, String namespace, String name, int version, Instant when, String text) {
      String api = kind.equals("Job") ? "batch/v1" : "apps/v1";
      events.put(
          namespace + "/" + name,
          """
          {"metadata": {"namespace": "%1$s", "name": "%2$s.1", "resourceVersion": "%3$d"},
           "involvedObject": {"apiVersion": "%4$s", "kind": "%5$s", "namespace": "%1$s",
             "name": "%2$s", "uid": "uid-%2$s"},
           "reason": "FailedCreate", "message": "%6$s", "lastTimestamp": "%7$s", "count": 3}
          """
              .formatted(namespace, name, version, api, kind, text, when));
    }

    /** The objects that were changed since the last call, as the ends of their paths. */
    List<String> asked() {
      List<String> asked =
          patches.stream()
              .map(request -> request.path().replaceAll("^/apis/[a-z]+/v1/namespaces/", ""))
              .toList();
      patches.clear();
      return asked;
    }

    @Override
    public ApiReply send(ApiRequest request) {
      if (request.method().equals("PATCH")) {
        patches.add(request);
        boolean isGone = gone.stream().anyMatch(name -> request.path().contains("/" + name + "/"));
        return reply(isGone ? 404 : patchStatus, "{}");
      }
      lists++;
      assertThat(request.query()).containsEntry("fieldSelector", "reason=FailedCreate");
      return reply(
          listStatus, "{\"metadata\":{},\"items\":[" + String.join(",", events.values()) + "]}");
    }

    private static ApiReply reply(int status, String body) {
      return new ApiReply(status, body.getBytes(StandardCharsets.UTF_8));
    }
  }

  private void seconds(int count) throws InterruptedException {
    for (int i = 0; i < count; i++) {
      retries.second();
    }
  }

  @Test
  void nothingIsAskedBeforeTheWebhookAnswers() throws Exception {
    server.failed("ReplicaSet", "a", "web", 1);
    seconds(100);
    assertThat(server.lists).isZero();
    retries.ready(true);
    seconds(1);
    assertThat(server.asked()).containsExactly("a/replicasets/web/status");
  }

  @Test
  void theAnnotationNamesTheFailureAndTheUidTheObject() throws Exception {
    server.failed("StatefulSet", "a", "db", 7);
    retries.ready(true);
    seconds(1);
    ApiRequest patch = server.patches.get(0);
    assertThat(patch.path()).isEqualTo("/apis/apps/v1/namespaces/a/statefulsets/db/status");
    JsonNode body = JSON.readTree(patch.body());
    assertThat(body)
        .isEqualTo(
            JSON.readTree(
                "{\"metadata\":{\"uid\":\"uid-db\",\"annotations\":{\"kerf.gpu/retry\":\"7\"}}}"));
  }

  @Test
  void othersOfTheNamespaceFollowOnceTheFirstHasNotFailedAgain() throws Exception {
    server.failed("Job", "a", "train", 1);
    server.failed("ReplicaSet", "a", "web", 2);
    server.failed("DaemonSet", "a", "each", 3);
    retries.ready(true);
    seconds(1);
    assertThat(server.asked()).containsExactly("a/replicasets/web/status");
    seconds(1);
    assertThat(server.asked())
        .containsExactlyInAnyOrder("a/jobs/train/status", "a/daemonsets/each/status");
    seconds(600);
    assertThat(server.asked()).isEmpty();
  }

  @Test
  void whileTheFirstFailsNoOtherFollowsAndTheNextFirstIsAnother() throws Exception {
    server.failed("ReplicaSet", "a", "one", 1);
    server.failed("ReplicaSet", "a", "two", 2);
    retries.ready(true);
    seconds(1);
    assertThat(server.asked()).containsExactly("a/replicasets/one/status");
    server.failed("ReplicaSet", "a", "one", 3);
    seconds(1);
    assertThat(server.asked()).containsExactly("a/replicasets/two/status");
    seconds(2);
    assertThat(server.asked()).containsExactly("a/replicasets/one/status");
  }

  /** That an object is gone says nothing of whether the API server reaches the webhook. */
  @Test
  void anObjectThatIsGoneIsNotTheFirst() throws Exception {
    server.failed("ReplicaSet", "a", "gone", 1);
    server.failed("ReplicaSet", "a", "one", 2);
    server.failed("ReplicaSet", "a", "two", 3);
    server.gone.add("gone");
    retries.ready(true);
    seconds(1);
    assertThat(server.asked())
        .containsExactly("a/replicasets/gone/status", "a/replicasets/one/status");
    server.failed("ReplicaSet", "a", "one", 4);
    seconds(1);
    assertThat(server.asked()).containsExactly("a/replicasets/two/status");
  }

  @Test
  void namespacesDoNotWaitForEachOther() throws Exception {
    server.failed("ReplicaSet", "a", "one", 1);
    server.failed("ReplicaSet", "a", "two", 2);
    server.failed("ReplicaSet", "b", "three", 3);
    server.failed("ReplicaSet", "b", "four", 4);
    retries.ready(true);
    seconds(1);
    assertThat(server.asked())
        .containsExactly("a/replicasets/one/status", "b/replicasets/three/status");
    server.failed("ReplicaSet", "a", "one", 5);
    seconds(1);
    assertThat(server.asked())
        .containsExactly("a/replicasets/two/status", "b/replicasets/four/status");
  }

  @Test
  void whatOthersRefusedAndWhatIsOldIsLeftAlone() throws Exception {
    String quota = "Error creating: pods \\\"a\\\" is forbidden: exceeded quota: q";
    String other = REFUSED.replace("pods.kerf.gpu", "pods.example.com");
    server.failed("ReplicaSet", "a", "quota", 1, NOW, quota);
    server.failed("ReplicaSet", "a", "other", 2, NOW, other);
    server.failed("ReplicaSet", "a", "old", 3, NOW.minus(Duration.ofMinutes(21)), REFUSED);
    server.failed("Deployment", "a", "kind", 4);
    server.failed("ReplicaSet", "a", "../../evil", 5);
    retries.ready(true);
    seconds(600);
    assertThat(server.asked()).isEmpty();
  }

  @Test
  void kindsOfTheSameNameInOtherGroupsAreLeftAlone() throws Exception {
    server.failed("StatefulSet", "a", "db", 1);
    server.events.replaceAll((key, event) -> event.replace("apps/v1", "apps.kruise.io/v1"));
    retries.ready(true);
    seconds(600);
    assertThat(server.asked()).isEmpty();
  }

  @Test
  void anObjectIsNotAskedAgainBeforeItFailsAgain() throws Exception {
    server.failed("ReplicaSet", "a", "web", 1);
    server.patchStatus = 404;
    retries.ready(true);
    seconds(600);
    assertThat(server.asked()).hasSize(1);
    server.failed("ReplicaSet", "a", "web", 2);
    seconds(300);
    assertThat(server.asked()).hasSize(1);
  }

  @Test
  void whatTheApiServerCouldNotDoIsTriedAgain() throws Exception {
    server.failed("ReplicaSet", "a", "web", 1);
    server.patchStatus = 500;
    retries.ready(true);
    seconds(3);
    assertThat(server.asked()).hasSizeGreaterThan(1);
  }

  /** At 0, 1, 3, 7, 15 and 31 s, and then every 30 s: not once a second for ever. */
  @Test
  void failuresThatGoOnAreMetWithPauses() throws Exception {
    retries.ready(true);
    for (int second = 0; second < 3_600; second++) {
      server.failed("ReplicaSet", "a", "web", second);
      seconds(1);
    }
    assertThat(server.asked()).hasSize(6 + (3_600 - 32) / 30);
  }

  /** At 0, 2, 6, ... 510 s, and then every 300 s. */
  @Test
  void withoutFailuresItLooksSeldomAndAfterAnAbsenceOftenAgain() throws Exception {
    retries.ready(true);
    seconds(3_600);
    assertThat(server.lists).isEqualTo(9 + (3_600 - 511) / 300);
    retries.ready(false);
    seconds(1);
    server.lists = 0;
    retries.ready(true);
    seconds(10);
    assertThat(server.lists).isEqualTo(3);
  }

  @Test
  void withoutTheRightItAsksSeldom() throws Exception {
    server.listStatus = 403;
    retries.ready(true);
    seconds(3_600);
    assertThat(server.lists).isEqualTo(12);
  }
}
