package gpu.kerf.extender.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.KerfCalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a file to what stands on stdout. */
class ExplainCommandTest {

  @TempDir private Path folder = Path.of(".");

  private final KerfCalls kerf = new KerfCalls();

  @Test
  void everyPodTemplateOfAFileIsExplained() throws IOException {
    Path file =
        write(
            """
            kind: Pod
            metadata: {name: a}
            spec: {containers: [{name: main, resources: {limits: {kerf.gpu/memory: 8Gi}}}]}
            ---
            kind: List
            items:
            - kind: CronJob
              metadata: {name: b}
              spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: main, resources: {limits: {kerf.gpu/whole: 2}}}]}}}}}
            - kind: Service
              metadata: {name: c}
            ---
            ---
            kind: StatefulSet
            metadata: {name: d}
            spec:
              template:
                spec:
                  containers:
                  - {name: one, resources: {limits: {kerf.gpu/memory: 4G}}}
                  - {name: two, resources: {limits: {kerf.gpu/memory: 4Gi}}}
            """);

    assertThat(explain("-f", file.toString())).isZero();
    assertThat(kerf.err()).contains("Service/c makes no pods; skipped.");
    assertThat(kerf.out())
        .contains("Pod/a\n  read as   container main: 8Gi of the memory of one GPU\n")
        .contains("CronJob/b\n  read as   container main: 2 whole GPUs, close to each other\n")
        .contains("StatefulSet/d\n")
        // 4 x 10^9 bytes are 3814.7 MiB, rounded up.
        .contains("container one: 3815Mi of the memory of one GPU; container two: 4Gi");
  }

  @Test
  void jsonIsOneObject() throws IOException {
    Path file =
        write(
            """
            {"kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[
              {"name":"main","resources":{"limits":{"kerf.gpu/memory":"96Gi"}}}]}}
            """);

    assertThat(explain("--file", file.toString(), "--json")).isZero();

    JsonNode pod = new ObjectMapper().readTree(kerf.out()).path("pods").path(0);
    assertThat(pod.path("from").asText()).isEqualTo("Pod/a");
    assertThat(pod.at("/demand/containers/0/memoryMiB").asInt()).isEqualTo(96 * 1024);
    assertThat(pod.at("/verdicts/0/verdict").asText()).isEqualTo("never");
    assertThat(pod.at("/verdicts/0/reason").asText()).isEqualTo("TOO_BIG");
    assertThat(pod.at("/change/manifestPatch/spec/containers/0/resources/limits").toString())
        .isEqualTo("{\"kerf.gpu/memory\":\"" + 81_152 + "Mi\"}");
    assertThat(pod.has("best")).isFalse();
  }

  @Test
  void nonsenseIsToldAndIsNoFailure() throws IOException {
    Path file =
        write(
            """
            kind: Pod
            metadata: {name: a}
            spec: {containers: [{name: main, resources: {limits: {kerf.gpu/memory: lots}}}]}
            """);

    assertThat(explain("-f", file.toString())).isZero();
    assertThat(kerf.out()).contains("refused").contains("lots");
  }

  @Test
  void anotherFleetCanBeTried() throws IOException {
    Path fleet =
        Files.writeString(
            folder.resolve("fleet.yaml"), "nodes: [{name: only, gpus: [{model: L4}]}]");
    Path file =
        write(
            """
            kind: Pod
            metadata: {name: a}
            spec: {containers: [{name: main, resources: {limits: {kerf.gpu/memory: 8Gi}}}]}
            """);

    assertThat(explain("-f", file.toString(), "--fleet", fleet.toString())).isZero();
    assertThat(kerf.out()).contains("goes to   only: GPU 0: MPS share (8Gi)");
  }

  @Test
  void whatCannotBeReadIsOneAndWrongUsageIsTwo() throws IOException {
    assertThat(explain("-f", folder.resolve("none").toString())).isEqualTo(1);
    assertThat(kerf.err()).contains("There is no file");
    assertThat(explain("-f", write("kind: [").toString())).isEqualTo(1);
    assertThat(kerf.err()).contains("is not YAML");
    assertThat(explain("-f", write("kind: Service").toString())).isEqualTo(1);
    assertThat(kerf.err()).contains("There is no pod in");
    assertThat(explain("-f", write("").toString(), "--url", "ftp://x")).isEqualTo(1);
    Path pod = write("{kind: Pod, spec: {containers: []}}");
    assertThat(explain("-f", pod.toString(), "--url", "http://127.0.0.1:1")).isEqualTo(1);
    assertThat(kerf.err()).contains("Kerf does not answer at http://127.0.0.1:1");
    assertThat(explain()).isEqualTo(2);
    assertThat(explain("-f", pod.toString(), "--url", "http://x", "--fleet", "y")).isEqualTo(2);
  }

  private Path write(String text) throws IOException {
    return Files.writeString(folder.resolve("pods.yaml"), text);
  }

  private int explain(String... arguments) {
    return kerf.call(
        Stream.concat(Stream.of("explain"), Stream.of(arguments)).toArray(String[]::new));
  }
}
