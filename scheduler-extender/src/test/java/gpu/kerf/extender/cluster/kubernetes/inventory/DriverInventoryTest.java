package gpu.kerf.extender.cluster.kubernetes.inventory;

import static gpu.kerf.extender.cluster.kubernetes.inventory.NvidiaSlices.h100;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.kubernetes.inventory.NvidiaSlices.Gpu;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.DriverDevices;
import gpu.kerf.model.hardware.DriverDevices.OfGpu;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigProfile;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What a DRA driver hands out, as its ResourceSlices say. */
class DriverInventoryTest {

  private final DriverPools pools = new DriverPools();
  private final DriverInventory driver = new DriverInventory(GpuCatalog.builtIn(), pools);

  private Inventory of(JsonNode... slices) throws WireException {
    for (int i = 0; i < slices.length; i++) {
      pools.put("s" + i, Slice.read(slices[i]));
    }
    return Objects.requireNonNull(driver.of("a"));
  }

  private static OfGpu devices(Inventory inventory, int gpu) {
    return Objects.requireNonNull(inventory.devices()).of(gpu);
  }

  private static MigProfile profile(String name) {
    return Objects.requireNonNull(h100().profile(name));
  }

  @Test
  void gpusOfAllKindsStandSideBySide() throws WireException {
    Inventory inventory = of(NvidiaSlices.of(Gpu.WHOLE, Gpu.CUT_ON_DEMAND, Gpu.CUT, Gpu.SHARED));
    assertThat(inventory.gpus())
        .extracting(GpuSpec::uuid)
        .containsExactly("GPU-0", "GPU-1", "GPU-2", "GPU-3");
    assertThat(inventory.gpus())
        .extracting(GpuSpec::mode)
        .containsExactly(GpuMode.PLAIN, GpuMode.MIG_DYNAMIC, GpuMode.MIG, GpuMode.PLAIN);
    assertThat(devices(inventory, 0)).isEqualTo(new OfGpu("gpu-0", List.of(), null));
    assertThat(devices(inventory, 1).whole()).isEqualTo("gpu-1");
    assertThat(devices(inventory, 2).whole()).isNull();
    assertThat(devices(inventory, 2).instances()).hasSize(2);
    assertThat(devices(inventory, 3).share())
        .isEqualTo(new DriverDevices.Share("gpu-3", 81_152, 1, 1));
    assertThat(inventory.gpus().get(3).shareableMiB()).isLessThanOrEqualTo(81_152);
    assertThat(inventory.unusable()).isZero();
  }

  @Test
  void everyPlaceThatTheDriverCutsHasItsDeviceNoMatterWhatItsNameSays() throws WireException {
    Inventory inventory = of(NvidiaSlices.of(Gpu.CUT_ON_DEMAND));
    assertThat(inventory.gpus().get(0).model()).isSameAs(h100());
    for (MigProfile profile : h100().profiles()) {
      for (int start = 0; start < 8; start++) {
        String named = profile.startsAt(start) ? NvidiaSlices.name(0, profile.name(), start) : null;
        assertThat(devices(inventory, 0).instance(profile, start)).isEqualTo(named);
      }
    }
  }

  @Test
  void whatTheDriverDoesNotPublishIsNotOffered() throws WireException {
    JsonNode slice = NvidiaSlices.of(Gpu.CUT_ON_DEMAND);
    remove(slice, "mig-1g10gb-0-1");
    remove(slice, "mig-7g80gb");
    remove(slice, "mig-4g");
    Inventory inventory = of(slice);
    GpuSpec gpu = inventory.gpus().get(0);
    assertThat(gpu.mode()).isEqualTo(GpuMode.MIG_DYNAMIC);
    assertThat(gpu.model().name()).isEqualTo("H100-80GB");
    assertThat(gpu.model().profile("7g.80gb")).isNull();
    assertThat(gpu.model().profile("4g.40gb")).isNull();
    MigProfile small = Objects.requireNonNull(gpu.model().profile("1g.10gb"));
    assertThat(small.starts()).as("without slice 6").isEqualTo(0b0111111);
    assertThat(devices(inventory, 0).instance(small, 6)).isNull();
    assertThat(devices(inventory, 0).instance(small, 5)).isNotNull();
  }

  @Test
  void aDeviceWhoseCountersContradictItsProfileIsNotOffered() throws WireException {
    JsonNode slice = NvidiaSlices.of(Gpu.CUT_ON_DEMAND);
    for (JsonNode device : slice.at("/spec/devices")) {
      if (device.path("name").asText().startsWith("gpu-0-mig-3g40gb")) {
        ((ObjectNode) device.at("/consumesCounters/0/counters")).remove("memory-slice-5");
      }
    }
    Inventory inventory = of(slice);
    assertThat(Objects.requireNonNull(inventory.gpus().get(0).model().profile("3g.40gb")).starts())
        .as("the one at 4 has a hole")
        .isEqualTo(1);
  }

