package gpu.kerf.model.team;

import static gpu.kerf.model.team.Teams.below;
import static gpu.kerf.model.team.Teams.divide;
import static gpu.kerf.model.team.Teams.first;
import static gpu.kerf.model.team.Teams.guaranteed;
import static gpu.kerf.model.team.Teams.limited;
import static gpu.kerf.model.team.Teams.team;
import static gpu.kerf.model.team.Teams.weighing;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DivisionTest {

  @Test
  void guaranteesComeFirstAndTheRestIsByWeight() {
    // 24 - 6 - 4 = 14 are left; a third of it is 4.667, two thirds are 9.333.
    assertThat(
            divide(
                "24",
                List.of(weighing(guaranteed("a", "6"), "2"), guaranteed("b", "4")),
                Map.of("a", "100", "b", "100")))
        .containsExactlyInAnyOrderEntriesOf(Map.of("a", "15.333", "b", "8.667"));
  }

  @Test
  void whatATeamDoesNotAskForGoesToTheOthers() {
    assertThat(
            divide(
                "10",
                List.of(guaranteed("a", "6"), guaranteed("b", "4")),
                Map.of("a", "1.5", "b", "100")))
        .containsEntry("a", "1.500")
        .containsEntry("b", "8.500");
  }

  @Test
  void aLimitHoldsAlsoBelowTheGuarantee() {
    assertThat(divide("10", List.of(limited(guaranteed("a", "6"), "5")), Map.of("a", "100")))
        .containsEntry("a", "5.000");
  }

  @Test
  void aTeamOfWeightZeroGetsNoMoreThanItsGuarantee() {
    assertThat(divide("10", List.of(weighing(guaranteed("a", "2"), "0")), Map.of("a", "100")))
        .containsEntry("a", "2.000");
  }

  @Test
  void aHigherPriorityComesFirstAboveTheGuarantees() {
    // 10 - 4 = 6 are left, of which a takes 5 at once.
    assertThat(
            divide(
                "10",
                List.of(first(team("a"), 100), guaranteed("b", "4"), team("c")),
                Map.of("a", "5", "b", "100", "c", "100")))
        .containsEntry("a", "5.000")
        .containsEntry("b", "4.500")
        .containsEntry("c", "0.500");
  }

  @Test
  void guaranteesOfMoreThanThereIsAreCutInProportion() {
    assertThat(
            divide(
                "9",
                List.of(guaranteed("a", "8"), guaranteed("b", "4"), team("c")),
                Map.of("a", "100", "b", "100", "c", "100")))
        .containsExactlyInAnyOrderEntriesOf(Map.of("a", "6.000", "b", "3.000", "c", "0.000"));
  }

  @Test
  void thirdsAddUpAndTheEarlierNameGetsTheThousandthThatIsLeft() {
    assertThat(
            divide(
                "1",
                List.of(team("c"), team("b"), team("a")),
                Map.of("a", "1", "b", "1", "c", "1")))
        .containsExactlyInAnyOrderEntriesOf(Map.of("a", "0.334", "b", "0.333", "c", "0.333"));
  }

  @Test
  void theThousandthThatIsLeftGoesToTheLargestRemainder() {
    // 10 thousandths by 3, 3 and 1 are 4.286, 4.286 and 1.429.
    List<Team> teams = List.of(weighing(team("a"), "3"), weighing(team("b"), "3"), team("c"));
    assertThat(divide("0.010", teams, Map.of("a", "1", "b", "1", "c", "1")))
        .containsExactlyInAnyOrderEntriesOf(Map.of("a", "0.004", "b", "0.004", "c", "0.002"));
  }

  @Test
  void childrenDivideTheShareOfTheirParent() {
    // bank and lab get 6 each; bank's fraud takes its 4 and half of the other 2.
    assertThat(
            divide(
                "12",
                List.of(
                    guaranteed("bank", "4"),
                    guaranteed("lab", "4"),
                    below("bank", guaranteed("fraud", "4")),
                    below("bank", team("research"))),
                Map.of("fraud", "9", "research", "9", "lab", "9")))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("bank", "6.000", "lab", "6.000", "fraud", "5.000", "research", "1.000"));
  }

  @Test
  void aParentGetsNoMoreThanItsChildrenCanUse() {
    assertThat(
            divide(
                "12",
                List.of(
                    team("bank"),
                    team("lab"),
                    below("bank", limited(team("fraud"), "1")),
                    below("bank", weighing(guaranteed("research", "1"), "0"))),
                Map.of("fraud", "9", "research", "9", "lab", "100")))
        .containsEntry("bank", "2.000")
        .containsEntry("lab", "10.000");
  }

  @Test
  void noTeamsAndNoGpusAreDivided() {
    assertThat(divide("5", List.of(), Map.of())).isEmpty();
    assertThat(divide("0", List.of(guaranteed("a", "2")), Map.of("a", "9")))
        .containsEntry("a", "0.000");
  }

  @Test
  void theLargestNumbersDoNotOverflow() {
    String most = "1000000";
    Team a = limited(weighing(guaranteed("a", most), most), most);
    Team b = limited(weighing(guaranteed("b", most), most), most);
    Map<String, String> asks = Map.of("a", most, "b", most);
    assertThat(divide(most, List.of(a, b), asks))
        .containsEntry("a", "500000.000")
        .containsEntry("b", "500000.000");
    assertThat(divide(most, List.of(weighing(team("a"), most), weighing(team("b"), most)), asks))
        .containsEntry("a", "500000.000");
  }

  @Test
  void aDeepTreeIsDividedWithoutRecursion() {
    List<Team> chain = new ArrayList<>(List.of(team("t0")));
    for (int i = 1; i < 20_000; i++) {
      chain.add(below("t" + (i - 1), team("t" + i)));
    }
    assertThat(divide("3", chain, Map.of("t19999", "2"))).containsEntry("t19999", "2.000");
  }
}
