package gpu.kerf.model.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TopologyTest {

  /** Behind NVSwitch: 18 links between any two, GPUs 0-3 on NUMA node 0, 4-7 on 1. */
  private static Topology hgx() {
    Topology.Builder node = Topology.of(8).nvlinkAll(18);
    for (int gpu = 0; gpu < 8; gpu++) {
      node.numa(gpu, gpu / 4);
    }
    return node.build();
  }

  /** Four PCIe cards, bridged in pairs by 12 links, each on a NUMA node of its own. */
  private static Topology bridged() {
    return Topology.of(4)
        .nvlink(0, 1, 12)
        .nvlink(3, 2, 12)
        .numa(0, 0)
        .numa(1, 1)
        .numa(2, 2)
        .numa(3, 3)
        .build();
  }

  @Test
  void moreLinksAreNearerThanAnythingBelow() {
    // pair 0-1: two links, far apart on the host; 0-2: one link, same switch and NUMA node
    Topology node =
        Topology.of(3)
            .nvlink(0, 1, 2)
            .nvlink(0, 2, 1)
            .pcieSwitch(0, 2)
            .numa(0, 0)
            .numa(1, 1)
            .numa(2, 0)
            .build();
    assertThat(node.distance(0, 1)).isLessThan(node.distance(0, 2));
    assertThat(node.distance(0, 2)).isLessThan(node.distance(1, 2));
  }

  @Test
  void withEqualLinksASwitchIsNearerThanANumaNodeAndThatThanTheRest() {
    Topology node =
        Topology.of(4).pcieSwitch(0, 1).numa(0, 0).numa(1, 0).numa(2, 0).numa(3, 1).build();
    assertThat(node.distance(0, 1)).isLessThan(node.distance(0, 2));
    assertThat(node.distance(0, 2)).isLessThan(node.distance(0, 3));
  }

  @Test
  void behindSwitchesTheNumaNodeDecides() {
    Topology node = hgx();
    // a pair on one node: 3 x (31 - 18) + 1 = 40, across: 41
    assertThat(node.distance(0, 3)).isEqualTo(40);
    assertThat(node.distance(3, 4)).isEqualTo(41);
    // 6 pairs of 40; 2 pairs of 40 and 4 of 41
    assertThat(node.distanceWithin(0b0000_1111)).isEqualTo(240);
    assertThat(node.distanceWithin(0b0011_0011)).isEqualTo(244);
  }

  @Test
  void bridgedPairsAreNearerThanAnyOther() {
    Topology node = bridged();
    assertThat(node.distanceWithin(0b0011))
        .isEqualTo(node.distanceWithin(0b1100))
        .isLessThan(node.distanceWithin(0b0101));
    // four GPUs: two pairs of 3 x 19 + 2 = 59 and four of 3 x 31 + 2 = 95
    assertThat(node.distanceWithin(0b1111)).isEqualTo(2 * 59 + 4 * 95);
  }

  @Test
  void theDistanceOfASetIsTheSumOverItsPairs() {
    for (Topology node : new Topology[] {hgx(), bridged(), Topology.uniform(5)}) {
      for (int set = 0; set < 1 << node.size(); set++) {
        int sum = 0;
        for (int one = 0; one < node.size(); one++) {
          for (int other = 0; other < one; other++) {
            sum += (set >> one & set >> other & 1) * node.distance(one, other);
          }
        }
        assertThat(node.distanceWithin(set)).isEqualTo(sum);
      }
    }
  }

  @Test
  void distanceHasNoDirectionAndIsZeroAtHome() {
    for (Topology node : new Topology[] {hgx(), bridged()}) {
      for (int one = 0; one < node.size(); one++) {
        assertThat(node.distance(one, one)).isZero();
        for (int other = 0; other < node.size(); other++) {
          assertThat(node.distance(one, other)).isEqualTo(node.distance(other, one));
        }
      }
    }
  }

  @Test
  void distanceToASetLeavesTheGpuItselfOut() {
    assertThat(bridged().distanceTo(0, 0b1111)).isEqualTo(59 + 95 + 95);
  }

  @Test
  void aNodeOfWhichNothingIsKnownIsUniform() {
    assertThat(Topology.uniform(8).isUniform()).isTrue();
    assertThat(Topology.uniform(0).isUniform()).isTrue();
    assertThat(Topology.uniform(1).isUniform()).isTrue();
    assertThat(hgx().isUniform()).isFalse();
    assertThat(Topology.of(8).nvlinkAll(18).build().isUniform()).isTrue();
  }

  @Test
  void theGreatestDistanceFitsAndSixtyFourGpusAddUp() {
    Topology node = Topology.uniform(64);
    // 64 x 63 / 2 pairs of 3 x 31 + 2
    assertThat(node.distanceWithin(-1L)).isEqualTo(2016 * 95);
  }

  @Test
  void aNegativeNumaNodeMeansUnknown() {
    Topology node = Topology.of(2).numa(0, -1).numa(1, -1).build();
    assertThat(node).isEqualTo(Topology.uniform(2)).hasSameHashCodeAs(Topology.uniform(2));
    assertThat(node).isNotEqualTo(Topology.uniform(3));
  }

  @Test
  void nonsenseIsRefusedWithItsValue() {
    assertThatThrownBy(() -> Topology.of(65)).hasMessageContaining("65");
    assertThatThrownBy(() -> Topology.of(-1)).hasMessageContaining("-1");
    assertThatThrownBy(() -> Topology.of(2).nvlink(0, 2, 1)).hasMessageContaining("(2)");
    assertThatThrownBy(() -> Topology.of(2).nvlink(1, 1, 1)).hasMessageContaining("itself");
    assertThatThrownBy(() -> Topology.of(2).nvlink(0, 1, 0)).hasMessageContaining("(0)");
    assertThatThrownBy(() -> Topology.of(2).nvlink(0, 1, 32)).hasMessageContaining("(32)");
    assertThatThrownBy(() -> Topology.of(2).numa(-1, 0)).hasMessageContaining("(-1)");
    assertThatThrownBy(() -> Topology.of(2).pcieSwitch(0, 7)).hasMessageContaining("(7)");
  }
}
