package gpu.kerf.extender.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which pods may land only where a DRA driver hands out the GPUs. */
class DriverNodesTest {
  private static final ObjectMapper YAML = new YAMLMapper();

  private static boolean suits(String spec) throws IOException {
    return DriverNodes.areAllThatSuit(YAML.readTree(spec));
  }

  private static String affinity(String terms) {
    return "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution:"
        + " {nodeSelectorTerms: ["
        + terms
        + "]}}}";
  }

  @Test
  void aSelectorOrAnAffinityForTheLabelSaysSo() throws IOException {
    assertThat(suits("nodeSelector: {kerf.gpu/delivery: dra, zone: a}")).isTrue();
    String dra = "{matchExpressions: [{key: kerf.gpu/delivery, operator: In, values: [dra]}]}";
    assertThat(suits(affinity(dra))).isTrue();
    assertThat(suits(affinity(dra + "," + dra))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{matchExpressions: [{key: kerf.gpu/delivery, operator: In, values: [dra, env]}]}",
        "{matchExpressions: [{key: kerf.gpu/delivery, operator: NotIn, values: [dra]}]}",
        "{matchExpressions: [{key: kerf.gpu/delivery, operator: Exists}]}",
        "{matchExpressions: [{key: kerf.gpu/delivery, operator: In, values: [dra]}]},"
            + "{matchExpressions: [{key: zone, operator: In, values: [a]}]}"
      })
  void whatLeavesAnotherNodeOpenDoesNot(String terms) throws IOException {
    assertThat(suits(affinity(terms))).isFalse();
  }

  @Test
  void aPodThatSaysNothingMayLandAnywhere() throws IOException {
    assertThat(suits("containers: []")).isFalse();
    assertThat(suits("nodeSelector: {kerf.gpu/delivery: env}")).isFalse();
  }
}
