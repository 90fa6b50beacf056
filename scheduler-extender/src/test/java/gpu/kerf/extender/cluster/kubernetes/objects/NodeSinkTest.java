package gpu.kerf.extender.cluster.kubernetes.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import gpu.kerf.extender.cluster.kubernetes.RecordingListener;
import gpu.kerf.extender.cluster.kubernetes.inventory.DriverPools;
import gpu.kerf.extender.cluster.kubernetes.inventory.Inventories;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.DeliveryWay;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which inventory of a node is used. */
class NodeSinkTest {

  private static final String LABELS =
      "nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3, nvidia.com/gpu.count: '2',";

  private static final String NAMED =
      """
      kerf.gpu/inventory: '{"v":1,"gpus":[
        {"index":0,"uuid":"GPU-A","model":"H100-80GB","memoryMiB":81559,"mode":"plain"},
        {"index":1,"uuid":"GPU-B","model":"H100-80GB","memoryMiB":81559,"mode":"plain","healthy":false},
        {"index":2,"uuid":"GPU-C","model":"H100-80GB","memoryMiB":81559,"mode":"plain"}]}'\
      """;

  private final RecordingListener heard = new RecordingListener();
  private final List<String> events = new ArrayList<>();
  private final GpuCatalog catalog = GpuCatalog.builtIn();
  private final NodeSink nodes =
      new NodeSink(
          Inventories.all(catalog, new DriverPools()), heard, new Written(), DraNodes.LABELLED);

  private void put(String annotations) throws IOException, WireException {
    put(annotations, "8");
  }

  private void put(String annotations, String cpu) throws IOException, WireException {
    String yaml =
        """
        metadata:
          annotations: {%s}
          labels: {%s kerf.gpu/managed: "true"}
        status: {allocatable: {cpu: "%s", memory: 32Gi}}
        """
            .formatted(annotations, LABELS, cpu);
    nodes.put(
        new Meta("", "a", "uid-a", "1"), NodeObject.read("a", new YAMLMapper().readTree(yaml)));
  }

  private void putWith(String spec) throws IOException, WireException {
    String yaml =
        "metadata: {labels: {zone: a, kerf.gpu/managed: 'true'}, annotations: {%s}}\n%s"
            .formatted(NAMED, spec);
    nodes.put(
        new Meta("", "a", "uid-a", "1"), NodeObject.read("a", new YAMLMapper().readTree(yaml)));
  }

  @Test
  void labelsTaintsAndCordonsAreToldWhenTheyChange() throws Exception {
    putWith("spec: {}");
    putWith("spec: {}\nstatus: {nodeInfo: {bootID: x}}");
    assertThat(heard.nodeRules).hasSize(1);
    assertThat(heard.nodeRules.get(0).labels()).containsEntry("zone", "a");

    putWith("spec: {unschedulable: true, taints: [{key: k, value: v, effect: NoSchedule}]}");
    assertThat(heard.nodeRules).hasSize(2);
    assertThat(heard.nodeRules.get(1).cordoned()).isTrue();
    assertThat(heard.nodeRules.get(1).taints()).hasToString("[k=v:NoSchedule]");
  }

  @Test
  void whatTheListenerDidNotTakeInIsToldAgain() throws Exception {
    heard.failures = 1;
    assertThatThrownBy(() -> put(NAMED)).hasMessage("The listener fails.");
    assertThat(heard.lines).isEmpty();
    put(NAMED);
    assertThat(heard.lines).contains("node a 3", "ill a 2");

    heard.failures = 1;
    Meta meta = new Meta("", "a", "uid-a", "2");
    assertThatThrownBy(() -> nodes.deleted(meta)).hasMessage("The listener fails.");
    nodes.deleted(meta);
    assertThat(heard.lines).contains("node gone a");
  }

  @Test
  void aNodeWithPodsKeepsItsLastInventoryWithUuidsAndSaysSo() throws Exception {
    put(NAMED);
    heard.inUse = true;
    heard.lines.clear();

    put("");

    assertThat(gpus("a")).extracting(gpu -> gpu.uuid()).containsExactly("GPU-A", "GPU-B", "GPU-C");
    assertThat(heard.lines)
        .singleElement()
        .asString()
        .startsWith("doubtful a: Node a gives no UUIDs");
    assertThat(events).singleElement().asString().contains("doubtful", "Node a gives no UUIDs");
  }

  @Test
  void anIllGpuStaysIllWhileTheLastInventoryWithUuidsIsKept() throws Exception {
    put(NAMED);
    heard.inUse = true;
    heard.lines.clear();

    put("", "4");

    assertThat(heard.lines).contains("node a 3", "ill a 2");
  }

