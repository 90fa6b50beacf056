package gpu.kerf.extender.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.admission.PodProblem.Kind;
import gpu.kerf.extender.dialect.Reading;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.hardware.GpuMode;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the webhook writes for one quota over pods of every kind, on mixed cards. */
class QuotaMemoryTest {
  private static final String LIMIT = "/spec/containers/0/resources/limits/kerf.gpu~1quota-memory";

  private final AdmissionFixture cards =
      AdmissionFixture.empty(terms(true))
          .node("a10s", 4, "A10", GpuMode.PLAIN)
          .node("h100s", 8, "H100-80GB", GpuMode.PLAIN);

  private static AdmissionOptions terms(boolean quotaMemory) {
    return new AdmissionOptions(
        "kerf",
        List.of(),
        "nvidia",
        Duration.ofMinutes(10),
        DaemonAccess.PATHS,
        true,
        Opened.NOTHING,
        quotaMemory);
  }

  private static ObjectNode asking(String annotations, String limits) {
    return AdmissionFixture.pod(
        "{metadata: {annotations: {%s}}, spec: {containers: [{name: main, resources: {limits: {%s}}}]}}"
            .formatted(annotations, limits));
  }

  private String counted(JsonNode pod) {
    JsonNode mutated = cards.mutated(pod);
    assertThat(cards.validate(AdmissionFixture.creation(mutated)).problems()).isEmpty();
    return mutated.at(LIMIT).asText();
  }

  @Test
  void everyKindOfDemandCountsInOneResource() {
    // half of the 81152 MiB that an H100 lends, and the 81559 MiB that it has
    assertThat(counted(asking("gpu-fraction: '0.5'", ""))).isEqualTo("40576Mi");
    assertThat(counted(asking("", "nvidia.com/gpu: 1, nvidia.com/gpumem-percentage: 50")))
        .isEqualTo("40576Mi");
    assertThat(counted(asking("", "kerf.gpu/whole: 2"))).isEqualTo("163118Mi");
    assertThat(counted(asking("", "nvidia.com/gpu: 1"))).isEqualTo("81559Mi");
    assertThat(counted(asking("", "kerf.gpu/memory: 8Gi"))).isEqualTo("8192Mi");
    assertThat(counted(asking("kerf.gpu/split: '2'", "kerf.gpu/memory: 32Gi")))
        .isEqualTo("32768Mi");
  }

  @Test
  void aPodThatNamesItsModelsCountsByThese() {
    // an A10 has 23028 MiB
    assertThat(counted(asking("kerf.gpu/models: A10", "kerf.gpu/whole: 1"))).isEqualTo("23028Mi");
  }

  @Test
  void aPodWithoutGpusCountsNothing() {
    assertThat(counted(asking("", "cpu: 1"))).isEmpty();
  }

