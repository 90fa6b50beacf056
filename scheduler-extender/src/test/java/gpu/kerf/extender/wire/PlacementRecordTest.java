package gpu.kerf.extender.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.model.fleet.Conflict;
import gpu.kerf.model.fleet.Grant;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placement.ContainerSlots;
import gpu.kerf.model.placement.Slot;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlacementRecordTest {

  private static final GpuModel H100 = model("H100-80GB");
  private static final MigProfile ONE = Objects.requireNonNull(H100.profile("1g.10gb"));

  private static final NodeSpec NODE =
      NodeSpec.of(
          "a",
          List.of(
              new GpuSpec("GPU-0", H100, 81559, GpuMode.PLAIN, List.of()),
              GpuSpec.of(H100, GpuMode.PLAIN),
              new GpuSpec(
                  "GPU-2", H100, 81559, GpuMode.MIG, List.of(new MigInstance("MIG-7", ONE, 4)))));

  private static GpuModel model(String name) {
    return Objects.requireNonNull(GpuCatalog.builtIn().find(name, 0));
  }

  private static Placement placement(String container, Slot... slots) {
    return new Placement("a", List.of(new ContainerSlots(container, List.of(slots))), 1500, 2048);
  }

  /** Where a ledger that knows only the record and the node finds the slots. */
  private static Placement onNode(String json, NodeSpec node) throws WireException {
    Ledger ledger = new Ledger();
    ledger.putNode(node);
    ledger.adopt(Holder.of("p"), PlacementRecord.parse(json).grant("a", 1500, 2048), 1);
    return Objects.requireNonNull(ledger.entry("p")).placement();
  }

  private static void comesBack(Placement placement, String json) throws WireException {
    assertThat(PlacementRecord.write(placement, NODE)).isEqualTo(json);
    assertThat(PlacementRecord.parse(json).grant("a", 1500, 2048))
        .isEqualTo(Grant.of(placement, NODE));
    assertThat(onNode(json, NODE)).isEqualTo(placement);
  }

  @Test
  void everyKindOfSlotComesBackAsItWasWritten() throws WireException {
    comesBack(
        placement("main", new Slot.Mig(2, ONE, 4)),
        "{\"v\":1,\"node\":\"a\",\"containers\":[{\"name\":\"main\",\"wall\":\"mig\",\"slots\":["
            + "{\"gpu\":2,\"uuid\":\"GPU-2\",\"mig\":{\"profile\":\"1g.10gb\",\"start\":4,"
            + "\"uuid\":\"MIG-7\"},\"memoryMiB\":9984}]}]}");
    comesBack(
        placement("main", new Slot.Share(1, 8192, 250)),
        "{\"v\":1,\"node\":\"a\",\"gpus\":\"3xH100-80GB\",\"containers\":[{\"name\":\"main\",\"wall\":\"mps\","
            + "\"slots\":["
            + "{\"gpu\":1,\"mps\":{\"smMilli\":250},\"memoryMiB\":8192}]}]}");
    comesBack(
        placement("main", new Slot.Whole(0, 81559), new Slot.Whole(1, 81559)),
        "{\"v\":1,\"node\":\"a\",\"gpus\":\"3xH100-80GB\",\"containers\":[{\"name\":\"main\",\"wall\":\"none\","
            + "\"slots\":["
            + "{\"gpu\":0,\"uuid\":\"GPU-0\",\"whole\":true,\"memoryMiB\":81559},"
            + "{\"gpu\":1,\"whole\":true,\"memoryMiB\":81559}]}]}");
  }

  @Test
  void startsAreInTheDriversUnits() throws WireException {
    GpuModel rtx =
        GpuCatalog.builtIn().models().stream()
            .filter(model -> model.placementUnit() > 1)
            .findFirst()
            .orElseThrow();
    MigProfile profile =
        rtx.profiles().stream().filter(one -> one.startsAt(1)).findFirst().orElseThrow();
    NodeSpec node = NodeSpec.of("a", List.of(GpuSpec.of(rtx, GpuMode.MIG_DYNAMIC)));
    Placement placement = placement("main", new Slot.Mig(0, profile, 1));
    String json = PlacementRecord.write(placement, node);
    assertThat(json).contains("\"start\":" + rtx.placementUnit());
    assertThat(onNode(json, node)).isEqualTo(placement);
  }

  @Test
  void aGpuIsFoundByItsUuidWhereverItIsNow() throws WireException {
    String json =
        "{\"v\":1,\"node\":\"a\",\"containers\":[{\"name\":\"main\",\"wall\":\"none\",\"slots\":["
            + "{\"gpu\":1,\"uuid\":\"GPU-0\",\"whole\":true,\"memoryMiB\":81559}]}]}";
    assertThat(onNode(json, NODE).slots()).containsExactly(new Slot.Whole(0, 81559));
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "x | cannot be read",
        "[] | is not a JSON object",
        "{} | has the version (0), not 1",
        "{\"v\":2,\"node\":\"a\"} | has the version (2), not 1",
        "{\"v\":1} | has no node",
        "{\"v\":1,\"node\":\"b\"} | is of node (b), but the pod is on a",
        "{\"v\":1,\"node\":\"a\",\"containers\":[{}]} | at /containers/0 is a container without",
        "{\"v\":1,\"node\":\"a\",\"containers\":7} | at /containers must be an array",
      })
  void aMalformedRecordSaysWhatIsWrong(String json, String words) {
    assertThatThrownBy(() -> PlacementRecord.parse(json).grant("a", 0, 0))
        .isInstanceOf(WireException.class)
        .hasMessageContaining(words);
  }

  @ParameterizedTest(name = "{0}: {2}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"gpu\":0,\"memoryMiB\":1 | none | is a slot that is not exactly one of",
        "\"gpu\":0,\"memoryMiB\":1,\"whole\":true,\"mps\":{} | none | is a slot that is not"
            + " exactly",
        "\"gpu\":0,\"whole\":true | none | without a GPU's index (gpu) or the memory",
        "\"memoryMiB\":5,\"whole\":true | none | without a GPU's index (gpu) or the memory",
        "\"gpu\":64,\"memoryMiB\":5,\"whole\":true | none | without a GPU's index (gpu)",
        "\"gpu\":0,\"memoryMiB\":5,\"whole\":true | mig | with the wall (mig) and a slot with",
        "\"gpu\":0,\"memoryMiB\":5,\"mps\":{\"smMilli\":2000} | mps | with the SM share (2000)",
        "\"gpu\":2,\"memoryMiB\":5,\"mig\":{\"start\":0} | mig | without a profile",
        "\"gpu\":2,\"memoryMiB\":5,\"mig\":{\"profile\":\"1g.10gb\"} | mig | its start (-1)",
      })
  void aMalformedSlotSaysWhatIsWrong(String slot, String wall, String words) {
    String json =
        "{\"v\":1,\"node\":\"a\",\"containers\":[{\"name\":\"main\",\"wall\":\""
            + wall
            + "\",\"slots\":[{"
            + slot
            + "}]}]}";
    assertThatThrownBy(() -> PlacementRecord.parse(json).grant("a", 0, 0))
        .isInstanceOf(WireException.class)
        .hasMessageContaining(words);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"gpu\":3,\"whole\":true | none | GPU_UNIDENTIFIED",
        "\"gpu\":0,\"uuid\":\"GPU-9\",\"whole\":true | none | GPU_UNIDENTIFIED",
        "\"gpu\":2,\"uuid\":\"GPU-2\",\"mig\":{\"profile\":\"9g.1gb\",\"start\":0} | mig | NO_SUCH_SLOT",
        "\"gpu\":2,\"uuid\":\"GPU-2\",\"mig\":{\"profile\":\"1g.10gb\",\"start\":9} | mig | NO_SUCH_SLOT",
        "\"gpu\":2,\"uuid\":\"GPU-2\",\"mig\":{\"profile\":\"1g.10gb\",\"start\":4,\"uuid\":\"MIG-8\"} | mig"
            + " | INSTANCE_GONE",
      })
  void aSlotThatTheNodeDoesNotHaveIsReadAndIsAConflict(String slot, String wall, Conflict.Kind kind)
      throws WireException {
    Ledger ledger = new Ledger();
    ledger.putNode(NODE);
    String json =
        "{\"v\":1,\"node\":\"a\",\"containers\":[{\"name\":\"main\",\"wall\":\"%s\",\"slots\":[{%s,\"memoryMiB\":5}]}]}"
            .formatted(wall, slot);

    Conflict conflict =
        ledger.adopt(Holder.of("p"), PlacementRecord.parse(json).grant("a", 0, 0), 1);

    assertThat(Objects.requireNonNull(conflict).kind()).isEqualTo(kind);
  }
}
