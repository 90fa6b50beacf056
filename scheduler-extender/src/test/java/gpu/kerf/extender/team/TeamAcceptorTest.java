package gpu.kerf.extender.team;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.team.Acceptance.Reason;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.team.TeamRules;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TeamAcceptorTest {
  private final TeamObjects teams = new TeamObjects();

  private static String reasons(AcceptedTeams accepted) {
    StringBuilder all = new StringBuilder();
    accepted
        .acceptances()
        .forEach(
            (team, each) -> all.append(team).append(' ').append(each.reason().word()).append(' '));
    return all.toString().strip();
  }

  private static TeamSpec form(AcceptedTeams accepted, String team) {
    return Objects.requireNonNull(accepted.inForce().get(team), team);
  }

  private static Acceptance acceptance(AcceptedTeams accepted, String team) {
    return Objects.requireNonNull(accepted.acceptances().get(team), team);
  }

  private static String guarantee(AcceptedTeams accepted, String team) {
    return form(accepted, team).team().guarantee().toString();
  }

  @Test
  void aTreeIsInForceInAnyOrderInWhichItComes() {
    teams
        .team("fraud", "parent: bank, guarantee: 4, namespaces: {names: [fraud]}")
        .team("bank", "guarantee: 10")
        .team("research", "parent: bank, guarantee: 6, namespaces: {names: [research]}");
    AcceptedTeams accepted = teams.accept();
    assertThat(reasons(accepted)).isEqualTo("bank Accepted fraud Accepted research Accepted");
    assertThat(accepted.owners()).isEqualTo(Map.of("fraud", "fraud", "research", "research"));
    assertThat(accepted.tree().inOrder()).hasSize(3);
  }

  @Test
  void aChangeThatIsRefusedLeavesTheLastAcceptedFormInForce() {
    teams.team("bank", "guarantee: 10").team("fraud", "parent: bank, guarantee: 4").accept();
    AcceptedTeams accepted = teams.team("fraud", "parent: bank, guarantee: 11").accept();
    assertThat(acceptance(accepted, "fraud"))
        .isEqualTo(
            new Acceptance(
                Reason.PROMISES_TOO_MUCH,
                "guarantee (11.000) is more than parent bank has left (10.000 of 10.000). Lower it,"
                    + " or raise that of the parent.",
                2));
    assertThat(guarantee(accepted, "fraud")).isEqualTo("4.000");
    accepted = teams.team("bank", "guarantee: 3").accept();
    assertThat(acceptance(accepted, "bank").message())
        .isEqualTo(
            "guarantee (3.000) is less than its children are promised (4.000). Raise it, or lower"
                + " theirs.");
    assertThat(guarantee(accepted, "bank")).isEqualTo("10.000");
    accepted = teams.team("bank", "guarantee: 11").accept();
    assertThat(reasons(accepted)).as("both fit together").isEqualTo("bank Accepted fraud Accepted");
  }

  @Test
  void changesThatAreRightTogetherAreAcceptedTogether() {
    teams
        .team("bank", "guarantee: 10")
        .team("a", "parent: bank, guarantee: 4")
        .team("b", "parent: bank, guarantee: 6")
        .team("c", "namespaces: {names: [x]}")
        .team("d", "guarantee: 1")
        .accept();
    teams
        .team("a", "parent: bank, guarantee: 6")
        .team("b", "parent: bank, guarantee: 4")
        .team("c", "guarantee: 1")
        .team("d", "namespaces: {names: [x]}");
    AcceptedTeams accepted = teams.accept();
    assertThat(accepted.acceptances().values()).allMatch(Acceptance::accepted);
    assertThat(accepted.owners()).isEqualTo(Map.of("x", "d"));
  }

  @Test
  void teamsCanChangeTheirPlacesInTheTree() {
    teams.team("top", "guarantee: 5").team("below", "parent: top, guarantee: 5").accept();
    teams.team("top", "parent: below, guarantee: 5").team("below", "guarantee: 5");
    AcceptedTeams accepted = teams.accept();
    assertThat(reasons(accepted)).isEqualTo("below Accepted top Accepted");
    assertThat(accepted.tree().roots()).hasSize(1);
  }

  @Test
  void aCycleIsNamedAtEachOfItsTeamsAndThoseBelowMissTheirParent() {
    teams
        .team("a", "parent: b")
        .team("b", "parent: c")
        .team("c", "parent: a")
        .team("below", "parent: a")
        .team("own", "parent: own")
        .team("apart", "guarantee: 1");
    AcceptedTeams accepted = teams.accept();
    assertThat(reasons(accepted))
        .isEqualTo("a Cycle apart Accepted b Cycle below UnknownParent c Cycle own Cycle");
    assertThat(acceptance(accepted, "b").message())
        .startsWith("parent (c) makes a cycle: b below c below a below b.");
    assertThat(accepted.inForce()).containsOnlyKeys("apart");
  }

  @Test
  void aCycleOfLaterChangesLeavesTheTreeAsItWas() {
    teams.team("a", "guarantee: 1").team("b", "parent: a").team("c", "parent: b").accept();
    AcceptedTeams accepted = teams.team("a", "guarantee: 1, parent: c").accept();
    assertThat(reasons(accepted)).isEqualTo("a Cycle b Accepted c Accepted");
    assertThat(acceptance(accepted, "a").message()).contains("a below c below b below a.");
    assertThat(accepted.tree().roots()).hasSize(1);
  }

  @Test
  void aTeamWhoseParentIsDeletedStandsAtTheTopUntilItIsBack() {
    teams.team("bank", "guarantee: 10").team("fraud", "parent: bank, guarantee: 4, limit: 5");
    teams.accept();
    AcceptedTeams accepted = teams.delete("bank").accept();
    assertThat(reasons(accepted)).isEqualTo("fraud UnknownParent");
    assertThat(form(accepted, "fraud").parent()).isNull();
    assertThat(form(accepted, "fraud").team().limit()).hasToString("5.000");
    assertThat(teams.accept().isSameAs(accepted)).as("and it stays so").isTrue();
    accepted = teams.team("bank", "guarantee: 10").accept();
    assertThat(reasons(accepted)).isEqualTo("bank Accepted fraud Accepted");
    assertThat(form(accepted, "fraud").parent()).isEqualTo("bank");
    assertThat(teams.delete("bank").delete("fraud").accept().isEmpty()).isTrue();
  }

  @Test
  void aTeamThatIsCreatedAnewHasNoEarlierForm() {
    teams.team("a", "guarantee: 4").accept();
    AcceptedTeams accepted = teams.delete("a").team("a", "guarantee: x").accept();
    assertThat(reasons(accepted)).isEqualTo("a Invalid");
    assertThat(accepted.inForce()).isEmpty();
  }

  @Test
  void theTeamThatHasANamespaceKeepsItAndAfterARestartToo() {
    teams.team("old", "guarantee: 1").team("young", "namespaces: {names: [x, y]}").accept();
    teams.team("old", "namespaces: {names: [x]}").team("third", "namespaces: {names: [y]}");
    for (AcceptedTeams accepted : List.of(teams.accept(), teams.restart().accept())) {
      assertThat(reasons(accepted))
          .isEqualTo("old NamespaceTaken third NamespaceTaken young Accepted");
      assertThat(acceptance(accepted, "old").message())
          .startsWith("namespaces: x is a namespace of team young already.");
      assertThat(accepted.owners()).isEqualTo(Map.of("x", "young", "y", "young"));
    }
  }

  @Test
  void ofTeamsThatCameTogetherTheOlderHasTheNamespace() {
    teams
        .team("c", "namespaces: {names: [x]}")
        .team("a", "namespaces: {names: [x]}")
        .team("b", "namespaces: {names: [x]}");
    AcceptedTeams accepted = teams.accept();
    assertThat(reasons(accepted)).isEqualTo("a NamespaceTaken b NamespaceTaken c Accepted");
    assertThat(accepted.owners()).isEqualTo(Map.of("x", "c"));
    accepted = teams.delete("c").accept();
    assertThat(accepted.owners()).as("the next older one").isEqualTo(Map.of("x", "a"));
  }

  @Test
  void labelsGiveNamespacesToTeams() {
    teams
        .namespace("x", "team", "research")
        .namespace("y", "team", "fraud")
        .namespace("z", "other", "research")
        .team("research", "namespaces: {selector: {matchLabels: {team: research}}}")
        .team("named", "namespaces: {names: [y]}");
    assertThat(teams.accept().owners()).isEqualTo(Map.of("x", "research", "y", "named"));
    AcceptedTeams accepted = teams.namespace("y", "team", "research").accept();
    assertThat(accepted.owners()).as("the older has it").containsEntry("y", "research");
    assertThat(reasons(accepted)).isEqualTo("named NamespaceTaken research Accepted");
    assertThat(accepted.inForce()).as("its other fields hold on").containsKey("named");
    accepted = teams.namespace("y", "team", "fraud").accept();
    assertThat(reasons(accepted)).isEqualTo("named Accepted research Accepted");
  }

  @Test
  void aSelectorNeedsAllOfItsLabels() {
    teams
        .namespace("x", "a", "b")
        .team("both", "namespaces: {selector: {matchLabels: {a: b, c: d}}}");
    assertThat(teams.accept().owners()).isEmpty();
  }

  @Test
  void aTeamWithNamespacesHasNoChildrenAndOneWithChildrenNoNamespaces() {
    teams.team("leaf", "guarantee: 4, namespaces: {names: [x]}").team("child", "parent: leaf");
    AcceptedTeams accepted = teams.accept();
    assertThat(reasons(accepted)).isEqualTo("child ParentHasNamespaces leaf Accepted");
    assertThat(accepted.owners()).as("its limit holds").isEqualTo(Map.of("x", "leaf"));
    teams.team("leaf", "guarantee: 4").accept();
    accepted = teams.team("leaf", "guarantee: 4, namespaces: {names: [x]}").accept();
    assertThat(reasons(accepted)).isEqualTo("child Accepted leaf HasChildren");
    assertThat(accepted.owners()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"-1", "NaN", "1e9", "1000001", "0.0001", "Infinity", "99999999999999999999999", "''"})
  void anAmountThatIsNoneIsInvalidAndSaysSo(String amount) {
    teams.team("a", "guarantee: 1").accept();
    AcceptedTeams accepted = teams.team("a", "guarantee: \"" + amount + "\"").accept();
    assertThat(reasons(accepted)).isEqualTo("a Invalid");
    assertThat(acceptance(accepted, "a").message()).startsWith("spec.guarantee (");
    assertThat(guarantee(accepted, "a")).isEqualTo("1.000");
  }

  @Test
  void aGuaranteeAboveTheLimitIsInvalidAndOneOfAMillionIsNot() {
    AcceptedTeams accepted =
        teams
            .team("a", "guarantee: 5, limit: 4, weight: x")
            .team("b", "guarantee: 1000000")
            .team("c", "guarantee: 1000000")
            .accept();
    assertThat(reasons(accepted)).isEqualTo("a Invalid b Accepted c Accepted");
    assertThat(acceptance(accepted, "a").message()).endsWith(" And 1 more.");
  }

  @Test
  void aThousandLevelsAreATree() {
    int levels = 1_000;
    for (int i = 0; i < levels; i++) {
      // The deepest is the oldest.
      String parent = i == levels - 1 ? "" : ", parent: t" + (i + 1);
      teams.team("t" + i, "guarantee: 1" + parent);
    }
    AcceptedTeams accepted = teams.accept();
    assertThat(accepted.inForce()).hasSize(levels);
    assertThat(accepted.tree().inOrder()).hasSize(levels);
    // From the top down each is less than its child has, until the last one is lowered.
    for (int i = 0; i < levels; i++) {
      String parent = i == levels - 1 ? "" : ", parent: t" + (i + 1);
      teams.team("t" + i, "guarantee: 0.5" + parent);
    }
    assertThat(teams.accept().acceptances().values()).allMatch(Acceptance::accepted);
    AcceptedTeams cycle = teams.team("t999", "guarantee: 0.5, parent: t0").accept();
    assertThat(acceptance(cycle, "t999").reason()).isEqualTo(Reason.CYCLE);
    assertThat(acceptance(cycle, "t999").message()).hasSizeLessThan(300);
  }

  @Test
  void tenThousandTeamsInAllStatesOfDisorderAreWorkedOut() {
    for (int i = 0; i < 10_000; i++) {
      String parent =
          switch (i % 4) {
            case 0 -> ""; // a leaf at the top
            case 1 -> ", parent: t" + (i - 1); // below one that has namespaces
            case 2 -> ", parent: t" + (i + 4) % 10_000; // one long cycle
            default -> ", parent: t" + (i - 1); // below the cycle
          };
      String namespaces = i % 4 == 0 ? ", namespaces: {names: [n" + i % 1_000 + "]}" : "";
      teams.team("t" + i, "guarantee: 1" + parent + namespaces);
    }
    AcceptedTeams accepted = teams.accept();
    Map<Reason, Integer> counts = new EnumMap<>(Reason.class);
    accepted.acceptances().values().forEach(each -> counts.merge(each.reason(), 1, Integer::sum));
    assertThat(counts)
        .isEqualTo(
            Map.of(
                Reason.ACCEPTED, 250,
                Reason.NAMESPACE_TAKEN, 2_250,
                Reason.PARENT_HAS_NAMESPACES, 250,
                Reason.UNKNOWN_PARENT, 4_750,
                Reason.CYCLE, 2_500));
  }

  /** What the command accepts the cluster accepts, and the other way round. */
  @Test
  void theCommandThatChecksFilesKnowsTheSameRules() throws IOException {
    Random random = new Random(7);
    int right = 0;
    for (int round = 0; round < 2_000; round++) {
      TeamObjects some = new TeamObjects();
      int count = 1 + random.nextInt(4);
      for (int i = 0; i < count; i++) {
        some.team("t" + i, spec(random, count));
      }
      TeamManifests manifests = new TeamManifests();
      manifests.read("teams.yaml", some.manifests());
      manifests.checkTogether(null);
      AcceptedTeams accepted = some.accept();
      boolean all = accepted.acceptances().values().stream().allMatch(Acceptance::accepted);
      assertThat(all)
          .as("%s%n%s%n%s", some.manifests(), manifests.problems(), accepted.acceptances())
          .isEqualTo(manifests.problems().isEmpty());
      right += all ? 1 : 0;
    }
    assertThat(right).as("both answers come").isBetween(200, 1_800);
  }

  private static String spec(Random random, int teams) {
    List<String> fields = new ArrayList<>();
    if (random.nextInt(3) == 0) {
      fields.add("parent: t" + random.nextInt(teams + 1));
    }
    if (random.nextInt(4) == 0) {
      fields.add("namespaces: {names: [n" + random.nextInt(3) + "]}");
    }
    if (random.nextBoolean()) {
      fields.add("guarantee: " + random.nextInt(4));
    }
    if (random.nextInt(4) == 0) {
      fields.add("limit: " + (1 + random.nextInt(3)));
    }
    return String.join(", ", fields);
  }

  /** After any change what is in force is a tree that keeps the rules. */
  @Test
  void whatIsInForceKeepsTheRulesAfterEveryChange() {
    Random random = new Random(11);
    TeamObjects some = new TeamObjects();
    for (int step = 0; step < 3_000; step++) {
      String name = "t" + random.nextInt(6);
      if (random.nextInt(8) == 0) {
        some.delete(name);
      } else {
        some.team(name, spec(random, 6));
      }
      if (random.nextInt(50) == 0) {
        some.accept();
        some.restart();
      }
      AcceptedTeams accepted = some.accept();
      assertThat(TeamRules.promises(accepted.tree())).as("step " + step).isEmpty();
      accepted
          .owners()
          .forEach(
              (namespace, team) -> {
                TeamSpec owner = form(accepted, team);
                assertThat(owner.namespaces().names()).contains(namespace);
                assertThat(accepted.tree().children(owner.team())).isEmpty();
              });
      assertThat(some.accept().isSameAs(accepted)).as("it is stable, step " + step).isTrue();
    }
  }

  @Test
  void theOrderOfTheListHasNoInfluence() {
    Random random = new Random(3);
    for (int round = 0; round < 300; round++) {
      TeamObjects some = new TeamObjects();
      for (int i = 0; i < 5; i++) {
        some.team("t" + i, spec(random, 5));
      }
      List<TeamReading> shuffled = new ArrayList<>(some.readings());
      Collections.shuffle(shuffled, random);
      AcceptedTeams other =
          TeamAcceptor.accept(TeamSource.KERF, shuffled, AcceptedTeams.NONE, Map.of());
      assertThat(other.isSameAs(some.accept())).isTrue();
    }
  }

  @Test
  void podsOfATeamAreFoundByTheirNamespace() {
    AcceptedTeams accepted = teams.team("a", "namespaces: {names: [x]}").accept();
    assertThat(accepted.teamOf(PodView.of(new PodView.Ref("x", "p", "1")).build())).isEqualTo("a");
    assertThat(accepted.teamOf(PodView.of(new PodView.Ref("y", "p", "1")).build())).isNull();
  }
}
