package gpu.kerf.extender.cluster.kubernetes.writing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.kueue.AdmissionCheck;
import gpu.kerf.extender.kueue.CheckAnswer;
import gpu.kerf.extender.kueue.KueueStatus.Outcome;
import gpu.kerf.extender.kueue.Workload;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KueueWriterTest {
  private static final String KUEUE = "/apis/kueue.x-k8s.io/v1beta2/";

  private final AnsweringServer server = new AnsweringServer();
  private final KueueWriter writer =
      new KueueWriter(
          new RequestPool(server, new DirectThreads(), 1, "test"),
          () -> Instant.parse("2026-12-01T04:00:00.9Z"),
          new KueueWriter.Paths(() -> KUEUE + "workloads", () -> KUEUE + "admissionchecks"),
          () -> true);

  private static final Workload WORKLOAD =
      new Workload(
          "ml", "job-train", "u1", "7", Workload.Stage.RESERVED, 0, List.of(), List.of(), Set.of());

  private Outcome answer(CheckAnswer.State state, String message) {
    CheckAnswer answer = new CheckAnswer(WORKLOAD, "fits", state, message, 30);
    return writer.answer(answer).toCompletableFuture().join();
  }

  private void assertSent(String path, String body) throws IOException {
    ApiRequest sent = server.sent().get(server.sent().size() - 1);
    assertThat(sent.path()).isEqualTo(path);
    assertThat(sent.type()).isEqualTo("application/apply-patch+yaml");
    String manager = path.contains("/workloads/") ? "kerf-fits" : "kerf";
    assertThat(sent.query()).isEqualTo(Map.of("fieldManager", manager, "force", "true"));
    assertThat(new ObjectMapper().readTree(sent.body())).isEqualTo(new YAMLMapper().readTree(body));
  }

  @Test
  void answerIsTheStateOfOneCheckOfTheVersionThatWasJudged() throws IOException {
    assertThat(answer(CheckAnswer.State.READY, "It fits.")).isEqualTo(Outcome.WRITTEN);
    String path = KUEUE + "namespaces/ml/workloads/job-train/status";
    String body =
        """
        apiVersion: kueue.x-k8s.io/v1beta2
        kind: Workload
        metadata: {name: job-train, namespace: ml, uid: u1, resourceVersion: "7"}
        status:
          admissionChecks:
          - name: fits
            state: Ready
            message: It fits.
            lastTransitionTime: "2026-12-01T04:00:00Z"
        """;
    assertSent(path, body);
    answer(CheckAnswer.State.RETRY, "It fits.");
    assertSent(path, body.replace("Ready", "Retry") + "    requeueAfterSeconds: 30\n");
  }

  @Test
  void checkIsSaidToBeActive() throws IOException {
    AdmissionCheck check =
        new AdmissionCheck("fits", "c1", "3", 2, AdmissionCheck.CONTROLLER, false, "", "", 0);
    writer.activate(check, check.activity()).toCompletableFuture().join();
    assertSent(
        KUEUE + "admissionchecks/fits/status",
        """
        apiVersion: kueue.x-k8s.io/v1beta2
        kind: AdmissionCheck
        metadata: {name: fits, uid: c1, resourceVersion: "3"}
        status:
          conditions:
          - type: Active
            status: "True"
            reason: Active
            message: Kerf answers this check.
            observedGeneration: 2
            lastTransitionTime: "2026-12-01T04:00:00Z"
        """);
  }

  @Test
  void answerThatCameTooLateIsNoFailure() {
    for (int status : List.of(404, 409)) {
      server.answer(status);
      assertThat(answer(CheckAnswer.State.READY, "")).isEqualTo(Outcome.OUTDATED);
    }
    server.answer(403);
    assertThat(answer(CheckAnswer.State.READY, "")).isEqualTo(Outcome.FAILED);
  }

  @Test
  void longTextIsCut() {
    answer(CheckAnswer.State.PENDING, "x".repeat(2_000));
    assertThat(server.sent().get(0).body().length()).isBetween(1_000, 1_400);
  }

  /** Server-side apply takes away what its manager has set before and leaves out now. */
  @Test
  void theAnswerToOneCheckIsOfAnotherManagerThanThatToAnother() {
    answer(CheckAnswer.State.READY, "It fits.");
    CheckAnswer other = new CheckAnswer(WORKLOAD, "x".repeat(200), CheckAnswer.State.READY, "", 0);
    writer.answer(other).toCompletableFuture().join();
    List<String> managers =
        server.sent().stream().map(each -> each.query().getOrDefault("fieldManager", "")).toList();
    assertThat(managers).doesNotHaveDuplicates();
    assertThat(managers).allMatch(each -> each.length() <= 128, "as long as the API server allows");
  }
}
