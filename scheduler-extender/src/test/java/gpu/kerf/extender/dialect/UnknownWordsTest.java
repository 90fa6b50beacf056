package gpu.kerf.extender.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.demand.MemoryMiB;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Words that look like a demand for a GPU and are none, and amounts that cannot be meant. */
class UnknownWordsTest {

  private final Dialects dialects = Dialects.all();

  private static PodView.Builder pod() {
    return PodView.of(new PodView.Ref("ml", "p", "1")).schedulerName("kerf");
  }

  private String problems(String resource, String amount) {
    return dialects.read(pod().container("main", Map.of(resource, amount)).build()).problemText();
  }

  @ParameterizedTest
  @CsvSource({
    "nvidia.com/gpumemory, nvidia.com/gpumem",
    "nvidia.com/gpu-memory, nvidia.com/gpumem",
    "nvidia.com/vgpu, nvidia.com/vgpu-number",
    "nvidia.com/gpus, nvidia.com/gpu",
    "nvidia.com/GPU, ''",
    "nvidia.com/mig1g.10gb, nvidia.com/mig-<profile>",
    "nvidia.com/gpumem-percent, nvidia.com/gpumem-percentage",
    "aliyun.com/gpu_mem, aliyun.com/gpu-mem",
    "volcano.sh/vgpu, volcano.sh/vgpu-number",
    "volcano.sh/vgpu-mem, volcano.sh/vgpu-memory",
    "koordinator.sh/gpu-mem, koordinator.sh/gpu-memory",
    "koordinator.sh/gpu-cores, koordinator.sh/gpu-core",
    "kerf.gpu/mem, kerf.gpu/memory",
    "kerf.gpu/gpu-memory, kerf.gpu/memory",
    "kerf.gpu/memroy, kerf.gpu/memory",
    "kerf.gpu/Whole, kerf.gpu/whole",
  })
  void aWordThatNoProjectHasIsRefusedWithTheNearest(String written, String nearest) {
    if (nearest.isEmpty()) {
      // The names of cards for virtual machines are in capitals, too.
      assertThat(problems(written, "1")).isEmpty();
      return;
    }
    assertThat(problems(written, "8000"))
        .contains("The resource " + written + " (8000) of container main is none that Kerf knows")
        .contains(" Maybe " + nearest + " was meant.");
  }

  @Test
  void aWordThatIsNearToNoneIsRefusedWithKerfsOwn() {
    assertThat(problems("nvidia.com/an-entirely-different-word", "1"))
        .contains(" Kerf's own are kerf.gpu/memory and kerf.gpu/whole.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nvidia.com/hostdev",
        "nvidia.com/rdma_shared_device_a",
        "nvidia.com/mlnxnics",
        "nvidia.com/GP102GL_Tesla_P40",
        "nvidia.com/pgpu",
        "koordinator.sh/rdma",
        "volcano.sh/vnpu-core",
        "rdma/hca_shared_devices_a",
        "amd.com/gpu",
        "example.com/nvidia.com",
        "cpu",
        "kerf.gpu/mps",
      })
  void wordsOfOtherDevicesStayTheirOwners(String resource) {
    assertThat(problems(resource, "1")).isEmpty();
  }

  @Test
  void itIsRefusedBesideAKnownWordAndInInitContainersToo() {
    PodView.Resources inFirst = new PodView.Resources(Map.of(), Map.of("kerf.gpu/mem", "8Gi"));
    PodView pod =
        pod()
            .container("main", Map.of("nvidia.com/gpu", "1", "nvidia.com/gpucore", "30"))
            .initContainer(new PodView.Container("first", inFirst, false))
            .build();
    assertThat(dialects.read(pod).problemText())
        .contains("nvidia.com/gpucore (30) of container main", "Maybe nvidia.com/gpucores")
        .contains("kerf.gpu/mem (8Gi) of container first", "Maybe kerf.gpu/memory");
  }

  @Test
  void zeroAsksForNothing() {
    assertThat(problems("nvidia.com/gpumemory", "0")).isEmpty();
  }

  /** It was bound before Kerf knew better, and holds what its record says. */
  @Test
  void aBoundPodIsReadAsItIs() {
    PodView pod =
        pod()
            .container("main", Map.of("kerf.gpu/memory", "1Mi", "kerf.gpu/mem", "1"))
            .nodeName("a")
            .build();
    assertThat(dialects.read(pod).problemText()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "8, 'has no unit, so it counts bytes, and is less than 64Mi', 8Gi",
    "80, 'has no unit', 80Gi",
    "8192, 'has no unit', 8192Mi",
    "16k, 'has no unit', 16000Mi",
  })
  void aNumberWithoutItsUnitIsRefused(String written, String why, String meant) {
    assertThat(problems("kerf.gpu/memory", written))
        .contains("The kerf.gpu/memory (" + written + ") of container main " + why)
        .endsWith("Did you mean " + meant + "?");
  }

  @Test
  void anAmountInWhichNothingCanRunIsRefused() {
    assertThat(problems("kerf.gpu/memory", "63Mi"))
        .isEqualTo(
            "The kerf.gpu/memory (63Mi) of container main is less than 64Mi"
                + " (dialects.leastMemory). Maybe write it as 8Gi.");
    assertThat(problems("kerf.gpu/memory", "64Mi")).isEmpty();
    assertThat(problems("nvidia.com/gpumem", "8"))
        .contains("The GPU memory (8Mi) of container main is less than 64Mi");
    assertThat(problems("kerf.gpu/memory", "8589934592")).isEmpty();
  }

  @Test
  void theLeastAmountIsASetting() {
    Dialects patient = Dialects.all(DialectOptions.defaults().withLeast(new MemoryMiB(1)));
    PodView pod = pod().container("main", Map.of("kerf.gpu/memory", "1Mi")).build();
    assertThat(patient.read(pod).problemText()).isEmpty();
  }
}
