package gpu.kerf.model.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MediaEnginesTest {

  @ParameterizedTest
  @CsvSource({
    "1g.10gb, ORDINARY",
    "1g.24gb+gfx, ORDINARY",
    "1g.10gb+me, EXTENDED",
    "2g.48gb+me.all, ALL",
    "2g.48gb-me, NONE"
  })
  void theSuffixOfTheNameSaysWhichEngines(String name, MediaEngines expected) {
    assertThat(MediaEngines.ofName(name)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "ORDINARY, ORDINARY, true",
    "ORDINARY, EXTENDED, true",
    "ORDINARY, NONE, true",
    "ORDINARY, ALL, false",
    "EXTENDED, EXTENDED, false",
    "EXTENDED, NONE, true",
    "EXTENDED, ALL, false",
    "ALL, ALL, false",
    "ALL, NONE, true",
    "NONE, NONE, true"
  })
  void whoMayLiveBesideWhomDoesNotDependOnWhoCameFirst(
      MediaEngines one, MediaEngines other, boolean beside) {
    assertThat(one.fitsBeside(other.held())).isEqualTo(beside);
    assertThat(other.fitsBeside(one.held())).isEqualTo(beside);
  }

  @ParameterizedTest
  @CsvSource({"ORDINARY, false", "EXTENDED, true", "ALL, true", "NONE, false"})
  void enginesThatExistOnceLimitTheInstanceToOne(MediaEngines media, boolean once) {
    assertThat(media.oncePerGpu()).isEqualTo(once);
  }
}
