package gpu.kerf.bench.replay.mig;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.bench.replay.ReplayPolicy;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class LeastCostTest {
  private final Fleet fleet = Card.fleet(3);

  @Test
  void firstFitTakesTheFirstGpuAndTheLowestStart() {
    hold(0, "4g.40gb", 0);

    assertThat(choice(MigRule.firstFit(), "2g.20gb")).isEqualTo("0 2g.20gb@4");
    assertThat(choice(MigRule.firstFit(), "4g.40gb")).isEqualTo("1 4g.40gb@0");
    assertThat(choice(MigRule.firstFit(), "1g.10gb")).isEqualTo("0 1g.10gb@4");
  }

  @Test
  void bestFitTakesTheFullestGpu() {
    hold(1, "4g.40gb", 0);
    hold(2, "2g.20gb", 0);

    assertThat(choice(MigRule.bestFit(), "3g.40gb")).isEqualTo("1 3g.40gb@4");
    hold(1, "3g.40gb", 4);
    assertThat(choice(MigRule.bestFit(), "3g.40gb")).isEqualTo("2 3g.40gb@4");
    assertThat(choice(MigRule.bestFit(), "7g.80gb")).isEqualTo("0 7g.80gb@0");
  }

  @Test
  void hamiStartsSmallOnesAndThreesHigh() {
    hold(1, "2g.20gb", 0);

    assertThat(choice(MigRule.bestFitHami(), "1g.10gb")).isEqualTo("1 1g.10gb@6");
    assertThat(choice(MigRule.bestFitHami(), "1g.20gb")).isEqualTo("1 1g.20gb@6");
    assertThat(choice(MigRule.bestFitHami(), "3g.40gb")).isEqualTo("1 3g.40gb@4");
    assertThat(choice(MigRule.bestFitHami(), "2g.20gb")).isEqualTo("1 2g.20gb@2");
  }

  /** The GPU comes first, the start second: a higher start elsewhere is no reason to go there. */
  @Test
  void hamiTakesTheFirstOfEquallyFullGpus() {
    hold(0, "1g.10gb", 6);
    hold(1, "1g.10gb", 0);

    assertThat(choice(MigRule.bestFitHami(), "1g.10gb")).isEqualTo("0 1g.10gb@5");
  }

  @Test
  void mfiCountsTheStartsThatAreBlockedInVain() {
    // On an empty GPU 3g.40gb at 0 blocks, of what 4 free slices could still hold: 1g.10gb 4 of 7
    // starts (4 slices), 1g.20gb 2 of 4 (4), 2g.20gb 2 of 3 (4), 3g.40gb 1 of 2 (4), 4g.40gb 1 of 1
    // (4): 20. At 4 it blocks 3 (3), 2 (4), 1 (2), 1 (4) and 0: 13.
    assertThat(choice(MigRule.leastFragmentation(), "3g.40gb")).isEqualTo("0 3g.40gb@4");
    assertThat(
            MigRule.leastFragmentation().cost(0, Card.profile(3), 0)
                - MigRule.leastFragmentation().cost(0, Card.profile(3), 4))
        .isEqualTo(20 - 13);
  }

  @Test
  void fgdKeepsWhatTheMixAsksFor() {
    hold(0, "3g.40gb", 4);
    ProfileMix only4g = ProfileMix.of("only 4g", 0, 0, 0, 0, 1, 0);
    ProfileMix only2g = ProfileMix.of("only 2g", 0, 0, 1, 0, 0, 0);

    // With only 4g.40gb to come, a GPU whose low half is free must keep it, and an empty one can
    // give its high half away.
    assertThat(choice(MigRule.leastExpectedFragments(only4g), "1g.10gb")).isEqualTo("1 1g.10gb@4");
    // 2g.20gb never reaches the last two slices, of which 1g.10gb takes one: a gain.
    assertThat(choice(MigRule.leastExpectedFragments(only2g), "1g.10gb")).isEqualTo("1 1g.10gb@6");
  }

  @Test
  void aFullFleetHasNoPlace() {
    hold(0, "7g.80gb", 0);
    hold(1, "7g.80gb", 0);
    hold(2, "4g.40gb", 0);

    assertThat(choice(MigRule.bestFit(), "4g.40gb")).isEqualTo("nowhere");
    assertThat(choice(MigRule.bestFit(), "3g.40gb")).isEqualTo("2 3g.40gb@4");
  }

  private void hold(int gpu, String profile, int start) {
    NodeState node = Objects.requireNonNull(fleet.at(0));
    assertThat(node.take(Card.on(node, gpu, Card.NAMES.indexOf(profile), start))).isTrue();
  }

  private String choice(MigRule rule, String profile) {
    ReplayPolicy policy = new LeastCost(fleet, rule);
    Placement placement = policy.place(Card.demand(Card.NAMES.indexOf(profile)), 0);
    if (placement == null) {
      return "nowhere";
    }
    Slot.Mig slot = (Slot.Mig) placement.slots().get(0);
    return slot.gpu() + " " + slot.profile().name() + "@" + slot.start();
  }
}
