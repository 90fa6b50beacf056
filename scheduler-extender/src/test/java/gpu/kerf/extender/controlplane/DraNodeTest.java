package gpu.kerf.extender.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.DraNode.Call;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The node with a DRA driver itself, without Kerf: the test writes by hand what a scheduler writes,
 * and sees what kubelet, driver and container runtime make of it.
 */
@DraTest
final class DraNodeTest {
  private static final String SLICE_0 = "gpu-0-mig-1g10gb-19-0";
  private static final String SLICE_5 = "gpu-0-mig-1g10gb-19-5";
  private static final String SLICE_6 = "gpu-0-mig-1g10gb-19-6";
  private static final String HALF = "gpu-0-mig-3g40gb-9-4";

  private static ControlPlane plane;
  private static DraNode dra;

  @BeforeAll
  static void start() {
    plane = ControlPlane.start(Options.defaults().withDraNode("real"));
    dra = plane.draNode("real", "dynamic", "whole", "shared");
    dra.node().load(ContainerImage.shell("app", "true"));
    Await.until("the node is there", () -> plane.kubectl("get", "nodes").contains(" Ready "));
    // Two slices for the first GPU, one for each of the others.
    Await.until(
        "the devices are published",
        () -> plane.kubectl("get", "resourceslices", "-o", "name").lines().count() == 4);
  }

  @AfterAll
  static void stop() {
    if (plane != null) {
      plane.close();
    }
  }

  @AfterEach
  void leaveNothing() {
    dra.release(Call.PREPARE);
    dra.release(Call.UNPREPARE);
    plane.kubectl("delete", "pods", "--all", "--grace-period=1");
    Await.until("all devices are destroyed", () -> dra.created().isEmpty());
  }

  @Test
  void theContainerHasTheDeviceOfTheClaimAndNothingElse() {
    runningPod("one", SLICE_5);

    assertThat(plane.kubectl("exec", "one", "--", "env").lines())
        .contains("DRA_DEVICES=" + SLICE_5, "NVIDIA_VISIBLE_DEVICES=void");
    assertThat(plane.kubectl("exec", "one", "--", "ls", "/dev/nvidia").lines())
        .containsExactly(SLICE_5);
    assertThat(dra.created()).containsExactly(SLICE_5);
  }

  @Test
  void theDeviceIsDestroyedBeforeThePodHasEnded() {
    String uid = runningPod("one", SLICE_5);
    dra.hold(Call.UNPREPARE);
    plane.kubectl("delete", "pod", "one", "--wait=false");
    Await.until("its container is gone", () -> !lives("one"));
    assertThat(phase("one")).as("the driver has not let go").isEqualTo("Running");
    assertThat(dra.created()).containsExactly(SLICE_5);

    dra.release(Call.UNPREPARE);
    plane.kubectl("wait", "--for=delete", "pod/one", "--timeout=60s");
    assertThat(dra.created()).isEmpty();
    Await.until("the claim is gone", () -> !plane.kubectl("get", "resourceclaims").contains(uid));
  }

  @Test
  void theDriverRefusesADeviceThatOverlapsWithOneInUse() {
    runningPod("one", SLICE_5);
    plane.apply(pod("two"));
    writeAll("two", List.of(Given.main(HALF)));
    Await.until(
        "the driver refused",
        () -> dra.journal().stream().anyMatch(entry -> entry.text().equals("refuse " + HALF)));
    assertThat(phase("two")).isEqualTo("Pending");
    assertThat(dra.created()).containsExactly(SLICE_5);
  }

  /** This is why Kerf reads the answer to the third write before it binds. */
  @Test
  void withoutTheThirdWriteThePodRunsWithoutADevice() {
    plane.apply(pod("one"));
    String uid = uid("one");
    allocate("one", uid, List.of(Given.main(SLICE_6)));
    bind("one", uid);
    awaitRunning("one");
    assertThat(plane.kubectl("exec", "one", "--", "env")).doesNotContain("DRA_DEVICES");
    assertThat(dra.created()).isEmpty();
  }

  @Test
  void anInitContainerMayHaveADeviceOfItsOwn() {
    assertThat(
            initAndMain(
                List.of(
                    new Given("init", "container-0-request-0", HALF),
                    new Given("main", "container-1-request-0", SLICE_0))))
        .containsExactly("DRA_DEVICES=" + HALF, "DRA_DEVICES=" + SLICE_0);
    assertThat(dra.created()).containsExactlyInAnyOrder(HALF, SLICE_0);
  }

  @Test
  void anInitContainerMayHaveTheDeviceOfTheOneAfterIt() {
    assertThat(
            initAndMain(
                List.of(
                    new Given("init", "container-0-request-0", SLICE_5),
                    new Given("main", "container-0-request-0", SLICE_5))))
        .containsExactly("DRA_DEVICES=" + SLICE_5, "DRA_DEVICES=" + SLICE_5);
    assertThat(dra.created()).containsExactly(SLICE_5);
  }

