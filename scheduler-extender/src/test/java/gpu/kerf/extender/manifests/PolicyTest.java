package gpu.kerf.extender.manifests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.controlplane.Options;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The policy alone, on an API server that has no webhook to ask: what a user with all rights on his
 * pods, and an administrator of the cluster, cannot do to Kerf's decisions.
 */
@ClusterTest
final class PolicyTest {
  private static final String KERF = "system:serviceaccount:kerf-system:kerf";
  private static final String HAMI = "system:serviceaccount:kube-system:hami-device-plugin";

  /** May do everything in the namespace team that a namespace can grant. */
  private static final String ALICE = "alice";

  private static final String REFUSED = "only Kerf";

  private static ControlPlane plane;
  private static int pods;

  @BeforeAll
  static void start() {
    plane = ControlPlane.start(Options.defaults().user(KERF).user(HAMI).user(ALICE));
    for (String file : new String[] {"namespace", "rbac", "policy"}) {
      plane.kubectl("apply", "-f", Shipped.file("base/" + file + ".yaml").toString());
    }
    plane.kubectl("create", "namespace", "team");
    plane.kubectl(
        "create",
        "role",
        "all",
        "-n",
        "team",
        "--verb=*",
        "--resource=pods,pods/status,pods/binding,bindings");
    plane.kubectl("create", "rolebinding", "all", "-n", "team", "--role=all", "--user=" + ALICE);
    plane.kubectl("create", "rolebinding", "hami", "-n", "team", "--role=all", "--user=" + HAMI);
    plane.apply(Inventory.eightH100("a").manifest());
    Await.until("the policy is in force", PolicyTest::isInForce);
  }

  @AfterAll
  static void stop() {
    plane.close();
  }

  private static boolean isInForce() {
    try {
      as(ALICE, pod("probe", "kerf.gpu/placement: x"), "create", "--dry-run=server", "-f", "-");
      return false;
    } catch (IllegalStateException refused) {
      return String.valueOf(refused.getMessage()).contains(REFUSED);
    }
  }

  private static String as(String user, String input, String... arguments) {
    return plane.kubectlWithInputAs(user, input, arguments);
  }

  private static String pod(String name, String annotations) {
    return """
    apiVersion: v1
    kind: Pod
    metadata: {name: %s, namespace: team, annotations: {%s}}
    spec: {schedulerName: kerf, containers: [{name: main, image: app}]}
    """
        .formatted(name, annotations);
  }

  /** A pod of Alice's; its name. */
  private static String pod() {
    String name = "pod-" + pods++;
    as(ALICE, pod(name, "mine: a"), "create", "-f", "-");
    return name;
  }

  /** One that Kerf has bound. */
  private static String boundPod() {
    String name = pod();
    bind(KERF, name, "kerf.gpu/placement: here, kerf.gpu/visible-devices.main: GPU-1");
    return name;
  }

  private static void bind(String user, String pod, String annotations) {
    String path = "/api/v1/namespaces/team/pods/" + pod + "/binding";
    String binding =
        """
        {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "%s", "namespace": "team",
         "annotations": {%s}}, "target": {"apiVersion": "v1", "kind": "Node", "name": "a"}}
        """
            .formatted(pod, annotations.replaceAll("([\\w./-]+): ([\\w-]+)", "\"$1\": \"$2\""));
    as(user, binding, "create", "--raw", path, "-f", "-");
  }

  private static void annotate(String user, String pod, String... annotations) {
    String[] command = new String[annotations.length + 6];
    System.arraycopy(
        new String[] {"annotate", "--overwrite", "-n", "team", "pod", pod}, 0, command, 0, 6);
    System.arraycopy(annotations, 0, command, 6, annotations.length);
    as(user, "", command);
  }

