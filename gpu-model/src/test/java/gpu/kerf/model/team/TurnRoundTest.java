package gpu.kerf.model.team;

import static gpu.kerf.model.team.Teams.below;
import static gpu.kerf.model.team.Teams.gpus;
import static gpu.kerf.model.team.Teams.guaranteed;
import static gpu.kerf.model.team.Teams.limited;
import static gpu.kerf.model.team.Teams.team;
import static gpu.kerf.model.team.Teams.weighing;
import static gpu.kerf.model.team.TurnScene.H100;
import static gpu.kerf.model.team.TurnScene.L4;
import static gpu.kerf.model.team.TurnScene.MINUTE;
import static gpu.kerf.model.team.TurnScene.notEvictable;
import static gpu.kerf.model.team.TurnScene.withMinimum;
import static gpu.kerf.model.team.TurnScene.withPriority;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Who goes first, who waits and why, and who has to go. */
class TurnRoundTest {

  private final TurnScene scene = new TurnScene();

  private static TeamTerms minRuntime(Team team, int minutes) {
    return new TeamTerms(team, Map.of(), Duration.ofMinutes(minutes));
  }

  private static TeamTerms ofModel(Team team, String guarantee, String limit) {
    return new TeamTerms(
        team,
        Map.of(H100.name(), new TeamTerms.ModelTerms(gpus(guarantee), gpus(limit))),
        Duration.ZERO);
  }

  @Test
  void teamsUnderTheirGuaranteeComeFirst() {
    scene.nodes(H100, 1, 4).teams(team("a"), guaranteed("b", "2"));
    for (int i = 0; i < 4; i++) {
      scene.asks("a", "a" + i, 1).asks("b", "b" + i, 1);
    }
    scene.settle();
    // b has 0 of 2, then 1 of 2; then a has 0 of its share of 1, then b 2 of its share of 3
    assertThat(scene.started).containsExactly("b0", "b1", "a0", "b2");
  }

  @Test
  void aboveTheGuaranteesTheSmallerPartOfTheShareGoesFirst() {
    scene.nodes(H100, 1, 6).teams(team("a"), weighing(team("b"), "2"));
    for (int i = 0; i < 6; i++) {
      scene.asks("a", "a" + i, 1).asks("b", "b" + i, 1);
    }
    scene.settle();
    assertThat(scene.held("a")).isEqualTo("2.000");
    assertThat(scene.held("b")).isEqualTo("4.000");
  }

  @Test
  void theOrderIsMadeAtEachLevelOfTheTree() {
    scene
        .nodes(H100, 1, 4)
        .teams(team("x"), below("x", team("x1")), below("x", team("x2")), team("y"));
    for (int i = 0; i < 4; i++) {
      scene.asks("x1", "x1-" + i, 1).asks("x2", "x2-" + i, 1).asks("y", "y" + i, 1);
    }
    scene.settle();
    assertThat(scene.held("x")).isEqualTo("2.000");
    assertThat(scene.held("x1")).isEqualTo("1.000");
    assertThat(scene.held("y")).isEqualTo("2.000");
  }

  @Test
  void inATeamPriorityCountsBeforeAge() {
    scene.nodes(H100, 1, 2).teams(team("a")).asks("a", "old", 1).at(MINUTE);
    scene.asks(withPriority(scene.gang("a", "urgent", 1, 1), 9)).asks("a", "young", 1).settle();
    assertThat(scene.started).containsExactly("urgent", "old");
    assertThat(scene.book.before("young")).isZero();
  }

  @Test
  void aLimitHoldsOnTheWholeWayToTheTop() {
    scene.nodes(H100, 1, 4).teams(limited(team("x"), "2"), below("x", team("x1")));
    scene.asks("x1", "w1", 2).asks("x1", "w2", 1).settle();
    assertThat(scene.started).containsExactly("w1");
    assertThat(scene.reasons)
        .containsEntry("w2", new WaitReason.Limit("x", null, gpus("2"), gpus("2")));
  }

  @Test
  void aLimitOfAModelLeavesTheOtherModels() {
    scene.nodes(H100, 1, 2).nodes(L4, 1, 2).terms(ofModel(team("a"), "0", "1"));
    scene.asks("a", "w1", 1).asks("a", "w2", 1).asks("a", "w3", 1).asks("a", "w4", 1).settle();
    assertThat(scene.held("a")).isEqualTo("3.000");
    assertThat(scene.reasons.get("w4")).isInstanceOf(WaitReason.class);
  }

  @Test
  void workThatIsNotEvictableStaysWithinTheGuarantee() {
    scene.nodes(H100, 1, 4).teams(guaranteed("a", "1"));
    scene.asks(notEvictable(scene.gang("a", "w1", 1, 1)));
    scene.asks(notEvictable(scene.gang("a", "w2", 1, 1))).settle();
    assertThat(scene.started).containsExactly("w1");
    assertThat(scene.reasons).containsEntry("w2", new WaitReason.NotEvictable("a", gpus("1")));
  }

