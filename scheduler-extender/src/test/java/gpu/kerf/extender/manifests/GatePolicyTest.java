package gpu.kerf.extender.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.kubernetes.calling.Access;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Options;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What Kerf's account can do to a pod with its right to patch pods: open its gate, and no more. */
@ClusterTest
final class GatePolicyTest {
  private static final String KERF = "system:serviceaccount:kerf-system:kerf";
  private static final String OPEN =
      "\"schedulingGates\":[{\"$patch\":\"delete\",\"name\":\"kerf.gpu/turn\"}]";
  private static final String OTHER_GATE =
      "\"schedulingGates\":[{\"$patch\":\"delete\",\"name\":\"example.com/other\"}]";

  private static ControlPlane plane;
  private static ApiServer kerf;
  private static int pods;

  @BeforeAll
  static void start() throws Exception {
    plane = ControlPlane.start(Options.defaults().user(KERF));
    Access.Patience patience = new Access.Patience(Await.LONG, Await.LONG);
    kerf = new Access(Map.of(), Path.of("/")).connect(plane.kubeconfig(KERF).toString(), patience);
    for (String file : new String[] {"namespace", "rbac", "policy", "teams"}) {
      plane.kubectl("apply", "-f", Shipped.file("base/" + file + ".yaml").toString());
    }
    String probe = pod();
    Await.until(
        "the policy is in force",
        () -> refusal(probe, "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}").contains("kerf-gate"));
  }

  @AfterAll
  static void stop() {
    kerf.close();
    plane.close();
  }

  /** A pod that waits for its turn, and for something else; its name. */
  private static String pod() {
    return pod("schedulingGates: [{name: example.com/other}, {name: kerf.gpu/turn}],");
  }