  /** What the init container and the one after it were told. */
  private static List<String> initAndMain(List<Given> given) {
    String init =
        """
          initContainers:
          - name: init
            image: app
            imagePullPolicy: Never
            command: [env]
            resources: {limits: {kerf.gpu/memory: 8Gi}}
        """;
    plane.apply(pod("both") + init);
    writeAll("both", given);
    awaitRunning("both");
    String told = plane.kubectl("logs", "both", "-c", "init");
    String main = plane.kubectl("exec", "both", "-c", "main", "--", "env");
    return (told + main).lines().filter(line -> line.startsWith("DRA_DEVICES=")).toList();
  }

  /** Which container gets what by which request of the claim. */
  private record Given(String container, String request, String device) {
    static Given main(String device) {
      return new Given("main", "container-0-request-0", device);
    }

    String requested() {
      return """
      {"name":"%s","exactly":{"deviceClassName":"mig.nvidia.com",
        "allocationMode":"ExactCount","count":1}}\
      """
          .formatted(request);
    }

    String allocated() {
      return """
      {"request":"%s","driver":"gpu.nvidia.com","pool":"real","device":"%s"}\
      """
          .formatted(request, device);
    }

    String mapped() {
      return """
      {"containerName":"%s","resourceName":"kerf.gpu/memory","requestName":"%s"}\
      """
          .formatted(container, request);
    }
  }

  private static String joined(List<Given> given, Function<Given, String> part) {
    return given.stream().map(part).distinct().collect(Collectors.joining(","));
  }

  private static String runningPod(String name, String device) {
    plane.apply(pod(name));
    String uid = writeAll(name, List.of(Given.main(device)));
    awaitRunning(name);
    return uid;
  }

  /** All four writes, as a scheduler makes them. */
  private static String writeAll(String name, List<Given> given) {
    String uid = uid(name);
    allocate(name, uid, given);
    tellKubelet(name, uid, given);
    bind(name, uid);
    return uid;
  }

  private static String uid(String pod) {
    return plane.kubectl("get", "pod", pod, "-o", "jsonpath={.metadata.uid}");
  }

  /** A pod of a scheduler that is not there, so that it waits for the test. */
  private static String pod(String name) {
    return """
    apiVersion: v1
    kind: Pod
    metadata: {name: %1$s, namespace: default}
    spec:
      schedulerName: by-hand
      terminationGracePeriodSeconds: 1
      containers:
      - name: main
        image: app
        imagePullPolicy: Never
        command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 0.1; done; echo %1$s"]
        env: [{name: NVIDIA_VISIBLE_DEVICES, value: all}]
        resources: {limits: {kerf.gpu/memory: 8Gi}}
    """
        .formatted(name);
  }

  /** The first and the second write: a claim, and its devices. */
  private static void allocate(String pod, String uid, List<Given> given) {
    plane.kubectlWithInput(
        """
        {"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaim",
         "metadata":{"name":"kerf-%2$s","namespace":"default",
          "annotations":{"resource.kubernetes.io/extended-resource-claim":"true"},
          "finalizers":["resource.kubernetes.io/delete-protection"],
          "ownerReferences":[
           {"apiVersion":"v1","kind":"Pod","name":"%1$s","uid":"%2$s","controller":true}]},
         "spec":{"devices":{"requests":[%3$s]}}}
        """
            .formatted(pod, uid, joined(given, Given::requested)),
        "create",
        "-f",
        "-");
    patchStatus(
        "resourceclaim/kerf-" + uid,
        """
        {"status":{
          "allocation":{
            "devices":{"results":[%3$s]},
            "nodeSelector":{"nodeSelectorTerms":[{"matchFields":[
              {"key":"metadata.name","operator":"In","values":["real"]}]}]}},
          "reservedFor":[{"resource":"pods","name":"%1$s","uid":"%2$s"}]}}
        """
            .formatted(pod, uid, joined(given, Given::allocated)));
  }

  /** The third write: the claim of an extended resource. */
  private static void tellKubelet(String pod, String uid, List<Given> given) {
    patchStatus(
        "pod/" + pod,
        """
        {"status":{"extendedResourceClaimStatus":{"resourceClaimName":"kerf-%s",
          "requestMappings":[%s]}}}
        """
            .formatted(uid, joined(given, Given::mapped)));
  }

  private static void patchStatus(String object, String patch) {
    plane.kubectl("patch", object, "--subresource=status", "--type=merge", "-p", patch);
  }

  /** The fourth write. */
  private static void bind(String pod, String uid) {
    plane.kubectlWithInput(
        """
        {"apiVersion":"v1","kind":"Binding","metadata":{"name":"%1$s","uid":"%2$s"},
         "target":{"apiVersion":"v1","kind":"Node","name":"real"}}
        """
            .formatted(pod, uid),
        "create",
        "--raw",
        "/api/v1/namespaces/default/pods/" + pod + "/binding",
        "-f",
        "-");
  }

  private static void awaitRunning(String pod) {
    plane.kubectl("wait", "--for=condition=Ready", "pod/" + pod, "--timeout=60s");
  }

  private static String phase(String pod) {
    return plane.kubectl("get", "pod", pod, "-o", "jsonpath={.status.phase}");
  }

  private static boolean lives(String pod) {
    return dra.node().run("ps", "-e", "-o", "args").contains("; echo " + pod);
  }
}
