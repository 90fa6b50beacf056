package gpu.kerf.extender.cluster.kubernetes.writing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.BindResult;
import gpu.kerf.extender.cluster.Binding;
import gpu.kerf.extender.cluster.ClaimResult;
import gpu.kerf.extender.cluster.ClaimResult.Kind;
import gpu.kerf.extender.cluster.DeviceClaim;
import gpu.kerf.extender.cluster.DeviceClaim.Device;
import gpu.kerf.extender.cluster.DeviceClaim.Mapping;
import gpu.kerf.extender.cluster.DeviceClaim.Request;
import gpu.kerf.extender.cluster.kubernetes.calling.Access;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.TwoAtATime;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Options;
import gpu.kerf.extender.manifests.Shipped;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.wire.PodView;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The writes of a claim against a real API server, its controller-manager and kube-scheduler. */
@ClusterTest
final class ClaimWritesTest {
  /** The minor version from which on the API server keeps a pod's field, and cannot lack it. */
  private static final int KEEPS_FIELD = 37;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final YAMLMapper YAML = new YAMLMapper();
  private static final Access.Patience PATIENCE =
      new Access.Patience(Duration.ofSeconds(10), Duration.ofSeconds(10));

  /** The resource is none of Kerf's, so that kube-scheduler's own plugin may be compared. */
  private static final String CLASSES =
      """
      apiVersion: resource.k8s.io/v1
      kind: DeviceClass
      metadata: {name: mig.nvidia.com}
      spec:
        selectors: [{cel: {expression: "device.driver == 'gpu.nvidia.com'"}}]
        config: [{opaque: {driver: gpu.nvidia.com, parameters: {kind: MigDeviceConfig}}}]
        extendedResourceName: example.com/slice
      ---
      apiVersion: resource.k8s.io/v1
      kind: DeviceClass
      metadata: {name: gpu.nvidia.com}
      spec: {selectors: [{cel: {expression: "device.driver == 'gpu.nvidia.com'"}}]}
      """;

  @TempDir Path folder;

  @BeforeEach
  void hasTheField() {
    Assumptions.assumeTrue(ControlPlane.minor() >= 36, "the field is on from 1.36");
  }

  private ApiServer server(Path kubeconfig) throws Exception {
    return new Access(Map.of(), folder).connect(kubeconfig.toString(), PATIENCE);
  }

  private static ClaimWriter writer() {
    int[] next = {0};
    return new ClaimWriter(
        new DeviceClasses(System::nanoTime),
        new Metrics(),
        () -> "00000000-0000-4000-8000-%012d".formatted(next[0]++),
        TwoAtATime.IN_TURN);
  }

  private static String pod(String name, String scheduler, String... containers) {
    return """
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: %s, namespace: default}
    spec:
      schedulerName: %s
      terminationGracePeriodSeconds: 0
      containers:
    %s\
    """
        .formatted(
            name,
            scheduler,
            String.join(
                "\n", List.of(containers).stream().map(each -> "  - {" + each + "}").toList()));
  }

  private static PodView.Ref kerfPod(ControlPlane plane, String name) {
    plane.apply(
        pod(name, "kerf", "name: main, image: app, resources: {limits: {kerf.gpu/memory: 8Gi}}"));
    return ref(plane, name);
  }

  private static PodView.Ref ref(ControlPlane plane, String name) {
    String uid = plane.kubectl("get", "pod", name, "-o", "jsonpath={.metadata.uid}");
    return new PodView.Ref("default", name, uid);
  }

  private static DeviceClaim one(PodView.Ref pod, String device) {
    Device named = new Device("gpu.nvidia.com", "n0", device, 0);
    return new DeviceClaim(
        pod,
        "n0",
        List.of(new Request("container-0-request-0", "mig.nvidia.com", List.of(named))),
        List.of(new Mapping("main", "kerf.gpu/memory", "container-0-request-0")));
  }

