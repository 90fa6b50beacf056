package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.Kerf;
import gpu.kerf.extender.controlplane.Program;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The overlay {@code k3s} and the built image on K3s, in the container that Testcontainers starts.
 * Where {@code rancher/k3s} cannot be pulled, {@code src/test/k3s/with-docker} puts upstream
 * Kubernetes in its place.
 */
@Tag("cluster")
final class K3sTest {
  private static final String DEVICES = "NVIDIA_VISIBLE_DEVICES";

  @TempDir static Path folder;

  private static InstalledK3s k3s;

  @BeforeAll
  static void start() {
    k3s = InstalledK3s.start(folder);
    System.out.printf("K3sTest runs on %s, Kubernetes %s%n", k3s.image(), k3s.version());
    k3s.kubectl("create", "priorityclass", "low", "--value=10");
    k3s.kubectl("create", "priorityclass", "urgent", "--value=1000");
  }

  @AfterAll
  static void stop() {
    if (k3s != null) {
      k3s.close();
    }
  }

  @AfterEach
  void leaveNothing() {
    k3s.clear();
  }

  @Test
  void podIsPlacedBoundAndToldItsPartOfAGpu() {
    // 8192 MiB: more than 1g.5gb has, and 1g.10gb strands least.
    k3s.create(Pod.named("p").memory("8Gi").wall("mig"));
    k3s.awaitRunning("p");
    JsonNode pod = k3s.pod("p");
    assertThat(pod.at("/spec/nodeName").asText()).isEqualTo(k3s.node());
    assertThat(pod.at("/spec/runtimeClassName").asText()).isEqualTo("nvidia");
    assertThat(uuidOf(pod)).isEqualTo("MIG-%s-2-0".formatted(k3s.node()));
    assertThat(k3s.environment("p")).containsEntry(DEVICES, uuidOf(pod));
  }

  @Test
  void urgentPodEvictsAndGetsWhatItsVictimHad() {
    k3s.create(whole("low-0", "low"), whole("low-1", "low"));
    k3s.awaitRunning("low-0");
    k3s.awaitRunning("low-1");
    Map<String, String> before =
        Map.of("low-0", uuidOf(k3s.pod("low-0")), "low-1", uuidOf(k3s.pod("low-1")));
    assertThat(before.values()).doesNotHaveDuplicates();

    k3s.create(whole("urgent", "urgent"));
    k3s.awaitRunning("urgent");
    String victim = k3s.exists("low-0") ? "low-1" : "low-0";
    String spared = victim.equals("low-0") ? "low-1" : "low-0";
    assertThat(k3s.exists(victim)).isFalse();
    assertThat(k3s.exists(spared)).isTrue();
    assertThat(k3s.environment("urgent")).containsEntry(DEVICES, before.get(victim));
    assertThat(uuidOf(k3s.pod(spared))).isEqualTo(before.get(spared));
  }

  /** With the kubeconfig that Testcontainers hands out, from outside of the container. */
  @Test
  void auditReadsBackWhatIsHeld() {
    k3s.create(Pod.named("whole").whole(2), Pod.named("part").memory("16Gi").wall("mig"));
    k3s.awaitRunning("whole");
    k3s.awaitRunning("part");
    Program audit = audit();
    assertThat(audit.exitCode()).as(audit.log()).isZero();
    assertThat(audit.log())
        .contains("pod default/whole", "GPU-%s-0".formatted(k3s.node()))
        .contains("pod default/part", "GPU-%s-2".formatted(k3s.node()))
        .contains("0 overlaps, 0 invalid slots, 0 unknown");
  }

  private static Pod whole(String name, String priority) {
    return Pod.named(name).whole(1).priority(priority).spec("{terminationGracePeriodSeconds: 1}");
  }

  private static Program audit() {
    Program audit =
        Program.start(
            folder.resolve("audit.log"),
            Map.of(),
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Kerf.class.getName(),
                "audit",
                "--kubeconfig=" + k3s.kubeconfig()));
    Await.until("the audit ends", () -> !audit.running());
    return audit;
  }

  private static String uuidOf(JsonNode pod) {
    JsonNode slot = TestCluster.placement(pod).at("/containers/0/slots/0");
    return slot.path("mig").path("uuid").asText(slot.path("uuid").asText());
  }
}
