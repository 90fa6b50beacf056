package gpu.kerf.extender.verb;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.EvictResult;
import gpu.kerf.extender.cluster.GateResult;
import gpu.kerf.extender.turn.TeamsPicture;
import gpu.kerf.extender.turn.TurnOptions;
import gpu.kerf.extender.wire.FilterAnswer;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.VerbError;
import gpu.kerf.model.placement.Reason;
import gpu.kerf.model.team.GpuAmount;
import gpu.kerf.model.team.Reclaim;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whose turn it is, from what the API server tells to what kube-scheduler is answered. */
class TurnsTest {
  private TeamWorld world;

  @BeforeEach
  void aNodeOfFourGpusAndTwoTeams() {
    world = new TeamWorld().node("a", 4);
    world.team("fraud", "'guarantee': '2'").team("research", "'guarantee': '2', 'limit': '4'");
  }

  @Test
  void whereThereIsRoomTheGateComesOffAndFilterNamesTheHeldNode() {
    PodView.Builder pod = world.gated("research", "p", 1);
    world.tell(pod);
    assertThat(world.mayGo("p")).isTrue();
    assertThat(world.place(pod, "a")).isEqualTo("a");
    assertThat(figure("research").held()).isEqualTo(GpuAmount.parse("1"));
  }

  private gpu.kerf.extender.team.TeamFigures.Figures figure(String team) {
    world.pass(2_000);
    return Objects.requireNonNull(world.cluster.figures.teams().get(team));
  }

  @Test
  void withoutTeamsNothingIsHeldAndEveryGateComesOff() {
    TeamWorld none = new TeamWorld().node("a", 4);
    PodView.Builder left = none.gated("research", "left-from-before", 9);
    none.tell(left);
    none.pass(200);
    assertThat(none.mayGo("left-from-before")).isTrue();
    PodView.Builder pod = none.pod("research", "p", 1);
    none.tell(pod);
    assertThat(none.scheduling.ledger().entries()).isEmpty();
    assertThat(none.place(pod, "a")).isEqualTo("a");
    assertThat(none.cluster.told).isEmpty();
  }

  @Test
  void aFullClusterKeepsPodsAtTheirGatesAndSaysWhy() {
    world.running("research", "r", 2, "a");
    world.running("fraud", "f", 2, "a");
    world.tell(world.gated("research", "first", 1));
    world.tell(world.gated("research", "second", 1));
    world.pass(3_000);
    assertThat(world.cluster.opened).hasSize(4);
    assertThat(world.cluster.told.get("first"))
        .isEqualTo(
            "team research holds 2 of 2 guaranteed, first in its line. No free place is large"
                + " enough.");
    assertThat(world.cluster.told.get("second")).contains("1 before you");
    world.end("r0");
    assertThat(world.mayGo("first")).isTrue();
    assertThat(world.mayGo("second")).isFalse();
  }

  @Test
  void aPodThatSlippedPastItsGateIsRefusedUntilItIsItsTurn() {
    world.running("research", "r", 2, "a");
    world.running("fraud", "f", 2, "a");
    PodView.Builder pod = world.pod("research", "slipped", 1);
    world.tell(pod);
    FilterAnswer answer = world.filter(pod, "a");
    assertThat(answer.refusedByReason()).containsOnlyKeys(Reason.NOT_YOUR_TURN);
    assertThat(world.cluster.nudged).isEmpty();
    world.end("r0");
    assertThat(world.cluster.nudged).containsExactly("slipped");
    assertThat(world.place(pod, "a")).isEqualTo("a");
  }

  @Test
  void limitsHoldForAPodOfWhichOnlyFilterHasHeard() {
    world.team("research", "'guarantee': '2', 'limit': '2'");
    world.running("research", "r", 2, "a");
    PodView.Builder pod = world.pod("research", "unheard", 1);
    assertThat(world.filter(pod, "a").refusedByReason()).containsOnlyKeys(Reason.NOT_YOUR_TURN);
    PodView.Builder other = world.pod("fraud", "unheard-too", 1);
    assertThat(world.filter(other, "a").chosen()).isEqualTo(1);
  }

  @Test
  void twoPodsThatPassedFilterTogetherDoNotBreakALimitByTheirBindings() {
    world.team("research", "'guarantee': '2', 'limit': '3'");
    world.running("research", "r", 2, "a");
    PodView.Builder one = world.pod("research", "one", 1);
    PodView.Builder two = world.pod("research", "two", 1);
    assertThat(world.filter(one, "a").chosen()).isEqualTo(1);
    assertThat(world.filter(two, "a").chosen()).isEqualTo(1);
    assertThat(world.bind(one, "a").verbError()).isNull();
    assertThat(world.bind(two, "a").verbError()).isEqualTo(VerbError.NOT_YOUR_TURN);
  }

