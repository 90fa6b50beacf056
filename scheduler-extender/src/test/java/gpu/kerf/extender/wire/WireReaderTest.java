package gpu.kerf.extender.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WireReaderTest {

  private static final String POD = "{\"metadata\":{\"name\":\"p\",\"uid\":\"u\"}}";

  private final NodeNames names = new NodeNames();
  private final WireReader reader = new WireReader(names);

  WireReaderTest() {
    names.put("a", 0);
    names.put("b", 1);
    names.put("ünïcode-☃", 7);
  }

  private FilterCall filter(String body) throws WireException {
    return reader.filter(body.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void namesBecomeIndexesInTheirOrderAndOnce() throws WireException {
    NodeList nodes =
        filter("{\"Pod\":" + POD + ",\"NodeNames\":[\"b\",\"x\",\"a\",\"b\",\"x\",\"ünïcode-☃\"]}")
            .nodes();
    assertThat(List.of(nodes.index(0), nodes.index(1), nodes.index(2))).containsExactly(1, 0, 7);
    assertThat(nodes.size()).isEqualTo(3);
    assertThat(nodes.unknown()).containsExactly("x");
  }

  @Test
  void namesAreReadAlikeWithBlanksAroundThemAndBeforeOtherKeys() throws WireException {
    String[] bodies = {
      "{\"Pod\":" + POD + ",\"NodeNames\":[\"b\",\"x\",\"a\"]}",
      "{\"Pod\":" + POD + ",\n \"NodeNames\" :\t[ \"b\" ,\n\"x\", \"a\" ]\r\n} \n",
      "{\"NodeNames\":[\"b\",\"x\",\"a\"],\"Pod\":" + POD + "}",
      "{\"Pod\":" + POD + ",\"NodeNames\":[\"b\",\"\\u0078\",\"a\"]}",
    };
    for (String body : bodies) {
      NodeList nodes = filter(body).nodes();
      assertThat(List.of(nodes.index(0), nodes.index(1))).as(body).containsExactly(1, 0);
      assertThat(nodes.unknown()).as(body).containsExactly("x");
    }
  }

  @Test
  void keysOfTheProtocolMayHaveAnyCase() throws WireException {
    FilterCall call = filter("{\"pod\":" + POD + ",\"nodenames\":[\"a\"],\"NODES\":null}");
    assertThat(call.pod().uid()).isEqualTo("u");
    assertThat(call.nodes().size()).isEqualTo(1);
  }

  @Test
  void wholeNodeObjectsAreReadAndTheChosenOnesRepeated() throws WireException {
    String items =
        "[{\"metadata\":{\"name\":\"a\"}},"
            + "{\"spec\":{\"x\":[1]},\"metadata\":{\"labels\":{},\"name\":\"b\"}}]";
    FilterCall call =
        filter("{\"Pod\":" + POD + ",\"Nodes\":{\"items\":" + items + "},\"NodeNames\":null}");
    assertThat(call.nodes().index(1)).isEqualTo(1);
    FilterAnswer answer = FilterAnswer.to(call.nodes());
    answer.choose(1);
    assertThat(new String(new WireWriter(names).filter(answer), StandardCharsets.UTF_8))
        .startsWith(
            "{\"Nodes\":{\"metadata\":{},\"items\":[{\"spec\":{\"x\":[1]},"
                + "\"metadata\":{\"labels\":{},\"name\":\"b\"}}]},\"NodeNames\":null,");
  }

  @Test
  void aPodIsReadWithEverythingThatMatters() throws WireException {
    PodView pod =
        filter(
                """
                {"Pod":{"metadata":{"name":"llm-0","namespace":"ml","uid":"7c1f",
                  "creationTimestamp":"1970-01-01T00:00:05Z","labels":{"app":"llm"},
                  "annotations":{"kerf.gpu/wall":"mig",
                     "kubectl.kubernetes.io/last-applied-configuration":"{}"},
                  "ownerReferences":[{"kind":"Job","name":"j","uid":"9","controller":true}]},
                 "spec":{"schedulerName":"kerf","priority":1000,"preemptionPolicy":"Never",
                  "overhead":{"cpu":"100m"},
                  "initContainers":[{"name":"i","restartPolicy":"Always"}],
                  "containers":[{"name":"c","image":"x","resources":{
                     "limits":{"kerf.gpu/memory":"8Gi"},"requests":{"cpu":2}}}]},
                 "status":{"phase":"Pending","nominatedNodeName":"b","conditions":[{}]}},
                 "NodeNames":[]}
                """)
            .pod();
    assertThat(pod.ref()).isEqualTo(new PodView.Ref("ml", "llm-0", "7c1f"));
    assertThat(pod.createdMillis()).isEqualTo(5000);
    assertThat(pod.annotations()).isEqualTo(Map.of("kerf.gpu/wall", "mig"));
    assertThat(pod.owner()).isEqualTo("Job/j");
    assertThat(pod.priority()).isEqualTo(1000);
    assertThat(pod.mayPreempt()).isFalse();
    assertThat(pod.nominatedNode()).isEqualTo("b");
    assertThat(pod.overhead()).isEqualTo(Map.of("cpu", "100m"));
    assertThat(pod.initContainers().get(0).sidecar()).isTrue();
    assertThat(pod.containers().get(0).resources().limitOrRequest("kerf.gpu/memory"))
        .isEqualTo("8Gi");
    assertThat(pod.containers().get(0).resources().requestOrLimit("cpu")).isEqualTo("2");
  }

  @Test
  void nullsAreAsGoodAsAbsent() throws WireException {
    PodView pod =
        filter(
                "{\"Pod\":{\"metadata\":{\"name\":\"p\",\"uid\":\"u\",\"labels\":null,"
                    + "\"ownerReferences\":null},\"spec\":{\"containers\":null},\"status\":null},"
                    + "\"NodeNames\":[],\"Nodes\":null}")
            .pod();
    assertThat(pod.containers()).isEmpty();
    assertThat(pod.labels()).isEmpty();
  }

  @Test
  void aBodyThatSaysNothingIsRefusedWithItsPlace() {
    refused("", "is not a JSON object");
    refused("[]", "is not a JSON object");
    refused("{\"Pod\":" + POD + "}", "names no nodes");
    refused("{\"NodeNames\":[]}", "has no Pod");
    refused("{\"Pod\":{},\"NodeNames\":[]}", "has no uid");
    refused("{\"Pod\":" + POD + ",\"NodeNames\":[1]}", "at /NodeNames/0 must be a string");
    refused("{\"Pod\":" + POD + ",\"NodeNames\":{}}", "at /NodeNames must be an array");
    refused("{\"Pod\":" + POD + ",\"pod\":" + POD + "}", "twice");
    refused("{\"Pod\":" + POD + ",\"NodeNames\":[]} x", "cannot be read");
    refused("{\"Pod\":" + POD + ",\"NodeNames\":[]}{}", "behind its end");
    for (String end :
        List.of(
            "[\"a\"", "[\"a", "[\"a\"}", "[\"a\",]}", "[,]}", "[\"a\" \"b\"]}", "[\"a\"]", "[")) {
      refused("{\"Pod\":" + POD + ",\"NodeNames\":" + end, "");
    }
    refused("{\"Pod\":" + POD + ",\"NodeNames\":[\"a\nb\"]}", "cannot be read");
    refused("{\"Pod\":{\"spec\":{\"priority\":99999999999}}}", "at /Pod/spec/priority");
    refused("{\"x\":" + "[".repeat(100_000), "cannot be read");
    refused("{\"x\":\"" + "y".repeat(2_000_000) + "\"}", "names no nodes");
    refused("{\"Pod\":{\"metadata\":{\"name\":\"" + "y".repeat(2_000_000) + "\"}}}", "at /Pod");
  }

  private void refused(String body, String words) {
    assertThatThrownBy(() -> filter(body))
        .isInstanceOf(WireException.class)
        .message()
        .contains(words)
        .hasSizeLessThan(500);
  }

  @Test
  void aNameThatNoNodeCanHaveIsNotRepeated() {
    String longest = "x".repeat(253);
    refused("{\"Pod\":" + POD + ",\"NodeNames\":[\"" + longest + "x\"]}", "254 characters");
    assertThatCode(() -> filter("{\"Pod\":" + POD + ",\"NodeNames\":[\"" + longest + "\"]}"))
        .doesNotThrowAnyException();
  }

  @Test
  void bindNamesThePodAndItsNode() throws WireException {
    BindCall call =
        reader.bind(
            "{\"PodName\":\"p\",\"PodNamespace\":\"ml\",\"PodUID\":\"u\",\"Node\":\"a\"}"
                .getBytes(StandardCharsets.UTF_8));
    assertThat(call).isEqualTo(new BindCall(new PodView.Ref("ml", "p", "u"), "a"));
  }

  @Test
  void preemptTakesVictimsInBothForms() throws WireException {
    PreemptCall call =
        reader.preempt(
            ("{\"Pod\":"
                    + POD
                    + ",\"NodeNameToVictims\":{\"a\":{\"Pods\":[{\"metadata\":{\"uid\":\"1\"}}],"
                    + "\"NumPDBViolations\":2}},\"NodeNameToMetaVictims\":{\"b\":{\"Pods\":"
                    + "[{\"UID\":\"2\"}]},\"c\":{\"Pods\":null},\"d\":null}}")
                .getBytes(StandardCharsets.UTF_8));
    assertThat(call.candidates())
        .containsExactly(
            new PreemptCall.Candidate("a", List.of("1"), 2),
            new PreemptCall.Candidate("b", List.of("2"), 0),
            new PreemptCall.Candidate("c", List.of(), 0),
            new PreemptCall.Candidate("d", List.of(), 0));
  }
}
