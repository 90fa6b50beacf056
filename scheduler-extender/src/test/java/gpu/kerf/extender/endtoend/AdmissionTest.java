package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.Inventory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The webhook as a real API server asks it. */
@ClusterTest
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AdmissionTest {
  private Webhook webhook;
  private TestCluster cluster;

  @BeforeAll
  void start(@TempDir Path folder) {
    webhook = new Webhook(folder);
    cluster =
        TestCluster.start(
            webhook.settings(
                "admission.aliases=kai-scheduler",
                "admission.hostPaths=/data/models,/scratch:rw",
                "admission.capabilities=IPC_LOCK"));
    cluster.plane().apply(webhook.manifests("kerf", "kai-scheduler"));
    TestCluster.await("the API server asks", () -> isAsked("kerf"));
  }

  /** Whether pods of a scheduler are shown to the webhook. */
  private boolean isAsked(String scheduler) {
    Api.Answer answer = dryRun(Pod.named("probe").spec("{schedulerName: " + scheduler + "}"));
    return answer.body().at("/spec/containers/0/env/0/value").asText().equals("void");
  }

  private Api.Answer dryRun(Pod pod) {
    return cluster.api().send("POST", TestCluster.PODS + "?dryRun=All", pod.json());
  }

  @AfterAll
  void stop() {
    cluster.close();
  }

  @AfterEach
  void clear() {
    cluster.clear();
  }

  @Test
  void aPodsVariablesReferToTheAnnotationsThatItsBindingBrought() {
    cluster.nodes(Inventory.eightH100("a").manifest());
    cluster.create(
        Pod.named("share").memory("8Gi").spec("{initContainers: [{name: prepare, image: app}]}"));
    cluster.awaitRunning("share");

    JsonNode pod = cluster.pod("share");
    assertThat(valueOf(pod, "/spec/containers/0", "NVIDIA_VISIBLE_DEVICES")).startsWith("GPU-a-");
    assertThat(valueOf(pod, "/spec/containers/0", "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT"))
        .isEqualTo("0=8192M");
    assertThat(valueOf(pod, "/spec/containers/0", "CUDA_MPS_PIPE_DIRECTORY"))
        .isEqualTo("/run/kerf/mps/pipe");
    assertThat(valueOf(pod, "/spec/initContainers/0", "NVIDIA_VISIBLE_DEVICES")).isEqualTo("void");
    assertThat(pod.at("/spec/runtimeClassName").asText()).isEqualTo("nvidia");
    assertThat(pod.at("/spec/containers/0/volumeMounts")).hasSize(2);
  }

  @Test
  void kaisLabelSetsThePriorityAndFromAHundredOnWorkStays() {
    for (String priority : List.of("train: 50", "build: 100")) {
      String[] parts = priority.split(": ", -1);
      cluster
          .plane()
          .apply(
              "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: "
                  + parts[0]
                  + "}, value: "
                  + parts[1]
                  + "}");
    }
    cluster.nodes(Inventory.eightH100("a").manifest());
    cluster.create(
        kai("labelled").labelled("priorityClassName", "build"),
        kai("both").labelled("priorityClassName", "build").priority("train"),
        kai("lower").labelled("priorityClassName", "train"));
    cluster.awaitRunning("labelled", "both", "lower");
    for (String pod : List.of("labelled", "both")) {
      assertThat(cluster.pod(pod).at("/spec/priorityClassName").asText()).isEqualTo("build");
      assertThat(cluster.pod(pod).at("/spec/priority").asInt()).isEqualTo(100);
      assertThat(evictable(pod)).isEqualTo("false");
    }
    assertThat(cluster.pod("lower").at("/spec/priority").asInt()).isEqualTo(50);
    assertThat(evictable("lower")).isEmpty();
    assertThat(refused(kai("unknown").labelled("priorityClassName", "urgent")))
        .contains("no PriorityClass with name urgent was found");
  }

  private static Pod kai(String name) {
    return Pod.named(name)
        .spec("{schedulerName: kai-scheduler}")
        .labelled("kai.scheduler/queue", "research")
        .limit("nvidia.com/gpu", "1");
  }

  private String evictable(String pod) {
    return cluster.pod(pod).at("/metadata/annotations/kerf.gpu~1evictable").asText("");
  }

  @Test
  void quotaOnGpuMemoryCountsPodsOfEveryDialect() {
    cluster.nodes(Inventory.eightH100("a").manifest());
    cluster
        .api()
        .post(
            "/api/v1/namespaces/default/resourcequotas",
            "{\"metadata\":{\"name\":\"gpus\"},\"spec\":{\"hard\":"
                + "{\"requests.kerf.gpu/memory\":\"16Gi\",\"requests.kerf.gpu/whole\":\"1\"}}}");
    try {
      TestCluster.await("the quota counts", () -> used("requests.kerf.gpu/memory").equals("0"));
      cluster.create(
          Pod.named("hami").limit("nvidia.com/gpu", "2").limit("nvidia.com/gpumem", "3000"),
          Pod.named("kai").annotated("gpu-memory", "2000"),
          Pod.named("gpushare").limit("aliyun.com/gpu-mem", "4"),
          Pod.named("nvidia").limit("nvidia.com/gpu", "1"));
      cluster.awaitRunning("hami", "kai", "gpushare", "nvidia");
      // 2 * 3000 + 2000 + 4 * 1024 MiB
      TestCluster.await(
          "all are counted", () -> used("requests.kerf.gpu/memory").equals("12096Mi"));
      assertThat(used("requests.kerf.gpu/whole")).isEqualTo("1");

      assertThat(refused(Pod.named("more").annotated("gpu-memory", "5000")))
          .contains("exceeded quota");
      assertThat(refused(Pod.named("other").limit("nvidia.com/gpu", "1")))
          .contains("exceeded quota");
      cluster.assertSlots(5);
    } finally {
      cluster.api().delete("/api/v1/namespaces/default/resourcequotas/gpus");
    }
  }

  private String used(String resource) {
    return cluster
        .api()
        .get("/api/v1/namespaces/default/resourcequotas/gpus")
        .path("status")
        .path("used")
        .path(resource)
        .asText();
  }

  /** The answer of the API server to the creation of a refused pod. */
  private String refused(Pod pod) {
    Api.Answer answer = cluster.api().send("POST", TestCluster.PODS, pod.json());
    assertThat(answer.status()).as("%s", answer.body()).isEqualTo(403);
    return answer.body().path("message").asText();
  }

  @Test
  void podsOfAnAliasAreKerfsIfTheyAskForGpus() {
    Pod asking = Pod.named("asking").annotated("gpu-fraction", "0.5");
    JsonNode taken = dryRun(asking.spec("{schedulerName: kai-scheduler}")).orFail().body();
    assertThat(taken.at("/spec/schedulerName").asText()).isEqualTo("kerf");

    Pod idle = Pod.named("idle").spec("{schedulerName: kai-scheduler}");
    JsonNode left = dryRun(idle).orFail().body();
    assertThat(left.at("/spec/schedulerName").asText()).isEqualTo("kai-scheduler");
    assertThat(left.at("/spec/containers/0").has("env")).isFalse();
  }

  @Test
  void aDebuggingContainerGetsNoDeviceAndCannotNameOne() {
    cluster.nodes(Inventory.eightH100("a").manifest());
    cluster.create(Pod.named("share").memory("8Gi"));
    cluster.awaitRunning("share");

    assertThat(debug("share", "{\"name\":\"debug\",\"image\":\"cuda\"}").status()).isEqualTo(200);
    assertThat(cluster.pod("share").at("/spec/ephemeralContainers/0/env/0/value").asText())
        .isEqualTo("void");
    Api.Answer naming =
        debug(
            "share",
            "{\"name\":\"naming\",\"image\":\"cuda\","
                + "\"env\":[{\"name\":\"NVIDIA_VISIBLE_DEVICES\",\"value\":\"all\"}]}");
    assertThat(naming.body().path("message").asText())
        .contains("NVIDIA_VISIBLE_DEVICES (all) of the ephemeral container naming");
  }

  /** Adds a container to a pod that runs. */
  private Api.Answer debug(String pod, String container) {
    ObjectNode all = cluster.pod(pod).deepCopy();
    try {
      all.withObject("/spec").withArray("ephemeralContainers").add(Api.JSON.readTree(container));
    } catch (IOException wrong) {
      throw new UncheckedIOException(wrong);
    }
    String path = TestCluster.PODS + "/" + pod + "/ephemeralcontainers";
    return cluster.api().send("PUT", path, all.toString());
  }

  @Test
  void noUserChangesWhatDecidesAboutDevicesAndEverythingElseIsFree() {
    cluster.nodes(Inventory.eightH100("a").manifest());
    cluster.create(Pod.named("share").memory("8Gi"));
    cluster.awaitRunning("share");

    Api.Answer forged = annotate("share", "kerf.gpu/visible-devices.main", "GPU-a-7");
    assertThat(forged.body().path("message").asText())
        .contains("kerf.gpu/visible-devices.main decides about devices");
    assertThat(annotate("share", "cdi.k8s.io/mine", "nvidia.com/gpu=all").status()).isEqualTo(403);
    assertThat(annotate("share", "team", "red").status()).isEqualTo(200);
  }

  private Api.Answer annotate(String pod, String key, String value) {
    String body = "{\"metadata\":{\"annotations\":{\"%s\":\"%s\"}}}".formatted(key, value);
    return cluster.api().send("PATCH", TestCluster.PODS + "/" + pod, body);
  }

  @Test
  void aPodThatIsBoundPastTheSchedulerGetsNoDevice() {
    cluster.nodes(Inventory.eightH100("a").manifest());
    cluster.scheduler().pause();
    try {
      cluster.create(Pod.named("past").memory("8Gi"));
      String binding =
          "{\"metadata\":{\"name\":\"past\"},\"target\":{\"kind\":\"Node\",\"name\":\"a\"}}";
      cluster.api().post(TestCluster.PODS + "/past/binding", binding);
      cluster.awaitRunning("past");
    } finally {
      cluster.scheduler().resume();
    }
    assertThat(valueOf(cluster.pod("past"), "/spec/containers/0", "NVIDIA_VISIBLE_DEVICES"))
        .isEmpty();
  }

  @Test
  void everyProblemIsTold() {
    cluster.nodes(Inventory.eightH100("a").manifest());
    assertThat(
            refused(
                Pod.named("greedy")
                    .memory("96Gi")
                    .spec("{hostPID: true, volumes: [{name: dev, hostPath: {path: /dev}}]}")))
        .contains("hostPID: true", "is the node's /dev", "The largest managed GPU has 81559Mi");
    assertThat(refused(Pod.named("bypass").memory("8Gi").spec("{nodeName: a}")))
        .contains("spec.nodeName: a");
  }

  @Test
  void ofTheNodeAPodHasWhatIsOpenAndNothingElse() {
    cluster.nodes(Inventory.eightH100("a").manifest());
    for (String path : List.of("/root/.ssh", "/run/dbus", "/usr/bin", "/opt/cni/bin", "/data")) {
      assertThat(refused(mounting(path, "")))
          .contains("is the node's " + path, "admission.hostPaths");
    }
    assertThat(refused(mounting("/scratch/link", ""))).contains("Mount /scratch with a subPath");
    assertThat(refused(mounting("/data/models", ""))).contains("Write readOnly: true");
    assertThat(dryRun(mounting("/data/models/llama", ", readOnly: true")).status()).isEqualTo(201);
    assertThat(dryRun(mounting("/scratch", ", subPath: mine")).status()).isEqualTo(201);
    assertThat(refused(adding("DAC_READ_SEARCH"))).contains("the capability DAC_READ_SEARCH");
    assertThat(dryRun(adding("IPC_LOCK, CHOWN")).status()).isEqualTo(201);
    assertThat(
            refused(
                Pod.named("flex")
                    .memory("8Gi")
                    .spec("{volumes: [{name: v, flexVolume: {driver: any/host}}]}")))
        .contains("is of a kind (flexVolume)");
  }

  private static Pod mounting(String path, String mount) {
    return Pod.named("mounting")
        .memory("8Gi")
        .spec(
            ("{volumes: [{name: v, hostPath: {path: %s}}], initContainers: [{name: first, image:"
                    + " app, volumeMounts: [{name: v, mountPath: /v%s}]}]}")
                .formatted(path, mount));
  }

  private static Pod adding(String capabilities) {
    return Pod.named("adding")
        .memory("8Gi")
        .spec(
            ("{initContainers: [{name: first, image: app, securityContext: {capabilities: {add:"
                    + " [%s]}}}]}")
                .formatted(capabilities));
  }

  @Test
  void aContainerThatAnotherWebhookAddsLaterGetsNoDevice(@TempDir Path folder) {
    try (Injector mesh = new Injector(folder)) {
      cluster.plane().apply(mesh.manifest());
      Pod asking = Pod.named("meshed").memory("8Gi").labelled("mesh", "yes");
      TestCluster.await(
          "the other webhook is asked",
          () ->
              dryRun(asking).body().at("/spec/containers/1/name").asText().equals(Injector.PROXY));
      JsonNode pod = dryRun(asking).orFail().body();
      assertThat(valueOf(pod, "/spec/containers/1", "NVIDIA_VISIBLE_DEVICES")).isEqualTo("void");
      for (JsonNode container : pod.at("/spec/containers")) {
        assertThat(container.path("env").findValuesAsText("name")).doesNotHaveDuplicates();
      }
      assertThat(pod.at("/spec/containers/0/volumeMounts")).hasSize(2);
    } finally {
      cluster.plane().kubectl("delete", "mutatingwebhookconfiguration", "mesh");
    }
  }

  @Test
  void aNewCertificateIsTakenWhileItRuns() {
    webhook.show(1);
    TestCluster.await(
        "Kerf has taken it",
        () ->
            cluster.kerf().metric("kerf_tls_reloads_total{port=\"webhook\",outcome=\"changed\"")
                > 0);
    TestCluster.await("the API server asks on", () -> isAsked("kerf"));
    webhook.show(0);
  }

  @Test
  void whileNoKerfRunsOnlyItsOwnPodsWait() {
    cluster.kerf().kill();
    try {
      Api.Answer ours = dryRun(Pod.named("ours").memory("8Gi"));
      assertThat(ours.body().path("message").asText()).contains("failed calling webhook");
      assertThat(dryRun(Pod.named("theirs").spec("{schedulerName: default-scheduler}")).status())
          .isEqualTo(201);
      assertThat(dryRun(Pod.named("others").spec("{schedulerName: volcano}")).status())
          .isEqualTo(201);
      String system = "/api/v1/namespaces/kube-system/pods?dryRun=All";
      assertThat(cluster.api().send("POST", system, Pod.named("system").json()).status())
          .isEqualTo(201);
    } finally {
      cluster.kerf().start();
    }
    TestCluster.await("the API server asks again", () -> isAsked("kerf"));
  }

  @Test
  void theVerbsAreReachedFromThisMachineAlone() throws IOException {
    int port = URI.create(cluster.kerf().address()).getPort();
    for (InetAddress address : outside()) {
      assertThatThrownBy(() -> new Socket(address, port).close())
          .as("%s", address)
          .isInstanceOf(IOException.class);
    }
    new Socket(InetAddress.getLoopbackAddress(), port).close();
  }

  /** This machine's addresses as others know them. */
  private static List<InetAddress> outside() throws IOException {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(each -> each instanceof Inet4Address && !each.isLoopbackAddress())
        .toList();
  }

  /** The value that the kubelet gives a variable of a container. */
  private static String valueOf(JsonNode pod, String container, String variable) {
    JsonNode found = MissingNode.getInstance();
    for (JsonNode entry : pod.at(container).path("env")) {
      found = entry.path("name").asText().equals(variable) ? entry : found;
    }
    assertThat(found.isObject()).as(variable).isTrue();
    String path = found.at("/valueFrom/fieldRef/fieldPath").asText();
    if (path.isEmpty()) {
      return found.path("value").asText();
    }
    String key = path.substring(path.indexOf('\'') + 1, path.lastIndexOf('\''));
    return pod.at("/metadata/annotations").path(key).asText();
  }
}
