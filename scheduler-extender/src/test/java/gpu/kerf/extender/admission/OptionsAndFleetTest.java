package gpu.kerf.extender.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.model.hardware.GpuMode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What depends on the settings and on the fleet. */
class OptionsAndFleetTest {

  private static JsonNode asking(String annotations, String limits) {
    return AdmissionFixture.pod(
        "{metadata: {annotations: {%s}}, spec: {containers: [{name: main, resources: {limits: {%s}}}]}}"
            .formatted(annotations, limits));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          '' | kerf.gpu/memory: 96Gi | The largest managed GPU has 81559Mi
          '' | kerf.gpu/whole: "9" | The largest managed node has 8 GPUs
          kerf.gpu/models: T4 | kerf.gpu/memory: 8Gi | Managed GPUs are A100-40GB, H100-80GB
          '' | nvidia.com/mig-9g.99gb: "1" | Maybe ask for memory
          '' | kerf.gpu/memory: 8Gi, cpu: 9M | Ask for less
          """)
  void whatNoManagedNodeCouldEverTakeIsRefusedWithAHint(
      String annotations, String limits, String hint) {
    AdmissionFixture admissionFixture =
        AdmissionFixture.empty(AdmissionFixture.TERMS)
            .node("a", 8, "H100-80GB", GpuMode.PLAIN, 64_000, 256_000)
            .node("b", 1, "A100-40GB", GpuMode.MIG_DYNAMIC, 64_000, 256_000);
    Answer answer = admissionFixture.admit(asking(annotations, limits));

    assertThat(answer.message()).contains("No managed node could ever take the pod", hint);
    assertThat(answer.problems()).hasSize(1);
  }

  @Test
  void aClusterThatMakesNodesForWaitingPodsIsWarnedOnly() {
    AdmissionOptions options =
        new AdmissionOptions(
            "kerf",
            List.of(),
            "nvidia",
            Duration.ofMinutes(10),
            DaemonAccess.PATHS,
            false,
            Opened.NOTHING);
    Answer answer = AdmissionFixture.usual(options).admit(asking("", "kerf.gpu/memory: 96Gi"));

    assertThat(answer.isAllowed()).isTrue();
    assertThat(answer.warnings()).hasSize(1);
    assertThat(answer.warnings().get(0)).contains("No managed node could ever take the pod");
  }

  @Test
  void podsAreReviewedWhereADraDriverHandsGpusOut() {
    AdmissionFixture fixture =
        AdmissionFixture.empty(AdmissionFixture.TERMS).wholeByDriver("a", 2, "H100-80GB");
    assertThat(fixture.admit(asking("", "kerf.gpu/whole: \"2\"")).isAllowed()).isTrue();
    assertThat(fixture.admit(asking("", "kerf.gpu/memory: 8Gi")).message())
        .as("the driver offers no shares")
        .contains("No managed node could ever take the pod");
  }

  @Test
  void whileNoNodeIsKnownNoPodIsImpossible() {
    Answer answer =
        AdmissionFixture.empty(AdmissionFixture.TERMS).admit(asking("", "kerf.gpu/memory: 96Gi"));
    assertThat(answer.isAllowed()).isTrue();
    assertThat(answer.warnings()).isEmpty();
  }

  @Test
  void whileANodeCannotBeReadItMightBeTheOne() {
    AdmissionFixture admissionFixture = AdmissionFixture.usual().unusable("c");
    Answer answer = admissionFixture.admit(asking("", "kerf.gpu/memory: 96Gi"));

    assertThat(answer.isAllowed()).isTrue();
    assertThat(answer.warnings()).hasSize(1);
  }

  @Test
  void aNodeThatIsFullIsNoReasonToRefuse() {
    AdmissionFixture admissionFixture =
        AdmissionFixture.empty(AdmissionFixture.TERMS).node("a", 1, "H100-80GB", GpuMode.PLAIN);
    admissionFixture.scheduling.gpusUnusable("a", 1);
    assertThat(admissionFixture.admit(asking("", "kerf.gpu/memory: 8Gi")).isAllowed()).isTrue();
  }

  @Test
  void withoutMpsNoPathOfTheNodeIsMountedAndAShareIsWarnedOf() {
    AdmissionFixture admissionFixture =
        AdmissionFixture.usual(
            new AdmissionOptions(
                "kerf",
                List.of(),
                "nvidia",
                Duration.ofMinutes(10),
                DaemonAccess.NONE,
                true,
                Opened.NOTHING));
    JsonNode pod = admissionFixture.mutated(asking("", "kerf.gpu/memory: 8Gi"));

    assertThat(pod.path("spec").has("volumes")).isFalse();
    assertThat(admissionFixture.validate(AdmissionFixture.creation(pod)).warnings().get(0))
        .contains("may get a share of a GPU that MPS does not wall");
    assertThat(
            admissionFixture.admit(asking("kerf.gpu/wall: mig", "kerf.gpu/memory: 8Gi")).warnings())
        .isEmpty();
  }

  @Test
  void withADevicePluginAShareBringsALimitAndNoPathOfTheNode() {
    AdmissionFixture admissionFixture =
        AdmissionFixture.usual(
            new AdmissionOptions(
                "kerf",
                List.of(),
                "nvidia",
                Duration.ofMinutes(10),
                DaemonAccess.PLUGIN,
                true,
                Opened.NOTHING));
    for (JsonNode asking :
        List.of(asking("", "kerf.gpu/memory: 8Gi"), asking("gpu-fraction: '0.5'", "cpu: '1'"))) {
      JsonNode pod = admissionFixture.mutated(asking);
      assertThat(pod.path("spec").has("volumes")).isFalse();
      assertThat(pod.at("/spec/containers/0").has("volumeMounts")).isFalse();
      JsonNode limits = pod.at("/spec/containers/0/resources/limits");
      assertThat(limits.path("kerf.gpu/mps").asText()).isEqualTo("1");
      assertThat(limits.has("kerf.gpu/memory")).as("what quota counts").isTrue();
      assertThat(admissionFixture.validate(AdmissionFixture.creation(pod)).problems()).isEmpty();
    }
    JsonNode bare =
        AdmissionFixture.pod(
            "{metadata: {annotations: {gpu-fraction: '0.5'}}, spec: {containers: [{name: main}]}}");
    JsonNode limits = admissionFixture.mutated(bare).at("/spec/containers/0/resources/limits");
    assertThat(limits.path("kerf.gpu/mps").asText()).isEqualTo("1");
    // half of the 40960 MiB of an A100
    assertThat(limits.path("kerf.gpu/memory").asText()).isEqualTo("20480Mi");
    JsonNode mig = admissionFixture.mutated(asking("kerf.gpu/wall: mig", "kerf.gpu/memory: 8Gi"));
    assertThat(mig.at("/spec/containers/0/resources/limits").has("kerf.gpu/mps")).isFalse();
  }

  @Test
  void withoutARuntimeClassNoneIsSet() {
    AdmissionFixture admissionFixture =
        AdmissionFixture.usual(
            new AdmissionOptions(
                "kerf",
                List.of(),
                "",
                Duration.ofMinutes(10),
                DaemonAccess.PATHS,
                true,
                Opened.NOTHING));
    JsonNode pod = admissionFixture.mutated(asking("", "kerf.gpu/whole: '1'"));

    assertThat(pod.path("spec").has("runtimeClassName")).isFalse();
    assertThat(admissionFixture.validate(AdmissionFixture.creation(pod)).problems()).isEmpty();
  }

  @Test
  void fractionsAreCountedOfTheSmallestManagedGpu() {
    AdmissionFixture admissionFixture = AdmissionFixture.usual().node("c", 1, "T4", GpuMode.PLAIN);
    JsonNode pod = admissionFixture.mutated(asking("gpu-fraction: '0.5'", ""));
    // half of the 15360 MiB of a T4
    assertThat(pod.at("/spec/containers/0/resources/limits/kerf.gpu~1memory").asText())
        .isEqualTo("7680Mi");
    assertThat(admissionFixture.validate(AdmissionFixture.creation(pod)).problems()).isEmpty();
  }

  @Test
  void whileNoNodeIsKnownAFractionIsNotCounted() {
    AdmissionFixture admissionFixture = AdmissionFixture.empty(AdmissionFixture.TERMS);
    JsonNode pod = admissionFixture.mutated(asking("gpu-fraction: '0.5'", ""));

    assertThat(pod.at("/metadata/annotations/kerf.gpu~1counted").asText()).isEqualTo("kai");
    assertThat(admissionFixture.validate(AdmissionFixture.creation(pod)).problems()).isEmpty();
  }

  @Test
  void podsOfOtherSchedulersAndOtherObjectsAreLeftAlone() {
    AdmissionFixture admissionFixture = AdmissionFixture.usual();
    JsonNode foreign =
        AdmissionFixture.pod(
            "{spec: {schedulerName: volcano, containers: [{name: main}], hostPID: true}}");
    byte[] deletion =
        AdmissionFixture.review(
            "DELETE", "", AdmissionFixture.parse("null"), AdmissionFixture.pod("{}"));
    byte[] binding =
        AdmissionFixture.review(
            "CREATE", "binding", AdmissionFixture.parse("{target: {name: a}}"), null);

    for (byte[] review : List.of(AdmissionFixture.creation(foreign), deletion, binding)) {
      assertThat(admissionFixture.mutate(review).isPatched()).isFalse();
      assertThat(admissionFixture.validate(review).isAllowed()).isTrue();
    }
  }

  @Test
  void anAnswerStaysShortHoweverMuchIsWrong() {
    StringBuilder env = new StringBuilder();
    for (int i = 0; i < 500; i++) {
      env.append("{name: CUDA_MPS_").append(i).append(", value: ").append("x".repeat(500));
      env.append("},{name: CUDA_VISIBLE_DEVICES},");
    }
    JsonNode pod = AdmissionFixture.pod("{spec: {containers: [{name: main, env: [" + env + "]}]}}");
    Answer answer = AdmissionFixture.usual().admit(pod);

    // One more says that there are more.
    assertThat(answer.problems()).hasSize(Findings.MOST_PROBLEMS + 1);
    assertThat(answer.problems().get(Findings.MOST_PROBLEMS).what()).contains("more problems");
    assertThat(answer.message()).hasSizeLessThan(4_100).endsWith("…");
    String json = new String(answer.json("a"), StandardCharsets.UTF_8);
    assertThat(json).hasSizeLessThan(10_000);
  }

  @Test
  void textsOfUsersAreShownWithoutWhatATerminalObeys() {
    assertThat(SafeText.of("a\u001b[2J\nb\u202e")).isEqualTo("a\ufffd[2J\ufffdb\ufffd");
    assertThat(SafeText.of("x".repeat(100))).hasSize(61);
    assertThat(SafeText.of("名前")).isEqualTo("名前");
  }
}