  @Test
  void aTeamBelowItsGuaranteeTakesItBackFromTheYoungestThatIsBorrowed() {
    world.running("research", "r", 4, "a");
    PodView.Builder pod = world.gated("fraud", "urgent", 1);
    world.tell(pod);
    world.pass(100);
    assertThat(world.cluster.evictions).containsExactly("r3");
    assertThat(world.mayGo("urgent")).isFalse();
    world.pass(3_000);
    assertThat(world.cluster.told.get("urgent")).contains("being evicted");
    world.end("r3");
    assertThat(world.mayGo("urgent")).isTrue();
    assertThat(world.place(pod, "a")).isEqualTo("a");
    world.pass(1_000);
    List<TeamsPicture.OneReclaim> reclaims = world.verbs.turns().picture().reclaims();
    assertThat(reclaims).hasSize(1);
    assertThat(reclaims.get(0).outcome()).isEqualTo("done");
    assertThat(reclaims.get(0).rule()).isEqualTo(Reclaim.Rule.GUARANTEE);
    assertThat(reclaims.get(0).victims().get(0).name()).isEqualTo("research/r3");
  }

  @Test
  void nobodyElseGetsThePlaceForWhichPodsWereEvicted() {
    world.running("research", "r", 4, "a");
    world.tell(world.gated("fraud", "urgent", 1));
    world.pass(100);
    PodView.Builder other = world.pod("research", "quick", 1);
    world.tell(other);
    world.end("r3");
    assertThat(world.filter(other, "a").chosen()).isZero();
    assertThat(world.mayGo("urgent")).isTrue();
  }

  @Test
  void aBudgetThatForbidsAnEvictionEndsTheReclaimAndNothingIsKept() {
    world.running("research", "r", 4, "a");
    world.cluster.evicts = EvictResult.Kind.BLOCKED;
    world.tell(world.gated("fraud", "urgent", 1));
    world.pass(200);
    assertThat(world.verbs.turns().picture().reclaims().get(0).outcome()).isEqualTo("blocked");
    world.end("r0");
    assertThat(world.mayGo("urgent")).isTrue();
  }

  @Test
  void whatReplacesAnEvictedPodStandsWhereThatOneStood() {
    world.team("research", "'limit': '4'");
    PodView.Builder old =
        world.gated("research", "old", 4).owner(new PodView.Owner("Job", "train", "job-uid", true));
    world.tell(old);
    world.place(old, "a");
    world.tell(world.gated("research", "younger", 1));
    world.tell(world.gated("fraud", "urgent", 2));
    world.pass(100);
    assertThat(world.cluster.evictions).containsExactly("old");
    PodView.Builder again =
        world
            .gated("research", "again", 4)
            .owner(new PodView.Owner("Job", "train", "job-uid", true));
    world.tell(again);
    world.pass(3_000);
    assertThat(world.cluster.told.get("again")).contains("first in its line");
  }

  @Test
  void aPlaceThatIsNotTakenInTimeIsGivenBack() {
    world.tell(world.gated("research", "slow", 4));
    assertThat(world.scheduling.ledger().entries()).hasSize(1);
    world.tell(world.gated("fraud", "next", 2));
    assertThat(world.mayGo("next")).isFalse();
    world.pass(TurnOptions.defaults().placeMillis() + 1_000);
    assertThat(world.mayGo("next")).isTrue();
  }

  @Test
  void aGateThatAnotherPluginDefendsIsTriedAgain() {
    world.cluster.opens = GateResult.Kind.REFUSED;
    PodView.Builder pod = world.gated("research", "p", 1);
    world.tell(pod);
    assertThat(world.cluster.opened).hasSize(1);
    assertThat(world.cluster.events.get(0).message()).contains("as a policy says");
    world.pass(3_500);
    assertThat(world.cluster.opened).hasSize(3);
    world.cluster.opens = GateResult.Kind.OPENED;
    world.pass(5_000);
    assertThat(world.cluster.opened).hasSize(4);
  }

  @Test
  void turningTeamsOffTakesAllGatesOff() {
    world.running("research", "r", 4, "a");
    world.tell(world.gated("research", "waits", 1));
    world.pass(100);
    assertThat(world.mayGo("waits")).isFalse();
    world.verbs.turns().use(new TurnOptions(false, false, 600_000, 30_000, 600_000, 500));
    world.pass(100);
    assertThat(world.mayGo("waits")).isTrue();
  }