  private static void remove(JsonNode slice, String part) {
    Iterator<JsonNode> devices = ((ArrayNode) slice.at("/spec/devices")).iterator();
    while (devices.hasNext()) {
      if (devices.next().path("name").asText().contains(part)) {
        devices.remove();
      }
    }
  }

  @Test
  void countersAndDevicesMayStandInSlicesOfTheirOwnAndInTheBetaForm() throws WireException {
    ObjectNode counters = NvidiaSlices.of(Gpu.CUT_ON_DEMAND).deepCopy();
    ((ObjectNode) counters.path("spec")).remove("devices");
    counters.withObject("/spec/pool").put("resourceSliceCount", 2);
    pools.put("counters", Slice.read(counters));
    assertThat(driver.of("a")).as("half of it").isNull();
    pools.put("devices", Slice.read(basic(NvidiaSlices.of(Gpu.CUT_ON_DEMAND))));
    Inventory inventory = Objects.requireNonNull(driver.of("a"));
    assertThat(inventory.gpus().get(0).mode()).isEqualTo(GpuMode.MIG_DYNAMIC);
    assertThat(devices(inventory, 0).instance(profile("1g.10gb"), 6)).isNotNull();
    assertThat(Objects.requireNonNull(pools.pool("a")).counterSets()).hasSize(1);
  }

  /** As v1beta1 writes it, without the counters of the pool. */
  private static JsonNode basic(JsonNode slice) {
    ObjectNode spec = (ObjectNode) slice.path("spec");
    spec.remove("sharedCounters");
    spec.withObject("/pool").put("resourceSliceCount", 2);
    ArrayNode wrapped = spec.arrayNode();
    for (JsonNode device : spec.path("devices")) {
      ObjectNode body = device.deepCopy();
      body.remove("name");
      wrapped.addObject().put("name", device.path("name").asText()).set("basic", body);
    }
    spec.set("devices", wrapped);
    return slice;
  }

  @Test
  void aDeviceThatItsDriverTaintsIsNotGiven() throws WireException {
    JsonNode slice = NvidiaSlices.of(Gpu.WHOLE, Gpu.WHOLE);
    ((ObjectNode) slice.at("/spec/devices/1"))
        .withArray("taints")
        .addObject()
        .put("key", "health")
        .put("effect", "NoSchedule");
    assertThat(of(slice).unusable()).isEqualTo(0b10);
  }

  @Test
  void partsThatCannotBeSaidInMebibytesAreNoShares() throws WireException {
    JsonNode slice = NvidiaSlices.of(Gpu.SHARED);
    ObjectNode range =
        (ObjectNode) slice.at("/spec/devices/0/capacity/memory/requestPolicy/validRange");
    range.put("min", "2Gi").put("step", "1Gi");
    DriverDevices.Share share = Objects.requireNonNull(devices(of(slice), 0).share());
    assertThat(share.part(1)).isEqualTo(2048);
    assertThat(share.part(2049)).isEqualTo(3072);
    range.put("step", "1500Ki");
    assertThat(devices(of(slice), 0).share()).isNull();
  }

  @Test
  void aNodeWithTwoPoolsIsAProblem() throws WireException {
    JsonNode other = NvidiaSlices.of(Gpu.WHOLE);
    ((ObjectNode) other.at("/spec/pool")).put("name", "b");
    assertThatThrownBy(() -> of(NvidiaSlices.of(Gpu.WHOLE), other))
        .hasMessageContaining("list GPUs of the node a in more than one pool (a, b)")
        .hasMessageContaining("delete the ResourceSlices of the old one");
  }

  @Test
  void aPoolWithoutGpusBesideThatOfTheGpusDoesNotDisturb() throws WireException {
    JsonNode other = NvidiaSlices.of(Gpu.WHOLE);
    ((ObjectNode) other.at("/spec/pool")).put("name", "b");
    ((ObjectNode) other.at("/spec/devices/0")).putObject("attributes");
    assertThat(devices(of(NvidiaSlices.of(Gpu.WHOLE), other), 0).whole()).isEqualTo("gpu-0");
  }

  @Test
  void countersThatAllowLessThanTheGeometryAreAProblem() {
    JsonNode slice = NvidiaSlices.of(Gpu.CUT_ON_DEMAND);
    ((ObjectNode) slice.at("/spec/sharedCounters/0/counters/copy-engines")).put("value", "6");
    assertThatThrownBy(() -> of(slice))
        .as("seven instances of one compute slice need seven")
        .hasMessageContaining("The counter (copy-engines of gpu-0-counter-set)");
  }
}
