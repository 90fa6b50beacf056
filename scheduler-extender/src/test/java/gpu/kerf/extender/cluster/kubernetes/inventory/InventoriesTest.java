package gpu.kerf.extender.cluster.kubernetes.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class InventoriesTest {
  private static final String REGISTER = "hami.io/node-nvidia-register";

  private final GpuCatalog catalog = GpuCatalog.builtIn();
  private final DriverPools slices = new DriverPools();
  private final Inventories inventories = Inventories.all(catalog, slices);

  private Inventory of(Map<String, String> labels, Map<String, String> annotations)
      throws WireException {
    return inventories.of(new NodeFacts("a", labels, annotations));
  }

  private Inventory hami(String register) throws WireException {
    return of(Map.of(), Map.of(REGISTER, register));
  }

  @Test
  void theFirstWayThatSaysAnythingWins() throws WireException {
    Map<String, String> labels =
        Map.of("nvidia.com/gpu.product", "NVIDIA-A100-SXM4-40GB", "nvidia.com/gpu.count", "8");
    String own =
        "{\"v\":1,\"gpus\":[{\"index\":0,\"model\":\"H100-80GB\",\"memoryMiB\":81559,\"mode\":\"plain\"}]}";
    assertThat(of(labels, Map.of("kerf.gpu/inventory", own)).gpus()).hasSize(1);
    assertThat(of(labels, Map.of()).gpus()).hasSize(8);
    assertThatThrownBy(() -> of(labels, Map.of("kerf.gpu/inventory", "{")))
        .as("what makes no sense is not passed over")
        .isInstanceOf(WireException.class);
    assertThatThrownBy(() -> of(Map.of(), Map.of()))
        .hasMessageContaining("The node says nothing of its GPUs");
  }

  @Test
  void aGpuThatIsIllStaysInTheListAndIsNotUsed() throws WireException {
    String own =
        """
        {"v":1,"gpus":[{"index":0,"model":"H100-80GB","memoryMiB":81559,"mode":"plain"},
          {"index":1,"model":"H100-80GB","memoryMiB":81559,"mode":"plain","healthy":false}]}\
        """;
    Inventory inventory = of(Map.of(), Map.of("kerf.gpu/inventory", own));
    assertThat(inventory.gpus()).hasSize(2);
    assertThat(inventory.unusable()).isEqualTo(0b10);
  }

  @Test
  void labelsGiveEqualGpusByIndex() throws WireException {
    Inventory inventory =
        of(
            Map.of(
                "nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3",
                "nvidia.com/gpu.count", "4",
                "nvidia.com/gpu.memory", "81559"),
            Map.of());
    assertThat(inventory.gpus()).hasSize(4).allMatch(gpu -> gpu.uuid() == null);
    assertThat(inventory.gpus().get(0).model().name()).isEqualTo("H100-80GB");
    assertThat(inventory.gpus().get(0).memoryMiB()).isEqualTo(81_559);
  }

  @Test
  void labelsDoNotSayWhereMigInstancesLie() {
    Map<String, String> mixed =
        Map.of(
            "nvidia.com/gpu.product", "NVIDIA-A100-SXM4-40GB",
            "nvidia.com/gpu.count", "1",
            "nvidia.com/mig-1g.5gb.count", "7");
    assertThatThrownBy(() -> of(mixed, Map.of())).hasMessageContaining("where they lie");
    Map<String, String> single =
        Map.of("nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3-MIG-1g.10gb");
    assertThatThrownBy(() -> of(single, Map.of())).hasMessageContaining("where they lie");
  }

  @Test
  void aCountThatIsNoneIsRefused() {
    Map<String, String> labels =
        Map.of("nvidia.com/gpu.product", "NVIDIA-A100-SXM4-40GB", "nvidia.com/gpu.count", "many");
    assertThatThrownBy(() -> of(labels, Map.of())).hasMessageContaining("(many)");
  }

  @Test
  void hamiRegistersInJsonAndBetweenCommas() throws WireException {
    Inventory json =
        hami(
            """
            [{"id":"GPU-1","index":1,"count":10,"devmem":40960,"type":"NVIDIA-NVIDIA A100-SXM4-40GB","numa":1,"health":false},
             {"id":"GPU-0","index":0,"count":10,"devmem":40960,"type":"NVIDIA-NVIDIA A100-SXM4-40GB","numa":0,"health":true}]\
            """);
    assertThat(json.gpus()).extracting(GpuSpec::uuid).containsExactly("GPU-0", "GPU-1");
    assertThat(json.gpus().get(0).model().name()).isEqualTo("A100-40GB");
    assertThat(json.unusable()).isEqualTo(0b10);
    Inventory commas =
        hami(
            "GPU-0,10,40960,100,NVIDIA-A100-SXM4-40GB,0,true:GPU-1,10,40960,100,NVIDIA-A100-SXM4-40GB,0,true,1,mig:");
    assertThat(commas.gpus()).extracting(GpuSpec::uuid).containsExactly("GPU-0", "GPU-1");
    assertThat(commas.unusable()).as("in MIG mode").isEqualTo(0b10);
    assertThatThrownBy(() -> hami("GPU-0,10")).hasMessageContaining("is no GPU");
    assertThatThrownBy(() -> hami("[{\"index\":7}]")).hasMessageContaining("index (7)");
  }

  private void slice(String name, String yaml) throws IOException {
    JsonNode object = new YAMLMapper().readTree(yaml);
    slices.put(name, Slice.read(object));
  }

  private static final String SLICE =
      """
      spec:
        driver: gpu.nvidia.com
        nodeName: a
        pool: {name: a, generation: 2, resourceSliceCount: 1}
        devices:
        - name: gpu-1
          attributes:
            type: {string: gpu}
            uuid: {string: GPU-1}
            productName: {string: NVIDIA H100 80GB HBM3}
            resource.kubernetes.io/numaNode: {int: 0}
          capacity: {memory: {value: 81152Mi}}
        - name: gpu-0-mig-1g10gb-19-6
          attributes:
            type: {string: mig}
            uuid: {string: MIG-6}
            parentUUID: {string: GPU-0}
            profile: {string: 1g.10gb}
            productName: {string: NVIDIA H100 80GB HBM3}
          capacity: {memory: {value: 9984Mi}, memorySlice6: {value: "1"}}
        - name: gpu-1-mig-1g10gb-19-0
          attributes:
            type: {string: mig}
            parentUUID: {string: GPU-1}
            profile: {string: 1g.10gb}
      """;

  @Test
  void slicesSayWhereInstancesLie() throws Exception {
    slice("a-x", SLICE);
    Inventory inventory = of(Map.of(), Map.of());
    assertThat(inventory.gpus()).extracting(GpuSpec::uuid).containsExactly("GPU-0", "GPU-1");
    assertThat(inventory.gpus())
        .extracting(GpuSpec::mode)
        .containsExactly(GpuMode.MIG, GpuMode.PLAIN);
    assertThat(inventory.gpus().get(0).instances())
        .singleElement()
        .matches(mig -> mig.start() == 6 && "MIG-6".equals(mig.uuid()));
    assertThat(inventory.gpus().get(1).instances()).as("only what exists").isEmpty();
  }

  @Test
  void slicesOfAnOlderGenerationNoLongerCount() throws Exception {
    slice("a-old", SLICE.replace("generation: 2", "generation: 1").replace("GPU-1", "GPU-9"));
    slice("a-new", SLICE);
    assertThat(of(Map.of(), Map.of()).gpus()).hasSize(2);
    assertThat(slices.remove("a-new")).isEqualTo("a");
    assertThat(of(Map.of(), Map.of()).gpus()).extracting(GpuSpec::uuid).contains("GPU-9");
  }

  private static String generation(int number, int of, String... uuids) {
    StringBuilder yaml =
        new StringBuilder(
            "spec: {nodeName: a, pool: {name: a, generation: %d, resourceSliceCount: %d}, devices: ["
                .formatted(number, of));
    for (String uuid : uuids) {
      yaml.append(
          "{name: %s, attributes: {type: {string: gpu}, uuid: {string: %s},"
                  .formatted(uuid.toLowerCase(Locale.ROOT), uuid)
              + " productName: {string: NVIDIA H100 80GB HBM3}}},");
    }
    return yaml.append("]}").toString();
  }

  private List<@Nullable String> uuids() throws WireException {
    List<@Nullable String> uuids = new ArrayList<>();
    of(Map.of(), Map.of()).gpus().forEach(gpu -> uuids.add(gpu.uuid()));
    return uuids;
  }

  @Test
  void aGenerationThatIsPublishedInPartChangesNothingUntilItIsWhole() throws Exception {
    slice("s1", generation(1, 2, "GPU-0", "GPU-1"));
    slice("s2", generation(1, 2, "GPU-2", "GPU-3"));
    assertThat(uuids()).containsExactly("GPU-0", "GPU-1", "GPU-2", "GPU-3");

    // GPU-1 is withdrawn: the later ones move up, slice by slice
    slice("s1", generation(2, 2, "GPU-0", "GPU-2"));
    assertThat(uuids()).containsExactly("GPU-0", "GPU-1", "GPU-2", "GPU-3");
    slice("s2", generation(2, 2, "GPU-3"));
    assertThat(uuids()).containsExactly("GPU-0", "GPU-2", "GPU-3");
  }

  @Test
  void aPoolThatIsTakenAwaySliceBySliceStandsUntilTheLastIsGone() throws Exception {
    slice("s1", generation(1, 2, "GPU-0"));
    slice("s2", generation(1, 2, "GPU-1"));
    slices.remove("s1");
    assertThat(uuids()).containsExactly("GPU-0", "GPU-1");
    slices.remove("s2");
    assertThatThrownBy(this::uuids).hasMessageContaining("The node says nothing of its GPUs");
  }

  @Test
  void aPoolOfWhichNoGenerationWasEverWholeIsNoReasonToBelieveTheLabels() throws Exception {
    slice("s1", generation(1, 2, "GPU-0"));
    Map<String, String> labels =
        Map.of("nvidia.com/gpu.product", "NVIDIA-A100-SXM4-40GB", "nvidia.com/gpu.count", "8");
    assertThatThrownBy(() -> of(labels, Map.of())).hasMessageContaining("are not all there yet");
  }

  @Test
  void aPoolBesideAnotherCountsOnceItIsWhole() throws Exception {
    slice("s1", generation(1, 1, "GPU-0"));
    slice("t1", generation(1, 2, "GPU-1").replace("name: a,", "name: b,"));
    assertThat(uuids()).containsExactly("GPU-0");
    slice("t2", generation(1, 2, "GPU-2").replace("name: a,", "name: b,"));
    assertThat(uuids()).containsExactly("GPU-0", "GPU-1", "GPU-2");
  }

  @Test
  void aSliceThatGoesToAnotherNodeLeavesTheFirst() throws Exception {
    slice("s1", generation(1, 1, "GPU-0"));
    slice("s1", generation(1, 1, "GPU-0").replace("nodeName: a", "nodeName: b"));
    assertThatThrownBy(this::uuids).hasMessageContaining("The node says nothing of its GPUs");
  }

  @Test
  void aDeviceWithoutUuidIsNoGpuThatCanBeKnownAgain() throws Exception {
    slice("s1", generation(1, 1, "GPU-0").replace("uuid: {string: GPU-0},", ""));
    assertThatThrownBy(this::uuids).hasMessageContaining("gpu-0 of the ResourceSlices has no uuid");
  }
}