  @Test
  void deletingTheLastTeamTakesAllGatesOff() {
    world.running("research", "r", 4, "a");
    world.tell(world.gated("research", "waits", 1));
    world.teamsAre(List.of());
    world.pass(100);
    assertThat(world.mayGo("waits")).isTrue();
  }

  @Test
  void theReplicaThatIsNotAskedGivesNoTurns() {
    world.cluster.leads = false;
    PodView.Builder pod = world.gated("research", "p", 1);
    world.tell(pod);
    world.pass(1_000);
    assertThat(world.cluster.opened).isEmpty();
    world.cluster.leads = true;
    world.pass(100);
    assertThat(world.mayGo("p")).isTrue();
  }

  @Test
  void theNextRoundDoesNotWaitForAsLongAsTheLastOneWaitedForPodsOnTheirWay() {
    for (int i = 0; i < 40; i++) {
      world.node("more-" + i, 8);
    }
    world.team("research", "'guarantee': '2'");
    world.cluster.leads = false;
    Map<String, PodView.Builder> pods = new LinkedHashMap<>();
    for (int i = 0; i < 300; i++) {
      PodView.Builder pod = world.gated("research", "p" + i, 1);
      pods.put("p" + i, pod);
      world.tell(pod);
    }
    world.cluster.leads = true;
    world.pass(5_000);
    assertThat(world.cluster.opened).as("as many as may be on their way").hasSize(256);
    for (int look = 0; look < 100 && !pods.isEmpty(); look++) {
      List<String> next = pods.keySet().stream().filter(world::mayGo).toList();
      next.forEach(uid -> bindWhereItIsHeld(Objects.requireNonNull(pods.remove(uid))));
      world.pass(100);
    }
    assertThat(pods).isEmpty();
    world.tell(world.gated("research", "late", 1));
    assertThat(world.mayGo("late")).isTrue();
  }

  private void bindWhereItIsHeld(PodView.Builder pod) {
    String held =
        Objects.requireNonNull(world.scheduling.ledger().entry(pod.build().uid()))
            .placement()
            .node();
    assertThat(world.place(pod, held)).isEqualTo(held);
  }

  @Test
  void aRestartKnowsWhatTeamsHoldAndWhoWaited() {
    List<PodView.Builder> running = world.running("research", "r", 4, "a");
    TeamWorld again = new TeamWorld().node("a", 4);
    running.forEach(again::tell);
    PodView.Builder young = again.gated("research", "young", 1);
    PodView.Builder old = again.gated("research", "old", 1).waitsSinceMillis(500);
    again.tell(young);
    again.tell(old);
    again.team("fraud", "'guarantee': '2'").team("research", "'guarantee': '2', 'limit': '4'");
    again.pass(2_000);
    var figures = Objects.requireNonNull(again.cluster.figures.teams().get("research"));
    assertThat(figures.held()).isEqualTo(GpuAmount.parse("4"));
    assertThat(again.cluster.told.get("old")).contains("first in its line");
    assertThat(again.cluster.told.get("young")).contains("1 before you");
  }

  @Test
  void aNodeThatKubeSchedulerDoesNotOfferIsNotHeldForThePodAgain() {
    world.node("b", 4);
    PodView.Builder pod = world.gated("research", "picky", 1);
    world.tell(pod);
    String held = world.scheduling.ledger().entries().iterator().next().placement().node();
    String other = held.equals("a") ? "b" : "a";
    FilterAnswer answer = world.filter(pod, other);
    assertThat(answer.chosenNames(world.scheduling.names())).containsExactly(other);
    assertThat(world.place(pod, other)).isEqualTo(other);
  }

  @Test
  void podsWithoutATeamStandLastAndAreTakenBackFirst() {
    world.running("no-team", "n", 3, "a");
    world.running("research", "r", 1, "a");
    world.tell(world.gated("no-team", "more", 1));
    PodView.Builder pod = world.gated("fraud", "urgent", 1);
    world.tell(pod);
    world.pass(100);
    assertThat(world.cluster.evictions).containsExactly("n2");
    world.end("n2");
    assertThat(world.mayGo("urgent")).isTrue();
    assertThat(world.mayGo("more")).isFalse();
  }

  private PodView.Builder member(String name, int size, int gpus) {
    return world
        .gated("research", name, gpus)
        .label("kerf.gpu/gang", "train")
        .label("kerf.gpu/gang-size", "" + size);
  }

