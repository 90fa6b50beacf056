package gpu.kerf.model.team;

import static gpu.kerf.model.team.Teams.below;
import static gpu.kerf.model.team.Teams.guaranteed;
import static gpu.kerf.model.team.Teams.limited;
import static gpu.kerf.model.team.Teams.team;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class TeamRulesTest {

  @Test
  void everyProblemOfATreeIsNamedAtOnce() {
    assertThat(
            structure(
                team("bank"),
                team("bank"),
                below("lost", team("lab")),
                below("c", team("b")),
                below("b", team("c")),
                below("c", team("under")),
                below("self", team("self"))))
        .containsExactly(
            "team bank: name (bank) is used twice.\n  Give each team its own name.",
            "team lab: parent (lost) is no team.\n"
                + "  Write the name of another team, or leave it out for a team at the top.",
            "team b: parent (c) makes a cycle: b below c below b.\n"
                + "  Leave parent out at the team that should be at the top.",
            "team self: parent (self) makes a cycle: self below self.\n"
                + "  Leave parent out at the team that should be at the top.");
  }

  @Test
  void aTreeHasNoProblem() {
    assertThat(structure(team("a"), below("a", team("b")), below("b", team("c")))).isEmpty();
  }

  @Test
  void whatIsNoTreeIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TeamTree.of(List.of(below("lost", team("lab")))))
        .withMessageContaining("team lab: parent (lost) is no team.");
  }

  @Test
  void guaranteesThatCannotBeKeptAreNamed() {
    TeamTree tree =
        TeamTree.of(
            List.of(
                guaranteed("bank", "5"),
                below("bank", guaranteed("fraud", "4")),
                below("bank", limited(guaranteed("research", "2"), "1.5"))));
    assertThat(TeamRules.promises(tree))
        .extracting(TeamProblem::toString)
        .containsExactly(
            "team bank: guarantee (5.000) is less than its children are promised (6.000).\n"
                + "  Raise it, or lower the guarantees of fraud, research.",
            "team research: guarantee (2.000) is above the limit (1.500).\n"
                + "  Raise the limit or lower the guarantee.");
  }

  @Test
  void amountsAreReadToTheThousandth() {
    assertThat(GpuAmount.parse("13.3")).hasToString("13.300");
    assertThat(GpuAmount.parse("0.125000").milli()).isEqualTo(125);
    assertThat(Weight.parse("2")).hasToString("2.000");
    refused("0.0005", "has more than three decimals.");
    refused("-1", "is no amount.");
    refused("1e3", "is no amount.");
    refused("", "is no amount.");
    refused("1000000.001", "is more than a million.");
    assertThatIllegalArgumentException().isThrownBy(() -> new GpuAmount(-1));
    assertThatIllegalArgumentException().isThrownBy(() -> team(" "));
  }

  private static void refused(String text, String because) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GpuAmount.parse(text))
        .withMessageStartingWith(because);
  }

  private static List<String> structure(Team... teams) {
    return TeamRules.structure(List.of(teams)).stream().map(TeamProblem::toString).toList();
  }
}