  @Test
  void anotherAmountIsRefusedWithTheRightOne() {
    ObjectNode pod = asking("gpu-fraction: '0.5'", "kerf.gpu/quota-memory: 1Gi");
    assertThat(cards.admit(pod).problems())
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.kind()).isEqualTo(Kind.INCOMPLETE);
              assertThat(problem.what()).contains("kerf.gpu/quota-memory", "40576Mi");
            });
    assertThat(
            cards.admit(asking("", "kerf.gpu/memory: 8Gi, kerf.gpu/quota-memory: much")).problems())
        .singleElement()
        .satisfies(problem -> assertThat(problem.what()).contains("(much)", "no amount"));
  }

  @Test
  void theFormInWhichTheApiServerStoresAnAmountIsRight() {
    // 32768Mi
    ObjectNode pod = (ObjectNode) cards.mutated(asking("", "kerf.gpu/memory: 32Gi"));
    pod.withObject("/spec/containers/0/resources/limits").put("kerf.gpu/quota-memory", "32Gi");
    assertThat(cards.validate(AdmissionFixture.creation(pod)).problems()).isEmpty();
  }

  @Test
  void whileNoGpuIsKnownAPodCannotBeCounted() {
    AdmissionFixture empty = AdmissionFixture.empty(terms(true));
    assertThat(empty.admit(asking("gpu-fraction: '0.5'", "")).problems())
        .singleElement()
        .satisfies(problem -> assertThat(problem.what()).contains("Quota cannot count"));
    assertThat(empty.admit(asking("", "cpu: 1")).problems()).isEmpty();
  }

  @Test
  void withoutTheSettingNothingIsWritten() {
    AdmissionFixture usual = AdmissionFixture.usual(terms(false));
    assertThat(usual.mutated(asking("gpu-fraction: '0.5'", "")).at(LIMIT).isMissingNode()).isTrue();
  }

  @Test
  void whatWasCountedIsTheMostThatThePodGets() throws WireException {
    JsonNode pod = cards.mutated(asking("", "kerf.gpu/whole: 2"));
    Reading reading = cards.scheduling.dialects().read(PodTree.of(pod).view());
    Demand demand = reading.demand().containers().get(0).demand();
    assertThat(demand).isEqualTo(Demand.whole(2).holdingAtMost(81_559));
  }

  private static ObjectNode withInit(String init, String main) {
    return AdmissionFixture.pod(
        ("{spec: {initContainers: [{name: init, resources: {limits: {%s}}}],"
                + " containers: [{name: main, resources: {limits: {%s}}}]}}")
            .formatted(init, main));
  }

  /** The webhook counts the slots once, by their owner; the init container only enlarges them. */
  @Test
  void whatWasCountedBoundsSlotsThatAnInitContainerEnlargesToo() throws WireException {
    ObjectNode pod = withInit("kerf.gpu/memory: 16Gi", "kerf.gpu/memory: 8Gi");
    assertThat(counted(pod)).isEqualTo("16384Mi");
    Reading reading = cards.scheduling.dialects().read(PodTree.of(cards.mutated(pod)).view());
    assertThat(reading.demand().containers())
        .singleElement()
        .satisfies(owner -> assertThat(owner.demand().mostMiB()).isEqualTo(16_384));
  }

  /** The init container uses the slots of "same", whose wall decides about its variables. */
  @Test
  void whatWasCountedDoesNotChangeWhoseSlotsAnInitContainerUses() {
    String eight = "resources: {limits: {kerf.gpu/memory: 8Gi}}";
    ObjectNode pod =
        AdmissionFixture.pod(
            ("{metadata: {annotations: {kerf.gpu/wall.large: mig}}, spec: {"
                    + "initContainers: [{name: init, %s}], containers: ["
                    + "{name: large, resources: {limits: {kerf.gpu/memory: 16Gi}}},"
                    + " {name: same, %s}]}}")
                .formatted(eight, eight));
    AdmissionFixture mixed = cards.node("mig", 2, "H100-80GB", GpuMode.MIG_DYNAMIC);
    assertThat(mixed.admit(pod).problems()).isEmpty();
  }

  /** Kubernetes counts 81559 MiB, the larger of the two, and the pod would hold 89751. */
  @Test
  void slotsThatQuotaCannotCountTogetherAreRefused() {
    ObjectNode pod = withInit("kerf.gpu/whole: 1", "kerf.gpu/memory: 8Gi");
    assertThat(cards.admit(pod).problems())
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.kind()).isEqualTo(Kind.INCOMPLETE);
              assertThat(problem.what()).contains("89751Mi", "81559Mi");
            });
    assertThat(cards.admit(withInit("kerf.gpu/whole: 1", "cpu: 1")).problems()).isEmpty();
    AdmissionFixture usual = AdmissionFixture.usual(terms(false));
    assertThat(usual.admit(withInit("kerf.gpu/whole: 1", "kerf.gpu/memory: 8Gi")).problems())
        .as("two resources count both")
        .isEmpty();
  }

  @Test
  void anAmountThatRoundsUpToTheRightOneIsNotCountedEnough() {
    ObjectNode pod = asking("", "kerf.gpu/memory: 8Gi, kerf.gpu/quota-memory: 8191.5Mi");
    assertThat(cards.admit(pod).problems()).hasSize(1);
  }
}
