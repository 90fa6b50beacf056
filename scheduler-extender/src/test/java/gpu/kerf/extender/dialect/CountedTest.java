package gpu.kerf.extender.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.Milli;
import gpu.kerf.model.demand.PodDemand;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CountedTest {
  private static final Map<String, String> HAMI =
      Map.of("nvidia.com/gpu", "2", "nvidia.com/gpumem", "3000");

  private final Dialects dialects = Dialects.all();

  private static PodView.Builder pod() {
    return PodView.of(new PodView.Ref("ml", "p", "1")).schedulerName("kerf");
  }

  private static Map<String, String> with(Map<String, String> limits, String key, String value) {
    Map<String, String> all = new HashMap<>(limits);
    all.put(key, value);
    return all;
  }

  /** The problems of a pod in HAMi's words that brings so much for quota. */
  private String problems(String mark, String memory) {
    PodView pod =
        pod()
            .annotation("kerf.gpu/counted", mark)
            .container("main", with(HAMI, "kerf.gpu/memory", memory))
            .build();
    return dialects.read(pod).problemText();
  }

  @Test
  void aPodThatWasCountedIsReadAsIfItWereNot() {
    Reading plain = dialects.read(pod().container("main", HAMI).build());
    // 2 GPUs with 3000 MiB each
    PodView counted =
        pod()
            .annotation("kerf.gpu/counted", "hami")
            .container("main", with(HAMI, "kerf.gpu/memory", "6000Mi"))
            .build();

    assertThat(dialects.read(counted)).isEqualTo(plain);
    assertThat(plain.dialect()).isEqualTo("hami");
  }

  @Test
  void theSameAmountInAnotherFormIsTheSame() {
    assertThat(problems("hami", "6291456000")).isEmpty();
    assertThat(problems("hami", "6144000Ki")).isEmpty();
  }

  @Test
  void amountsThatAreNotThoseOfTheDemandAreRefused() {
    assertThat(problems("hami", "5999Mi")).contains("other amounts", "kerf.gpu/memory: 6000Mi");
    assertThat(problems("hami", "6001Mi")).contains("other amounts");
    assertThat(problems("hami", "-6000Mi")).contains("other amounts");
    assertThat(problems("hami", "much")).contains("other amounts");
  }

  @Test
  void aMarkThatIsNotOfTheDialectIsRefused() {
    assertThat(problems("kai", "6000Mi")).contains("is not what Kerf writes on this pod");
    assertThat(problems("hami/0Mi", "6000Mi")).contains("is not what Kerf writes on this pod");
    assertThat(problems("HAMI", "6000Mi")).contains("is not what Kerf writes on this pod");
    assertThat(dialects.read(pod().annotation("kerf.gpu/counted", "hami").build()).problemText())
        .contains("is not what Kerf writes on this pod");
  }

  @Test
  void withoutAMarkTheResourcesAreWordsOfKerf() {
    PodView pod = pod().container("main", with(HAMI, "kerf.gpu/memory", "6000Mi")).build();
    assertThat(dialects.read(pod).problemText()).contains("in the words of kerf and hami");
  }

  @Test
  void aFractionThatWasRaisedAfterItWasCountedIsRefused() {
    PodView.Builder pod =
        pod()
            .annotation("kerf.gpu/counted", "kai/40960Mi")
            .container("main", Map.of("kerf.gpu/memory", "4096Mi"));
    // a tenth of 40960 MiB
    assertThat(dialects.read(pod.annotation("gpu-fraction", "0.1").build()).problems()).isEmpty();
    assertThat(dialects.read(pod.annotation("gpu-fraction", "0.9").build()).problemText())
        .contains("kerf.gpu/memory: 36864Mi");
  }

  @Test
  void whatABoundPodBringsChangesNothing() {
    PodView pod =
        pod()
            .nodeName("a")
            .annotation("kerf.gpu/counted", "hami")
            .container("main", with(HAMI, "kerf.gpu/memory", "1Mi"))
            .build();
    assertThat(dialects.read(pod).problems()).isEmpty();
  }

  @Test
  void everySizeIsCountedByTheLeastThatItComesTo() {
    assertThat(Counted.amounts(Demand.memory(new MemoryMiB(8192)).splitOver(3), 0))
        .as("2731 MiB on each of 3 GPUs")
        .isEqualTo(Map.of("kerf.gpu/memory", "8193Mi"));
    assertThat(Counted.amounts(Demand.whole(4), 0)).isEqualTo(Map.of("kerf.gpu/whole", "4"));
    assertThat(Counted.amounts(Demand.fraction(new Milli(333)), 15_360))
        .as("333 thousandths of 15360 MiB are 5114.88")
        .isEqualTo(Map.of("kerf.gpu/memory", "5114Mi"));
    assertThat(Counted.amounts(Demand.fraction(new Milli(1)), 100))
        .as("a thousandth of 100 MiB is something")
        .isEqualTo(Map.of("kerf.gpu/memory", "1Mi"));
    assertThat(Counted.amounts(Demand.fraction(new Milli(333)), 0))
        .as("of an unknown size")
        .isEmpty();
    assertThat(Counted.amounts(Demand.profile("1g.5gb"), 0))
        .as("of an A100-40GB")
        .isEqualTo(Map.of("kerf.gpu/memory", "4864Mi"));
    assertThat(Counted.amounts(Demand.profile("9g.999gb"), 0)).as("of no GPU").isEmpty();
  }

  @Test
  void theMarkSaysOfWhichGpuFractionsWereCounted() {
    PodDemand fraction = PodDemand.of(Demand.fraction(new Milli(500)));
    PodDemand whole = PodDemand.of(Demand.whole(1));
    assertThat(Counted.mark("kai", fraction, 40_960)).isEqualTo("kai/40960Mi");
    assertThat(Counted.mark("kai", fraction, 0)).isEqualTo("kai");
    assertThat(Counted.mark("kai", whole, 40_960)).isEqualTo("kai");
  }
}
