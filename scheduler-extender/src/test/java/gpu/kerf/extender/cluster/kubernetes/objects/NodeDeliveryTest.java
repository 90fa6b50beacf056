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
    return NodeDelivery.of(node(annotations, labels, capacity), false, DraNodes.LABELLED, false);
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
    assertThat(of(REGISTERED, ", kerf.gpu/delivery: hami-mig", "")).isEqualTo(DeliveryWay.HAMI_MIG);
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

  private static DeliveryWay withDriver(
      String kubelet, String labels, String capacity, DraNodes dra)
      throws IOException, WireException {
    String yaml =
        """
        metadata: {labels: {kerf.gpu/managed: "true"%s}}
        status: {capacity: {%s}, nodeInfo: {kubeletVersion: %s}}
        """
            .formatted(labels, capacity, kubelet);
    NodeObject node = NodeObject.read("a", new YAMLMapper().readTree(yaml));
    return NodeDelivery.of(node, true, dra, false);
  }

  @Test
  void aDraDriverHandsOutWhereItIsSwitchedOnAndNothingElseDoes() throws IOException, WireException {
    DraNodes all = DraNodes.ALL_THAT_CAN;
    assertThat(withDriver("v1.36.0", "", "", all)).isEqualTo(DeliveryWay.DRA);
    assertThat(withDriver("v1.37.2-gke.1", "", "nvidia.com/gpu: 0", all))
        .isEqualTo(DeliveryWay.DRA);
    assertThat(withDriver("v1.36.0", "", "", DraNodes.LABELLED)).isEqualTo(DeliveryWay.ENV);
    assertThat(withDriver("v1.35.9", "", "", all)).isEqualTo(DeliveryWay.ENV);
    assertThat(withDriver("main", "", "", all)).isEqualTo(DeliveryWay.ENV);
    assertThat(withDriver("v1.36.0", "", "nvidia.com/gpu: 8", all)).isEqualTo(DeliveryWay.ENV);
    assertThat(withDriver("v1.36.0", ", kerf.gpu/delivery: env", "", all))
        .isEqualTo(DeliveryWay.ENV);
    assertThat(withDriver("v1.36.0", "", "aliyun.com/gpu-mem: 80", all))
        .isEqualTo(DeliveryWay.GPUSHARE);
  }

  @Test
  void aDriverThatRestartsIsStillThere() throws IOException, WireException {
    String yaml =
        "{metadata: {labels: {kerf.gpu/managed: 'true'}}, status: {capacity: {%s},"
            + " nodeInfo: {kubeletVersion: v1.36.3}}}";
    NodeObject away = NodeObject.read("a", new YAMLMapper().readTree(yaml.formatted("")));
    assertThatThrownBy(() -> NodeDelivery.of(away, false, DraNodes.ALL_THAT_CAN, true))
        .hasMessageContaining("label the node with kerf.gpu/delivery=env");
    assertThat(NodeDelivery.of(away, false, DraNodes.ALL_THAT_CAN, false))
        .isEqualTo(DeliveryWay.ENV);
    NodeObject plugin =
        NodeObject.read("a", new YAMLMapper().readTree(yaml.formatted("nvidia.com/gpu: '8'")));
    assertThat(NodeDelivery.of(plugin, false, DraNodes.ALL_THAT_CAN, true))
        .isEqualTo(DeliveryWay.ENV);
  }

  @Test
  void theLabelForADraDriverSaysWhatIsMissing() throws IOException, WireException {
    String label = ", kerf.gpu/delivery: dra";
    assertThat(withDriver("v1.36.0", label, "nvidia.com/gpu: 8", DraNodes.LABELLED))
        .isEqualTo(DeliveryWay.DRA);
    assertThatThrownBy(() -> withDriver("v1.35.4", label, "", DraNodes.LABELLED))
        .hasMessageContaining("the kubelet (v1.35.4) is older than 1.36");
    assertThatThrownBy(() -> of("", label, "")).hasMessageContaining("the kubelet () is older");
    NodeObject node =
        NodeObject.read(
            "a",
            new YAMLMapper()
                .readTree(
                    "{metadata: {labels: {kerf.gpu/managed: 'true', kerf.gpu/delivery: dra}},"
                        + " status: {nodeInfo: {kubeletVersion: v1.36.3}}}"));
    assertThatThrownBy(() -> NodeDelivery.of(node, false, DraNodes.LABELLED, false))
        .hasMessageContaining("list no GPUs of the node, or not all yet");
  }

  private static Inventory inventory(String annotations, String labels, DeliveryWay way)
      throws IOException, WireException {
    GpuCatalog catalog = GpuCatalog.builtIn();
    NodeObject node = node(annotations, labels, "");
    Inventory said = Inventories.all(catalog, new DriverPools()).of(node.facts());
    return NodeDelivery.fit(said, way);
  }
}