  @Test
  void aGangGetsItsTurnWhenAllOfItIsThereAndStartsWhole() {
    PodView.Builder one = member("one", 3, 1);
    PodView.Builder two = member("two", 3, 1);
    world.tell(one);
    world.tell(two);
    world.pass(4_000);
    assertThat(world.cluster.opened).isEmpty();
    assertThat(world.cluster.told.get("one")).isEqualTo("Not all pods of its gang are there yet.");
    PodView.Builder three = member("three", 3, 1);
    world.tell(three);
    assertThat(world.cluster.opened).containsExactlyInAnyOrder("one", "two", "three");
    var first = world.call(one, "a");
    var second = world.call(two, "a");
    assertThat(first).isNotCompleted();
    assertThat(second).isNotCompleted();
    assertThat(world.bind(three, "a").verbError()).isNull();
    assertThat(first.join().verbError()).isNull();
    assertThat(second.join().verbError()).isNull();
    assertThat(world.cluster.bindings).hasSize(3);
  }

  @Test
  void aGangOfWhichOnePodDoesNotComeGivesItsPlacesBackAndWaitsBeforeItsNextTurn() {
    PodView.Builder one = member("one", 2, 2);
    PodView.Builder two = member("two", 2, 2);
    world.tell(one);
    world.tell(two);
    assertThat(world.scheduling.ledger().entries()).hasSize(2);
    assertThat(world.filter(one, "a").chosen()).isEqualTo(1);
    var answer = world.call(one, "a");
    world.pass(2_500);
    assertThat(answer.join().verbError()).isEqualTo(VerbError.GANG_WAITS);
    assertThat(world.cluster.bindings).isEmpty();
    assertThat(world.scheduling.ledger().entries()).isEmpty();
    PodView.Builder other = world.gated("fraud", "other", 1);
    world.tell(other);
    assertThat(world.place(other, "a")).isEqualTo("a");
    world.end("other");
    world.pass(10_000);
    assertThat(world.scheduling.ledger().entries()).hasSize(2);
  }

  @Test
  void aGangIsReclaimedWhole() {
    PodView.Builder one = member("one", 2, 2);
    PodView.Builder two = member("two", 2, 2);
    world.team("research", "'limit': '4'");
    world.tell(one);
    world.tell(two);
    var answer = world.call(one, "a");
    assertThat(world.bind(two, "a").verbError()).isNull();
    assertThat(answer).isCompleted();
    world.millis += 60_000;
    world.tell(world.gated("fraud", "urgent", 1));
    world.pass(500);
    assertThat(world.cluster.evictions).containsExactlyInAnyOrder("one", "two");
  }

  /** A round tries places in the ledger, and must not take its own tries for news. */
  @Test
  void aGangThatFitsOnlyInPartOnTheNodesItIsOfferedLetsTheLoopRest() {
    world.running("research", "r", 2, "a");
    world.running("fraud", "f", 2, "a");
    world.node("b", 1).node("c", 1);
    PodView.Builder first = member("first", 2, 1);
    PodView.Builder second = member("second", 2, 1);
    world.tell(first);
    world.tell(second);
    boolean firstOnB =
        Objects.requireNonNull(world.scheduling.held().of("first")).node().equals("b");
    world.filter(firstOnB ? second : first, "b");
    world.pass(1_000);
    assertThat(world.scheduling.held().of("first")).isNull();
    assertThat(world.scheduling.held().of("second")).isNull();
  }

  @Test
  void aPlaceThatWasHeldUnderOtherTermsOfTheTeamIsGivenBack() {
    PodView.Builder pod = world.gated("research", "p", 1);
    world.tell(pod);
    assertThat(world.mayGo("p")).isTrue();
    world.team("research", "'guarantee': '0.5', 'limit': '0.5'");
    assertThat(world.filter(pod, "a").refusedByReason()).containsOnlyKeys(Reason.NOT_YOUR_TURN);
    assertThat(world.scheduling.ledger().entries()).isEmpty();
  }

  @Test
  void aPodWithoutGpusGoesWithItsGang() {
    PodView.Builder launcher =
        PodView.of(new PodView.Ref("research", "launcher", "launcher"))
            .schedulerName("kerf")
            .createdMillis(1_000)
            .gate(PodView.TURN_GATE)
            .label("kerf.gpu/gang", "train")
            .label("kerf.gpu/gang-size", "2")
            .container("main", Map.of("cpu", "1"));
    world.tell(launcher);
    world.tell(member("worker", 2, 1));
    assertThat(world.cluster.opened).containsExactlyInAnyOrder("worker", "launcher");
  }

