package gpu.kerf.model.hardware;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.model.hardware.MigOracle.Instance;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MigGeometryTest {

  private static GpuModel model(String name) {
    return Objects.requireNonNull(GpuCatalog.builtIn().find(name, 0), name);
  }

  private static MigProfile profile(GpuModel model, String name) {
    return Objects.requireNonNull(model.profile(name), name);
  }

  private static MigOracle plainOracle(GpuModel model) {
    return new MigOracle(model, MigProfile::plain);
  }

  @ParameterizedTest
  @ValueSource(strings = {"A100-40GB", "H100-80GB", "B200-180GB", "A30", "RTX-PRO-6000-Blackwell"})
  void inEveryStateAnInstanceFitsExactlyWhereTheRulesLetIt(String name) {
    GpuModel model = model(name);
    MigOracle oracle = new MigOracle(model, profile -> true);
    for (Set<Instance> state : oracle.states()) {
      int occupied = MigOracle.occupied(state);
      int media =
          state.stream().mapToInt(in -> in.profile().media().held()).reduce(0, (a, b) -> a | b);
      for (Instance instance : oracle.possible()) {
        boolean fits =
            (model.geometry().startsFree(occupied, instance.profile()) >> instance.start() & 1) == 1
                && instance.profile().media().fitsBeside(media);
        assertThat(fits)
            .as("%s beside %s", instance, state)
            .isEqualTo(oracle.canJoin(instance, state));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"A100-40GB", "H200-141GB", "A30", "RTX-PRO-6000-Blackwell"})
  void aStartIsFreeInAnyOccupancyThatLeavesItsSlicesFree(String name) {
    GpuModel model = model(name);
    for (int occupied = 0; occupied < 256; occupied++) {
      for (MigProfile profile : model.profiles()) {
        int expected = 0;
        for (int start = 0; start < 8; start++) {
          boolean free = profile.startsAt(start);
          for (int slice = start; slice < start + profile.size(); slice++) {
            free &= (occupied >> slice & 1) == 0;
          }
          expected |= free ? 1 << start : 0;
        }
        assertThat(model.geometry().startsFree(occupied, profile)).isEqualTo(expected);
        assertThat(model.geometry().fits(occupied, profile)).isEqualTo(expected != 0);
        assertThat(model.geometry().placements(occupied, profile))
            .isEqualTo(Integer.bitCount(expected));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    // left half {0,1}x{2,3}: (none, 1g, 1g, 1g+1g, 1gD, 2g)^2 + 3g + 4g = 38
    // right half {4,5}x{6,7}: 6 x (none, 1g, 1gD) + 3g = 19; 38 x 19 + 7g = 723
    "A100-40GB, 723",
    "GB300-278GB, 723",
    // each half (none, 1g, 1g, 1g+1g, 2g) = 5; 5 x 5 + 4g = 26
    "A30, 26",
    "RTX-PRO-6000-Blackwell, 26",
    "T4, 1"
  })
  void thereAreAsManyCompletionsOfAnEmptyGpuAsStates(String name, int states) {
    GpuModel model = model(name);
    assertThat(model.geometry().completions(0)).isEqualTo(states);
    assertThat(model.geometry().states().size()).isEqualTo(states);
    assertThat(plainOracle(model).states()).hasSize(states);
  }

  @ParameterizedTest
  @CsvSource({"A100-40GB", "A30", "RTX-PRO-6000-Blackwell"})
  void completionsCountTheStatesThatFitTheFreeSlices(String name) {
    GpuModel model = model(name);
    List<Integer> taken = plainOracle(model).states().stream().map(MigOracle::occupied).toList();
    for (int occupied = 0; occupied < 256; occupied++) {
      int byte8 = occupied;
      long fitting = taken.stream().filter(other -> (other & byte8) == 0).count();
      assertThat(model.geometry().completions(occupied))
          .as("occupancy %d", occupied)
          .isEqualTo((int) fitting);
    }
  }

  @ParameterizedTest
  @CsvSource({"A100-40GB, 192", "A30, 16", "RTX-PRO-6000-Blackwell, 16"})
  void anOccupancyIsReachableIfSomeStateHasIt(String name, int reachable) {
    GpuModel model = model(name);
    Set<Integer> taken =
        plainOracle(model).states().stream().map(MigOracle::occupied).collect(toSet());
    assertThat(taken).hasSize(reachable);
    for (int occupied = 0; occupied < 256; occupied++) {
      assertThat(model.geometry().reachable(occupied))
          .as("occupancy %d", occupied)
          .isEqualTo(taken.contains(occupied));
    }
  }

  @Test
  void computeNeverExceedsTheGpuInAnyStateOfAnyModel() {
    for (GpuModel model : GpuCatalog.builtIn().models()) {
      for (Set<Instance> state : plainOracle(model).states()) {
        assertThat(MigOracle.computeSlices(state))
            .as("%s %s", model, state)
            .isLessThanOrEqualTo(model.computeSlices());
      }
    }
  }

  @Test
  void aModelWhoseStartsCouldExceedItsComputeIsRefused() {
    GpuModel.Builder twoFours =
        GpuModel.named("X")
            .memoryMiB(80_000)
            .mig(8, 7, 1)
            .profile(MigProfile.named("4g.40gb").placed(4, 0, 4).memoryMiB(40_000));
    // two of 4 compute slices = 8, one more than 7
    assertThatThrownBy(twoFours::build).hasMessageContaining("8 compute slices of 7");
  }

  @ParameterizedTest
  @CsvSource({
    // empty: 1g 7 + 1gD 4 + 2g 3 + 3g 2 + 4g 1 + 7g 1
    "00000000, 18",
    // 1g at 6: 1g 0-5, 1gD 0 2 4, 2g 0 2 4, 3g 0, 4g = 6 + 3 + 3 + 1 + 1
    "01000000, 14",
    // 3g at 4: 1g 0-3, 1gD 0 2, 2g 0 2, 3g 0, 4g = 4 + 2 + 2 + 1 + 1
    "11110000, 10",
    // 3g at 0: 1g 4 5 6, 1gD 4 6, 2g 4, 3g 4 = 3 + 2 + 1 + 1
    "00001111, 7",
    // seven 1g: nothing starts at 7
    "01111111, 0",
    "11111111, 0"
  })
  void placementsLeftAreCountedOverPlainProfiles(String occupancy, int placements) {
    assertThat(model("A100-40GB").geometry().placements(Integer.parseInt(occupancy, 2)))
        .isEqualTo(placements);
  }

  @Test
  void whatAPlacementTakesFromOthersIsTheDifferenceOfTheirStarts() {
    GpuModel model = model("H100-80GB");
    MigGeometry geometry = model.geometry();
    MigProfile three = profile(model, "3g.40gb");
    // 3g at 4 of an empty GPU takes starts 4 5 6 from 1g, 4 6 from 1gD, 4 from 2g, 4 from 3g, the
    // one of 7g
    assertThat(geometry.placementsLost(0, three, 4, profile(model, "1g.10gb"))).isEqualTo(3);
    assertThat(geometry.placementsLost(0, three, 4, profile(model, "1g.20gb"))).isEqualTo(2);
    assertThat(geometry.placementsLost(0, three, 4, profile(model, "2g.20gb"))).isEqualTo(1);
    assertThat(geometry.placementsLost(0, three, 4, three)).isEqualTo(1);
    assertThat(geometry.placementsLost(0, three, 4, profile(model, "4g.40gb"))).isZero();
    assertThat(geometry.placementsLost(0, three, 4, profile(model, "7g.80gb"))).isEqualTo(1);
    // 3 + 2 + 1 + 1 + 0 + 1
    assertThat(geometry.placementsLost(0, three, 4)).isEqualTo(8);
  }

  @ParameterizedTest
  @CsvSource({
    "A100-40GB, 00000000, 11111111, 0",
    // seven 1g: slice 7 has no start of its own
    "A100-40GB, 01111111, 00000000, 1",
    // 3g at 0 and 2g at 4: slices 6 and 7 take a 1g of double memory
    "A100-40GB, 00111111, 11000000, 0",
    // 1g at 1: slice 0 alone still takes a 1g
    "A100-40GB, 00000010, 11111101, 0",
    // 1g at 6 blocks everything that reaches slice 7
    "A100-40GB, 01000000, 00111111, 1",
    "A30, 00000000, 00001111, 0",
    "A30, 00000001, 00001110, 0"
  })
  void sliceSevenIsStrandedWithoutItsNeighbours(
      String name, String occupancy, String usable, int stranded) {
    MigGeometry geometry = model(name).geometry();
    int occupied = Integer.parseInt(occupancy, 2);
    assertThat(geometry.usable(occupied)).isEqualTo(Integer.parseInt(usable, 2));
    assertThat(geometry.strandedSlices(occupied)).isEqualTo(stranded);
  }

  @ParameterizedTest
  @CsvSource({
    // completions after: 228 wherever a 1g starts; placements 12 at 0-3, 13 at 4-5, 14 at 6
    "1g.5gb, 6",
    // 114 at 0 2 4, and 38 x 6 = 228 at 6
    "1g.10gb, 6",
    // 114 at each; placements 11 at 0 and 2, 12 at 4
    "2g.10gb, 4",
    // 19 at 0, 38 at 4
    "3g.20gb, 4",
    "4g.20gb, 0",
    "7g.40gb, 0"
  })
  void onAnEmptyGpuTheBestStartLeavesMostToOthers(String name, int start) {
    GpuModel model = model("A100-40GB");
    assertThat(model.geometry().bestStart(0, profile(model, name))).isEqualTo(start);
  }

  @ParameterizedTest
  @ValueSource(strings = {"A100-40GB", "A30", "RTX-PRO-6000-Blackwell"})
  void noOtherStartLeavesMoreThanTheBest(String name) {
    GpuModel model = model(name);
    MigGeometry geometry = model.geometry();
    for (int occupied = 0; occupied < 256; occupied++) {
      for (MigProfile profile : model.profiles()) {
        if (geometry.fits(occupied, profile)) {
          int best = geometry.bestStart(occupied, profile);
          int left = geometry.completions(occupied | profile.maskAt(best));
          assertThat(geometry.startsFree(occupied, profile) >> best & 1).isOne();
          for (int start = 0; start < 8; start++) {
            if ((geometry.startsFree(occupied, profile) >> start & 1) == 1) {
              assertThat(geometry.completions(occupied | profile.maskAt(start)))
                  .isLessThanOrEqualTo(left);
            }
          }
        }
      }
    }
  }

  @Test
  void thereIsNoBestStartWhereNothingFits() {
    GpuModel model = model("A30");
    assertThatThrownBy(() -> model.geometry().bestStart(0b0001, profile(model, "4g.24gb")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("4g.24gb");
  }

  @Test
  void anOccupancyOfMoreThanAByteIsNoAnswerOfAnotherProfile() {
    GpuModel model = model("A30");
    assertThatThrownBy(() -> model.geometry().fits(256, profile(model, "1g.6gb")))
        .isInstanceOf(ArrayIndexOutOfBoundsException.class);
  }
}
