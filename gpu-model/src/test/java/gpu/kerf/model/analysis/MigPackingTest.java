package gpu.kerf.model.analysis;

import static gpu.kerf.model.Nodes.a30;
import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.model;
import static gpu.kerf.model.Nodes.profile;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.model.analysis.Fewest.Basis;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MigProfile;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Layouts without a closed form. */
class MigPackingTest {

  private static final GpuModel RTX = model("RTX-PRO-6000-Blackwell");

  @Test
  void onA30TheSearchFindsWhatExhaustiveSearchFinds() {
    compare(a30(), a30().profiles(), 10);
  }

  @Test
  void onRtxPro6000TheRulesOfMediaEnginesAreObeyed() {
    List<MigProfile> some =
        RTX.profiles().stream()
            .filter(profile -> !profile.graphics() && !profile.name().equals("2g.48gb-me"))
            .toList();

    compare(RTX, some, 8);
  }

  @Test
  void onTheLargeCardsTheSearchFindsWhatTheClosedFormFinds() {
    for (int[] counts : Multisets.ofSlices(16, h100().profiles())) {
      Fewest closed = MigPacking.fewest(h100(), counts);
      Fewest searched = MigPacking.searched(h100(), counts);

      assertThat(closed.basis()).isEqualTo(Basis.CLOSED_FORM);
      assertThat(searched.basis()).isEqualTo(Basis.SEARCH);
      assertThat(searched.achieved()).isEqualTo(closed.achieved());
    }
  }

  /** All sets of so many slices, against what one, two, ... GPUs can hold. */
  private static void compare(GpuModel model, List<MigProfile> profiles, int slices) {
    Set<List<Integer>> onOne = Multisets.onOneGpu(model, profiles);
    List<Set<List<Integer>>> feasible =
        List.of(onOne, Multisets.on(2, onOne), Multisets.on(3, onOne));
    for (int[] counts : Multisets.ofSlices(slices, profiles)) {
      Fewest fewest = MigPacking.fewest(model, Multisets.ofModel(model, profiles, counts));
      assertThat(fewest.basis()).isEqualTo(Basis.SEARCH);
      for (int gpus = 1; gpus <= feasible.size(); gpus++) {
        assertThat(fewest.achieved() <= gpus)
            .as("%s of %s on %d", Multisets.boxed(counts), profiles, gpus)
            .isEqualTo(feasible.get(gpus - 1).contains(Multisets.boxed(counts)));
      }
    }
  }

  @Test
  void thousandsOfInstancesOfOnePowerOfTwoNeedNoSearch() {
    // 1000 x 1 + 1000 x 2 + 1000 x 4 slices = 7000 of 4
    int[] counts = new int[a30().profiles().size()];
    counts[profile(a30(), "1g.6gb").index()] = 1000;
    counts[profile(a30(), "2g.12gb").index()] = 1000;
    counts[profile(a30(), "4g.24gb").index()] = 1000;

    assertThat(MigPacking.fewest(a30(), counts)).isEqualTo(new Fewest(1750, 1750, Basis.SEARCH));
  }

  @Test
  void whatFillsAGpuAndWhatMayBeOnlyOnceAreCountedBeforeAnySearch() {
    // A30: 24 x 4g alone; 21 + 23 with media engines, one per GPU; all others fit beside those
    int[] counts = new int[a30().profiles().size()];
    counts[profile(a30(), "1g.6gb").index()] = 20;
    counts[profile(a30(), "1g.6gb+me").index()] = 21;
    counts[profile(a30(), "2g.12gb").index()] = 22;
    counts[profile(a30(), "2g.12gb+me").index()] = 23;
    counts[profile(a30(), "4g.24gb").index()] = 24;

    assertThat(MigPacking.fewest(a30(), counts)).isEqualTo(new Fewest(68, 68, Basis.SEARCH));
  }

  @Test
  void whereTheSearchIsBrokenOffItSaysBetweenWhichNumbersTheTruthLies() {
    // one of the few mixes where bound and packing differ and the search is too short
    int[] counts = {3, 3, 10, 3, 3, 11, 10, 4, 11, 11, 4};

    assertThat(MigPacking.fewest(RTX, counts)).isEqualTo(new Fewest(39, 40, Basis.BOUNDS));
  }

  @Test
  void aProfileWithoutKnownStartsIsRefused() {
    GpuModel unknown = model("RTX-PRO-5000-Blackwell");
    int[] counts = new int[unknown.profiles().size()];
    counts[0] = 1;

    assertThatThrownBy(() -> MigPacking.fewest(unknown, counts))
        .hasMessageContaining(unknown.profiles().get(0).name());
  }

  @Test
  void negativeCountsAreRefused() {
    int[] counts = new int[h100().profiles().size()];
    counts[0] = -1;

    assertThatThrownBy(() -> MigPacking.fewest(h100(), counts)).hasMessageContaining("-1");
  }
}
