package gpu.kerf.extender.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.docs.Guides;
import gpu.kerf.extender.stream.JsonSchema;
import gpu.kerf.extender.wire.InventoryRecord;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.Topology;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The script of the component {@code inventory-reporter}, on outputs of nvidia-smi in the forms
 * that NVIDIA documents. Each record is read by Kerf's own reader.
 */
class InventoryScriptTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path SCRIPT = Shipped.file("components/inventory-reporter/inventory.sh");
  private static final Path RECORDED =
      Path.of(System.getProperty("basedir", ""))
          .toAbsolutePath()
          .resolve("src/test/resources/nvidia-smi");

  @TempDir Path folder;

  private Path programs;
  private Path file;

  /** How the script ended, and what it said. */
  private record Ended(int code, String said) {}

  @BeforeEach
  void prepare() throws IOException {
    programs = Files.createDirectories(folder.resolve("bin"));
    file = folder.resolve("record.json");
    Files.createSymbolicLink(programs.resolve("nvidia-smi"), RECORDED.resolve("nvidia-smi"));
  }

  private Ended look(String recorded) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder("sh", SCRIPT.toString(), file.toString(), "--once")
            .redirectErrorStream(true);
    builder.environment().put("RECORDED", RECORDED.resolve(recorded).toString());
    builder.environment().merge("PATH", programs + ":", (path, first) -> first + path);
    Process script = builder.start();
    String said = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(script.waitFor(), said);
  }

  private InventoryRecord record() throws Exception {
    String text = Files.readString(file);
    Path root = Objects.requireNonNull(Guides.README.getParent());
    Path schema = root.resolve("docs/reference/inventory.schema.json");
    JsonSchema described = new JsonSchema(JSON.readTree(Files.readString(schema)));
    assertThat(described.problems(JSON.readTree(text))).isEmpty();
    return InventoryRecord.parse(text, GpuCatalog.builtIn());
  }

  @Test
  void instancesHaveTheirUuidsProfilesAndStarts() throws Exception {
    assertThat(look("mig").code()).isZero();
    InventoryRecord record = record();
    GpuSpec gpu = record.gpus().get(0);
    assertThat(gpu.model().name()).isEqualTo("A100-40GB");
    assertThat(gpu.mode()).isEqualTo(GpuMode.MIG);
    assertThat(gpu.instances())
        .extracting(each -> each.uuid() + " " + each.profile().name() + "@" + each.start())
        .containsExactlyInAnyOrder(
            "MIG-0f2c1e3a-1111-5a6b-8c7d-000000000000 3g.20gb@0",
            "MIG-0f2c1e3a-1111-5a6b-8c7d-000000000001 2g.10gb@4",
            "MIG-0f2c1e3a-1111-5a6b-8c7d-000000000002 1g.5gb@6");
    assertThat(record.gpus().get(1).mode()).isEqualTo(GpuMode.PLAIN);
    assertThat(record.topology())
        .isEqualTo(Topology.of(2).numa(0, 3).numa(1, 3).nvlink(0, 1, 12).build());
  }

  @Test
  void everyPairOfEightGpusIsLinked() throws Exception {
    assertThat(look("h100").code()).isZero();
    InventoryRecord record = record();
    assertThat(record.gpus()).hasSize(8).allMatch(gpu -> gpu.model().name().equals("H100-80GB"));
    Topology.Builder all = Topology.of(8);
    for (int a = 0; a < 8; a++) {
      all.numa(a, a / 4);
      for (int b = a + 1; b < 8; b++) {
        all.nvlink(a, b, 18);
      }
    }
    assertThat(record.topology()).isEqualTo(all.build());
  }

  @Test
  void cardsWithoutMigAreOnOneSwitch() throws Exception {
    assertThat(look("t4").code()).isZero();
    assertThat(record().gpus()).hasSize(2).allMatch(gpu -> gpu.mode() == GpuMode.PLAIN);
    assertThat(record().topology()).isEqualTo(Topology.of(2).pcieSwitch(0, 1).build());
  }

  @Test
  void gpuInMigModeWithoutInstancesHasNone() throws Exception {
    assertThat(look("mig-without-instances").code()).isZero();
    assertThat(record().gpus().get(0).mode()).isEqualTo(GpuMode.MIG);
    assertThat(record().gpus().get(0).instances()).isEmpty();
  }

  @Test
  void instanceOfSeveralComputeInstancesIsLeftOutAndNamed() throws Exception {
    Ended ended = look("split-instance");
    assertThat(ended.code()).isZero();
    assertThat(ended.said()).contains("GPU 0: the GPU instance 1 (3g.20gb) has not exactly one");
    assertThat(record().gpus().get(0).instances())
        .extracting(each -> each.profile().name())
        .containsExactly("1g.10gb");
  }

  @ParameterizedTest
  @ValueSource(strings = {"unreadable", "nothing"})
  void whileADriverFailsTheFileStaysAsItIs(String recorded) throws Exception {
    look("t4");
    String before = Files.readString(file);
    Ended ended = look(recorded);
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.said()).contains("Unknown Error");
    assertThat(file).hasContent(before);
  }

  @Test
  void fileIsWrittenWhenSomethingHasChangedAlone() throws Exception {
    look("t4");
    Object first = Files.getAttribute(file, "unix:ino");
    assertThat(look("t4").said()).isEmpty();
    assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(first);
    assertThat(look("h100").said()).contains("8 GPUs");
  }

  /** NVIDIA's images have mawk; others have what busybox has. */
  @Test
  void anotherAwkMakesTheSame() throws Exception {
    look("mig");
    String before = Files.readString(file);
    Optional<Path> busybox =
        List.of(Path.of("/bin/busybox"), Path.of("/usr/bin/busybox")).stream()
            .filter(Files::isExecutable)
            .findFirst();
    Assumptions.assumeTrue(busybox.isPresent(), "no busybox");
    Files.createSymbolicLink(programs.resolve("awk"), busybox.orElseThrow());
    Files.delete(file);
    look("mig");
    assertThat(file).hasContent(before);
  }
}
