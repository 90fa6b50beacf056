package gpu.kerf.model.analysis;

import static gpu.kerf.model.Nodes.a30;
import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.model;
import static gpu.kerf.model.Nodes.profile;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MigProfile;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The closed form against everything that one, two and three GPUs can hold. */
class MigFitTest {

  private static final GpuModel H100 = h100();
  private static final MigFit FIT = MigFit.of(H100);

  @ParameterizedTest
  @CsvSource({"1, 171", "2, 1382", "3, 6338"})
  void theClosedFormIsExhaustiveSearch(int gpus, int multisets) {
    List<MigProfile> plain = H100.profiles().stream().filter(MigProfile::plain).toList();

    assertThat(compare(gpus, plain)).isEqualTo(multisets);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void theClosedFormIsExhaustiveSearchWithMediaEnginesToo(int gpus) {
    assertThat(compare(gpus, H100.profiles())).isGreaterThan(200);
  }

  /** How many sets were compared: all of up to two slices more than the GPUs have. */
  private static int compare(int gpus, List<MigProfile> profiles) {
    Set<List<Integer>> feasible = Multisets.on(gpus, Multisets.onOneGpu(H100, profiles));
    List<int[]> all = Multisets.ofSlices(8 * gpus + 2, profiles);
    for (int[] counts : all) {
      assertThat(FIT.fits(Multisets.ofModel(H100, profiles, counts), gpus))
          .as("%s of %s on %d GPUs", Multisets.boxed(counts), profiles, gpus)
          .isEqualTo(feasible.contains(Multisets.boxed(counts)));
    }
    return all.size();
  }

  @Test
  void theFewestGpusAreTheLeastOnWhichTheSetFits() {
    for (int[] counts : Multisets.ofSlices(20, H100.profiles())) {
      int fewest = FIT.fewestGpus(counts);

      assertThat(FIT.fits(counts, fewest)).isTrue();
      assertThat(fewest == 0 || !FIT.fits(counts, fewest - 1)).isTrue();
    }
  }

  @Test
  void oneMoreIsAskedAsIfItWereThere() {
    for (int[] counts : Multisets.ofSlices(10, H100.profiles())) {
      for (MigProfile request : H100.profiles()) {
        int[] more = counts.clone();
        more[request.index()]++;

        assertThat(FIT.fitsWith(counts, request, 1)).isEqualTo(FIT.fits(more, 1));
      }
    }
  }

  @Test
  void theQuestionChangesNoCount() {
    int[] counts = counts("1g.10gb", 3, "3g.40gb", 1);

    FIT.fitsWith(counts, profile(H100, "4g.40gb"), 1);

    assertThat(counts).isEqualTo(counts("1g.10gb", 3, "3g.40gb", 1));
  }

  @Test
  void sevenSmallOnesFillAGpuAndTheEighthNeedsAnother() {
    // 8 slices are free, but nothing starts at slice 7
    assertThat(FIT.fewestGpus(counts("1g.10gb", 7))).isEqualTo(1);
    assertThat(FIT.fewestGpus(counts("1g.10gb", 8))).isEqualTo(2);
  }

  @Test
  void mediaEnginesAreOncePerGpuEvenWhereSlicesAreLeft() {
    assertThat(FIT.fewestGpus(counts("1g.10gb+me", 2))).isEqualTo(2);
    // a GPU of 4g and 3g has no slice for it: 4g, 4g, 3g and two of them need 3 GPUs, not 2
    assertThat(FIT.fits(counts("4g.40gb", 2, "3g.40gb", 1, "1g.10gb+me", 1), 2)).isTrue();
    assertThat(FIT.fits(counts("4g.40gb", 2, "3g.40gb", 1, "1g.10gb+me", 2), 2)).isFalse();
  }

  @Test
  void nothingNeedsNoGpuAndSomethingDoesNotFitOnNone() {
    assertThat(FIT.fewestGpus(counts())).isZero();
    assertThat(FIT.fits(counts(), 0)).isTrue();
    assertThat(FIT.fits(counts(), -1)).isFalse();
    assertThat(FIT.fits(counts("1g.10gb", 1), 0)).isFalse();
  }

  @Test
  void countsThatOverflowAnIntAreNotTakenForLittle() {
    // 2^31 - 1 of 3g and of 4g: as many GPUs as one of the counts, for a GPU holds one of each
    int many = Integer.MAX_VALUE;

    assertThat(FIT.fits(counts("3g.40gb", many, "4g.40gb", many), 1000)).isFalse();
    assertThat(FIT.fewestGpus(counts("3g.40gb", many, "4g.40gb", many))).isEqualTo(many);
  }

  @ParameterizedTest
  @ValueSource(strings = {"A100-40GB", "A100-80GB", "H100-80GB", "H200-141GB", "B200-180GB"})
  void theLargeCardsHaveTheLayout(String name) {
    assertThat(MigFit.appliesTo(model(name))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"A30", "RTX-PRO-6000-Blackwell", "RTX-PRO-5000-Blackwell", "T4"})
  void otherCardsHaveNot(String name) {
    assertThat(MigFit.appliesTo(model(name))).isFalse();
  }

  @Test
  void askingForAnotherLayoutIsRefusedByName() {
    assertThatThrownBy(() -> MigFit.of(a30())).hasMessageContaining(a30().name());
  }

  private static int[] counts(Object... namesAndCounts) {
    int[] counts = new int[H100.profiles().size()];
    for (int i = 0; i < namesAndCounts.length; i += 2) {
      MigProfile profile = Objects.requireNonNull(H100.profile(String.valueOf(namesAndCounts[i])));
      counts[profile.index()] = (Integer) namesAndCounts[i + 1];
    }
    return counts;
  }
}
