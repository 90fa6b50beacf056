package gpu.kerf.extender.audit;

import static gpu.kerf.extender.audit.SmallCluster.mig;
import static gpu.kerf.extender.audit.SmallCluster.whole;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Nodes on which HAMi's device plugin makes MIG instances for Kerf and for HAMi's scheduler. */
class HamiMigAuditTest {
  private static final String RESERVED = "hami.io/vgpu-mig-allocations";

  private final SmallCluster cluster =
      new SmallCluster()
          .object(
              "Node",
              """
              {"metadata":{"name":"a","labels":{"kerf.gpu/delivery":"hami-mig"},"annotations":{
                "kerf.gpu/inventory":"{\\"v\\":1,\\"gpus\\":[]}",
                "hami.io/node-nvidia-register":"[{\\"id\\":\\"GPU-0\\",\\"devmem\\":81559,\\"type\\":\\"NVIDIA H100 80GB HBM3\\",\\"mode\\":\\"mig\\",\\"migProfiles\\":[{\\"name\\":\\"3g.40gb\\",\\"placements\\":[{\\"start\\":0,\\"size\\":4},{\\"start\\":4,\\"size\\":4}]}]}]"}}}
              """);

  private List<Rule> rules() {
    return cluster.audit().findings().stream().map(Finding::rule).toList();
  }

  private SmallCluster theirs(String name, int start) {
    String reservation =
        "[{\"gpuUUID\":\"GPU-0\",\"profile\":\"3g.40gb\",\"placement\":{\"start\":%d,\"size\":4}}]"
            .formatted(start);
    return cluster.foreign(name, "a", RESERVED, reservation, "nvidia.com/gpu");
  }

  @Test
  void instancesOfBothStandBesideEachOther() {
    cluster.pod("x", "a", mig(0, "GPU-0", "3g.40gb@4"));
    theirs("y", 0);
    assertThat(rules()).isEmpty();
    assertThat(cluster.audit().gpus()).isEqualTo(1);
  }

  @Test
  void instancesThatOverlapAreFound() {
    cluster.pod("x", "a", mig(0, "GPU-0", "3g.40gb@4"));
    theirs("y", 4);
    assertThat(rules()).containsExactly(Rule.MIG_INSTANCE);
  }

  @Test
  void whatThePluginDoesNotCutIsMissing() {
    cluster.pod("x", "a", mig(0, "GPU-0", "1g.10gb@3")).pod("y", "a", whole(0, "GPU-0"));
    assertThat(rules()).contains(Rule.MISSING_INSTANCE);
  }
}