  @Test
  void workThatTheFleetCannotHoldIsSaidToBeImpossibleAndAsksForNothing() {
    scene.nodes(H100, 1, 4).teams(team("a"), team("b"));
    scene.asks("a", "huge", 8).asks("b", "w", 4).settle();
    assertThat(scene.reasons.get("huge")).isEqualTo(new WaitReason.Never());
    assertThat(scene.book.shares()).containsEntry("a", gpus("0")).containsEntry("b", gpus("4"));
  }

  @Test
  void aTeamTakesItsGuaranteeBackFromTheYoungestBorrowedWork() {
    scene.nodes(H100, 1, 4).teams(team("a"), guaranteed("b", "2"));
    for (int i = 0; i < 4; i++) {
      scene.at(i * 10L * MINUTE).asks("a", "a" + i, 1).settle();
    }
    scene.asks("b", "b0", 1).settle();
    assertThat(scene.reclaims).hasSize(1);
    assertThat(scene.reclaims.get(0).rule()).isEqualTo(Reclaim.Rule.GUARANTEE);
    assertThat(scene.reclaims.get(0).victims().get(0).work().id()).isEqualTo("a3");
    assertThat(scene.running).containsOnlyKeys("a0", "a1", "a2", "b0");
  }

  @Test
  void itTakesNothingBeyondTheGuarantee() {
    scene.nodes(H100, 1, 4).teams(team("a"), guaranteed("b", "1"));
    scene.asks("a", "a0", 4).settle();
    scene.asks("b", "b0", 2).settle();
    assertThat(scene.reclaims).isEmpty();
    assertThat(scene.reasons.get("b0")).isInstanceOf(WaitReason.NoRoom.class);
  }

  @Test
  void noTeamFallsUnderItsGuarantee() {
    scene.nodes(H100, 1, 4).teams(guaranteed("a", "2"), guaranteed("b", "2"));
    scene.asks("a", "a0", 2).asks("a", "a1", 2).settle();
    scene.asks("b", "b0", 2).settle();
    assertThat(scene.running).containsOnlyKeys("a0", "b0");
    scene.asks("b", "b1", 1).settle();
    assertThat(scene.reclaims).hasSize(1);
  }

  @Test
  void aShareIsTakenBackWhereTheRulesSaySo() {
    scene.nodes(H100, 1, 4).teams(team("a"), team("b"));
    scene.rules = new TurnRules(TurnRules.Mode.SHARE, Duration.ofMinutes(45));
    scene.asks("a", "a0", 1).asks("a", "a1", 2).settle();
    scene.at(MINUTE).asks("b", "b0", 2).settle();
    scene.asks("a", "a2", 1).settle();
    scene.ends("a0");
    scene.asks("a", "a3", 1).settle();
    assertThat(scene.running).containsOnlyKeys("a1", "a2", "a3");
    scene.at(45 * MINUTE).settle();
    assertThat(scene.reclaims).isEmpty();
    scene.at(46 * MINUTE).settle();
    // b waits for its share of 2; a holds 2 above its share that started after b had asked
    assertThat(scene.running).containsOnlyKeys("a1", "b0");
    assertThat(scene.reclaims).extracting(Reclaim::rule).containsExactly(Reclaim.Rule.SHARE);
  }

  @Test
  void minimalRunTimesAndWorkThatIsNotEvictableAreKept() {
    scene.nodes(H100, 1, 2).terms(minRuntime(team("a"), 10), TeamTerms.of(guaranteed("b", "1")));
    scene.asks("a", "a0", 2).settle();
    scene.asks("b", "b0", 1).at(9 * MINUTE).settle();
    assertThat(scene.reclaims).isEmpty();
    scene.at(10 * MINUTE).settle();
    assertThat(scene.running).containsOnlyKeys("b0");
  }

  @Test
  void gangsGoWholeAndGangsTakeWholePlaces() {
    scene.nodes(H100, 3, 2).teams(team("a"), guaranteed("b", "4"));
    scene.asks(scene.gang("a", "ga", 2, 2)).asks("a", "single", 2).settle();
    scene.asks(scene.gang("b", "gb", 2, 2)).settle();
    assertThat(scene.running).containsOnlyKeys("gb", "single");
    assertThat(scene.ledger.entries()).hasSize(3);
  }

