package gpu.kerf.model.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CatalogTextTest {

  private static final String CARD =
      """
      gpu X-24GB          # a comment
        memory 24576
        architecture ampere
        compute 8.0
        sms 56
        alias Old X
        alias X
        mig slices 4 compute 4 unit 3
        profile 1g.6gb+me  size 1  starts 0,1,2,3  max 1  memory 5952  sms 14  also 1g.7gb+me,1g.5gb+me
        profile 4g.24gb    size 4  starts 0        max 1  memory ~24000
      end
      """;

  private static GpuModel only(String text) {
    return GpuCatalog.parse(text).models().iterator().next();
  }

  @Test
  void everyWordOfABlockIsRead() {
    GpuModel model = only(CARD);
    assertThat(model.name()).isEqualTo("X-24GB");
    assertThat(model.memoryMiB()).isEqualTo(24576);
    assertThat(model.memoryIsEstimate()).isFalse();
    assertThat(model.architecture()).isEqualTo("ampere");
    assertThat(model.computeMajor()).isEqualTo(8);
    assertThat(model.computeMinor()).isZero();
    assertThat(model.multiprocessors()).isEqualTo(56);
    assertThat(model.aliases()).containsExactly("Old X", "X");
    assertThat(model.slices()).isEqualTo(4);
    assertThat(model.computeSlices()).isEqualTo(4);
    assertThat(model.placementUnit()).isEqualTo(3);
    MigProfile small = Objects.requireNonNull(model.profile("1g.7gb+me"));
    assertThat(small.name()).isEqualTo("1g.6gb+me");
    assertThat(small.aliases()).containsExactly("1g.7gb+me", "1g.5gb+me");
    assertThat(small.starts()).isEqualTo(0b1111);
    assertThat(small.multiprocessors()).isEqualTo(14);
    assertThat(small.media()).isEqualTo(MediaEngines.EXTENDED);
    assertThat(Objects.requireNonNull(model.wholeProfile()).promisesMemory()).isFalse();
  }

  @Test
  void linesMayEndAsOnWindows() {
    assertThat(only(CARD.replace("\n", "\r\n")))
        .isEqualTo(only(CARD))
        .hasSameHashCodeAs(only(CARD));
  }

  @Test
  void aTextCutOffAnywhereIsRefusedOrHasNotBegun() {
    int begin = CARD.indexOf("gpu") + "gpu".length();
    int end = CARD.indexOf("end") + "end".length();
    for (int length = begin; length < end; length++) {
      String cut = CARD.substring(0, length);
      assertThatThrownBy(() -> GpuCatalog.parse(cut)).as(cut).isInstanceOf(CatalogException.class);
    }
    assertThat(GpuCatalog.parse(CARD.substring(0, end)).models()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # in place of                | this               | the message names
          memory 24576                 | memory -5          | "-5"
          memory 24576                 | memory 0           | (0 MiB)
          memory 24576                 | memory 24GiB       | "24GiB"
          memory 24576                 | memory ~           | ""
          memory 24576                 | memory 25769803776 | 25769803776
          memory 24576                 | memory 999999999   | 999999999
          memory 24576                 | memory 24576 MiB   | 24576 MiB
          memory 24576                 | memory 5000        | 5952 MiB
          memory 24576                 | memory 1\\nmemory 2| "memory" stands twice
          memory 24576                 | alias Y            | not given
          memory 24576                 | speed 5            | "speed"
          compute 8.0                  | compute 8          | (8)
          compute 8.0                  | compute .          | (.)
          compute 8.0                  | compute 8.x        | "x"
          compute 8.0                  | compute 0.5        | (0)
          sms 56                       | sms 0              | (0)
          sms 56                       | sms 10             | 14
          alias X                      | alias old-x        | old-x
          alias X                      | alias x 24gb       | x 24gb
          alias X                      | alias              | "alias"
          mig slices 4                 | mig slices 9       | (9)
          mig slices 4                 | mig slices 2       | 2 slices
          mig slices 4                 | mig slice 4        | "slices"
          compute 4 unit 3             | compute 3 unit 3   | (4)
          compute 4 unit 3             | compute 4 unit 0   | (0)
          compute 4 unit 3             | compute 4 unit     | "unit"
          compute 4 unit 3             | compute 4 u 3      | [u]
          mig slices 4 compute 4 unit 3| sms 9              | "sms" stands twice
          profile 1g.6gb+me            | profile 6gb        | "6gb"
          profile 1g.6gb+me            | profile 1c.1g.6gb  | "1c.1g.6gb"
          profile 1g.6gb+me            | profile 8g.6gb     | 8g.6gb
          profile 1g.6gb+me            | profile 4g.24gb    | (1) of MIG profile 4g.24gb
          size 1  starts 0,1,2,3       | size 1             | Only one
          size 1  starts 0,1,2,3       | starts 0           | Only one
          size 1  starts 0,1,2,3       | size 0 starts 0    | (0)
          size 1  starts 0,1,2,3       | size 2 starts 0,7  | (7)
          size 1  starts 0,1,2,3       | size 1 starts 0,4  | 4 slices
          size 1  starts 0,1,2,3       | size 1 starts 1,1  | (1)
          size 1  starts 0,1,2,3       | size 1 starts 1,   | ""
          size 1  starts 0,1,2,3       | size 1 starts a    | "a"
          max 1  memory 5952           | max 4  memory 5952 | (4)
          max 1  memory 5952           | max 1  memory 5952 memory 1| "memory"
          also 1g.7gb+me               | also 4g.24gb       | share a name
          also 1g.7gb+me,1g.5gb+me     | also ,             | ("")
          also 1g.7gb+me               | and 1g.7gb+me      | [and]
          gpu X-24GB                   | gpu                | name
          gpu X-24GB                   | memory 1           | outside
          gpu X-24GB                   | gpu A\\ngpu X-24GB  | inside
          end                          | end of it          | "of it"
          """)
  void nonsenseIsRefusedWithItsValue(String good, String bad, String named) {
    String text = CARD.replace(good, bad.replace("\\n", "\n"));
    assertThat(text).isNotEqualTo(CARD);
    assertThatThrownBy(() -> GpuCatalog.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(named);
  }

  @Test
  void everyProblemIsReportedWithItsLine() {
    String text =
        CARD.replace("memory 24576", "memory x").replace("sms 56", "sms y") + "gpu Y\nend\n";
    assertThatThrownBy(() -> GpuCatalog.parse(text))
        .isInstanceOf(CatalogException.class)
        .hasMessageContaining("Line 2: ")
        .hasMessageContaining("Line 5: ")
        .hasMessageContaining("Line 13: ");
  }

  @Test
  void oneBadModelLoadsNone() {
    assertThatThrownBy(() -> GpuCatalog.parse("gpu Y\nmemory 1\nend\n" + CARD.replace("56", "?")))
        .isInstanceOf(CatalogException.class);
  }

  @Test
  void theSameModelTwiceIsRefused() {
    assertThatThrownBy(() -> GpuCatalog.parse(CARD + CARD))
        .hasMessageContaining("X-24GB")
        .hasMessageContaining("twice");
  }
}
