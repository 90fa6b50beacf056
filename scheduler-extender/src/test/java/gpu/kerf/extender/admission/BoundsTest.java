package gpu.kerf.extender.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.wire.WireException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How much a review may have to look at. */
class BoundsTest {

  private static final int LONGEST_BODY = 4 << 20;

  /** Much more than any takes, and much less than work that grows with the square of the body. */
  private static final Duration WORK = Duration.ofSeconds(10);

  private final AdmissionFixture admissionFixture = AdmissionFixture.usual();

  @TestFactory
  Stream<DynamicTest> noBodyIsMuchWorkNorMakesALongAnswer() {
    return HostileBodies.of(LONGEST_BODY).entrySet().stream()
        .map(each -> DynamicTest.dynamicTest(each.getKey(), () -> check(each.getValue())));
  }

  private void check(byte[] body) {
    long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    check(admissionFixture.admission::mutate, body);
    Answer verdict = check(admissionFixture.admission::validate, body);
    assertThat(verdict == null || !verdict.isAllowed()).as("refused").isTrue();
    long took = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before;
    assertThat(Duration.ofNanos(took)).isLessThan(WORK);
  }

  /** The answer; null if the body is refused before it is a review. */
  private static @Nullable Answer check(Webhook webhook, byte[] body) {
    try {
      Review review = Review.read(body);
      Answer answer = webhook.answer(review);
      assertThat(answer.problems()).hasSizeLessThanOrEqualTo(Findings.MOST_PROBLEMS + 1);
      // A patch says something of each container, a refusal no more than fits on a page.
      assertThat(answer.json(review.uid()).length)
          .isLessThan(answer.isAllowed() ? 1_000_000 : 20_000);
      return answer;
    } catch (WireException unreadable) {
      assertThat(unreadable.getMessage()).hasSizeLessThan(1_000);
      return null;
    }
  }

  private interface Webhook {
    Answer answer(Review review) throws WireException;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          255  | containers                                   | {name: c%d}
          256  | volumes                                      | {name: v%d}
          1024 | env of a container                           | {name: A%d}
          1024 | volumeMounts of a container                  | {name: m%d, mountPath: /m%d}
          1024 | capabilities of a container                  | CHOWN
          1024 | annotations                                  | 'a%d: ""'
          """)
  void soManyAreReviewedAndOneMoreIsNot(int most, String what, String element) {
    assertThat(excess(what, element, most)).isEmpty();
    assertThat(excess(what, element, most + 1))
        .contains("The number of " + what, "is more than", "Maybe split the pod.");
  }

  /** What is said of a pod with so many of something; beside one container that asks. */
  private String excess(String what, String element, int number) {
    String list =
        IntStream.range(0, number)
            .mapToObj(i -> element.replace("%d", "" + i))
            .collect(Collectors.joining(", "));
    String main = "name: main, resources: {limits: {kerf.gpu/memory: 8Gi}}";
    String pod =
        switch (what) {
          case "containers" -> "{spec: {containers: [{" + main + "}, " + list + "]}}";
          case "volumes" -> "{spec: {containers: [{" + main + "}], volumes: [" + list + "]}}";
          case "annotations" ->
              "{metadata: {annotations: {" + list + "}}, spec: {containers: [{" + main + "}]}}";
          case "capabilities of a container" ->
              "{spec: {containers: [{%s, securityContext: {capabilities: {add: [%s]}}}]}}"
                  .formatted(main, list);
          default ->
              "{spec: {containers: [{%s, %s: [%s]}]}}"
                  .formatted(main, what.substring(0, what.indexOf(' ')), list);
        };
    return admissionFixture
        .validate(AdmissionFixture.creation(AdmissionFixture.pod(pod)))
        .problems()
        .stream()
        .filter(problem -> problem.kind() == PodProblem.Kind.TOO_MUCH)
        .map(PodProblem::toString)
        .collect(Collectors.joining());
  }

  @Test
  void aPodOfAnotherSchedulerIsLeftAloneHoweverMuchItHas() {
    String list =
        IntStream.range(0, 300)
            .mapToObj(i -> "{name: v" + i + "}")
            .collect(Collectors.joining(","));
    for (String scheduler : new String[] {"kai-scheduler", "volcano"}) {
      JsonNode pod =
          AdmissionFixture.pod(
              "{spec: {schedulerName: %s, containers: [{name: main}], volumes: [%s]}}"
                  .formatted(scheduler, list));
      assertThat(admissionFixture.mutate(AdmissionFixture.creation(pod)).isAllowed()).isTrue();
      assertThat(admissionFixture.mutate(AdmissionFixture.creation(pod)).isPatched()).isFalse();
    }
  }
}
