package gpu.kerf.extender.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ViewerTest {
  private final Viewer rita = new Viewer(false, false, Set.of("research"), Set.of("research"));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "team research holds 6 of 6 guaranteed. | team research holds 6 of 6 guaranteed.",
        "Team bank holds 24, and its limit is 24. | Another team holds 24, and its limit is 24.",
        "because team fraud takes back its guarantee | because another team takes back its"
            + " guarantee",
        "the guarantee of team fraud-2 (3). | the guarantee of another team (3).",
        "work of higher priority of the same team. | work of higher priority of the same team.",
        "The pod belongs to no team and gets what no team wants | The pod belongs to no team and"
            + " gets what no team wants",
      })
  void aSentenceNamesNoTeamThatIsNotToBeSeen(String written, String shown) {
    assertThat(rita.sentence(written)).isEqualTo(shown);
  }

  @Test
  void namesOfWorkAreThereOnlyInNamespacesThatAreSeen() {
    assertThat(rita.work("research/a")).isEqualTo("research/a");
    assertThat(rita.work("fraud/a")).isEqualTo("a pod");
    assertThat(rita.work("gang KERF research/g")).isEqualTo("gang KERF research/g");
    assertThat(rita.work("gang KERF fraud/g")).isEqualTo("a pod");
    assertThat(rita.work("no-namespace")).isEqualTo("a pod");
    assertThat(Viewer.ALL.work("fraud/a")).isEqualTo("fraud/a");
  }

  @Test
  void anAdministratorReadsSentencesAsTheyAre() {
    assertThat(Viewer.ALL.sentence("team fraud holds 1")).isEqualTo("team fraud holds 1");
  }
}
