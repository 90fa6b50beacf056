package gpu.kerf.extender.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.extender.wire.PodView.Resources;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.Milli;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.WallChoice;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KerfDialectTest {

  private final Dialects dialects = Dialects.all();

  private static PodView.Builder pod() {
    return PodView.of(new PodView.Ref("ml", "p", "u"));
  }

  private static PodView.Builder asking(String memory) {
    return pod().container("main", Map.of("kerf.gpu/memory", memory));
  }

  private Demand only(PodView.Builder pod) {
    Reading reading = dialects.read(pod.build());
    assertThat(reading.problems()).isEmpty();
    assertThat(reading.demand().containers()).hasSize(1);
    return reading.demand().containers().get(0).demand();
  }

  private List<String> problems(PodView.Builder pod) {
    Reading reading = dialects.read(pod.build());
    assertThat(reading.demand().containers()).isEmpty();
    return reading.problems();
  }

  private static Demand memory(int mib) {
    return Demand.memory(new MemoryMiB(mib));
  }

  @Test
  void memoryIsAPartOfOneGpu() {
    assertThat(only(asking("8Gi"))).isEqualTo(memory(8192));
    assertThat(only(asking("8G"))).isEqualTo(memory(7630));
  }

  @Test
  void wholeIsSoManyGpus() {
    assertThat(only(pod().container("main", Map.of("kerf.gpu/whole", "2"))))
        .isEqualTo(Demand.whole(2));
  }

  @Test
  void annotationsRefineADemand() {
    assertThat(
            only(
                asking("16Gi")
                    .annotation("kerf.gpu/wall", "mps")
                    .annotation("kerf.gpu/sm-percent", "25")
                    .annotation("kerf.gpu/split", "2")
                    .annotation("kerf.gpu/models", "A100-40GB, H100-80GB")))
        .isEqualTo(
            memory(16384)
                .splitOver(2)
                .withWall(WallChoice.MPS)
                .withSm(new Milli(250))
                .onModels(List.of("A100-40GB", "H100-80GB")));
  }

  @Test
  void aContainersOwnAnnotationWins() {
    PodView two =
        asking("8Gi")
            .container("side", Map.of("kerf.gpu/memory", "1Gi"))
            .annotation("kerf.gpu/wall", "mig")
            .annotation("kerf.gpu/wall.side", "mps")
            .build();
    assertThat(dialects.read(two).demand().containers())
        .containsExactly(
            new PodDemand.Container("main", memory(8192).withWall(WallChoice.MIG)),
            new PodDemand.Container("side", memory(1024).withWall(WallChoice.MPS)));
  }

  @Test
  void annotationsAboutMemoryLeaveContainersWithWholeGpusAlone() {
    PodView two =
        asking("8Gi")
            .container("train", Map.of("kerf.gpu/whole", "1"))
            .annotation("kerf.gpu/wall", "mig")
            .annotation("kerf.gpu/models", "H100-80GB")
            .build();
    assertThat(dialects.read(two).demand().containers())
        .containsExactly(
            new PodDemand.Container(
                "main", memory(8192).withWall(WallChoice.MIG).onModels(List.of("H100-80GB"))),
            new PodDemand.Container("train", Demand.whole(1).onModels(List.of("H100-80GB"))));
  }

  @Test
  void limitsWinOverRequests() {
    Resources both =
        new Resources(Map.of("kerf.gpu/memory", "1Gi"), Map.of("kerf.gpu/memory", "8Gi"));
    Resources request = new Resources(Map.of("kerf.gpu/memory", "1Gi"), Map.of());
    assertThat(only(pod().container(new Container("main", both, false)))).isEqualTo(memory(8192));
    assertThat(only(pod().container(new Container("main", request, false))))
        .isEqualTo(memory(1024));
  }

  private static Container init(String name, String memory, boolean sidecar) {
    return new Container(name, new Resources(Map.of(), Map.of("kerf.gpu/memory", memory)), sidecar);
  }

  @Test
  void aSidecarHasSlotsOfItsOwnAndAnInitContainerUsesThoseOfAContainerAfterIt() {
    PodDemand demand =
        dialects
            .read(
                asking("8Gi")
                    .initContainer(init("warm", "4Gi", false))
                    .initContainer(init("side", "2Gi", true))
                    .build())
            .demand();
    assertThat(demand.containers())
        .extracting(PodDemand.Container::name)
        .containsExactly("side", "main");
    assertThat(demand.reuses()).containsExactly(new PodDemand.Reuse("warm", "main", false));
  }

  @Test
  void anAnnotationForAnInitContainerCountsBeforeItIsSaidWhoseSlotsItUses() {
    PodDemand demand =
        dialects
            .read(
                asking("8Gi")
                    .initContainer(init("warm", "8Gi", false))
                    .annotation("kerf.gpu/wall.warm", "mig")
                    .build())
            .demand();
    assertThat(demand.containers())
        .containsExactly(new PodDemand.Container("main", memory(8192).withWall(WallChoice.MIG)));
    assertThat(demand.reuses()).containsExactly(new PodDemand.Reuse("warm", "main", true));
  }

  @Test
  void anInitContainerForWhichThePodWouldHoldMoreThanIsCountedIsRefused() {
    assertThat(
            problems(
                asking("8Gi")
                    .container("second", Map.of("kerf.gpu/memory", "8Gi"))
                    .initContainer(init("warm", "12Gi", false))))
        .singleElement()
        .asString()
        .contains("init container warm", "12288Mi", "main: 8192Mi", "no more than container main");
  }

  @ParameterizedTest(name = "{0}={1}: {2}")
  @CsvSource(
      delimiter = '|',
      value = {
        "kerf.gpu/memory | 0 | must be more than nothing",
        "kerf.gpu/memory | -8Gi | must be more than nothing",
        "kerf.gpu/memory | 9E | at most 67108864Mi",
        "kerf.gpu/memory | 8GB | is not a quantity",
        "kerf.gpu/memory | NaN | is not a quantity",
        "kerf.gpu/whole | 0 | must be between 1 and 64",
        "kerf.gpu/whole | 65 | must be between 1 and 64",
        "kerf.gpu/whole | 1.5 | That is no number of GPUs",
        "kerf.gpu/whole | -1 | That is no number of GPUs",
        "kerf.gpu/whole | 99999999999 | That is no number of GPUs",
      })
  void nonsenseIsRefusedWithNameValueAndHint(String resource, String value, String words) {
    assertThat(problems(pod().container("main", Map.of(resource, value))))
        .singleElement()
        .asString()
        .startsWith("The " + resource + " (" + value + ") of container main")
        .contains(words);
  }

  @ParameterizedTest(name = "{0}={1}: {2}")
  @CsvSource(
      delimiter = '|',
      value = {
        "kerf.gpu/wall | brick | Write one of any, mig, mps",
        "kerf.gpu/sm-percent | 0 | must be between 1 and 100",
        "kerf.gpu/sm-percent | 101 | must be between 1 and 100",
        "kerf.gpu/sm-percent | a quarter | must be a whole number",
        "kerf.gpu/split | 0 | between 1 and 64",
        "kerf.gpu/split | 99 | between 1 and 64",
        "kerf.gpu/models | A100-40GB,,T4 | has an empty name",
        "kerf.gpu/wall.other | mig | names a container that asks for no GPU",
        "kerf.gpu/placement | x | is none that a pod may bring",
        "kerf.gpu/visible-devices.main | 0 | is none that a pod may bring",
        "kerf.gpu/walls | mig | is none that a pod may bring",
      })
  void aWrongAnnotationIsRefused(String key, String value, String words) {
    assertThat(problems(asking("8Gi").annotation(key, value)))
        .singleElement()
        .asString()
        .contains(key, words);
  }

  @Test
  void whatAPodSaysOfItsTurnAsksForNothing() {
    assertThat(only(asking("8Gi").annotation("kerf.gpu/evictable", "false")))
        .isEqualTo(only(asking("8Gi")));
  }

  @Test
  void allProblemsAreToldAtOnce() {
    assertThat(
            problems(
                asking("0")
                    .annotation("kerf.gpu/wall", "brick")
                    .annotation("kerf.gpu/sm-percent", "0")
                    .container("second", Map.of("kerf.gpu/whole", "none"))))
        .hasSize(4);
  }

  @Test
  void memoryAndWholeExcludeEachOther() {
    Map<String, String> both = Map.of("kerf.gpu/memory", "8Gi", "kerf.gpu/whole", "1");
    assertThat(problems(pod().container("main", both)))
        .singleElement()
        .asString()
        .contains("asks for both", "8Gi", "Keep one");
  }

  @Test
  void anAnnotationWithoutADemandRefinesNothing() {
    assertThat(problems(pod().annotation("kerf.gpu/wall", "mig")))
        .singleElement()
        .asString()
        .contains("refines nothing", "kerf.gpu/memory");
  }

  @Test
  void aWallForWholeGpusMakesNoSense() {
    assertThat(
            problems(
                pod()
                    .container("main", Map.of("kerf.gpu/whole", "1"))
                    .annotation("kerf.gpu/wall", "mig")))
        .singleElement()
        .asString()
        .contains("kerf.gpu/wall (mig) of container main", "makes no sense for whole GPUs");
  }

  @Test
  void aNameThatMakesAnnotationsTooLongIsRefused() {
    String name = "n".repeat(48);
    assertThat(problems(pod().container(name, Map.of("kerf.gpu/memory", "8Gi"))))
        .singleElement()
        .asString()
        .contains("longer than 47 characters");
  }

  @Test
  void aBoundPodMayCarryWhatKerfWroteOnIt() {
    assertThat(only(asking("8Gi").nodeName("a").annotation("kerf.gpu/placement", "{}")))
        .isEqualTo(memory(8192));
  }

  @Test
  void aPodWithoutGpusAsksForNone() {
    Reading reading = dialects.read(pod().container("main", Map.of("cpu", "1")).build());
    assertThat(reading.problems()).isEmpty();
    assertThat(reading.demand().containers()).isEmpty();
  }

  @Test
  void aPodThatMixesTwoDialectsIsNotUnderstood() {
    Dialect other =
        new Dialect("other", Words.of()) {
          @Override
          public boolean isSpokenBy(PodView pod) {
            return true;
          }

          @Override
          public GpuReading read(PodView pod) {
            return GpuReading.NOTHING;
          }
        };
    Reading reading =
        new Dialects(List.of(new KerfDialect(), other), DialectOptions.defaults())
            .read(asking("8Gi").build());
    assertThat(reading.problems()).singleElement().asString().contains("kerf and other");
  }
}
