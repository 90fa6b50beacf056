package gpu.kerf.model.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GpuCatalogTest {

  private static final GpuCatalog CATALOG = GpuCatalog.builtIn();

  @ParameterizedTest
  @CsvSource({
    // as labels, drivers and people write them
    "NVIDIA-H100-80GB-HBM3, 81559, H100-80GB",
    "NVIDIA H100 80GB HBM3, 81559, H100-80GB",
    "NVIDIA-H100-PCIe, 81559, H100-80GB-PCIe",
    "NVIDIA-H100-NVL, 95830, H100-94GB-NVL",
    "NVIDIA-H800, 81559, H100-80GB",
    "NVIDIA A100-SXM4-40GB, 40960, A100-40GB",
    "NVIDIA-A100-SXM4-40GB, 40536, A100-40GB",
    "A100-PCIE-40GB, 40537, A100-40GB",
    "NVIDIA-A100-PCIE-40GB, 40960, A100-40GB",
    "NVIDIA-A100-SXM4-80GB, 81920, A100-80GB",
    "NVIDIA-A100-SXM4-80GB, 81251, A100-80GB",
    "NVIDIA-A100-80GB-PCIe, 81920, A100-80GB",
    "NVIDIA A100 80GB PCIe, 81920, A100-80GB",
    "NVIDIA-A30, 24576, A30",
    "NVIDIA-H200, 143771, H200-141GB",
    "NVIDIA-H200-NVL, 143771, H200-141GB",
    "NVIDIA-GH200-480GB, 97871, H100-96GB",
    "NVIDIA-GH200-144G-HBM3e, 146831, GH200-144GB",
    "NVIDIA-H20, 97871, H20-96GB",
    "NVIDIA-H20-3e, 143771, H20-141GB",
    "NVIDIA-B200, 183359, B200-180GB",
    "NVIDIA-GB200, 189471, GB200-186GB",
    "NVIDIA-B300-SXM6-AC, 275040, B300-269GB",
    "NVIDIA-GB300, 284208, GB300-278GB",
    "NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition, 97887, RTX-PRO-6000-Blackwell",
    "NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition, 97887, RTX-PRO-6000-Blackwell",
    "NVIDIA RTX PRO 5000 Blackwell, 48935, RTX-PRO-5000-Blackwell",
    "Tesla-T4, 15360, T4",
    "Tesla-T4, 15109, T4",
    "NVIDIA Tesla T4, 15360, T4",
    "Tesla V100-SXM2-16GB, 16384, V100-16GB",
    "Tesla-V100-SXM2-16GB, 16160, V100-16GB",
    "Tesla-V100-SXM2-32GB, 32510, V100-32GB",
    "Tesla-V100-PCIE-32GB, 32768, V100-32GB",
    "Tesla-V100S-PCIE-32GB, 32768, V100-32GB",
    "Tesla P100-PCIE-16GB, 16280, P100-16GB",
    "NVIDIA-A10, 23028, A10",
    "NVIDIA A10, 24564, A10",
    "NVIDIA-A10G, 23028, A10G",
    "NVIDIA-A40, 46068, A40",
    "NVIDIA A40, 49140, A40",
    "NVIDIA-L4, 23034, L4",
    "NVIDIA-L40, 46068, L40",
    "NVIDIA-L40S, 46068, L40S",
    "NVIDIA GeForce RTX 4090, 24564, RTX-4090",
    "RTX 4090, 24564, RTX-4090",
    "NVIDIA RTX A6000, 49140, RTX-A6000",
    "NVIDIA RTX A6000, 46068, RTX-A6000",
    "NVIDIA RTX 6000 Ada Generation, 49140, RTX-6000-Ada",
    "Quadro RTX 6000, 24576, Quadro-RTX-6000",
    // catalogue names, any case, blanks and dashes
    "h100 80gb, 81559, H100-80GB",
    "  a100_40gb  , 40960, A100-40GB",
    "H100-80GB-SXM, 81559, H100-80GB"
  })
  void aNameInTheWildIsFoundWithItsMemoryAndWithout(String name, int memoryMiB, String expected) {
    assertThat(CATALOG.find(name, memoryMiB)).hasToString(expected);
    assertThat(CATALOG.find(name, 0)).hasToString(expected);
    assertThat(CATALOG.find(name + "-SHARED", memoryMiB)).hasToString(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "NVIDIA-H100-80GB-HBM3-MIG-1g.10gb, 9984, H100-80GB",
    "NVIDIA-A100-PCIE-40GB-MIG-7g.40gb, 40192, A100-40GB",
    "NVIDIA-H100-80GB-HBM3-MIG-1g.10gb-SHARED, 9984, H100-80GB",
    "NVIDIA A100-SXM4-40GB MIG 1g.5gb, 4864, A100-40GB",
    "nvidia-h200-mig-1g.18gb.me, 16384, H200-141GB"
  })
  void besideTheNameOfAnInstanceStandsItsOwnMemory(String name, int memoryMiB, String expected) {
    assertThat(CATALOG.find(name, memoryMiB)).hasToString(expected);
  }

  @ParameterizedTest
  @CsvSource({
    // nearest within 7 %
    "A100, 40537, A100-40GB",
    "A100, 40960, A100-40GB",
    "A100, 81251, A100-80GB",
    "NVIDIA A800, 81920, A100-80GB",
    "V100, 16160, V100-16GB",
    "V100, 32768, V100-32GB",
    // 94 and 96 GB are 2 % apart: the nearer one
    "H100, 95830, H100-94GB-NVL",
    "H100, 97871, H100-96GB",
    "GH200, 97871, H100-96GB",
    "GH200, 146831, GH200-144GB"
  })
  void whereSeveralShareANameTheMemoryDecides(String name, int memoryMiB, String expected) {
    assertThat(CATALOG.find(name, memoryMiB)).hasToString(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "A100, 0",
    "V100, 0",
    "H100, 0",
    // SXM and PCIe have the same memory
    "H100, 81559",
    // no A100 has it: 61440 is 25 % from 81920
    "A100, 61440",
    // halfway between the two, and 34 % from the nearer
    "V100, 24576"
  })
  void whatStaysAmbiguousIsNotGuessed(String name, int memoryMiB) {
    assertThat(CATALOG.find(name, memoryMiB)).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "NVIDIA-A100-SXM4-40GB, 81920",
    "NVIDIA-H100-80GB-HBM3, 95830",
    "Tesla-T4, 16384000",
    "NVIDIA-A10, 40960"
  })
  void memoryThatContradictsTheNameFindsNothing(String name, int memoryMiB) {
    // 16384000 MiB is what a label in KiB would look like
    assertThat(CATALOG.find(name, Math.min(memoryMiB, 1 << 24))).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "-",
        "NVIDIA",
        "Tesla",
        "NVIDIA Tesla",
        "A1",
        "A",
        "A1000",
        "L",
        "L400",
        "H10",
        "H1000",
        "A100-NVL",
        "H100 NVL 2",
        "NVIDIA A10-4Q",
        "GRID T4-16Q",
        "A100-SXM-64GB",
        "NVIDIA H100 64GB",
        "MIG-1g.10gb",
        "-MIG-",
        "SHARED",
        "RTX PRO 5000 72GB Blackwell",
        "NVIDIA GB300-WS",
        "AMD Instinct MI300X"
      })
  void aNameThatIsOnlySimilarFindsNothing(String name) {
    assertThat(CATALOG.find(name, 0)).isNull();
  }

  @Test
  void aNegativeMemoryIsRefused() {
    assertThatThrownBy(() -> CATALOG.find("T4", -1))
        .hasMessageContaining("T4")
        .hasMessageContaining("-1");
  }

  @Test
  void anAddedModelIsFoundBesideTheOthers() {
    GpuCatalog more =
        CATALOG.with(
            GpuModel.named("A100-64GB")
                .memoryMiB(65_000)
                .alias("A100")
                .alias("A100-SXM-64GB")
                .build());
    assertThat(more.find("NVIDIA-A100-SXM-64GB", 0)).hasToString("A100-64GB");
    assertThat(more.find("A100", 65_536)).hasToString("A100-64GB");
    assertThat(more.find("A100", 40_960)).hasToString("A100-40GB");
    assertThat(more.models()).hasSize(CATALOG.models().size() + 1);
    assertThat(CATALOG.find("A100-64GB", 0)).isNull();
  }

  @Test
  void aCorrectedModelTakesThePlaceAndTheAliasesOfTheOldOne() {
    GpuModel corrected = GpuModel.named("T4").memoryMiB(15_000).build();
    GpuCatalog more = CATALOG.with(corrected);
    assertThat(more.find("Tesla-T4", 0)).isSameAs(corrected);
    assertThat(more.find("T4", 15_360)).isSameAs(corrected);
    assertThat(more.models()).hasSameSizeAs(CATALOG.models()).contains(corrected);

    GpuModel v100 = GpuModel.named("V100-16GB").memoryMiB(16_000).build();
    assertThat(CATALOG.with(v100).find("Tesla-V100-SXM2-16GB", 16_160)).isSameAs(v100);
  }

  @Test
  void anAddedAliasWinsOverABuiltInOne() {
    GpuModel own = GpuModel.named("ours").memoryMiB(15_360).alias("Tesla T4").build();
    assertThat(CATALOG.with(own).find("NVIDIA T4", 15_360)).isSameAs(own);
    assertThat(CATALOG.with(GpuCatalog.of(List.of(own))).find("t4", 0)).isSameAs(own);
  }

  @Test
  void theLastCorrectionWins() {
    GpuModel first = GpuModel.named("T4").memoryMiB(15_000).build();
    GpuModel second = GpuModel.named("t4").memoryMiB(14_000).build();
    assertThat(CATALOG.with(first).with(second).find("T4", 0)).isSameAs(second);
  }

  @Test
  void contradictionsWithinACatalogueAreRefused() {
    GpuModel one = GpuModel.named("X-1").memoryMiB(1).build();
    GpuModel same = GpuModel.named("NVIDIA x 1").memoryMiB(2).build();
    GpuModel thief = GpuModel.named("Y").memoryMiB(2).alias("x1").build();
    GpuModel twice = GpuModel.named("Z").memoryMiB(2).alias("z z").alias("Z-Z").build();
    GpuModel empty = GpuModel.named("NVIDIA -").memoryMiB(2).build();
    assertThatThrownBy(() -> GpuCatalog.of(List.of(one, same))).hasMessageContaining("NVIDIA x 1");
    assertThatThrownBy(() -> GpuCatalog.of(List.of(one, thief)))
        .hasMessageContaining("x1")
        .hasMessageContaining("Y");
    assertThatThrownBy(() -> GpuCatalog.of(List.of(twice))).hasMessageContaining("Z-Z");
    assertThatThrownBy(() -> GpuCatalog.of(List.of(empty))).hasMessageContaining("NVIDIA -");
  }

  @Test
  void anEmptyCatalogueFindsNothing() {
    assertThat(GpuCatalog.of(List.of()).find("T4", 0)).isNull();
    assertThat(GpuCatalog.parse("").models()).isEmpty();
  }
}