  @Test
  void ownWorkOfLowerPriorityGoesForWorkOfHigherPriority() {
    scene.nodes(H100, 1, 1).terms(minRuntime(team("a"), 60), TeamTerms.of(team("b")));
    scene.asks("a", "low", 1).settle();
    scene.asks(withPriority(scene.gang("b", "other", 1, 1), 5)).settle();
    assertThat(scene.reclaims).isEmpty();
    scene.asks(withPriority(scene.gang("a", "high", 1, 1), 5)).settle();
    assertThat(scene.running).containsOnlyKeys("high");
    assertThat(scene.reclaims.get(0).rule()).isEqualTo(Reclaim.Rule.PRIORITY);
  }

  @Test
  void anElasticGangStartsAtItsMinimumAndTheRestFollows() {
    scene.nodes(H100, 1, 3).teams(team("a")).asks("a", "w", 1).settle();
    scene.asks(withMinimum(scene.gang("a", "g", 4, 1), 2)).settle();
    assertThat(scene.ledger.entries()).hasSize(3);
    assertThat(scene.book.line("a", 10)).hasSize(2);
    scene.ends("w");
    scene.settle();
    assertThat(scene.ledger.entries()).hasSize(3);
    assertThat(scene.book.line("a", 10)).hasSize(1);
  }

  /** A window opens between the start of a gang and the end of its pods. */
  @Test
  void aGangThatStartsInPartsCountsWholeWhenTeamsChange() {
    scene.nodes(H100, 1, 4).teams(team("a"));
    Work gang = scene.gang("a", "g", 3, 1);
    List<Work.Member> members = gang.members();
    scene.asks(part(gang, members.subList(0, 2))).settle();
    scene.asks(part(gang, members.subList(2, 3))).settle();
    scene.teams(team("a"));
    assertThat(scene.held("a")).isEqualTo("3.000");
    members.forEach(member -> scene.book.ended(member.holder().uid()));
    assertThat(scene.held("a")).isEqualTo("0.000");
  }

  private static Work part(Work gang, List<Work.Member> members) {
    return new Work(gang.id(), gang.team(), 0, gang.since(), members, members.size(), true);
  }

  @Test
  void smallWorkOvertakesUntilAPlaceIsDrained() {
    scene.nodes(H100, 1, 4).terms(minRuntime(team("a"), 1), TeamTerms.of(team("b")));
    scene.asks("a", "a0", 2).asks("a", "a1", 2).settle();
    scene.asks("b", "large", 4).settle();
    scene.ends("a0");
    scene.asks("a", "a2", 1).settle();
    assertThat(scene.running).containsKey("a2");
    scene.at(31 * MINUTE).settle();
    assertThat(scene.drained.of("large")).isNotNull();
    scene.asks("a", "a3", 1).settle();
    // a's work must run for a minute, so it cannot fill in
    assertThat(scene.reasons).containsEntry("a3", new WaitReason.Behind("large"));
    scene.ends("a1");
    scene.ends("a2");
    scene.settle();
    assertThat(scene.running).containsOnlyKeys("large");
    assertThat(scene.drained.all()).isEmpty();
  }

  @Test
  void borrowedWorkFillsInWhileAPlaceIsDrainedAndThenGoes() {
    scene.nodes(H100, 1, 4).teams(team("a"), team("b"));
    for (int i = 0; i < 4; i++) {
      scene.asks("a", "a" + i, 1);
    }
    scene.settle();
    scene.asks("b", "large", 2).settle();
    scene.at(31 * MINUTE).settle();
    List<String> inThePlace = scene.workOn(scene.drained.all().iterator().next());
    scene.ends(inThePlace.get(0));
    scene.at(32 * MINUTE).asks("a", "filling", 1).settle();
    assertThat(scene.running).containsKey("filling").doesNotContainKey("large");
    scene.ends(inThePlace.get(1));
    scene.settle();
    assertThat(scene.running).containsKey("large").doesNotContainKey("filling");
    assertThat(scene.reclaims).extracting(Reclaim::rule).containsExactly(Reclaim.Rule.PATIENCE);
  }

  @Test
  void aGuaranteeIsTakenBackWhereAPlaceIsDrainedForOtherWork() {
    scene
        .nodes(H100, 1, 2)
        .terms(
            minRuntime(team("a"), 1), TeamTerms.of(team("b")), TeamTerms.of(guaranteed("c", "1")));
    scene.asks("a", "a0", 1).asks("a", "a1", 1).settle();
    scene.asks("b", "large", 2).settle();
    scene.at(31 * MINUTE).settle();
    assertThat(scene.drained.of("large")).isNotNull();
    scene.asks("c", "c0", 1).settle();
    assertThat(scene.running).containsKey("c0").hasSize(2);
    assertThat(scene.reclaims).extracting(Reclaim::rule).containsExactly(Reclaim.Rule.GUARANTEE);
    // the place is drained anew, and c0 stays in it until it ends
    assertThat(scene.drained.all()).extracting(DrainedPlace::work).containsExactly("large");
    scene.running.keySet().stream().toList().forEach(scene::ends);
    scene.settle();
    assertThat(scene.running).containsOnlyKeys("large");
  }

