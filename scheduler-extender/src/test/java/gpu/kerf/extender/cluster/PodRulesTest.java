package gpu.kerf.extender.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which nodes kube-scheduler leaves out before Kerf is asked. */
class PodRulesTest {
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
  private static final NodeRules PLAIN =
      new NodeRules(Map.of("zone", "a", "cpus", "64"), List.of(), false);

  private static PodRules pod(String spec) throws IOException {
    return new PodRules(YAML.readTree("{spec: {" + spec + "}}"));
  }

  private static NodeRules tainted(String key, String value, String effect) {
    return new NodeRules(Map.of(), List.of(new NodeRules.Taint(key, value, effect)), false);
  }

  private static PodRules wanting(String expression) throws IOException {
    return pod(
        "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution:"
            + " {nodeSelectorTerms: ["
            + expression
            + "]}}}");
  }

  @Test
  void aPodThatSaysNothingMayGoToAPlainNode() throws IOException {
    assertThat(pod("containers: []").against("n", PLAIN)).isNull();
  }

  @Test
  void aCordonedNodeTakesOnlyPodsThatTolerateIt() throws IOException {
    NodeRules cordoned =
        new NodeRules(
            Map.of(),
            List.of(new NodeRules.Taint("node.kubernetes.io/unschedulable", "", "NoSchedule")),
            true);
    assertThat(pod("").against("n", cordoned)).isEqualTo("the node is cordoned");
    assertThat(
            pod("tolerations: [{key: node.kubernetes.io/unschedulable, operator: Exists}]")
                .against("n", cordoned))
        .isNull();
  }

  @Test
  void taintsAreToleratedByKeyValueAndEffect() throws IOException {
    NodeRules gpu = tainted("nvidia.com/gpu", "present", "NoSchedule");
    assertThat(pod("").against("n", gpu))
        .isEqualTo(
            "the node has the taint nvidia.com/gpu=present:NoSchedule, which the pod does not"
                + " tolerate");
    assertThat(pod("tolerations: [{key: nvidia.com/gpu, operator: Exists}]").against("n", gpu))
        .isNull();
    assertThat(pod("tolerations: [{key: nvidia.com/gpu, value: present}]").against("n", gpu))
        .isNull();
    assertThat(pod("tolerations: [{key: nvidia.com/gpu, value: absent}]").against("n", gpu))
        .isNotNull();
    assertThat(
            pod("tolerations: [{key: nvidia.com/gpu, operator: Exists, effect: NoExecute}]")
                .against("n", gpu))
        .isNotNull();
    assertThat(pod("tolerations: [{operator: Exists}]").against("n", gpu)).isNull();
    assertThat(pod("").against("n", tainted("a", "", "PreferNoSchedule"))).isNull();
  }

  @Test
  void selectorsAndAffinityMustMatch() throws IOException {
    assertThat(pod("nodeSelector: {zone: a}").against("n", PLAIN)).isNull();
    assertThat(pod("nodeSelector: {zone: b}").against("n", PLAIN))
        .isEqualTo("the pod's nodeSelector wants zone: b, which the node has not");
    assertThat(
            wanting("{matchExpressions: [{key: zone, operator: In, values: [b, a]}]}")
                .against("n", PLAIN))
        .isNull();
    assertThat(
            wanting("{matchExpressions: [{key: zone, operator: NotIn, values: [a]}]}")
                .against("n", PLAIN))
        .isEqualTo("the pod's node affinity does not match the node");
    assertThat(
            wanting(
                    "{matchExpressions: [{key: zone, operator: DoesNotExist}]}, {matchExpressions:"
                        + " [{key: cpus, operator: Gt, values: ['32']}]}")
                .against("n", PLAIN))
        .as("one term is enough")
        .isNull();
    assertThat(
            wanting("{matchFields: [{key: metadata.name, operator: In, values: [m]}]}")
                .against("n", PLAIN))
        .isNotNull();
    assertThat(wanting("{}").against("n", PLAIN)).as("an empty term matches nothing").isNotNull();
  }

  @Test
  void aNodeThatThePodNamesIsTheOnlyOne() throws IOException {
    assertThat(pod("nodeName: m").against("n", PLAIN)).isEqualTo("the pod names node m");
    assertThat(pod("nodeName: m").against("m", tainted("a", "", "NoSchedule"))).isNull();
  }
}