  private static JsonNode read(ControlPlane plane, String kind, String name) {
    try {
      return JSON.readTree(plane.kubectl("get", kind, name, "-o", "json"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static JsonNode claim(ControlPlane plane, PodView.Ref pod) {
    return read(plane, "resourceclaim", "kerf-" + pod.uid());
  }

  private static boolean isThere(ControlPlane plane, PodView.Ref pod) {
    return !plane
        .kubectl("get", "resourceclaim", "kerf-" + pod.uid(), "--ignore-not-found", "-o", "name")
        .isBlank();
  }

  private static String named(ControlPlane plane, PodView.Ref pod) {
    return read(plane, "pod", pod.name())
        .at("/status/extendedResourceClaimStatus/resourceClaimName")
        .asText("");
  }

  private static BindResult bind(ApiServer server, PodView.Ref pod) {
    return Binder.bind(server, new Binding(pod, "n0", Map.of()));
  }

  @Test
  void whatIsWrittenIsWhatTheInTreePluginWritesForItsOwnResource() throws Exception {
    try (ControlPlane plane = ControlPlane.start()) {
      plane.apply(CLASSES);
      plane.apply(
          """
          apiVersion: v1
          kind: Node
          metadata: {name: n0, labels: {kubernetes.io/hostname: n0}}
          status:
            capacity: {cpu: "8", memory: 32Gi, pods: "110"}
            allocatable: {cpu: "8", memory: 32Gi, pods: "110"}
            conditions: [{type: Ready, status: "True"}]
          ---
          apiVersion: resource.k8s.io/v1
          kind: ResourceSlice
          metadata: {name: n0-slices}
          spec:
            driver: gpu.nvidia.com
            nodeName: n0
            pool: {name: n0, generation: 1, resourceSliceCount: 1}
            devices: [{name: gpu-0-mig-1g10gb-19-5}]
          """);
      plane.scheduler().start();
      plane.apply(
          pod(
              "intree",
              "default-scheduler",
              "name: none, image: app",
              "name: main, image: app, resources: {limits: {example.com/slice: 1}}"));
      Await.until(
          "the in-tree plugin has bound its pod",
          () -> !read(plane, "pod", "intree").at("/spec/nodeName").asText("").isEmpty());
      JsonNode theirPod = read(plane, "pod", "intree");
      String theirName =
          theirPod.at("/status/extendedResourceClaimStatus/resourceClaimName").asText();
      JsonNode theirs = read(plane, "resourceclaim", theirName);

      plane.apply(
          pod(
              "ours",
              "kerf",
              "name: none, image: app",
              "name: main, image: app, resources: {limits: {kerf.gpu/memory: 8Gi}}"));
      PodView.Ref pod = ref(plane, "ours");
      DeviceClaim claim =
          new DeviceClaim(
              pod,
              "n0",
              List.of(
                  new Request(
                      "container-1-request-0",
                      "mig.nvidia.com",
                      List.of(new Device("gpu.nvidia.com", "n0", "gpu-0-mig-1g10gb-19-5", 0)))),
              List.of(new Mapping("main", "kerf.gpu/memory", "container-1-request-0")));
      ApiServer server = server(plane.kubeconfig());
      assertThat(writer().write(server, claim, () -> true)).isEqualTo(ClaimResult.WRITTEN);
      assertThat(bind(server, pod)).isEqualTo(BindResult.BOUND);

      JsonNode ours = claim(plane, pod);
      assertThat(shape(ours, pod)).isEqualTo(shape(theirs, ref(plane, "intree")));
      JsonNode ourField = read(plane, "pod", "ours").at("/status/extendedResourceClaimStatus");
      JsonNode theirField = theirPod.at("/status/extendedResourceClaimStatus");
      assertThat(ourField.at("/requestMappings/0").toString())
          .isEqualTo(
              theirField
                  .at("/requestMappings/0")
                  .toString()
                  .replace("example.com/slice", "kerf.gpu/memory"));
    }
  }

  /** All of a claim but what is another one for each pod, and the clock's. */
  private static JsonNode shape(JsonNode claim, PodView.Ref pod) throws IOException {
    ObjectNode metadata = JSON.createObjectNode();
    for (String field : List.of("annotations", "finalizers", "ownerReferences")) {
      metadata.set(field, claim.at("/metadata/" + field));
    }
    ObjectNode shape = JSON.createObjectNode();
    shape.set("metadata", metadata);
    shape.set("spec", claim.path("spec"));
    ObjectNode status = claim.path("status").deepCopy();
    ((ObjectNode) status.path("allocation")).remove("allocationTimestamp");
    // Where there is one request, a configuration is for it whether it says so or not (1.37 does
    // not).
    for (JsonNode config : status.at("/allocation/devices/config")) {
      if (claim.at("/spec/devices/requests").size() == 1) {
        ((ObjectNode) config).remove("requests");
      }
    }
    shape.set("status", status);
    return JSON.readTree(
        shape.toString().replace(pod.uid(), "UID").replace("\"" + pod.name() + "\"", "\"POD\""));
  }

  @Test
  void aClaimIsWrittenTwiceTakesAnotherDeviceAndIsGivenUp() throws Exception {
    try (ControlPlane plane = ControlPlane.start()) {
      plane.apply(CLASSES);
      ApiServer server = server(plane.kubeconfig());
      ClaimWriter writer = writer();
      PodView.Ref pod = kerfPod(plane, "p");

      assertThat(writer.write(server, one(pod, "a"), () -> true)).isEqualTo(ClaimResult.WRITTEN);
      String version = claim(plane, pod).at("/metadata/resourceVersion").asText();
      assertThat(writer.write(server, one(pod, "a"), () -> true)).isEqualTo(ClaimResult.WRITTEN);
      assertThat(claim(plane, pod).at("/metadata/resourceVersion").asText())
          .as("the same again writes nothing")
          .isEqualTo(version);
      assertThat(writer.write(server, one(pod, "b"), () -> true)).isEqualTo(ClaimResult.WRITTEN);
      assertThat(claim(plane, pod).at("/status/allocation/devices/results/0/device").asText())
          .isEqualTo("b");
      assertThat(named(plane, pod)).isEqualTo("kerf-" + pod.uid());

      boolean keepsField = ControlPlane.minor() >= KEEPS_FIELD;
      Abandoned givenUp = keepsField ? Abandoned.STILL_NAMED : Abandoned.DONE;
      assertThat(writer.abandon(server, pod, () -> true)).isEqualTo(givenUp);
      assertThat(named(plane, pod))
          .as("a pod that names no claim starts anywhere")
          .isEqualTo(keepsField ? "kerf-" + pod.uid() : "");
      Await.until("the claim is gone", () -> !isThere(plane, pod));
      assertThat(writer.abandon(server, pod, () -> true)).as("nothing is there").isEqualTo(givenUp);

      assertThat(writer.write(server, one(pod, "a"), () -> true)).isEqualTo(ClaimResult.WRITTEN);
      assertThat(bind(server, pod)).isEqualTo(BindResult.BOUND);
      assertThat(writer.abandon(server, pod, () -> true))
          .as("a pod that is bound")
          .isEqualTo(Abandoned.BOUND);
      assertThat(named(plane, pod)).isEqualTo("kerf-" + pod.uid());
    }
  }

  @Test
  void aPodThatIsDeletedBetweenAnyTwoWritesLeavesNothing() throws Exception {
    try (ControlPlane plane = ControlPlane.start()) {
      plane.apply(CLASSES);
      ApiServer server = server(plane.kubeconfig());
      List<PodView.Ref> pods = new ArrayList<>();
      for (int writes = 0; writes <= 3; writes++) {
        PodView.Ref pod = kerfPod(plane, "p" + writes);
        pods.add(pod);
        int[] left = {writes};
        ClaimResult before = writer().write(server, one(pod, "a"), () -> left[0]-- > 0);
        assertThat(before.kind()).isEqualTo(writes == 3 ? Kind.WRITTEN : Kind.NOT_OURS);
        plane.kubectl("delete", "pod", pod.name(), "--now");
        ClaimResult after = writer().write(server, one(pod, "a"), () -> true);
        assertThat(after.kind())
            .as("after %d writes: %s", writes, after.text())
            .isIn(Kind.POD_GONE, Kind.IN_REMOVAL);
        assertThat(bind(server, pod).kind()).isEqualTo(BindResult.Kind.NOT_FOUND);
      }
      for (PodView.Ref pod : pods) {
        Await.until("the claim of " + pod + " is gone", () -> !isThere(plane, pod));
      }
    }
  }

  @Test
  void aFieldThatAnotherHasSetIsNeverOverwritten() throws Exception {
    try (ControlPlane plane = ControlPlane.start()) {
      plane.apply(CLASSES);
      ApiServer server = server(plane.kubeconfig());
      PodView.Ref pod = kerfPod(plane, "p");
      plane.kubectl(
          "patch",
          "pod",
          "p",
          "--subresource=status",
          "--type=merge",
          "-p",
          "{\"status\":{\"extendedResourceClaimStatus\":{\"resourceClaimName\":\"theirs\","
              + "\"requestMappings\":[{\"containerName\":\"main\",\"resourceName\":"
              + "\"kerf.gpu/memory\",\"requestName\":\"r\"}]}}}");
      assertThat(writer().write(server, one(pod, "a"), () -> true).kind())
          .isEqualTo(Kind.OF_ANOTHER);
      assertThat(named(plane, pod)).isEqualTo("theirs");
      assertThat(writer().abandon(server, pod, () -> true)).isEqualTo(Abandoned.DONE);
      assertThat(named(plane, pod)).isEqualTo("theirs");
    }
  }

  @Test
  void anApiServerWithoutTheFieldIsFoundOutBeforeTheBinding() throws Exception {
    Assumptions.assumeTrue(ControlPlane.minor() < KEEPS_FIELD, "the field is always on from 1.37");
    Options off = Options.defaults().apiServerFlag("--feature-gates=DRAExtendedResource=false");
    try (ControlPlane plane = ControlPlane.start(off)) {
      plane.apply(CLASSES.replace("  extendedResourceName: example.com/slice\n", ""));
      ApiServer server = server(plane.kubeconfig());
      PodView.Ref pod = kerfPod(plane, "p");
      assertThat(writer().write(server, one(pod, "a"), () -> true).kind()).isEqualTo(Kind.DROPPED);
    }
  }

  @Test
  void aQuotaOnClaimsOrOnDevicesOfAClassIsSaidToBeOne() throws Exception {
    try (ControlPlane plane = ControlPlane.start()) {
      plane.apply(CLASSES);
      ApiServer server = server(plane.kubeconfig());
      for (String what :
          List.of(
              "count/resourceclaims.resource.k8s.io",
              "mig.nvidia.com.deviceclass.resource.k8s.io/devices")) {
        plane.kubectl("create", "quota", "q", "--hard=" + what + "=0");
        Await.until(
            "the quota counts", () -> read(plane, "quota", "q").at("/status/used").size() == 1);
        PodView.Ref pod = kerfPod(plane, "p");
        assertThat(writer().write(server, one(pod, "a"), () -> true).kind())
            .as(what)
            .isEqualTo(Kind.OVER_QUOTA);
        plane.kubectl("delete", "quota/q", "pod/p", "--now");
      }
    }
  }

  @Test
  void aClassThatStandsForKerfsResourceIsATrap() throws Exception {
    try (ControlPlane plane = ControlPlane.start()) {
      plane.apply(CLASSES.replace("example.com/slice", "kerf.gpu/memory"));
      ApiServer server = server(plane.kubeconfig());
      PodView.Ref pod = kerfPod(plane, "p");
      assertThat(writer().write(server, one(pod, "a"), () -> true).kind())
          .isEqualTo(Kind.BAD_CLASS);
      assertThat(isThere(plane, pod)).isFalse();
      plane.apply(CLASSES);
      assertThat(writer().write(server, one(pod, "a"), () -> true)).isEqualTo(ClaimResult.WRITTEN);
    }
  }

  @Test
  void sharesHaveIdentifiersThatARetryKeeps() throws Exception {
    try (ControlPlane plane = ControlPlane.start()) {
      plane.apply(CLASSES);
      ApiServer server = server(plane.kubeconfig());
      PodView.Ref pod = kerfPod(plane, "p");
      Device part = new Device("gpu.nvidia.com", "n0", "gpu-0", 8_192);
      DeviceClaim claim =
          new DeviceClaim(
              pod,
              "n0",
              List.of(new Request("container-0-request-0", "gpu.nvidia.com", List.of(part))),
              List.of(new Mapping("main", "kerf.gpu/memory", "container-0-request-0")));
      ClaimWriter writer = writer();
      assertThat(writer.write(server, claim, () -> true)).isEqualTo(ClaimResult.WRITTEN);
      JsonNode first = claim(plane, pod);
      assertThat(first.at("/spec/devices/requests/0/exactly/capacity/requests/memory").asText())
          .isEqualTo("8Gi");
      JsonNode result = first.at("/status/allocation/devices/results/0");
      assertThat(result.at("/consumedCapacity/memory").asText()).isEqualTo("8Gi");
      assertThat(result.path("shareID").asText()).isNotEmpty();
      assertThat(writer.write(server, claim, () -> true)).isEqualTo(ClaimResult.WRITTEN);
      assertThat(claim(plane, pod).at("/status/allocation/devices/results/0")).isEqualTo(result);
    }
  }

  @Test
  void everyRightOfTheRoleIsNeededAndNoOther() throws Exception {
    List<JsonNode> roles = rolesWithoutOneRight();
    Options options = Options.defaults();
    for (int i = 0; i < roles.size(); i++) {
      options = options.user("user" + i);
    }
    try (ControlPlane plane = ControlPlane.start(options)) {
      plane.apply(CLASSES);
      plane.kubectl("create", "clusterrole", "base", "--verb=get", "--resource=pods");
      for (int i = 0; i < roles.size(); i++) {
        plane.apply(roles.get(i).toString());
        bind(plane, "base", "user" + i);
        bind(plane, "role" + i, "user" + i);
      }
      ApiServer all = server(plane.kubeconfig("user" + (roles.size() - 1)));
      Await.until("the last role is in force", () -> works(all, kerfPod(plane, "all")).isEmpty());
      for (int i = 0; i < roles.size() - 1; i++) {
        ApiServer fewer = server(plane.kubeconfig("user" + i));
        assertThat(works(fewer, kerfPod(plane, "p" + i)))
            .as("with %s", roles.get(i).path("rules"))
            .contains("FORBIDDEN");
      }
    }
  }

  private static void bind(ControlPlane plane, String role, String user) {
    plane.kubectl(
        "create",
        "clusterrolebinding",
        role + "-" + user,
        "--clusterrole=" + role,
        "--user=" + user);
  }

  /** Claims, claims another device and gives it up; what went wrong, or nothing. */
  private static String works(ApiServer server, PodView.Ref pod) {
    for (String device : List.of("a", "b")) {
      ClaimResult result = writer().write(server, one(pod, device), () -> true);
      if (result.kind() != Kind.WRITTEN) {
        return result.toString();
      }
    }
    try {
      return writer().abandon(server, pod, () -> true) == Abandoned.BOUND ? "is bound" : "";
    } catch (IOException e) {
      return String.valueOf(e.getMessage()).contains(" cannot ") ? "FORBIDDEN" : e.toString();
    }
  }

  /** The shipped role without one of its rights, for each of them; the last one has all. */
  private static List<JsonNode> rolesWithoutOneRight() throws IOException {
    JsonNode shipped = MissingNode.getInstance();
    for (String document : Shipped.text("components/dra/rbac.yaml").split("\n---\n", -1)) {
      JsonNode object = YAML.readTree(document);
      shipped = object.path("kind").asText().equals("ClusterRole") ? object : shipped;
    }
    List<JsonNode> roles = new ArrayList<>();
    for (int rule = 0; rule < shipped.path("rules").size(); rule++) {
      for (int verb = 0; verb < shipped.at("/rules/" + rule + "/verbs").size(); verb++) {
        ObjectNode fewer = shipped.deepCopy();
        ((ArrayNode) fewer.at("/rules/" + rule + "/verbs")).remove(verb);
        if (fewer.at("/rules/" + rule + "/verbs").isEmpty()) {
          ((ArrayNode) fewer.path("rules")).remove(rule);
        }
        roles.add(named(fewer, "role" + roles.size()));
      }
    }
    roles.add(named(shipped.deepCopy(), "role" + roles.size()));
    return roles;
  }

  private static ObjectNode named(ObjectNode role, String name) {
    role.withObject("/metadata").put("name", name);
    return role;
  }
}
