package gpu.kerf.model.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.hardware.MigOracle.Instance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every model that comes with Kerf, and the numbers that decisions rest on. */
class BuiltInCatalogTest {

  static Collection<GpuModel> models() {
    return GpuCatalog.builtIn().models();
  }

  static List<GpuModel> migModels() {
    return models().stream().filter(GpuModel::migCapable).toList();
  }

  private static GpuModel model(String name) {
    return Objects.requireNonNull(GpuCatalog.builtIn().find(name, 0), name);
  }

  @Test
  void seventeenModelsHaveAHundredAndTwentyOneProfiles() {
    // A30 5, fourteen of the 8/7 layout with 7 each, RTX PRO 6000 11, RTX PRO 5000 7: 5 + 98 + 11 +
    // 7
    assertThat(migModels()).hasSize(17);
    assertThat(migModels().stream().mapToInt(model -> model.profiles().size()).sum())
        .isEqualTo(121);
    assertThat(models()).hasSize(42);
  }

  @ParameterizedTest
  @MethodSource("models")
  void everyNameAndAliasFindsItsModelOrIsShared(GpuModel model) {
    assertThat(GpuCatalog.builtIn().find(model.name(), 0)).isSameAs(model);
    for (String alias : model.aliases()) {
      GpuModel found = GpuCatalog.builtIn().find(alias, 0);
      List<GpuModel> holders =
          models().stream().filter(other -> other.aliases().contains(alias)).toList();
      assertThat(found).as(alias).isSameAs(holders.size() == 1 ? model : null);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void noTwoProfilesOfAModelShareAName(GpuModel model) {
    Set<String> names = new HashSet<>();
    for (MigProfile profile : model.profiles()) {
      assertThat(names.add(profile.name())).as(profile.name()).isTrue();
      for (String alias : profile.aliases()) {
        assertThat(names.add(alias)).as(alias).isTrue();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("migModels")
  void everyStartLeavesRoomForTheSize(GpuModel model) {
    for (MigProfile profile : model.profiles()) {
      for (int start = 0; start < 8; start++) {
        if (profile.startsAt(start)) {
          assertThat(start + profile.size())
              .as("%s@%d", profile, start)
              .isLessThanOrEqualTo(model.slices());
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("migModels")
  void theMostOfAProfileIsWhatEnumerationFinds(GpuModel model) {
    for (MigProfile profile : model.profiles()) {
      if (profile.placeable()) {
        Set<Set<Instance>> states = new MigOracle(model, profile::equals).states();
        int most = states.stream().mapToInt(Set::size).max().orElseThrow();
        assertThat(profile.maxInstances()).as("%s", profile).isEqualTo(most);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("migModels")
  void aReportedProfileFitsIntoTheMemoryOfItsGpu(GpuModel model) {
    for (MigProfile profile : model.profiles()) {
      assertThat(profile.promisesMemory()).isEqualTo(!profile.memoryIsEstimate());
      if (profile.promisesMemory()) {
        assertThat(profile.memoryMiB()).as("%s", profile).isBetween(1, model.memoryMiB());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("migModels")
  void reportedMemoryOfAnyStateFitsIntoTheGpu(GpuModel model) {
    for (Set<Instance> state :
        new MigOracle(model, p -> p.plain() && p.promisesMemory()).states()) {
      assertThat(state.stream().mapToInt(instance -> instance.profile().memoryMiB()).sum())
          .as("%s", state)
          .isLessThanOrEqualTo(model.memoryMiB());
    }
  }

  @ParameterizedTest
  @MethodSource("migModels")
  void profilesAreOrderedAndVariantsEqualThePlainOne(GpuModel model) {
    List<MigProfile> profiles = new ArrayList<>(model.profiles());
    for (int i = 0; i < profiles.size(); i++) {
      assertThat(profiles.get(i).index()).isEqualTo(i);
      String base = profiles.get(i).name().replaceFirst("[+-].*", "");
      MigProfile plain = model.profile(base);
      if (plain != null) {
        assertThat(profiles.get(i).memoryMiB()).isEqualTo(plain.memoryMiB());
        assertThat(profiles.get(i).starts()).isEqualTo(plain.starts());
        assertThat(profiles.get(i).smMilli()).isEqualTo(plain.smMilli());
      }
    }
    assertThat(profiles.stream().mapToInt(MigProfile::memoryMiB)).isSorted();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # model                  | total  | shareable | 1g, 1gD/2g, 3g/4g, whole
          A30                      |  24576 |  24000 | 5952 11968 24000
          A100-40GB                |  40960 |  40192 | 4864 9856 19968 40192
          A100-80GB                |  81920 |  80384 | 9728 19968 40192 80384
          H100-80GB                |  81559 |  81152 | 9984 20096 40320 81152
          H100-80GB-PCIe           |  81559 |  81152 | 9984 20096 40320 81152
          H100-94GB-NVL            |  95830 |  94848 | 11008 22016 47232 94848
          H100-96GB                |  97871 |  95232 | 11264 23552 47616 95232
          H200-141GB               | 143771 | 143360 | 16384 33024 71168 143360
          B200-180GB               | 183359 | 182784 | 20992 45312 91136 182784
          RTX-PRO-6000-Blackwell   |  97887 |  97280 | 23680 48512 97280
          # estimates in part: the whole GPU's profile promises nothing, so the total stands
          GH200-144GB              | 146831 | 146831 | 17920 36096 71680 143360
          GB200-186GB              | 189471 | 189471 | 20480 46592 92160 184320
          """)
  void memoryIsTheLowestThatDriversReport(String name, int total, int shareable, String profiles) {
    GpuModel model = model(name);
    assertThat(model.memoryMiB()).isEqualTo(total);
    assertThat(model.shareableMiB()).isEqualTo(shareable);
    int[] expected = Arrays.stream(profiles.split(" ")).mapToInt(Integer::parseInt).toArray();
    assertThat(model.profiles().stream().mapToInt(MigProfile::memoryMiB).distinct())
        .containsExactly(box(expected));
  }

  private static Integer[] box(int[] values) {
    return Arrays.stream(values).boxed().toArray(Integer[]::new);
  }

  @ParameterizedTest
  @CsvSource({"H20-96GB", "H20-141GB", "B300-269GB", "GB300-278GB", "RTX-PRO-5000-Blackwell"})
  void modelsWithoutAMeasurementPromiseNoMemory(String name) {
    assertThat(model(name).profiles()).noneMatch(MigProfile::promisesMemory);
    assertThat(model(name).shareableMiB()).isEqualTo(model(name).memoryMiB());
  }

  @ParameterizedTest
  @CsvSource({
    // 14 of 108 multiprocessors, 14 x 1000 / 108 = 129.6
    "A100-40GB, 1g.5gb, 129",
    "A100-40GB, 7g.40gb, 907",
    // 26 of 132 = 196.9
    "H100-80GB, 1g.20gb, 196",
    "H100-80GB, 7g.80gb, 1000",
    // 46 of 188 = 244.6
    "RTX-PRO-6000-Blackwell, 1g.24gb+me, 244",
    // multiprocessors unknown: 3 of 7 compute slices = 428.5
    "GB200-186GB, 3g.93gb, 428",
    "B300-269GB, 1g.67gb, 142"
  })
  void theShareOfMultiprocessorsIsRoundedDown(String name, String profile, int smMilli) {
    assertThat(Objects.requireNonNull(model(name).profile(profile)).smMilli()).isEqualTo(smMilli);
  }

  @ParameterizedTest
  @CsvSource({
    "GB200-186GB, 1g.24gb, 1g.23gb",
    "GB200-186GB, 7g.189gb, 7g.186gb",
    "A100-80GB, 3g.39gb, 3g.40gb",
    "A100-80GB, 7g.79gb, 7g.80gb",
    "A100-40GB, 3g.21gb, 3g.20gb",
    "A100-40GB, 1g.5gb.me, 1g.5gb+me",
    "RTX-PRO-6000-Blackwell, 1g.24gb.me.all, 1g.24gb+me.all",
    "RTX-PRO-6000-Blackwell, 1g.24gb.gfx, 1g.24gb+gfx",
    "RTX-PRO-6000-Blackwell, 1g.24gb-me, 1g.24gb-me"
  })
  void profilesAreFoundByDriftedAndByResourceNames(String name, String asked, String found) {
    assertThat(model(name).profile(asked)).hasToString(found);
  }

  @Test
  void aProfileOfAnotherModelIsNotFound() {
    assertThat(model("A100-40GB").profile("1g.5")).isNull();
    assertThat(model("A100-40GB").profile("4g.40gb")).isNull();
    assertThat(model("T4").profile("1g.5gb")).isNull();
  }

  @Test
  void theDriverCountsThreeUnitsToASliceOfAnRtxPro6000() {
    GpuModel model = model("RTX-PRO-6000-Blackwell");
    MigProfile two = Objects.requireNonNull(model.profile("2g.48gb"));
    assertThat(model.slices()).isEqualTo(4);
    assertThat(model.placementUnit()).isEqualTo(3);
    assertThat(two.driverStart(2)).isEqualTo(6);
    assertThat(two.startOfDriver(6)).isEqualTo(2);
    assertThat(two.maskAt(2)).isEqualTo(0b1100);
  }

  @Test
  void whatIsOnlyNamedInTheDocumentationCannotBePlaced() {
    GpuModel model = model("RTX-PRO-5000-Blackwell");
    assertThat(model.migCapable()).isTrue();
    assertThat(model.profiles()).noneMatch(MigProfile::placeable);
    assertThat(model.geometry().completions(0)).isEqualTo(1);
    assertThat(model.wholeProfile()).isNull();
  }

  @ParameterizedTest
  @CsvSource({"P100-16GB, 16", "V100-16GB, 48", "T4, 48", "H100-80GB, 48", "B200-180GB, 48"})
  void mpsTakesFortyEightClientsSinceVolta(String name, int clients) {
    assertThat(model(name).mpsClientLimit()).isEqualTo(clients);
  }
}