  @Test
  void kueueDecidesTheTurnOfItsPods() {
    world.running("research", "r", 4, "a");
    PodView.Builder pod =
        world.pod("research", "queued", 1).label("kueue.x-k8s.io/managed", "true");
    world.tell(pod);
    assertThat(world.filter(pod, "a").refusedByReason()).doesNotContainKey(Reason.NOT_YOUR_TURN);
  }

  @Test
  void moreOfAnElasticGangFollowsOneByOne() {
    List<PodView.Builder> pods = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      pods.add(member("m" + i, 6, 1).label("kerf.gpu/gang-minimum", "2"));
      world.tell(pods.get(i));
    }
    assertThat(world.cluster.opened).containsExactly("m0", "m1");
    var answer = world.call(pods.get(0), "a");
    assertThat(world.bind(pods.get(1), "a").verbError()).isNull();
    assertThat(answer).isCompleted();
    world.bound(pods.get(0));
    world.bound(pods.get(1));
    world.pass(4_000);
    assertThat(world.cluster.opened).hasSize(4);
    assertThat(world.cluster.told.get("m5")).contains("its limit is 4");
  }

  private boolean waits(PodView.Builder pod) {
    PodView view = pod.build();
    return world.verbs.turns().forecast().waits(view, world.scheduling.read(view));
  }

  @Test
  void aNewPodIsLetPastTheGateOnlyWhileThereIsRoomAndNoOtherWaits() {
    world.pass(100);
    assertThat(waits(world.pod("research", "a", 2))).isFalse();
    assertThat(waits(world.pod("research", "b", 2))).isFalse();
    assertThat(waits(world.pod("research", "c", 1))).as("what passed counts").isTrue();
    world.team("research", "'limit': '1'");
    world.pass(100);
    assertThat(waits(world.pod("research", "d", 2))).as("its limit is 1").isTrue();
    assertThat(waits(world.pod("fraud", "e", 2))).isFalse();
    world.tell(world.gated("research", "f", 2));
    world.pass(4_000);
    assertThat(waits(world.pod("fraud", "g", 1))).as("work waits").isTrue();
    assertThat(waits(member("h", 2, 1))).as("a gang").isTrue();
    assertThat(waits(world.pod("fraud", "i", 1).label("kueue.x-k8s.io/managed", "true"))).isFalse();
    world.teamsAre(List.of());
    assertThat(waits(world.pod("fraud", "j", 99))).isFalse();
  }

  @Test
  void aLineThatMovesSaysAboutWhenAPodMayStart() {
    world.team("research", "'limit': '1'");
    for (int i = 0; i < 5; i++) {
      PodView.Builder pod = world.gated("research", "p" + i, 1);
      world.tell(pod);
      assertThat(world.place(pod, "a")).isEqualTo("a");
      world.pass(120_000);
      world.end("p" + i);
    }
    PodView.Builder last = world.gated("research", "p5", 1);
    world.tell(last);
    world.place(last, "a");
    world.tell(world.gated("research", "first", 1));
    world.tell(world.gated("research", "second", 1));
    world.pass(5_000);
    assertThat(world.cluster.told.get("first")).contains("first in its line, about 2 min");
    assertThat(world.cluster.told.get("second")).contains("1 before you, about 4 min");
  }

  @Test
  void aPodThatWaitsForLongGetsAPlaceKeptFreeAndIsToldWhere() {
    world.running("research", "r", 1, "a");
    world.running("fraud", "f", 1, "a");
    world.team("research", "'guarantee': '4'").team("fraud", "'weight': 1");
    world.tell(world.gated("research", "large", 4));
    world.pass(TurnOptions.defaults().patienceMillis() + 10_000);
    assertThat(world.cluster.told.get("large")).contains("A place on a is kept free for it");
    world.end("r0");
    world.end("f0");
    world.pass(5_000);
    assertThat(world.mayGo("large")).isTrue();
  }

  private void drainTheNodeForALargePod() {
    world.team("research", "'weight': 1");
    world.running("research", "r", 4, "a");
    world.tell(world.gated("research", "large", 4));
    world.team("research", "'weight': 2");
    world.end("r0");
    world.end("r1");
    world.end("r2");
    world.pass(TurnOptions.defaults().patienceMillis() + 10_000);
    assertThat(world.cluster.told.get("large")).contains("A place on a is kept free for it");
  }

  @Test
  void aGuaranteeComesBeforeAPlaceThatIsKeptForPatience() {
    drainTheNodeForALargePod();
    world.tell(world.gated("fraud", "guaranteed", 2));
    assertThat(world.mayGo("guaranteed")).isTrue();
    assertThat(world.mayGo("large")).isFalse();
  }
}
