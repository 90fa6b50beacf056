package gpu.kerf.extender.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** KAI's label for the priority of a pod, and its number above which work is not preempted. */
class KaiPriorityTest {
  private static final String EVICTABLE = "/metadata/annotations/kerf.gpu~1evictable";
  private static final String COUNTED = "/metadata/annotations/kerf.gpu~1counted";

  private final AdmissionFixture fixture = AdmissionFixture.usual();

  private static ObjectNode whole(String labels, int priority) {
    ObjectNode pod =
        AdmissionFixture.pod(
            "{metadata: {name: p, namespace: ml, labels: "
                + labels
                + "}, spec: {containers: [{name: main, resources: {limits: {nvidia.com/gpu:"
                + " 1}}}]}}");
    pod.withObject("/spec")
        .put("priority", priority)
        .put("preemptionPolicy", "PreemptLowerPriority");
    return pod;
  }

  @Test
  void theLabelNamesThePriorityClassAndTheServerSetsItsNumberAnew() {
    ObjectNode pod = whole("{kai.scheduler/queue: research, priorityClassName: build}", 50);
    pod.withObject("/spec").put("priorityClassName", "train");
    JsonNode spec = fixture.mutated(pod).path("spec");
    assertThat(spec.path("priorityClassName").asText()).isEqualTo("build");
    assertThat(spec.has("priority")).isFalse();
    assertThat(spec.has("preemptionPolicy")).isFalse();
  }

  @Test
  void whatIsRemovedIsGoneInAPreview() {
    ObjectNode pod = AdmissionFixture.pod("{spec: {priority: 50}}");
    Patch patch = new Patch();
    patch.remove("/spec/priority");
    patch.applyTo(pod);
    assertThat(pod.path("spec").has("priority")).isFalse();
  }

  @Test
  void theSecondCallSeesTheNumberOfThatClass() {
    ObjectNode pod = whole("{kai.scheduler/queue: research, priorityClassName: build}", 0);
    ObjectNode once = (ObjectNode) fixture.mutated(pod);
    assertThat(once.at(EVICTABLE).isMissingNode()).isTrue();
    once.withObject("/spec").put("priority", 100).put("preemptionPolicy", "PreemptLowerPriority");
    ObjectNode twice = (ObjectNode) fixture.mutated(once);
    assertThat(twice.at(EVICTABLE).asText()).isEqualTo("false");
    assertThat(twice.at("/spec/priority").asInt()).isEqualTo(100);
    assertThat(fixture.mutated(twice)).isEqualTo(twice);
    assertThat(fixture.validate(AdmissionFixture.creation(twice)).problems()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"99, ''", "100, false", "125, false"})
  void workFromAHundredOnIsNotPreempted(int priority, String evictable) {
    JsonNode pod = fixture.mutated(whole("{kai.scheduler/queue: research}", priority));
    assertThat(pod.at(EVICTABLE).asText("")).isEqualTo(evictable);
    assertThat(pod.at(COUNTED).asText()).as("and it counts for quota").isNotEmpty();
  }

  @Test
  void aFractionOfKaiNeedsNoQueue() {
    ObjectNode pod =
        AdmissionFixture.pod(
            "{metadata: {name: p, namespace: ml, annotations: {gpu-fraction: '0.5'}},"
                + " spec: {priority: 100, containers: [{name: main}]}}");
    assertThat(fixture.mutated(pod).at(EVICTABLE).asText()).isEqualTo("false");
  }

  @Test
  void whatAPodSaysItselfStands() {
    ObjectNode pod = whole("{kai.scheduler/queue: research}", 125);
    pod.withObject("/metadata/annotations").put("kerf.gpu/evictable", "true");
    assertThat(fixture.mutated(pod).at(EVICTABLE).asText()).isEqualTo("true");
  }

  @Test
  void podsThatAreNotKaisKeepTheirs() {
    ObjectNode pod = whole("{priorityClassName: build}", 1_000);
    JsonNode mutated = fixture.mutated(pod);
    assertThat(mutated.at(EVICTABLE).isMissingNode()).isTrue();
    assertThat(mutated.at("/spec/priorityClassName").isMissingNode()).isTrue();
    assertThat(mutated.at("/spec/priority").asInt()).isEqualTo(1_000);
  }

  @Test
  void podsOfKaiWithoutGpusKeepTheirs() {
    ObjectNode pod =
        AdmissionFixture.pod(
            "{metadata: {name: p, namespace: ml, labels: {kai.scheduler/queue: research,"
                + " priorityClassName: build}}, spec: {priority: 200, containers: [{name:"
                + " main}]}}");
    JsonNode mutated = fixture.mutated(pod);
    assertThat(mutated.at("/spec/priorityClassName").isMissingNode()).isTrue();
    assertThat(mutated.at(EVICTABLE).isMissingNode()).isTrue();
  }
}
