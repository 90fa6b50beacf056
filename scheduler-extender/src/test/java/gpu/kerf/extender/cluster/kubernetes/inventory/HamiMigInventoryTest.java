package gpu.kerf.extender.cluster.kubernetes.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.DriverDevices.OfGpu;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigProfile;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What HAMi's device plugin cuts, as it registers that from HAMi 2.10 on. */
class HamiMigInventoryTest {
  private static final GpuModel A100 = model("A100-40GB");
  private static final GpuModel A100_80 = model("A100-80GB");

  private static final String SMALL =
      """
      {"name":"1g.5gb","memoryMB":4864,"core":15,"sliceCount":1,"placements":[
        {"start":0,"size":1},{"start":1,"size":1},{"start":2,"size":1},{"start":3,"size":1},
        {"start":4,"size":1},{"start":5,"size":1},{"start":6,"size":1}]}\
      """;

  private static final String HALF =
      """
      {"name":"3g.20gb","memoryMB":19968,"core":43,"sliceCount":3,"placements":[{"start":0,"size":4},{"start":4,"size":4}]}\
      """;

  private final HamiMigInventory hami = new HamiMigInventory(GpuCatalog.builtIn());

  private static GpuModel model(String name) {
    return Objects.requireNonNull(GpuCatalog.builtIn().find(name, 0), name);
  }

  private static String gpu(String more, String type, int memory, String... profiles) {
    return """
    {"id":"GPU-%1$s","count":7,"devmem":%3$d,"devcore":100,"type":"%2$s","numa":1,"mode":"mig","migProfiles":[%4$s],"health":true}\
    """
        .formatted(more, type, memory, String.join(",", profiles));
  }

  private static String a100(String more, String... profiles) {
    return gpu(more, "NVIDIA A100-SXM4-40GB", 40_960, profiles);
  }

  private Inventory of(String... gpus) throws WireException {
    Map<String, String> annotations =
        Map.of(HamiInventory.ANNOTATION, "[" + String.join(",", gpus) + "]");
    return hami.of(new NodeFacts("a", Map.of(), annotations));
  }

  private static OfGpu devices(Inventory inventory, int gpu) {
    return Objects.requireNonNull(inventory.devices()).of(gpu);
  }

  private static MigProfile profile(GpuModel model, String name) {
    return Objects.requireNonNull(model.profile(name), name);
  }

  @Test
  void whatTheAllowListHasIsCutAtThePlacesThatNvmlGives() throws WireException {
    Inventory inventory = of(a100("0", SMALL, HALF));
    GpuSpec gpu = inventory.gpus().get(0);
    assertThat(gpu.mode()).isEqualTo(GpuMode.MIG_DYNAMIC);
    assertThat(gpu.model().profiles())
        .extracting(MigProfile::name)
        .containsExactly("1g.5gb", "3g.20gb");
    assertThat(profile(gpu.model(), "1g.5gb").starts()).isEqualTo(0b111_1111);
    assertThat(devices(inventory, 0).instances()).hasSize(9);
    assertThat(devices(inventory, 0).whole()).isNull();
    assertThat(inventory.unusable()).isZero();
  }

  @Test
  void aPlaceThatIsNotRegisteredIsNotOffered() throws WireException {
    Inventory inventory = of(a100("0", HALF.replace(",{\"start\":4,\"size\":4}", "")));
    assertThat(profile(inventory.gpus().get(0).model(), "3g.20gb").starts()).isEqualTo(1);
  }

  /** The plugin looks at "1g" alone, and would make an instance of half the memory. */
  @Test
  void aProfileThatThePluginTakesForAnotherIsNotOffered() throws WireException {
    String doubled = SMALL.replace("1g.5gb", "1g.10gb");
    String media = SMALL.replace("1g.5gb", "1g.5gb+me");
    Inventory inventory = of(a100("0", doubled, media, HALF));
    assertThat(inventory.gpus().get(0).model().profiles())
        .extracting(MigProfile::name)
        .containsExactly("3g.20gb");
  }

  @Test
  void profilesKeepTheNamesThatThePluginGivesThem() throws WireException {
    Inventory inventory =
        of(
            gpu(
                "0",
                "NVIDIA A100-SXM4-80GB",
                81_920,
                """
                {"name":"7g.79gb","memoryMB":80384,"placements":[{"start":0,"size":8}]}\
                """));
    GpuModel offered = inventory.gpus().get(0).model();
    assertThat(devices(inventory, 0).instance(profile(offered, "7g.80gb"), 0)).isEqualTo("7g.79gb");
    assertThat(offered.name()).isEqualTo(A100_80.name());
  }

  @Test
  void startsCountInTheDriversUnits() throws WireException {
    Inventory inventory =
        of(
            gpu(
                "0",
                "NVIDIA RTX PRO 6000 Blackwell Server Edition",
                97_887,
                """
                {"name":"2g.48gb","memoryMB":48512,"placements":[{"start":0,"size":6},{"start":6,"size":6}]}\
                """));
    assertThat(profile(inventory.gpus().get(0).model(), "2g.48gb").starts()).isEqualTo(0b101);
  }

  /** Cards without profiles are left out of the list, and 0 is left out of an entry. */
  @Test
  void gpusStandInTheOrderOfTheirIndexesAlsoIfSomeAreMissing() throws WireException {
    Inventory inventory =
        of(
            a100("5", SMALL).replace("\"count\"", "\"index\":5,\"count\""),
            a100("0", SMALL),
            a100("2", SMALL).replace("\"count\"", "\"index\":2,\"count\""));
    assertThat(inventory.gpus())
        .extracting(GpuSpec::uuid)
        .containsExactly("GPU-0", "GPU-2", "GPU-5");
  }

  @Test
  void gpusThatAreIllOrNotCutGetNoPods() throws WireException {
    Inventory inventory =
        of(
            a100("0", SMALL),
            a100("1", SMALL).replace("\"health\":true", "\"health\":false"),
            a100("2"),
            a100("3", SMALL).replace("\"mode\":\"mig\"", "\"mode\":\"hami-core\""));
    assertThat(inventory.unusable()).isEqualTo(0b1110);
    assertThat(devices(inventory, 3)).isEqualTo(OfGpu.NOTHING);
  }

  @Test
  void aNodeWithoutProfilesSaysWhatIsMissing() {
    assertThatThrownBy(() -> of(a100("0")))
        .isInstanceOf(WireException.class)
        .hasMessageContaining("registers no MIG profile")
        .hasMessageContaining("from HAMi 2.10 on");
    assertThatThrownBy(() -> hami.of(new NodeFacts("a", Map.of(), Map.of())))
        .hasMessageContaining("registers no MIG profile");
  }

  @Test
  void lessMemoryThanTheCataloguePromisesIsRefused() {
    assertThat(profile(A100, "1g.5gb").memoryMiB()).isEqualTo(4864);
    assertThatThrownBy(() -> of(a100("0", SMALL.replace("4864", "4863"))))
        .isInstanceOf(WireException.class)
        .hasMessageContaining("The memory (4863 MiB) of the MIG profile 1g.5gb")
        .hasMessageContaining("add-a-gpu-model.md");
  }

  @Test
  void aGpuWithoutAnIdIsRefused() {
    assertThatThrownBy(() -> of(a100("0", SMALL).replace("GPU-0", "")))
        .hasMessageContaining("without an id");
  }
}
