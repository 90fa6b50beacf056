package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.Kerf;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.controlplane.Options;
import gpu.kerf.extender.controlplane.Program;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** {@code kerf audit} as a process, against an API server on which pods were bound by hand. */
@ClusterTest
final class AuditOnAClusterTest {
  private static final String READER = "auditor";

  /** What the documentation calls the least right that is enough. */
  private static final String ROLE =
      """
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRole
      metadata: {name: kerf-audit}
      rules:
      - {apiGroups: [""], resources: [pods, nodes], verbs: [list]}
      - {apiGroups: [resource.k8s.io], resources: [resourceslices, resourceclaims], verbs: [list]}
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRoleBinding
      metadata: {name: kerf-audit}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: kerf-audit}
      subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: auditor}]
      """;

  private final ControlPlane plane = ControlPlane.start(Options.defaults().user(READER));
  private int runs;

  @AfterEach
  void stop() {
    plane.close();
  }

  @Test
  void twoPodsOnOneSlotAreNamedAndTheirEndMakesItClean() {
    plane.apply(ROLE);
    plane.create("/api/v1/nodes", List.of(Inventory.fourCutA100("a").manifest()));
    bind("first", 0);
    bind("second", 1);
    Audited clean = audit();
    assertThat(clean.code).as(clean.text).isZero();
    assertThat(clean.text).contains("pod default/first", "0 overlaps, 0 invalid slots, 0 unknown");

    bind("third", 0);
    Audited broken = audit();
    assertThat(broken.code).as(broken.text).isEqualTo(1);
    assertThat(broken.text)
        .contains("OVERLAP mig-instance: GPU 0 (GPU-a-0) of node a:")
        .contains("pod default/first", "pod default/third")
        .contains("1 overlaps, 0 invalid slots, 0 unknown");

    plane.kubectl("delete", "pod", "third", "--grace-period=0", "--force");
    assertThat(audit().code).isZero();
  }

  private record Audited(int code, String text) {}

  /** Runs the command with the rights of the documented role. */
  private Audited audit() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(Kerf.class.getName(), "audit"));
    command.add("--kubeconfig=" + plane.kubeconfig(READER));
    Program program = plane.run("audit-" + runs++, Map.of(), command);
    Await.until("the audit ends", () -> !program.running());
    return new Audited(program.exitCode(), program.log());
  }

  /** Binds a pod with a record as Kerf writes it, to a MIG instance of 1g.5gb on GPU 0 or 1. */
  private void bind(String name, int gpu) {
    plane.create(TestCluster.PODS, List.of(Pod.named(name).json()));
    ObjectNode binding = Api.JSON.createObjectNode().put("apiVersion", "v1").put("kind", "Binding");
    binding
        .withObject("/metadata")
        .put("name", name)
        .withObject("/annotations")
        .put(
            "kerf.gpu/placement",
            """
            {"v":1,"node":"a","containers":[{"name":"main","wall":"mig","slots":[
              {"gpu":%1$d,"uuid":"GPU-a-%1$d","mig":{"profile":"1g.5gb","start":2,"uuid":"MIG-a-%1$d-2"},
               "memoryMiB":4864}]}]}"""
                .formatted(gpu));
    binding.withObject("/target").put("apiVersion", "v1").put("kind", "Node").put("name", "a");
    Api.of(plane.kubeconfig()).post(TestCluster.PODS + "/" + name + "/binding", binding.toString());
  }
}