  @Test
  void aNodeGoesOnWithoutUuidsOnceNoPodsAreLeft() throws Exception {
    put(NAMED);
    heard.inUse = true;
    put("");
    nodes.tick();
    assertThat(gpus("a")).hasSize(3);

    heard.inUse = false;
    heard.lines.clear();
    nodes.tick();

    assertThat(gpus("a")).hasSize(2).allMatch(gpu -> gpu.uuid() == null);
    assertThat(heard.lines).containsExactly("node a 2", "ill a 0", "doubtful a: ");
  }

  @Test
  void aNodeWithoutPodsMayLoseItsUuidsAtOnce() throws Exception {
    put(NAMED);

    put("");

    assertThat(gpus("a")).hasSize(2);
    assertThat(events).isEmpty();
  }

  @Test
  void newUuidsEndTheOlderInventory() throws Exception {
    put(NAMED);
    heard.inUse = true;
    put("");
    heard.lines.clear();

    put(NAMED.replace("GPU-C", "GPU-D"));

    assertThat(gpus("a")).extracting(gpu -> gpu.uuid()).contains("GPU-D");
    assertThat(heard.lines).contains("doubtful a: ");
  }

  @Test
  void uuidsAreRememberedWhileANodeIsUnusable() throws Exception {
    put(NAMED);
    heard.inUse = true;
    put("kerf.gpu/inventory: '{'");
    assertThat(gpus("a")).isEmpty();

    put("");

    assertThat(gpus("a")).hasSize(3);
  }

  @Test
  void twoGpusOfOneUuidMakeANodeUnusable() throws Exception {
    put(NAMED.replace("GPU-B", "GPU-A"));

    assertThat(heard.lines).singleElement().asString().contains("(GPU-A) stands twice");
  }

  private void putMig(String register, String devices) throws IOException, WireException {
    String yaml =
        """
        metadata:
          annotations: {%s}
          labels: {kerf.gpu/managed: "true", kerf.gpu/delivery: hami-mig}
        status: {allocatable: {cpu: "8", memory: 32Gi%s}}
        """
            .formatted(register, devices);
    nodes.put(
        new Meta("", "a", "uid-a", "1"), NodeObject.read("a", new YAMLMapper().readTree(yaml)));
  }

  private static final String MIG =
      """
      hami.io/node-nvidia-register: '[{"id":"GPU-A","devmem":40960,"type":"NVIDIA A100-SXM4-40GB","mode":"mig","health":true,
        "migProfiles":[{"name":"3g.20gb","memoryMB":19968,"placements":[{"start":0,"size":4},{"start":4,"size":4}]}]}]'\
      """;

  @Test
  void gpusThatHamisPluginCutsGetPodsWhileThePluginIsThere() throws Exception {
    putMig(MIG, ", nvidia.com/gpu: 10");
    assertThat(heard.lines).containsExactly("node a 1", "ill a 0");
    NodeSpec node = Objects.requireNonNull(nodes.spec("a"));
    assertThat(node.delivery()).isEqualTo(DeliveryWay.HAMI_MIG);
    assertThat(node.gpus().get(0).mode()).isEqualTo(GpuMode.MIG_DYNAMIC);

    for (String away : List.of(", nvidia.com/gpu: 0", "")) {
      heard.lines.clear();
      putMig(MIG, away);
      assertThat(heard.lines).as(away).containsExactly("ill a 1");
      putMig(MIG, ", nvidia.com/gpu: 10");
      assertThat(heard.lines).as(away).containsExactly("ill a 1", "ill a 0");
    }
  }

  @Test
  void theLabelForHamisMigModeSaysWhatIsMissing() throws Exception {
    putMig(NAMED, ", nvidia.com/gpu: 10");
    assertThat(heard.lines)
        .singleElement()
        .asString()
        .startsWith("unusable a: HAMi's device plugin registers no MIG profile");
  }

  /** What else is made of a node. */
  private final class Written implements NodeSink.NodeListener {
    @Override
    public void nodeChanged(String node, NodeObject.Kubelet kubelet) {}

    @Override
    public void advertise(NodeObject node, @Nullable NodeSpec spec) {}

    @Override
    public void changed(String node) {}

    @Override
    public void doubtful(Meta node, String problem) {
      events.add("doubtful " + problem);
    }

    @Override
    public void unusable(Meta node, String problem) {
      events.add("unusable " + problem);
    }

    @Override
    public void nodeRemoved(String node) {}
  }

  private List<GpuSpec> gpus(String node) {
    NodeSpec spec = nodes.spec(node);
    return spec == null ? List.of() : spec.gpus();
  }
}
