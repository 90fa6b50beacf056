package gpu.kerf.model.demand;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.Nodes;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MigProfile;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DemandTest {

  private static final GpuModel H100 = Nodes.h100();

  @Test
  void aDemandThatNamesNoModelAcceptsEveryModel() {
    assertThat(Demand.whole(1).accepts(H100)).isTrue();
  }

  @Test
  void aDemandThatNamesModelsAcceptsOnlyThese() {
    assertThat(Demand.whole(1).onModels(List.of("T4", "H100-80GB")).accepts(H100)).isTrue();
    assertThat(Demand.whole(1).onModels(List.of("T4")).accepts(H100)).isFalse();
  }

  @Test
  void anAmountOfMemoryIsTheSameOnEveryGpu() {
    Demand demand = Demand.memory(new MemoryMiB(5_000));

    assertThat(demand.memoryMiB(15_000)).isEqualTo(5_000);
    assertThat(demand.memoryMiB(80_000)).isEqualTo(5_000);
  }

  /** 333/1000 of 15000 is 4995; 1/1000 of 900 would be less than one MiB. */
  @Test
  void aFractionIsOfWhatTheGpuShares() {
    assertThat(Demand.fraction(new Milli(333)).memoryMiB(15_000)).isEqualTo(4_995);
    assertThat(Demand.fraction(new Milli(1)).memoryMiB(900)).isEqualTo(1);
  }

  @Test
  void wholeGpusAndProfilesNameNoAmount() {
    assertThat(Demand.whole(2).memoryMiB(80_000)).isZero();
    assertThat(Demand.profile("1g.10gb").memoryMiB(80_000)).isZero();
  }

  /** What the smallest profiles are that serve a demand, on cards that people know. */
  @ParameterizedTest
  @CsvSource({
    // parts of a GPU
    "500, A100-40GB, 3g.20gb 4g.20gb",
    "500, A100-80GB, 3g.40gb 4g.40gb",
    "500, H100-80GB, 3g.40gb 4g.40gb",
    "500, H200-141GB, 3g.71gb 4g.71gb",
    "500, A30, 2g.12gb",
    "250, A100-40GB, 2g.10gb",
    "250, H100-80GB, 2g.20gb",
    "250, A30, 1g.6gb",
    "125, H100-80GB, 1g.10gb",
    "200, H100-80GB, 1g.20gb 2g.20gb",
    "333, H100-80GB, 3g.40gb 4g.40gb",
    "501, H100-80GB, 7g.80gb",
    "900, A30, 4g.24gb",
    "1, H100-80GB, 1g.10gb",
  })
  void aPartOfAGpuIsTheInstanceThatIsThatPart(int milli, String model, String smallest) {
    assertThat(smallest(Demand.fraction(new Milli(milli)), model)).isEqualTo(smallest);
  }

  @ParameterizedTest
  @CsvSource({
    "5120, A100-40GB, 1g.5gb",
    "10240, A100-40GB, 2g.10gb",
    "20480, A100-40GB, 3g.20gb 4g.20gb",
    "40960, A100-40GB, 7g.40gb",
    "10240, A100-80GB, 1g.10gb",
    "20480, A100-80GB, 2g.20gb",
    "40960, A100-80GB, 3g.40gb 4g.40gb",
    "81920, A100-80GB, 7g.80gb",
    "6144, A30, 1g.6gb",
    "12288, A30, 2g.12gb",
    "5121, A100-40GB, 1g.10gb 2g.10gb",
    "81921, A100-80GB, ''",
  })
  void aNominalAmountIsTheInstanceThatIsCalledAfterIt(int mib, String model, String smallest) {
    Size nominal = new Size.Memory(new MemoryMiB(mib), true);
    Demand demand = new Demand(nominal, 1, WallChoice.ANY, null, List.of());
    assertThat(smallest(demand, model)).isEqualTo(smallest);
    assertThat(demand.splitOver(1)).isEqualTo(demand);
  }

  @ParameterizedTest
  @CsvSource({
    "4864, A100-40GB, 1g.5gb",
    "5120, A100-40GB, 1g.10gb 2g.10gb",
    "40320, H100-80GB, 3g.40gb 4g.40gb",
    "40321, H100-80GB, 7g.80gb",
  })
  void anExactAmountIsNeverLess(int mib, String model, String smallest) {
    assertThat(smallest(Demand.memory(new MemoryMiB(mib)), model)).isEqualTo(smallest);
  }

  /** With a part of the multiprocessors asked for, that part counts and no other. */
  @Test
  void multiprocessorsThatAreAskedForReplaceThoseOfThePart() {
    Demand quarter = Demand.fraction(new Milli(250));
    assertThat(smallest(quarter.withSm(new Milli(100)), "H100-80GB")).isEqualTo("1g.20gb 2g.20gb");
    assertThat(smallest(quarter.withSm(new Milli(400)), "H100-80GB")).isEqualTo("3g.40gb 4g.40gb");
  }

  /** Half of any card in the catalogue that can be cut fits twice, and a part is never less. */
  @Test
  void partsThatAddUpFitOnEveryCard() {
    for (GpuModel model : GpuCatalog.builtIn().models()) {
      if (model.profiles().stream().noneMatch(MigProfile::isOrdinary)) {
        continue;
      }
      for (int milli = 1; milli <= 1000; milli++) {
        Demand demand = Demand.fraction(new Milli(milli));
        for (MigProfile profile : demand.profilesOn(model)) {
          assertThat(profile.size() * 1000).isGreaterThanOrEqualTo(milli * model.slices());
        }
      }
      assertThat(Demand.fraction(new Milli(500)).profilesOn(model))
          .as(model.name())
          .anyMatch(profile -> profile.maxInstances() >= 2);
    }
  }

  private static String smallest(Demand demand, String name) {
    GpuModel model = Objects.requireNonNull(GpuCatalog.builtIn().find(name, 0), name);
    List<MigProfile> serving = demand.profilesOn(model);
    int least = serving.stream().mapToInt(MigProfile::size).min().orElse(0);
    return serving.stream()
        .filter(profile -> profile.size() == least)
        .map(MigProfile::name)
        .collect(Collectors.joining(" "));
  }
}
