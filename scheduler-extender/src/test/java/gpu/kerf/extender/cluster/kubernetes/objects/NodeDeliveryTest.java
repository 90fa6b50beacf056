package gpu.kerf.extender.cluster.kubernetes.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import gpu.kerf.extender.cluster.kubernetes.Manifests;
import gpu.kerf.extender.cluster.kubernetes.inventory.DriverPools;
import gpu.kerf.extender.cluster.kubernetes.inventory.Inventories;
import gpu.kerf.extender.cluster.kubernetes.inventory.Inventory;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.DeliveryWay;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuSpec;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class NodeDeliveryTest {
  private static final String REGISTERED =
      "hami.io/node-nvidia-register: 'GPU-1,10,40960,100,NVIDIA-NVIDIA A100-SXM4-40GB,0,true:'";

  private static NodeObject node(String annotations, String labels, String capacity)
      throws IOException, WireException {
    String yaml =
        """
        metadata:
          annotations: {%s}
          labels: {kerf.gpu/managed: "true"%s}
        status: {capacity: {%s}, allocatable: {cpu: "8", memory: 32Gi}}
        """
            .formatted(annotations, labels, capacity);
    return NodeObject.read("a", new YAMLMapper().readTree(yaml));
  }

  private static DeliveryWay of(String annotations, String labels, String capacity)
      throws IOException, WireException {
    return NodeDelivery.of(node(annotations, labels, capacity), false, DraNodes.LABELLED);
  }

  @Test
  void aDevicePluginThatIsThereHandsOut() throws IOException, WireException {
    assertThat(of("", "", "")).isEqualTo(DeliveryWay.ENV);
    assertThat(of(REGISTERED, "", "")).isEqualTo(DeliveryWay.HAMI);
    assertThat(of("", "", "aliyun.com/gpu-mem: 80")).isEqualTo(DeliveryWay.GPUSHARE);
  }

  @Test
  void aDevicePluginThatRestartsIsStillThere() throws IOException, WireException {
    assertThat(of("", "", "aliyun.com/gpu-mem: 0")).isEqualTo(DeliveryWay.GPUSHARE);
    assertThat(of(REGISTERED, "", "nvidia.com/gpu: 0")).isEqualTo(DeliveryWay.HAMI);
  }

  @Test
  void theLabelWins() throws IOException, WireException {
    assertThat(of(REGISTERED, ", kerf.gpu/delivery: env", "")).isEqualTo(DeliveryWay.ENV);
    assertThat(of("", ", kerf.gpu/delivery: gpushare", "")).isEqualTo(DeliveryWay.GPUSHARE);
    assertThatThrownBy(() -> of("", ", kerf.gpu/delivery: Hami", ""))
        .hasMessageContaining("The label kerf.gpu/delivery: The delivery (Hami) is not known");
  }

  @Test
  void hamiSharesAGpuAmongAsManyContainersAsItHasRegistered() throws IOException, WireException {
    assertThat(inventory(REGISTERED, "", DeliveryWay.HAMI).gpus())
        .extracting(GpuSpec::mostClients)
        .containsExactly(10);
  }

  @Test
  void gpusInMigModeGetNoPodsFromAPluginThatCutsNone() throws IOException, WireException {
    String own =
        "kerf.gpu/inventory: '" + Manifests.INVENTORY.replace("\n", " ").replace("'", "''") + "'";
    assertThat(inventory(own, "", DeliveryWay.HAMI).unusable()).isEqualTo(0b10);
    assertThat(inventory(own, "", DeliveryWay.ENV).unusable()).isZero();
  }

  @Test
  void hamisPluginKnowsGpusByTheirUuids() {
    String labels = ", nvidia.com/gpu.product: NVIDIA-A100-SXM4-40GB, nvidia.com/gpu.count: \"2\"";
    assertThatThrownBy(() -> inventory("", labels, DeliveryWay.HAMI))
        .hasMessageContaining("knows GPUs by their uuids");
  }

  private static Inventory inventory(String annotations, String labels, DeliveryWay way)
      throws IOException, WireException {
    GpuCatalog catalog = GpuCatalog.builtIn();
    NodeObject node = node(annotations, labels, "");
    Inventory said = Inventories.all(catalog, new DriverPools()).of(node.facts());
    return NodeDelivery.fit(said, way);
  }
}