  @Test
  void aGuaranteeIsTakenBackElsewhereIfThatIsPossible() {
    scene
        .nodes(H100, 2, 2)
        .terms(
            minRuntime(team("a"), 1), TeamTerms.of(team("b")), TeamTerms.of(guaranteed("c", "1")));
    for (int i = 0; i < 4; i++) {
      scene.asks("a", "a" + i, 1);
    }
    scene.settle();
    scene.asks("b", "large", 2).settle();
    scene.at(31 * MINUTE).settle();
    DrainedPlace place = scene.drained.of("large");
    scene.asks("c", "c0", 1).settle();
    assertThat(scene.running).containsKey("c0");
    assertThat(scene.drained.all()).containsExactly(place);
    assertThat(scene.workOn(Objects.requireNonNull(place))).doesNotContain("c0");
  }

  @Test
  void aGangGoesForLessThanItHoldsAlthoughTheParentThenHoldsLessThanItsGuarantee() {
    scene
        .nodes(H100, 1, 4)
        .teams(
            guaranteed("bank", "4"),
            below("bank", guaranteed("fraud", "2")),
            below("bank", guaranteed("research", "1")));
    scene.asks(notEvictable(scene.gang("research", "notebook", 1, 1)));
    scene.asks(scene.gang("research", "train", 3, 1)).settle();
    scene.asks("fraud", "f0", 1).asks("fraud", "f1", 1).settle();
    assertThat(scene.running).containsKeys("f0", "f1");
    assertThat(scene.held("research")).isEqualTo("1.000");
  }

  @Test
  void workThatHasADrainedPlaceStillTakesBackItsGuarantee() {
    scene.nodes(H100, 1, 2).terms(minRuntime(team("a"), 60), TeamTerms.of(guaranteed("c", "2")));
    scene.asks("a", "a0", 1).asks("a", "a1", 1).settle();
    scene.asks("c", "large", 2).at(31 * MINUTE).settle();
    assertThat(scene.drained.of("large")).isNotNull();
    assertThat(scene.running).containsOnlyKeys("a0", "a1");
    scene.at(61 * MINUTE).settle();
    assertThat(scene.running).containsOnlyKeys("large");
  }

  @Test
  void whatExceedsALimitThatShrinksGoesYoungestFirst() {
    scene.nodes(H100, 1, 4).teams(team("a"));
    for (int i = 0; i < 4; i++) {
      scene.at(i * MINUTE).asks("a", "a" + i, 1).settle();
    }
    scene.teams(limited(team("a"), "2")).settle();
    assertThat(scene.running).containsOnlyKeys("a0", "a1");
    assertThat(scene.reasons.get("a3")).isInstanceOf(WaitReason.Limit.class);
  }

  @Test
  void whatExceedsALimitOfAModelThatShrinksGoesFromThatModelAlone() {
    scene.nodes(H100, 1, 2).nodes(L4, 1, 2).terms(ofModel(team("a"), "0", "2"));
    Demand onH100 = Demand.whole(1).onModels(List.of(H100.name()));
    Demand onL4 = Demand.whole(1).onModels(List.of(L4.name()));
    scene.asks(scene.gang("a", "old", 1, onH100)).settle();
    scene.at(MINUTE).asks(scene.gang("a", "young", 1, onH100)).settle();
    scene.at(2 * MINUTE).asks(scene.gang("a", "youngest", 1, onL4)).settle();
    scene.terms(ofModel(team("a"), "0", "1")).settle();
    assertThat(scene.running).containsOnlyKeys("old", "youngest");
  }

  @Test
  void aGuaranteeOfAModelIsTakenBackOnThatModel() {
    scene
        .nodes(H100, 1, 2)
        .nodes(L4, 1, 2)
        .terms(TeamTerms.of(team("a")), ofModel(guaranteed("b", "1"), "1", "2"));
    Demand onH100 = Demand.whole(1).onModels(List.of(H100.name()));
    scene.asks("a", "a0", 2).asks("a", "a1", 2).settle();
    scene.asks(scene.gang("b", "b0", 1, onH100)).settle();
    assertThat(scene.held("b")).isEqualTo("1.000");
    assertThat(scene.reclaims.get(0).places().get(0).placement().node()).startsWith("h100");
  }

  @Test
  void partsCountAsTheLargerOfMemoryAndMultiprocessors() {
    Demand part = Demand.memory(new MemoryMiB(20_000));
    scene.nodes(H100, 1, 1).teams(team("a")).asks(scene.gang("a", "w", 1, part)).settle();
    assertThat(scene.held("a")).isEqualTo("0.250");
  }
}
