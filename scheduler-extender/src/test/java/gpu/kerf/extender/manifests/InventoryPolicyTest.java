package gpu.kerf.extender.manifests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.Kerf;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Options;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the account of the component {@code inventory-reporter} can do with the token of a pod on a
 * node: write one annotation of that node, and no more.
 */
@ClusterTest
final class InventoryPolicyTest {
  private static final String RECORD = "{\"v\":1,\"gpus\":[{\"index\":0,\"model\":\"T4\"}]}";

  @TempDir static Path folder;

  private static ControlPlane plane;

  /** With a token of the pod on the node {@code mine}. */
  private static Path ofPod;

  /** With a token that is of no pod. */
  private static Path ofAccount;

  @BeforeAll
  static void start() throws IOException {
    plane = ControlPlane.start(Options.defaults().withServiceAccounts());
    for (String file : List.of("namespace", "rbac", "policy")) {
      String path = "components/inventory-reporter/" + file + ".yaml";
      plane.kubectl("apply", "-f", Shipped.file(path).toString());
    }
    plane.apply(
        """
        apiVersion: v1
        kind: Node
        metadata: {name: mine}
        ---
        apiVersion: v1
        kind: Node
        metadata: {name: other}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: reporter, namespace: kerf-inventory}
        spec:
          nodeName: mine
          serviceAccountName: kerf-inventory
          containers: [{name: main, image: app}]
        """);
    ofPod = access("pod", "--bound-object-kind=Pod", "--bound-object-name=reporter");
    ofAccount = access("account");
    Await.until("the policy is in force", () -> isRefused(ofAccount, patch("mine", annotation())));
  }

  @AfterAll
  static void stop() {
    plane.close();
  }

  private static Path access(String name, String... bound) throws IOException {
    List<String> command =
        new ArrayList<>(List.of("create", "token", "kerf-inventory", "-n", "kerf-inventory"));
    command.addAll(List.of(bound));
    String token = plane.kubectl(command.toArray(String[]::new)).strip();
    ObjectNode config = (ObjectNode) Shipped.objects(Files.readString(plane.kubeconfig())).get(0);
    ((ObjectNode) config.at("/users/0")).putObject("user").put("token", token);
    Path file = folder.resolve(name);
    Files.writeString(file, config.toString());
    return file;
  }

  private static String[] patch(String node, String body) {
    return new String[] {"patch", "node", node, "--type=merge", "-p", body};
  }

  private static String annotation() {
    return "{\"metadata\":{\"annotations\":{\"kerf.gpu/inventory\":\"%s\"}}}"
        .formatted(RECORD.replace("\"", "\\\""));
  }

  private static String as(Path access, String... command) {
    List<String> all = new ArrayList<>(List.of("--kubeconfig=" + access));
    all.addAll(List.of(command));
    return plane.kubectl(all.toArray(String[]::new));
  }

  private static boolean isRefused(Path access, String... command) {
    try {
      as(access, command);
      return false;
    } catch (IllegalStateException refused) {
      return String.valueOf(refused.getMessage()).contains("The reporter of inventories");
    }
  }

  @Test
  void theInventoryOfTheOwnNodeIsWrittenChangedAndTakenAway() {
    as(ofPod, patch("mine", annotation()));
    as(ofPod, "annotate", "--overwrite", "node", "mine", "kerf.gpu/inventory=x");
    as(ofPod, "annotate", "node", "mine", "kerf.gpu/inventory-");
  }

  @Test
  void theCommandWritesIt() throws IOException {
    Path file = folder.resolve("record.json");
    Files.writeString(file, RECORD + "\n");
    assertThat(write("mine", file)).isZero();
    assertThat(plane.kubectl("get", "node", "mine", "-o", "yaml")).contains(RECORD);
    assertThat(write("other", file)).isEqualTo(1);
    Files.writeString(file, RECORD.replace("T4", "?"));
    assertThat(write("mine", file)).as("an inventory that Kerf could not use").isEqualTo(1);
    assertThat(plane.kubectl("get", "node", "mine", "-o", "yaml")).contains(RECORD);
  }

  private static int write(String node, Path file) {
    return Kerf.commandLine()
        .execute(
            "write-inventory",
            "--once",
            "--node=" + node,
            "--file=" + file,
            "--kubeconfig=" + ofPod);
  }

  @Test
  void theInventoryOfAnotherNodeIsRefused() {
    assertThatThrownBy(() -> as(ofPod, patch("other", annotation())))
        .hasMessageContaining("its token is of the node mine, not of other");
  }

  @Test
  void aTokenOfNoPodWritesNothing() {
    assertThatThrownBy(() -> as(ofAccount, patch("mine", annotation())))
        .hasMessageContaining("its token is of no pod on a node");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"metadata\":{\"annotations\":{\"hami.io/mutex.lock\":\"x\"}}}",
        "{\"metadata\":{\"annotations\":{\"kerf.gpu/inventory\":\"x\",\"b\":\"c\"}}}",
        "{\"metadata\":{\"labels\":{\"kerf.gpu/managed\":\"true\"}}}",
        "{\"metadata\":{\"labels\":{\"pod-security\":\"x\"}}}",
        "{\"metadata\":{\"finalizers\":[\"example.com/kept\"]}}",
        "{\"metadata\":{\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Node\","
            + "\"name\":\"other\",\"uid\":\"1\"}]}}",
        "{\"spec\":{\"unschedulable\":true}}",
        "{\"spec\":{\"taints\":[{\"key\":\"a\",\"effect\":\"NoSchedule\"}]}}",
        "{\"spec\":{\"providerID\":\"x\"}}",
      })
  void anythingElseOfTheOwnNodeIsRefused(String body) {
    assertThatThrownBy(() -> as(ofPod, patch("mine", body)))
        .hasMessageContaining("The reporter of inventories may change");
  }

  @Test
  void theStatusAndAllElseIsNotGranted() {
    String capacity = "{\"status\":{\"capacity\":{\"kerf.gpu/whole\":\"9\"}}}";
    assertThatThrownBy(
            () ->
                as(
                    ofPod,
                    "patch",
                    "node",
                    "mine",
                    "--subresource=status",
                    "--type=merge",
                    "-p",
                    capacity))
        .hasMessageContaining("forbidden");
    assertThatThrownBy(() -> as(ofPod, "delete", "node", "mine")).hasMessageContaining("forbidden");
    assertThatThrownBy(() -> as(ofPod, "get", "nodes")).hasMessageContaining("forbidden");
    assertThatThrownBy(() -> as(ofPod, "get", "pods", "-A")).hasMessageContaining("forbidden");
    assertThatThrownBy(() -> as(ofPod, "get", "secrets", "-n", "kerf-inventory"))
        .hasMessageContaining("forbidden");
  }

  @Test
  void anAdministratorIsNotBound() {
    plane.kubectl("label", "node", "other", "mine=yes", "--overwrite");
  }

  @Test
  void theApiServerReadsThePolicyWithoutAWarning() {
    Await.until("it is checked", () -> !status(".observedGeneration").isEmpty());
    assertThat(status(".typeChecking.expressionWarnings")).isEmpty();
  }

  private static String status(String path) {
    return plane.kubectl(
        "get",
        "validatingadmissionpolicy",
        "kerf-inventory",
        "-o",
        "jsonpath={.status" + path + "}");
  }
}
