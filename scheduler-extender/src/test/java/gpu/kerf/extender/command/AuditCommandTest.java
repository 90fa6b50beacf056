package gpu.kerf.extender.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.KerfCalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From what kubectl printed to what stands on stdout. */
class AuditCommandTest {
  private static final String NODE =
      """
      {"kind":"Node","metadata":{"name":"a","annotations":{"kerf.gpu/inventory":
        "{\\"v\\":1,\\"gpus\\":[{\\"index\\":0,\\"uuid\\":\\"GPU-0\\",\\"model\\":\\"H100-80GB\\",\\"memoryMiB\\":81559}]}"}}}""";
  private static final String SLOTS =
      """
      {\\"v\\":1,\\"node\\":\\"a\\",\\"containers\\":[{\\"name\\":\\"main\\",\\"slots\\":[\
      {\\"gpu\\":%1$d,\\"uuid\\":\\"GPU-%1$d\\",\\"mps\\":{\\"smMilli\\":%2$d},\\"memoryMiB\\":%3$d}]}]}\
      """;
  private static final String POD =
      """
      {"kind":"Pod","metadata":{"namespace":"ml","name":"%1$s","uid":"uid-%1$s",
        "annotations":{"kerf.gpu/placement":"%2$s"}},
       "spec":{"nodeName":"a"},"status":{"phase":"Running"}}""";

  @TempDir private Path folder = Path.of(".");

  private final KerfCalls kerf = new KerfCalls();

  @Test
  void whoHoldsWhatIsPrintedAndTheExitCodeIsZero() throws IOException {
    Path file = write(list(NODE, pod("x", 0, 500, 40_000), pod("y", 0, 0, 1_000)));
    assertThat(audit("-f", file.toString())).as(kerf.err()).isZero();
    assertThat(kerf.out())
        .isEqualTo(
            """
            NODE  GPU  UUID   HELD            MIB  BY        CONTAINER
            a     0    GPU-0  mps 500/1000  40000  pod ml/x  main
            a     0    GPU-0  mps            1000  pod ml/y  main

            1 of 1 GPUs on 1 nodes are held, by 2 holders.
            0 overlaps, 0 invalid slots, 0 unknown.
            """);
  }

  @Test
  void overlapNamesBothPodsAndTheExitCodeIsOne() throws IOException {
    Path file = write(list(NODE, pod("x", 0, 600, 100), pod("y", 0, 401, 100)));
    assertThat(audit("-f", file.toString())).isEqualTo(1);
    assertThat(kerf.out())
        .contains("OVERLAP multiprocessors: GPU 0 (GPU-0) of node a: pod ml/x (main) with")
        .contains("pod ml/y (main) with a share of 100 MiB and 401/1000 SMs")
        .endsWith("1 overlaps, 0 invalid slots, 0 unknown.\n");
  }

  @Test
  void gpuThatIsNotThereIsNoSuccessEither() throws IOException {
    Path file = write(list(NODE, pod("x", 3, 0, 100)));
    assertThat(audit("-f", file.toString())).isEqualTo(1);
    assertThat(kerf.out()).contains("INVALID missing-gpu: pod ml/x holds GPU 3 (GPU-3)");
  }

  @Test
  void jsonIsOneObject() throws IOException {
    Path file = write(list(NODE, pod("x", 0, 0, 81_000), pod("y", 0, 0, 560)));
    assertThat(audit("--json", "-f", file.toString())).isEqualTo(1);
    JsonNode json = new ObjectMapper().readTree(kerf.out());
    assertThat(json.path("v").asInt()).isEqualTo(1);
    // 81000 + 560 = 81560, one more than there is.
    assertThat(json.path("overlaps").asInt()).isEqualTo(1);
    assertThat(json.at("/findings/0/rule").asText()).isEqualTo("memory");
    assertThat(json.at("/findings/0/holders/1/name").asText()).isEqualTo("y");
    assertThat(json.at("/held/0/slots/0/memoryMiB").asInt()).isEqualTo(81_000);
    assertThat(json.at("/held/0/uuid").asText()).isEqualTo("GPU-0");
  }

  @Test
  void severalListsInOneFileAreRead() throws IOException {
    String pods =
        "{\"kind\":\"PodList\",\"items\":[%s]}"
            .formatted(pod("x", 0, 0, 1).replace("\"kind\":\"Pod\",", ""));
    Path file = write(list(NODE) + "\n" + pods);
    assertThat(audit("-f", file.toString())).isZero();
    assertThat(kerf.out()).contains("pod ml/x");
  }

  @Test
  void fileThatHelpsNothingIsRefusedWithHint() throws IOException {
    Path empty = write(list("{\"kind\":\"Service\"}"));
    assertThat(audit("-f", empty.toString())).isEqualTo(1);
    assertThat(kerf.err()).contains("There is no pod, node", "kubectl get pods,nodes");
    Path broken = write("{\"kind\":");
    assertThat(audit("-f", broken.toString())).isEqualTo(1);
    assertThat(kerf.err()).contains("is not JSON", "kubectl -o json");
    assertThat(audit("-f", folder.resolve("none").toString())).isEqualTo(1);
    assertThat(kerf.err()).contains("There is no file " + folder.resolve("none"));
  }

  @Test
  void wrongUsageIsTwo() {
    assertThat(audit("-f", "x", "--kubeconfig", "y")).isEqualTo(2);
    assertThat(audit("--fix")).isEqualTo(2);
  }

  @Test
  void clusterThatCannotBeReachedIsNamed() throws IOException {
    String missing = folder.resolve("none").toString();
    assertThat(audit("--kubeconfig", missing)).isEqualTo(1);
    assertThat(kerf.err()).contains("kubeconfig file (" + missing + ")", "does not exist");
    Path nobody =
        write(
            """
            apiVersion: v1
            kind: Config
            current-context: c
            contexts: [{name: c, context: {cluster: c, user: u}}]
            clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}]
            users: [{name: u, user: {token: t}}]
            """);
    assertThat(audit("--kubeconfig", nobody.toString())).isEqualTo(1);
    assertThat(kerf.err()).contains("The API server http://127.0.0.1:1: Failed to connect");
    assertThat(kerf.out()).isEmpty();
  }

  private static String pod(String name, int gpu, int smMilli, int memoryMiB) {
    return POD.formatted(name, SLOTS.formatted(gpu, smMilli, memoryMiB));
  }

  private static String list(String... items) {
    return "{\"kind\":\"List\",\"items\":[" + String.join(",", items) + "]}";
  }

  private Path write(String text) throws IOException {
    return Files.writeString(Files.createTempFile(folder, "objects", ".json"), text);
  }

  private int audit(String... args) {
    List<String> all = new ArrayList<>(List.of("audit"));
    all.addAll(List.of(args));
    return kerf.call(all.toArray(String[]::new));
  }
}
