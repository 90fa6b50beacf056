package gpu.kerf.extender.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which pods get the gate that keeps them from kube-scheduler until it is their turn. */
class TurnGateTest {
  private static final String ASKING =
      "{spec: {containers: [{name: main, resources: {limits: {kerf.gpu/memory: 8Gi}}}]}}";

  private static List<String> gates(JsonNode pod) {
    List<String> names = new ArrayList<>();
    pod.at("/spec/schedulingGates").forEach(gate -> names.add(gate.path("name").asText()));
    return names;
  }

  @Test
  void aPodThatHasToWaitGetsTheGateBesideThoseOfOthersOnce() {
    AdmissionFixture fixture = AdmissionFixture.withTurns((pod, reading) -> true);
    ObjectNode pod = AdmissionFixture.pod(ASKING);
    pod.withObject("/spec").putArray("schedulingGates").addObject().put("name", "example.com/a");
    JsonNode once = fixture.mutated(pod);
    assertThat(gates(once)).containsExactly("example.com/a", "kerf.gpu/turn");
    assertThat(gates(fixture.mutated((ObjectNode) once))).isEqualTo(gates(once));
    assertThat(fixture.validate(AdmissionFixture.creation(once)).problems()).isEmpty();
  }

  @Test
  void aPodThatMayStartGetsNone() {
    AdmissionFixture fixture = AdmissionFixture.withTurns((pod, reading) -> false);
    assertThat(gates(fixture.mutated(AdmissionFixture.pod(ASKING)))).isEmpty();
  }

  @Test
  void aPodThatNamesItsNodeOrAnotherSchedulerGetsNone() {
    AdmissionFixture fixture = AdmissionFixture.withTurns((pod, reading) -> true);
    ObjectNode bound = AdmissionFixture.pod(ASKING);
    bound.withObject("/spec").put("nodeName", "a");
    assertThat(gates(fixture.mutated(bound))).isEmpty();
    ObjectNode foreign = AdmissionFixture.pod(ASKING);
    foreign.withObject("/spec").put("schedulerName", "default-scheduler");
    assertThat(gates(fixture.mutated(foreign))).isEmpty();
  }
}
