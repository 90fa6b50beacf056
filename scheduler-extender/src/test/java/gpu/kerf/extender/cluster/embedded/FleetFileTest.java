package gpu.kerf.extender.cluster.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

class FleetFileTest {

  @Test
  void theStandardFleetHasPlainCutAndDynamicGpusOfTwoModels() {
    List<NodeSpec> fleet = FleetFile.standard();

    assertThat(fleet).extracting(NodeSpec::name).doesNotHaveDuplicates().contains("h100-a");
    assertThat(fleet.get(0).gpus()).hasSize(8);
    assertThat(fleet.stream().flatMap(node -> node.gpus().stream()))
        .extracting(gpu -> gpu.model().name() + " " + gpu.mode().word())
        .contains(
            "H100-80GB plain",
            "H100-80GB mig-dynamic",
            "A100-40GB plain",
            "A100-40GB mig-dynamic",
            "A100-40GB mig");
  }

  @Test
  void aCountMakesNodesAlikeWithNamesAndGpusOfTheirOwn() {
    List<NodeSpec> fleet =
        FleetFile.parse(
            "f",
            """
            nodes:
            - {name: n, count: 3, cpu: 500m, memory: 2Gi, numa: 2, gpus: [{model: A100-SXM4-40GB, memoryMiB: 40536, count: 4}]}
            """);

    assertThat(fleet).extracting(NodeSpec::name).containsExactly("n-1", "n-2", "n-3");
    assertThat(fleet.get(2).cpuMilli()).isEqualTo(500);
    assertThat(fleet.get(2).hostMemoryMiB()).isEqualTo(2048);
    assertThat(fleet.stream().flatMap(node -> node.gpus().stream()))
        .extracting(gpu -> gpu.uuid())
        .hasSize(12)
        .doesNotHaveDuplicates();
    // Four GPUs over two NUMA nodes: 0 and 1 are nearer than 1 and 2.
    assertThat(fleet.get(0).topology().distance(0, 1))
        .isLessThan(fleet.get(0).topology().distance(1, 2));
  }

  @Test
  void instancesThatWereCutByHandAreRead() {
    NodeSpec node =
        FleetFile.parse(
                "f",
                """
                nodes:
                - name: a
                  gpus: [{model: A100-40GB, mode: mig, instances: [3g.20gb@0, 1g.5gb@6]}]
                """)
            .get(0);

    assertThat(node.gpus().get(0).mode()).isEqualTo(GpuMode.MIG);
    assertThat(node.gpus().get(0).instances())
        .extracting(each -> each.profile().name() + "@" + each.start())
        .containsExactly("3g.20gb@0", "1g.5gb@6");
    assertThat(node.cpuMilli()).isEqualTo(NodeSpec.UNKNOWN);
  }

  @Test
  void everyProblemIsToldAtOnceWithItsPlaceAndAHint() {
    assertThatThrownBy(
            () ->
                FleetFile.parse(
                    "fleet.yaml",
                    """
                    nodes:
                    - {name: Up, gpus: []}
                    - {name: a, gpu: [], gpus: [{model: H1000}]}
                    - {name: b, count: 0, cpu: many, gpus: [{model: A100-40GB, mode: mix}]}
                    - {name: c, gpus: [{model: A100-40GB, mode: mig, instances: [1g.5gb@7]}]}
                    """))
        .isInstanceOf(FleetException.class)
        .hasMessageContaining("fleet.yaml has 7 problems")
        .hasMessageContaining("The name (Up) of nodes[0]")
        .hasMessageContaining("nodes[1] has an unknown key (gpu)")
        .hasMessageContaining("nodes[1].gpus[0]: The GPU model (H1000) is not known")
        .hasMessageContaining("The count (0) of nodes[2]")
        .hasMessageContaining("The cpu (many) of nodes[2]")
        .hasMessageContaining("The GPU mode (mix) is not known")
        .hasMessageContaining(
            "nodes[3].gpus[0]: The MIG instance 1g.5gb cannot start at slice (7)");
  }

  @Test
  void textThatIsNoFleetIsRefused() {
    assertThatThrownBy(() -> FleetFile.parse("f", "nodes: [")).hasMessageContaining("not YAML");
    assertThatThrownBy(() -> FleetFile.parse("f", "")).hasMessageContaining("lists no nodes");
    assertThatThrownBy(() -> FleetFile.parse("f", "7")).hasMessageContaining("lists no nodes");
    assertThatThrownBy(() -> FleetFile.parse("f", "nodes: [{name: a}, {name: a}]"))
        .hasMessageContaining("Two nodes have the name (a)");
  }
}