  private static String pod(String gates) {
    String name = "pod-" + pods++;
    plane.kubectlWithInput(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: default, labels: {a: a}, annotations: {a: a}, finalizers: [example.com/keep]}
        spec: {%s schedulerName: kerf, containers: [{name: main, image: app}]}
        """
            .formatted(name, gates),
        "create",
        "-f",
        "-");
    return name;
  }

  private static void open(String pod) {
    assertThat(refusal(pod, "{\"spec\":{" + OPEN + "}}")).isEmpty();
  }

  /** What Kerf's account is told when it patches a pod; empty if it was done. */
  private static String refusal(String pod, String patch) {
    return refusal(pod, "", patch);
  }

  private static String refusal(String pod, String subresource, String patch) {
    String path = "/api/v1/namespaces/default/pods/" + pod + subresource;
    try {
      ApiReply reply = kerf.send(ApiRequest.patch(path, ApiRequest.STRATEGIC_PATCH, patch));
      return reply.ok() ? "" : reply.problem();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String field(String pod, String path) {
    return plane.kubectl("get", "pod", pod, "-o", "jsonpath={" + path + "}");
  }

  @Test
  void itsOwnGateGoesAndTheOthersStay() {
    String pod = pod();
    open(pod);
    assertThat(field(pod, ".spec.schedulingGates[*].name")).isEqualTo("example.com/other");
    String before = field(pod, ".metadata.resourceVersion");
    open(pod);
    assertThat(field(pod, ".metadata.resourceVersion"))
        .as("again, and nothing changes")
        .isEqualTo(before);
  }

  static Stream<Arguments> forbidden() {
    return Stream.of(
        Arguments.of("a label", "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}"),
        Arguments.of("a label less", "{\"metadata\":{\"labels\":{\"a\":null}}}"),
        Arguments.of("an annotation", "{\"metadata\":{\"annotations\":{\"b\":\"b\"}}}"),
        Arguments.of("no annotations", "{\"metadata\":{\"annotations\":null}}"),
        Arguments.of("a finalizer more", "{\"metadata\":{\"finalizers\":[\"example.com/more\"]}}"),
        Arguments.of(
            "a finalizer less",
            "{\"metadata\":{\"$deleteFromPrimitiveList/finalizers\":[\"example.com/keep\"]}}"),
        Arguments.of(
            "an owner",
            "{\"metadata\":{\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\","
                + "\"name\":\"a\",\"uid\":\"b\"}]}}"),
        Arguments.of(
            "an image", "{\"spec\":{\"containers\":[{\"name\":\"main\",\"image\":\"evil\"}]}}"),
        Arguments.of(
            "a toleration",
            "{\"spec\":{\"tolerations\":[{\"key\":\"a\",\"operator\":\"Exists\"}]}}"),
        Arguments.of("a node selector", "{\"spec\":{\"nodeSelector\":{\"a\":\"b\"}}}"),
        Arguments.of("a deadline", "{\"spec\":{\"activeDeadlineSeconds\":1}}"),
        Arguments.of("another gate less", "{\"spec\":{" + OTHER_GATE + "}}"),
        Arguments.of("all gates less", "{\"spec\":{\"schedulingGates\":null}}"),
        Arguments.of(
            "a gate more", "{\"spec\":{\"schedulingGates\":[{\"name\":\"example.com/more\"}]}}"),
        Arguments.of(
            "a label with its gate",
            "{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{" + OPEN + "}}"),
        Arguments.of(
            "an image with its gate",
            "{\"spec\":{" + OPEN + ",\"containers\":[{\"name\":\"main\",\"image\":\"evil\"}]}}"),
        Arguments.of(
            "a node selector with its gate",
            "{\"spec\":{" + OPEN + ",\"nodeSelector\":{\"a\":\"b\"}}}"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("forbidden")
  void nothingElseOfAPodChanges(String what, String patch) {
    String pod = pod();
    String before = field(pod, ".metadata.resourceVersion");
    assertThat(refusal(pod, patch))
        .containsAnyOf("Kerf's account", "only deletion is allowed, but found new scheduling gate");
    assertThat(field(pod, ".metadata.resourceVersion")).as(what).isEqualTo(before);
  }

  @Test
  void norOfAPodWithoutAGate() {
    String pod = pod("");
    forbidden()
        .map(Arguments::get)
        .filter(each -> !String.valueOf(each[0]).contains("gate"))
        .forEach(
            each ->
                assertThat(refusal(pod, String.valueOf(each[1])))
                    .as("%s", each)
                    .containsAnyOf("Kerf's account", "pod updates may not change fields"));
    open(pod);
  }

  @Test
  void theStatusCarriesNothingButTheStatus() {
    String pod = pod();
    String condition =
        "\"status\":{\"conditions\":[{\"type\":\"kerf.gpu/Turn\",\"status\":\"False\"}]}";
    assertThat(refusal(pod, "/status", "{" + condition + "}")).isEmpty();
    assertThat(field(pod, ".status.conditions[?(@.type==\"kerf.gpu/Turn\")].status"))
        .isEqualTo("False");
    String decision = "{\"metadata\":{\"annotations\":{\"kerf.gpu/placement\":\"x\"}},";
    assertThat(refusal(pod, "/status", decision + condition + "}"))
        .contains("Kerf's account may not change the metadata");
    open(pod);
  }

  @Test
  void otherRightsOnPodsAreNone() {
    for (String verb : new String[] {"create", "update", "deletecollection"}) {
      assertThat(may(verb, "pods")).as(verb).isEqualTo("no");
    }
    assertThat(may("patch", "pods")).isEqualTo("yes");
    assertThat(may("patch", "teams.kerf.gpu", "--subresource=status")).isEqualTo("yes");
    for (String verb : new String[] {"create", "update", "patch", "delete"}) {
      assertThat(may(verb, "teams.kerf.gpu")).as(verb + " a Team").isEqualTo("no");
      assertThat(may(verb, "namespaces")).as(verb + " a namespace").isEqualTo("no");
    }
  }

  private static String may(String verb, String resource, String... more) {
    String[] command = new String[more.length + 4];
    System.arraycopy(new String[] {"auth", "can-i", verb, resource}, 0, command, 0, 4);
    System.arraycopy(more, 0, command, 4, more.length);
    try {
      return plane.kubectlAs(KERF, command).strip();
    } catch (IllegalStateException no) {
      return "no";
    }
  }

  @Test
  void usersAreNotConcerned() {
    String pod = pod();
    plane.kubectl("label", "pod", pod, "mine=yes");
    plane.kubectl("patch", "pod", pod, "--type=strategic", "-p", "{\"spec\":{" + OPEN + "}}");
    assertThat(field(pod, ".spec.schedulingGates[*].name")).isEqualTo("example.com/other");
  }

  @Test
  void theRuleCanBeReadByTheApiServerWithoutAWarning() {
    Await.until("it is checked", () -> !checked("{.status.observedGeneration}").isEmpty());
    assertThat(checked("{.status.typeChecking.expressionWarnings}")).isEmpty();
  }

  private static String checked(String path) {
    return plane.kubectl("get", "validatingadmissionpolicy", "kerf-gate", "-o", "jsonpath=" + path);
  }
}