  private static String asking(String scheduler, String containers) {
    return """
    apiVersion: v1
    kind: Pod
    metadata: {name: asks, namespace: team}
    spec: {%s %s}
    """
        .formatted(scheduler, containers);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "containers: [{name: main, image: app, resources: {limits: {kerf.gpu/memory: 8Gi}}}]",
        "containers: [{name: a, image: app},"
            + " {name: main, image: app, resources: {limits: {kerf.gpu/whole: 1}}}]",
        "initContainers: [{name: main, image: app, resources: {limits: {kerf.gpu/mem: 8Gi}}}],"
            + " containers: [{name: a, image: app}]",
      })
  void noPodOfAnotherSchedulerAsksInKerfsWords(String containers) {
    for (String scheduler : new String[] {"", "schedulerName: default-scheduler,"}) {
      String pod = asking(scheduler, containers);
      assertThatThrownBy(() -> as(ALICE, pod, "create", "--dry-run=server", "-f", "-"))
          .hasMessageContaining(
              "The container main asks for GPUs in the words of Kerf, and the pod has"
                  + " schedulerName: default-scheduler")
          .hasMessageContaining("Write schedulerName: kerf.");
    }
    as(ALICE, asking("schedulerName: kerf,", containers), "create", "--dry-run=server", "-f", "-");
  }

  @Test
  void wordsOfOthersStayTheirs() {
    String pod =
        asking(
            "",
            "containers: [{name: main, image: app,"
                + " resources: {limits: {nvidia.com/gpu: 1, example.com/kerf.gpu: 1}}}]");
    as(ALICE, pod, "create", "--dry-run=server", "-f", "-");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kerf.gpu/placement: x",
        "kerf.gpu/visible-devices.main: all",
        "kerf.gpu/mps-memory.main: 0=80G",
        "kerf.gpu/mps-threads.main: '100'",
        "kerf.gpu/mps-pipe.main: /tmp",
        "hami.io/vgpu-devices-to-allocate: GPU-1",
        "ALIYUN_COM_GPU_MEM_IDX: '0'"
      })
  void noPodComesWithADecision(String annotation) {
    String forged = pod("forged", annotation);
    assertThatThrownBy(() -> as(ALICE, forged, "create", "-f", "-"))
        .hasMessageContaining(REFUSED)
        .hasMessageContaining(annotation.replaceFirst(":.*", ""));
    assertThatThrownBy(() -> plane.kubectlWithInput(forged, "create", "-f", "-"))
        .as("an administrator")
        .hasMessageContaining(REFUSED);
  }

  @Test
  void noPodOfAnyControllerAndOfAnyScheduler() {
    String other = pod("forged", "kerf.gpu/visible-devices.main: all");
    assertThatThrownBy(
            () ->
                as(ALICE, other.replace("schedulerName: kerf", "nodeName: a"), "create", "-f", "-"))
        .hasMessageContaining(REFUSED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kerf.gpu/visible-devices.main=all",
        "kerf.gpu/visible-devices.main-",
        "kerf.gpu/visible-devices.other=GPU-2",
        "kerf.gpu/placement=elsewhere",
        "kerf.gpu/mps-memory.main=0=80G",
        "kerf.gpu/counted=hami",
        "hami.io/bind-phase=allocating"
      })
  void noDecisionChanges(String annotation) {
    String pod = boundPod();
    assertThatThrownBy(() -> annotate(ALICE, pod, annotation)).hasMessageContaining("Forbidden");
    assertThatThrownBy(
            () -> plane.kubectl("annotate", "--overwrite", "-n", "team", "pod", pod, annotation))
        .as("an administrator")
        .hasMessageContaining("ValidatingAdmissionPolicy 'kerf'");
    annotate(ALICE, pod, "mine=b", "other=c");
  }

  @Test
  void noDecisionComesWithTheStatus() {
    String pod = boundPod();
    String patch = "{\"metadata\":{\"annotations\":{\"kerf.gpu/visible-devices.main\":\"all\"}}}";
    assertThatThrownBy(
            () ->
                as(
                    ALICE,
                    "",
                    "patch",
                    "-n",
                    "team",
                    "pod",
                    pod,
                    "--subresource=status",
                    "-p",
                    patch))
        .hasMessageContaining(REFUSED);
    assertThat(
            plane.kubectl(
                "get",
                "-n",
                "team",
                "pod",
                pod,
                "-o",
                "jsonpath={.metadata.annotations.kerf\\.gpu/visible-devices\\.main}"))
        .isEqualTo("GPU-1");
  }

  @Test
  void noDecisionComesWithABindingOfOnesOwn() {
    String pod = pod();
    assertThatThrownBy(() -> bind(ALICE, pod, "kerf.gpu/visible-devices.main: all"))
        .hasMessageContaining(REFUSED);
    assertThatThrownBy(() -> bind(ALICE, pod, "hami.io/bind-phase: allocating"))
        .hasMessageContaining(REFUSED);
    bind(ALICE, pod, "mine: b");
    assertThat(plane.kubectl("get", "-n", "team", "pod", pod, "-o", "jsonpath={.spec.nodeName}"))
        .as("without one every account that may bind has the right")
        .isEqualTo("a");
  }

  @Test
  void theOldWayToBindIsGuardedToo() {
    String pod = pod();
    String binding =
        """
        {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "%s", "namespace": "team",
         "annotations": {"kerf.gpu/placement": "x"}}, "target": {"kind": "Node", "name": "a"}}
        """
            .formatted(pod);
    assertThatThrownBy(
            () ->
                as(
                    ALICE,
                    binding,
                    "create",
                    "--raw",
                    "/api/v1/namespaces/team/bindings",
                    "-f",
                    "-"))
        .hasMessageContaining(REFUSED);
  }

  @Test
  void kerfWritesItsDecisionsAndEverythingElseGoesOn() {
    String pod = boundPod();
    as(ALICE, "", "label", "-n", "team", "pod", pod, "a=b");
    as(
        ALICE,
        "",
        "patch",
        "-n",
        "team",
        "pod",
        pod,
        "--subresource=status",
        "-p",
        "{\"status\":{\"message\":\"m\"}}");
    as(ALICE, "", "delete", "-n", "team", "pod", pod, "--grace-period=0", "--force");
  }

  @Test
  void aDevicePluginGoesOnWithWhatKerfWroteForItAndNoOtherClientDoes() {
    String pod = pod();
    bind(
        KERF,
        pod,
        "hami.io/bind-phase: allocating, hami.io/vgpu-devices-allocated: GPU-1,"
            + " hami.io/vgpu-mig-allocations: reserved");
    assertThatThrownBy(() -> annotate(ALICE, pod, "hami.io/vgpu-mig-allocations=made"))
        .hasMessageContaining(REFUSED);
    annotate(HAMI, pod, "hami.io/vgpu-mig-allocations=made");
    assertThatThrownBy(() -> annotate(ALICE, pod, "hami.io/bind-phase=success"))
        .hasMessageContaining(REFUSED);
    annotate(HAMI, pod, "hami.io/bind-phase=success");
    assertThatThrownBy(() -> annotate(HAMI, pod, "hami.io/vgpu-devices-allocated=GPU-2"))
        .hasMessageContaining(REFUSED);
  }

  @Test
  void theRuleCanBeReadByTheApiServerWithoutAWarning() {
    Await.until(
        "it is checked",
        () ->
            !plane
                .kubectl(
                    "get",
                    "validatingadmissionpolicy",
                    "kerf",
                    "-o",
                    "jsonpath={.status.typeChecking}{.status.observedGeneration}")
                .isEmpty());
    assertThat(
            plane.kubectl(
                "get",
                "validatingadmissionpolicy",
                "kerf",
                "-o",
                "jsonpath={.status.typeChecking.expressionWarnings}"))
        .isEmpty();
  }
}
