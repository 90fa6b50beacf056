package gpu.kerf.model.fleet;

import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.model;
import static gpu.kerf.model.Nodes.node;
import static gpu.kerf.model.fleet.Slots.mig;
import static gpu.kerf.model.fleet.Slots.on;
import static gpu.kerf.model.fleet.Slots.share;
import static gpu.kerf.model.fleet.Slots.whole;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.model.fleet.Entry.State;
import gpu.kerf.model.fleet.Ledger.Claim;
import gpu.kerf.model.fleet.Ledger.Taking;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.NodeStates;
import gpu.kerf.model.placement.Placement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Every arrow of the ledger's state machine, and what becomes of pods whose slots are disputed. */
class LedgerTest {

  /** An H100 lends out 81152 MiB: two shares of this size fit, three do not. */
  private static final int HALF = 40_000;

  private static final NodeSpec TWO_H100 = node("a").with(2, h100(), GpuMode.PLAIN).spec();

  private final Ledger ledger = new Ledger();

  LedgerTest() {
    ledger.putNode(TWO_H100);
    ledger.putNode(node("b").with(1, h100(), GpuMode.PLAIN).spec());
  }

  // ---- the arrows

  @Test
  void nothingIsKnownOfAPodThatWasNeverMentioned() {
    assertThat(ledger.entry("p")).isNull();
    assertThat(ledger.release("p")).isFalse();
    assertThat(ledger.confirm("p", 1)).isFalse();
  }

  @Test
  void aProposalIsTakenAndConfirmedAndReleased() {
    assertThat(ledger.propose(pod("p"), on("a", whole(0)), 10, 100)).isTrue();
    assertThat(entry("p"))
        .isEqualTo(Grants.entry(ledger, pod("p"), on("a", whole(0)), State.PROPOSED, 10, 110));

    assertThat(ledger.take(pod("p"), on("a", whole(0)), 20)).isEqualTo(Taking.TAKEN);
    assertThat(entry("p"))
        .isEqualTo(
            Grants.entry(ledger, pod("p"), on("a", whole(0)), State.BINDING, 20, Long.MAX_VALUE));

    assertThat(ledger.confirm("p", 30)).isTrue();
    assertThat(entry("p"))
        .isEqualTo(
            Grants.entry(ledger, pod("p"), on("a", whole(0)), State.BOUND, 30, Long.MAX_VALUE));
    assertThat(state("a").isUntouched(0)).isFalse();

    assertThat(ledger.release("p")).isTrue();
    assertThat(ledger.entry("p")).isNull();
    assertUnused("a");
  }

  @Test
  void aProposalThatExpiresLeavesNothing() {
    ledger.propose(pod("p"), on("a", whole(0)), 10, 100);

    assertThat(ledger.expire(109)).isZero();
    assertThat(ledger.expire(110)).isEqualTo(1);
    assertThat(ledger.entry("p")).isNull();
    assertUnused("a");
  }

  @Test
  void aProposalIsReleasedWhenItsPodIsGone() {
    ledger.propose(pod("p"), on("a", whole(0)), 10, 100);

    assertThat(ledger.release("p")).isTrue();
    assertUnused("a");
  }

  @Test
  void slotsAreTakenWithoutAProposal() {
    assertThat(ledger.take(pod("p"), on("a", whole(0)), 20)).isEqualTo(Taking.TAKEN);
    assertThat(entry("p").state()).isEqualTo(State.BINDING);
  }

  @Test
  void aRefusedBindingIsReleased() {
    ledger.take(pod("p"), on("a", whole(0)), 20);

    assertThat(ledger.release("p")).isTrue();
    assertUnused("a");
  }

  @Test
  void aQuarantinedPodHoldsItsSlotsUntilItsQuarantineEndsAndNothingElseFreesThem() {
    ledger.take(pod("p"), on("a", whole(0)), 20);
    ledger.confirm("p", 30);

    assertThat(ledger.quarantine("p")).isTrue();
    assertThat(entry("p").state()).isEqualTo(State.QUARANTINED);
    assertThat(ledger.release("p")).as("a late answer to a binding").isFalse();
    assertThat(ledger.confirm("p", 40)).as("it holds slots").isTrue();
    assertThat(ledger.adopt(pod("p"), Grants.grant(ledger, on("a", whole(1))), 1))
        .as("old news")
        .isNull();
    assertThat(ledger.expire(Long.MAX_VALUE)).isZero();
    assertThat(ledger.take(pod("q"), on("a", whole(0)), 50)).isEqualTo(Taking.NOT_FREE);
    assertThat(ledger.take(pod("p"), on("a", whole(1)), 50)).isEqualTo(Taking.HELD_ALREADY);
    assertThat(entry("p").state()).isEqualTo(State.QUARANTINED);
    assertThat(state("a").isUntouched(0)).isFalse();
    assertThat(state("a").isUntouched(1)).isTrue();

    assertThat(ledger.endQuarantine("p")).isTrue();
    assertThat(ledger.endQuarantine("p")).isFalse();
    assertUnused("a");
  }

  @Test
  void aBindingWithoutAKnownEndCanBeQuarantined() {
    ledger.take(pod("p"), on("a", whole(0)), 20);

    assertThat(ledger.quarantine("p")).isTrue();
    assertThat(state("a").isUntouched(0)).isFalse();
  }

  @Test
  void aProposalIsNeverQuarantinedForNothingRunsThere() {
    ledger.propose(pod("p"), on("a", whole(0)), 10, 100);

    assertThat(ledger.quarantine("p")).isFalse();
    assertThat(ledger.quarantine("unknown")).isFalse();
    assertUnused("a");
  }

  @Test
  void onlyAQuarantineIsEndedByItsEnd() {
    ledger.adopt(pod("p"), Grants.grant(ledger, on("a", whole(0))), 1);

    assertThat(ledger.endQuarantine("p")).isFalse();
    assertThat(entry("p").state()).isEqualTo(State.BOUND);
  }

  @Test
  void aQuarantineOutlivesEveryChangeOfItsNode() {
    ledger.adopt(pod("p"), Grants.grant(ledger, on("a", whole(1))), 1);
    ledger.quarantine("p");

    ledger.putNode(TWO_H100);
    assertThat(state("a").isUntouched(1)).isFalse();
    ledger.removeNode("a");
    ledger.putNode(TWO_H100);
    assertThat(state("a").isUntouched(1)).isFalse();
    assertThat(entry("p").state()).isEqualTo(State.QUARANTINED);
  }

  @Test
  void whatIsRebuiltIsBound() {
    assertThat(ledger.rebuild(List.of(bound("p", 5, on("a", whole(0)))))).isEmpty();

    assertThat(entry("p").state()).isEqualTo(State.BOUND);
    assertThat(state("a").isUntouched(0)).isFalse();
  }

  @Test
  void aProposalCannotBeConfirmedBecauseItsSlotsWereNotTaken() {
    ledger.propose(pod("p"), on("a", whole(0)), 10, 100);

    assertThat(ledger.confirm("p", 20)).isFalse();
    assertThat(entry("p").state()).isEqualTo(State.PROPOSED);
  }

  @Test
  void noTimeFreesASlotThatAContainerMayBeUsing() {
    ledger.take(pod("binding"), on("a", whole(0)), 0);
    ledger.take(pod("bound"), on("a", whole(1)), 0);
    ledger.confirm("bound", 0);

    assertThat(ledger.expire(Long.MAX_VALUE)).isZero();
    assertThat(ledger.entries()).hasSize(2);
  }

  // ---- proposals

  @Test
  void aSecondProposalForAPodReplacesTheFirst() {
    ledger.propose(pod("p"), on("a", whole(0)), 10, 100);

    assertThat(ledger.propose(pod("p"), on("b", whole(0)), 20, 100)).isTrue();
    assertUnused("a");
    assertThat(state("b").isUntouched(0)).isFalse();
  }

  @Test
  void aProposalMayOverlapTheOneItReplaces() {
    ledger.propose(pod("p"), on("a", whole(0), whole(1)), 10, 100);

    assertThat(ledger.propose(pod("p"), on("a", whole(1)), 20, 100)).isTrue();
    assertThat(state("a").untouched()).isEqualTo(0b01);
  }

  @Test
  void proposalsHoldTheirSlotsAgainstOtherProposals() {
    ledger.propose(pod("p"), on("a", whole(0)), 10, 100);

    assertThat(ledger.propose(pod("q"), on("a", share(0, HALF)), 20, 100)).isFalse();
    assertThat(ledger.entry("q")).isNull();
  }

  @Test
  void aPodThatHoldsSlotsIsNotProposedAnywhere() {
    ledger.take(pod("p"), on("a", whole(0)), 10);

    assertThat(ledger.propose(pod("p"), on("b", whole(0)), 20, 100)).isFalse();
    assertThat(entry("p").placement()).isEqualTo(on("a", whole(0)));
    assertUnused("b");
  }

  @Test
  void nothingIsProposedOnAnUnknownNode() {
    assertThat(ledger.propose(pod("p"), on("x", whole(0)), 10, 100)).isFalse();
    assertThat(ledger.entriesOn("x")).isEmpty();
  }

  @Test
  void proposalsYieldToThePodThatTakesTheirSlots() {
    ledger.propose(pod("p"), on("a", share(0, HALF)), 10, 100);
    ledger.propose(pod("q"), on("a", share(0, HALF)), 11, 100);

    assertThat(ledger.take(pod("r"), on("a", whole(0)), 20)).isEqualTo(Taking.TAKEN);
    assertThat(uids()).containsExactly("r");
  }

  @Test
  void proposalsThatAreNotInTheWayOfATakerStay() {
    ledger.propose(pod("elsewhere"), on("a", whole(1)), 10, 100);
    ledger.propose(pod("oldest"), on("a", share(0, HALF)), 11, 100);
    ledger.propose(pod("youngest"), on("a", share(0, HALF)), 12, 100);

    // 81152 - 2 x 40000 = 1152 free; the taker and one of the two fit
    assertThat(ledger.take(pod("taker"), on("a", share(0, HALF)), 20)).isEqualTo(Taking.TAKEN);
    assertThat(uids()).containsExactlyInAnyOrder("elsewhere", "oldest", "taker");
  }

  @Test
  void proposalsStayWhereTheTakerFindsNoRoomEvenWithoutThem() {
    ledger.take(pod("holder"), on("a", share(0, HALF)), 5);
    ledger.propose(pod("p"), on("a", share(0, HALF)), 10, 100);

    assertThat(ledger.take(pod("q"), on("a", whole(0)), 20)).isEqualTo(Taking.NOT_FREE);
    assertThat(uids()).containsExactlyInAnyOrder("holder", "p");
    assertThat(state("a").freeMiB(0)).isEqualTo(81_152 - 2 * HALF);
  }

  @Test
  void aPodWhoseSlotsAreNotFreeKeepsItsOwnProposal() {
    ledger.propose(pod("p"), on("b", whole(0)), 10, 100);
    ledger.take(pod("holder"), on("a", whole(0)), 11);

    assertThat(ledger.take(pod("p"), on("a", whole(0)), 20)).isEqualTo(Taking.NOT_FREE);
    assertThat(entry("p").state()).isEqualTo(State.PROPOSED);
  }

  @Test
  void aProposalForEverNeverExpires() {
    ledger.propose(pod("p"), on("a", whole(0)), 10, Long.MAX_VALUE);

    assertThat(entry("p").expires()).isEqualTo(Long.MAX_VALUE);
    assertThat(ledger.expire(Long.MAX_VALUE - 1)).isZero();
  }

  @Test
  void aClockThatGoesBackwardsOnlyLetsProposalsLiveLonger() {
    ledger.propose(pod("p"), on("a", whole(0)), 1000, 100);

    assertThat(ledger.expire(-5)).isZero();
    assertThat(ledger.take(pod("q"), on("a", whole(1)), -5)).isEqualTo(Taking.TAKEN);
    assertThat(ledger.confirm("q", -10)).isTrue();
    assertThat(ledger.expire(1099)).isZero();
    assertThat(ledger.expire(1100)).isEqualTo(1);
    assertThat(uids()).containsExactly("q");
  }

  // ---- taking

  @Test
  void takingAgainOnTheSameNodeAnswersThatThePodHoldsAlready() {
    ledger.take(pod("p"), on("a", whole(0)), 10);

    assertThat(ledger.take(pod("p"), on("a", whole(0)), 20)).isEqualTo(Taking.HELD_ALREADY);
    assertThat(ledger.take(pod("p"), on("a", whole(1)), 20)).isEqualTo(Taking.HELD_ALREADY);
    ledger.confirm("p", 30);
    assertThat(ledger.take(pod("p"), on("a", whole(0)), 40)).isEqualTo(Taking.HELD_ALREADY);
    assertThat(entry("p"))
        .isEqualTo(
            Grants.entry(ledger, pod("p"), on("a", whole(0)), State.BOUND, 30, Long.MAX_VALUE));
    assertThat(state("a").untouched()).isEqualTo(0b10);
  }

  @Test
  void takingOnAnotherNodeAnswersThatThePodHoldsElsewhere() {
    ledger.take(pod("p"), on("a", whole(0)), 10);

    assertThat(ledger.take(pod("p"), on("b", whole(0)), 20)).isEqualTo(Taking.HELD_ELSEWHERE);
    assertUnused("b");
  }

  @Test
  void nothingIsTakenOnAnUnknownNode() {
    assertThat(ledger.take(pod("p"), on("x", whole(0)), 10)).isEqualTo(Taking.NO_SUCH_NODE);
    assertThat(ledger.entries()).isEmpty();
  }

  @Test
  void slotsThatTheNodeDoesNotHaveAreNotFree() {
    assertThat(ledger.take(pod("p"), on("a", whole(2)), 10)).isEqualTo(Taking.NOT_FREE);
    assertThat(ledger.take(pod("p"), on("a", mig(0, h100(), "1g.10gb@0")), 10))
        .isEqualTo(Taking.NOT_FREE);
    assertThat(ledger.take(pod("p"), on("a", share(0, 90_000)), 10)).isEqualTo(Taking.NOT_FREE);
    assertUnused("a");
  }

  @Test
  void aPodWithOneSlotThatIsNotFreeGetsNoneOfTheOthers() {
    ledger.take(pod("holder"), on("a", whole(1)), 10);

    assertThat(ledger.take(pod("p"), on("a", whole(0), whole(1)), 20)).isEqualTo(Taking.NOT_FREE);
    assertThat(state("a").untouched()).isEqualTo(0b01);
  }

  @Test
  void cpuThatIsNotThereIsNotTaken() {
    ledger.putNode(node("small").with(2, h100(), GpuMode.PLAIN).cpu(4000).spec());

    assertThat(ledger.take(pod("p"), on(3000, "small", whole(0)), 1)).isEqualTo(Taking.TAKEN);
    assertThat(ledger.take(pod("q"), on(1001, "small", whole(1)), 2)).isEqualTo(Taking.NOT_FREE);
    assertThat(ledger.take(pod("q"), on(1000, "small", whole(1)), 2)).isEqualTo(Taking.TAKEN);
    assertThat(state("small").freeCpuMilli()).isZero();
  }

  @Test
  void confirmingTwiceChangesNothing() {
    ledger.take(pod("p"), on("a", whole(0)), 10);
    ledger.confirm("p", 20);

    assertThat(ledger.confirm("p", 30)).isTrue();
    assertThat(entry("p").since()).isEqualTo(20);
  }

  @Test
  void releasingTwiceFreesOnce() {
    ledger.take(pod("p"), on("a", share(0, HALF)), 10);
    ledger.take(pod("q"), on("a", share(0, HALF)), 10);

    assertThat(ledger.release("p")).isTrue();
    assertThat(ledger.release("p")).isFalse();
    assertThat(state("a").freeMiB(0)).isEqualTo(81_152 - HALF);
  }

  // ---- gangs

  @Test
  void aGangTakesAllItsSlots() {
    List<Claim> gang = List.of(claim("p", "a", 0), claim("q", "a", 1), claim("r", "b", 0));

    assertThat(ledger.takeAll(gang, 10)).isEqualTo(Taking.TAKEN);
    assertThat(uids()).containsExactlyInAnyOrder("p", "q", "r");
  }

  @Test
  void aGangThatCannotHaveAllLeavesTheLedgerAsItWas() {
    ledger.take(pod("holder"), on("b", whole(0)), 1);
    ledger.propose(pod("p"), on("b", share(0, 1)), 2, 100);
    ledger.propose(pod("hint"), on("a", whole(0)), 3, 100);
    String before = NodeStates.text(state("a"));

    List<Claim> gang = List.of(claim("p", "a", 0), claim("q", "a", 1), claim("r", "b", 0));
    assertThat(ledger.takeAll(gang, 10)).isEqualTo(Taking.NOT_FREE);
    assertThat(uids()).containsExactlyInAnyOrder("holder", "hint");
    assertThat(NodeStates.text(state("a"))).isEqualTo(before);
  }

  @Test
  void aGangThatNamesAnUnknownNodeGetsNothing() {
    List<Claim> gang = List.of(claim("p", "a", 0), claim("q", "x", 0));

    assertThat(ledger.takeAll(gang, 10)).isEqualTo(Taking.NO_SUCH_NODE);
    assertThat(ledger.entries()).isEmpty();
    assertUnused("a");
  }

  @Test
  void aGangOfWhichSomeHoldAlreadyTakesTheRestAndKeepsThemWhenItFails() {
    ledger.take(pod("p"), on("a", whole(0)), 5);

    assertThat(ledger.takeAll(List.of(claim("p", "a", 0), claim("q", "a", 1)), 10))
        .isEqualTo(Taking.TAKEN);
    assertThat(ledger.takeAll(List.of(claim("p", "a", 0), claim("r", "a", 1)), 20))
        .isEqualTo(Taking.NOT_FREE);
    assertThat(uids()).containsExactlyInAnyOrder("p", "q");
  }

  @Test
  void aGangWhoseMembersWantTheSameSlotGetsNothing() {
    List<Claim> gang = List.of(claim("p", "a", 0), claim("q", "a", 0));

    assertThat(ledger.takeAll(gang, 10)).isEqualTo(Taking.NOT_FREE);
    assertUnused("a");
  }

  @Test
  void aGangThatNamesAPodTwiceIsRefused() {
    List<Claim> gang = List.of(claim("p", "a", 0), claim("p", "a", 1));

    assertThatThrownBy(() -> ledger.takeAll(gang, 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(p)")
        .hasMessageContaining("A pod has one placement");
    assertUnused("a");
  }

  @Test
  void anEmptyGangTakesNothing() {
    assertThat(ledger.takeAll(List.of(), 10)).isEqualTo(Taking.TAKEN);
    assertThat(ledger.entries()).isEmpty();
  }

  // ---- what if

  @Test
  void whatIfLiftsPodsOffAndPutsThemBack() {
    ledger.take(pod("p"), on("a", whole(0)), 10);
    ledger.take(pod("q"), on("a", share(1, HALF)), 10);
    String before = NodeStates.text(state("a"));

    Ledger.Undo undo = ledger.without(List.of("p", "q", "unknown"));
    assertThat(state("a").untouched()).isEqualTo(0b11);
    undo.undo();

    assertThat(NodeStates.text(state("a"))).isEqualTo(before);
    assertThat(uids()).containsExactlyInAnyOrder("p", "q");
  }

  @Test
  void aPodNamedTwiceInAWhatIfIsLiftedOnce() {
    ledger.take(pod("p"), on("a", share(0, HALF)), 10);
    String before = NodeStates.text(state("a"));

    Ledger.Undo undo = ledger.without(List.of("p", "p"));
    assertThat(state("a").freeMiB(0)).isEqualTo(81_152);
    undo.undo();
    undo.undo();

    assertThat(NodeStates.text(state("a"))).isEqualTo(before);
  }

  // ---- disputes

  @Test
  void ofTwoPodsOnOneSlotTheOlderStandsAndTheYoungerIsReported() {
    List<Conflict> conflicts =
        ledger.rebuild(
            List.of(bound("young", 20, on("a", whole(0))), bound("old", 10, on("a", whole(0)))));

    assertThat(conflicts)
        .containsExactly(
            new Conflict(bound("young", 20, on("a", whole(0))), Conflict.Kind.SLOT_HELD));
    assertThat(ledger.conflicts()).isEqualTo(conflicts);
    assertThat(uids()).containsExactlyInAnyOrder("old", "young");
  }

  @Test
  void neverIsAThirdAddedToADisputedGpu() {
    ledger.rebuild(
        List.of(
            bound("old", 10, on("a", share(0, 60_000))),
            bound("young", 20, on("a", share(0, 60_000)))));

    // 81152 - 60000 = 21152 MiB would be free
    assertThat(ledger.take(pod("third"), on("a", share(0, 1000)), 30)).isEqualTo(Taking.NOT_FREE);
    assertThat(ledger.take(pod("third"), on("a", share(1, 1000)), 30)).isEqualTo(Taking.TAKEN);
  }

  @Test
  void whenTheOlderGoesTheYoungerStands() {
    ledger.rebuild(
        List.of(bound("old", 10, on("a", whole(0))), bound("young", 20, on("a", whole(0)))));

    ledger.release("old");

    assertThat(ledger.conflicts()).isEmpty();
    assertThat(state("a").isUsable(0)).isTrue();
    assertThat(state("a").untouched()).isEqualTo(0b10);
  }

  @Test
  void whenTheYoungerGoesTheGpuIsOpenAgain() {
    ledger.rebuild(
        List.of(
            bound("old", 10, on("a", share(0, 60_000))),
            bound("young", 20, on("a", share(0, 60_000)))));

    ledger.release("young");

    assertThat(ledger.conflicts()).isEmpty();
    assertThat(ledger.take(pod("third"), on("a", share(0, 21_000)), 30)).isEqualTo(Taking.TAKEN);
  }

  @Test
  void ofThreeOnOneSlotTheSecondStandsWhenTheFirstGoes() {
    ledger.rebuild(
        List.of(
            bound("p1", 10, on("a", whole(0))),
            bound("p2", 20, on("a", whole(0))),
            bound("p3", 30, on("a", whole(0)))));

    ledger.release("p1");

    assertThat(ledger.conflicts()).extracting(one -> one.entry().uid()).containsExactly("p3");
    assertThat(state("a").isUsable(0)).isFalse();
  }

  @Test
  void conflictsAreListedOldestFirstWhicheverNodeWasSettledLast() {
    ledger.rebuild(
        List.of(
            bound("a1", 1, on("a", whole(0))),
            bound("a2", 40, on("a", whole(0))),
            bound("b1", 2, on("b", whole(0))),
            bound("b2", 30, on("b", whole(0)))));
    ledger.putNode(TWO_H100);
    ledger.putNode(node("b").with(1, h100(), GpuMode.PLAIN).spec());

    assertThat(ledger.conflicts()).extracting(one -> one.entry().uid()).containsExactly("b2", "a2");
  }

  @Test
  void aConflictTakesNoneOfItsSlotsButBlocksTheirGpusAndUsesItsCpu() {
    ledger.putNode(node("c").with(3, h100(), GpuMode.PLAIN).cpu(10_000).spec());
    ledger.rebuild(
        List.of(
            bound("old", 10, on(1000, "c", whole(0))),
            bound("young", 20, on(2000, "c", whole(0), whole(1)))));

    assertThat(state("c").untouched()).isEqualTo(0b100);
    assertThat(state("c").freeCpuMilli()).isEqualTo(7000);
    ledger.release("young");
    assertThat(state("c").untouched()).isEqualTo(0b110);
    assertThat(state("c").freeCpuMilli()).isEqualTo(9000);
  }

  @Test
  void adoptingAPodOnFreeSlotsIsNoConflict() {
    assertThat(ledger.adopt(pod("p"), Grants.grant(ledger, on("a", whole(0))), 5)).isNull();
    assertThat(entry("p")).isEqualTo(bound("p", 5, on("a", whole(0))));
  }

  @Test
  void adoptingAPodOnSlotsOfAYoungerOneMakesTheYoungerTheConflict() {
    ledger.take(pod("young"), on("a", whole(0)), 20);

    assertThat(ledger.adopt(pod("old"), Grants.grant(ledger, on("a", whole(0))), 5)).isNull();
    assertThat(ledger.conflicts()).extracting(one -> one.entry().uid()).containsExactly("young");
  }

  @Test
  void anAdoptedPodIsNotHinderedByProposalsAndLeavesThoseThatAreNotInItsWay() {
    ledger.propose(pod("in the way"), on("a", whole(0)), 1, 100);
    ledger.propose(pod("not in the way"), on("a", whole(1)), 2, 100);

    assertThat(ledger.adopt(pod("p"), Grants.grant(ledger, on("a", whole(0))), 50)).isNull();
    assertThat(uids()).containsExactlyInAnyOrder("not in the way", "p");
  }

  @Test
  void adoptingWhatIsBeingBoundBindsIt() {
    ledger.take(pod("p"), on("a", whole(0)), 20);

    assertThat(ledger.adopt(pod("p"), Grants.grant(ledger, on("a", whole(0))), 21)).isNull();
    assertThat(entry("p").state()).isEqualTo(State.BOUND);
    assertThat(ledger.conflicts()).isEmpty();
  }

  @Test
  void aPodThatRunsElsewhereThanTheLedgerThoughtMoves() {
    ledger.take(pod("p"), on("a", whole(0)), 20);

    assertThat(ledger.adopt(pod("p"), Grants.grant(ledger, on("b", whole(0))), 21)).isNull();
    assertUnused("a");
    assertThat(state("b").untouched()).isZero();
  }

  @Test
  void aPodConfirmedLateIsTheYoungerOfADispute() {
    // as a rebuild would see it: "late" was bound at 200, "other" at 150
    ledger.take(pod("late"), on("a", whole(0)), 100);
    ledger.adopt(pod("other"), Grants.grant(ledger, on("a", whole(0))), 150);
    assertThat(ledger.conflicts()).extracting(one -> one.entry().uid()).containsExactly("other");

    ledger.confirm("late", 200);
    assertThat(ledger.conflicts())
        .containsExactly(
            new Conflict(bound("late", 200, on("a", whole(0))), Conflict.Kind.SLOT_HELD));
  }

  @Test
  void takingOnANodeWithADisputeIsRemembered() {
    ledger.putNode(node("c").with(3, h100(), GpuMode.PLAIN).spec());
    ledger.rebuild(
        List.of(bound("old", 1, on("c", whole(0))), bound("young", 2, on("c", whole(0)))));
    ledger.propose(pod("p"), on("c", whole(1)), 10, 100);
    ledger.propose(pod("q"), on("c", whole(2)), 11, 100);

    assertThat(ledger.take(pod("p"), on("c", whole(1)), 20)).isEqualTo(Taking.TAKEN);
    assertThat(ledger.take(pod("r"), on("c", whole(2)), 21)).isEqualTo(Taking.TAKEN);
    assertThat(state("c").untouched()).isZero();
    assertThat(uids()).containsExactlyInAnyOrder("old", "young", "p", "r");
  }

  // ---- rebuild

  @Test
  void theOrderInWhichPodsAreListedDoesNotMatter() {
    List<Entry> pods = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      String where = i % 3 == 0 ? "b" : "a";
      pods.add(bound("p" + i, 100 - i % 5, on(where, share(i % 2, 20_000))));
    }
    ledger.rebuild(pods);
    String a = NodeStates.text(state("a"));
    String b = NodeStates.text(state("b"));
    List<Conflict> conflicts = ledger.conflicts();
    assertThat(conflicts).isNotEmpty();

    for (int seed = 0; seed < 50; seed++) {
      Collections.shuffle(pods, new Random(seed));
      assertThat(ledger.rebuild(pods)).as("seed %d", seed).isEqualTo(conflicts);
      assertThat(NodeStates.text(state("a"))).as("seed %d", seed).isEqualTo(a);
      assertThat(NodeStates.text(state("b"))).as("seed %d", seed).isEqualTo(b);
    }
  }

  @Test
  void aRebuildForgetsWhoIsNotListed() {
    ledger.take(pod("p"), on("a", whole(0)), 1);
    ledger.propose(pod("q"), on("b", whole(0)), 2, 100);

    ledger.rebuild(List.of());

    assertThat(ledger.entries()).isEmpty();
    assertUnused("a");
    assertUnused("b");
  }

  @Test
  void ofTwoEntriesWithOneUidTheOlderCounts() {
    Entry older = bound("p", 1, on("a", whole(0)));
    Entry younger = bound("p", 2, on("b", whole(0)));

    for (List<Entry> order : List.of(List.of(older, younger), List.of(younger, older))) {
      assertThat(ledger.rebuild(order)).isEmpty();
      assertThat(ledger.entries()).containsExactly(older);
      assertThat(ledger.entriesOn("b")).isEmpty();
      assertUnused("b");
    }
  }

  // ---- nodes that change

  @Test
  void aPodOnAnUnknownNodeIsReportedUntilTheNodeComes() {
    assertThat(ledger.rebuild(List.of(bound("p", 1, on("x", whole(0))))))
        .extracting(Conflict::kind)
        .containsExactly(Conflict.Kind.NO_SUCH_NODE);

    ledger.putNode(node("x").with(1, h100(), GpuMode.PLAIN).spec());
    assertThat(ledger.conflicts()).isEmpty();
    assertThat(state("x").untouched()).isZero();
  }

  @Test
  void aNodeThatGoesAndComesBackFindsItsPodsOnIt() {
    ledger.take(pod("p"), on("a", whole(0)), 1);
    String before = NodeStates.text(state("a"));

    ledger.removeNode("a");
    assertThat(ledger.fleet().node("a")).isNull();
    assertThat(ledger.conflicts())
        .extracting(Conflict::kind)
        .containsExactly(Conflict.Kind.NO_SUCH_NODE);
    assertThat(ledger.take(pod("p"), on("a", whole(0)), 2)).isEqualTo(Taking.HELD_ALREADY);

    ledger.putNode(TWO_H100);
    assertThat(ledger.conflicts()).isEmpty();
    assertThat(NodeStates.text(state("a"))).isEqualTo(before);
  }

  @Test
  void aPodThatLeavesWhileItsNodeIsGoneIsNotThereWhenItReturns() {
    ledger.take(pod("p"), on("a", whole(0)), 1);
    ledger.removeNode("a");

    assertThat(ledger.release("p")).isTrue();
    assertThat(ledger.conflicts()).isEmpty();
    ledger.putNode(TWO_H100);
    assertUnused("a");
  }

  @Test
  void proposalsDoNotOutliveTheirNode() {
    ledger.propose(pod("p"), on("a", whole(0)), 1, 100);

    ledger.removeNode("a");

    assertThat(ledger.entries()).isEmpty();
    assertThat(ledger.conflicts()).isEmpty();
  }

  @Test
  void aNodeThatChangesInWhatDoesNotMatterKeepsItsPodsAndProposals() {
    ledger.take(pod("p"), on("a", whole(0)), 1);
    ledger.propose(pod("q"), on("a", whole(1)), 2, 100);

    ledger.putNode(TWO_H100.withHost(64_000, 512_000));

    assertThat(ledger.conflicts()).isEmpty();
    assertThat(uids()).containsExactlyInAnyOrder("p", "q");
    assertThat(state("a").untouched()).isZero();
  }

  @Test
  void aShareOnAGpuThatWasPutInMigModeHasNoSlotAndKeepsTheGpuClosed() {
    ledger.take(pod("p"), on("a", share(0, 1000)), 1);

    ledger.putNode(node("a").with(2, h100(), GpuMode.MIG_DYNAMIC).spec());

    assertThat(ledger.conflicts())
        .extracting(Conflict::kind)
        .containsExactly(Conflict.Kind.NO_SUCH_SLOT);
    assertThat(ledger.take(pod("q"), on("a", mig(0, h100(), "1g.10gb@0")), 2))
        .isEqualTo(Taking.NOT_FREE);
    assertThat(ledger.take(pod("q"), on("a", mig(1, h100(), "1g.10gb@0")), 2))
        .isEqualTo(Taking.TAKEN);
    ledger.release("p");
    assertThat(state("a").isUsable(0)).isTrue();
  }

  @Test
  void aPodOnAnInstanceThatWasRemovedHasNoSlot() {
    ledger.putNode(node("m").withInstances(h100(), "3g.40gb@0", "3g.40gb@4").spec());
    ledger.take(pod("p"), on("m", mig(0, h100(), "3g.40gb@4")), 1);
    ledger.take(pod("q"), on("m", mig(0, h100(), "3g.40gb@0")), 2);

    ledger.putNode(node("m").withInstances(h100(), "3g.40gb@0", "1g.10gb@4").spec());

    assertThat(ledger.conflicts())
        .containsExactly(new Conflict(entry("p"), Conflict.Kind.NO_SUCH_SLOT));
    assertThat(state("m").occupied(0)).isEqualTo(0b0000_1111);
  }

  @Test
  void aShareLargerThanWhatItsGpuHasNowHasNoSlot() {
    ledger.putNode(node("a").h100s("GPU-0").spec());
    ledger.take(pod("p"), on("a", share(0, 50_000)), 1);

    ledger.putNode(node("a").gpu("GPU-0", h100(), 40_960).spec());

    assertThat(ledger.conflicts())
        .extracting(Conflict::kind)
        .containsExactly(Conflict.Kind.NO_SUCH_SLOT);
  }

  @Test
  void aProposalThatCannotStandAnyMoreIsDroppedAndIsNoConflict() {
    ledger.putNode(node("a").h100s("GPU-0", "GPU-1").spec());
    ledger.propose(pod("p"), on("a", share(0, 50_000)), 1, 100);
    ledger.propose(pod("q"), on("a", share(1, 10_000)), 1, 100);

    ledger.putNode(node("a").gpu("GPU-0", h100(), 40_960).gpu("GPU-1", h100(), 40_960).spec());

    assertThat(ledger.conflicts()).isEmpty();
    assertThat(uids()).containsExactly("q");
    assertThat(state("a").isUsable(0)).isTrue();
  }

  @Test
  void anOlderProposalDoesNotPushAHolderOutWhenTheGpuBecomesSmaller() {
    // 40960 MiB hold one of the two
    ledger.putNode(node("a").h100s("GPU-0").spec());
    ledger.propose(pod("hint"), on("a", share(0, 30_000)), 1, 100);
    ledger.take(pod("holder"), on("a", share(0, 30_000)), 2);

    ledger.putNode(node("a").gpu("GPU-0", h100(), 40_960).spec());

    assertThat(ledger.conflicts()).isEmpty();
    assertThat(uids()).containsExactly("holder");
  }

  @Test
  void cpuThatANodeLosesIsOverdrawnByWhatRunsAndAPodThatAsksForNoneStillFits() {
    ledger.putNode(node("c").with(2, h100(), GpuMode.PLAIN).cpu(8000).spec());
    ledger.take(pod("p"), on(6000, "c", whole(0)), 1);

    ledger.putNode(node("c").with(2, h100(), GpuMode.PLAIN).cpu(4000).spec());

    assertThat(ledger.conflicts()).isEmpty();
    assertThat(state("c").freeCpuMilli()).isEqualTo(-2000);
    assertThat(ledger.take(pod("q"), on(1, "c", whole(1)), 2)).isEqualTo(Taking.NOT_FREE);
    assertThat(ledger.take(pod("q"), on(0, "c", whole(1)), 2)).isEqualTo(Taking.TAKEN);
  }

  // ---- GPUs that others use

  @Test
  void aGpuThatOthersUseGetsNothingUntilTheyAreGone() {
    ledger.setForeign("a", 0b01);
    assertThat(ledger.take(pod("p"), on("a", whole(0)), 1)).isEqualTo(Taking.NOT_FREE);
    assertThat(ledger.take(pod("p"), on("a", whole(1)), 1)).isEqualTo(Taking.TAKEN);

    ledger.setForeign("a", 0);
    assertThat(ledger.take(pod("q"), on("a", whole(0)), 2)).isEqualTo(Taking.TAKEN);
  }

  @Test
  void sayingTheSameTwiceIsSayingItOnce() {
    ledger.setForeign("a", 0b11);
    ledger.setForeign("a", 0b11);
    ledger.setForeign("a", 0b10);

    assertThat(state("a").untouched()).isEqualTo(0b01);
  }

  @Test
  void whoHoldsAGpuThatOthersUseTooGoesOnHoldingIt() {
    ledger.take(pod("p"), on("a", share(0, HALF)), 1);
    ledger.setForeign("a", 0b01);
    assertThat(ledger.conflicts()).isEmpty();

    ledger.release("p");
    assertThat(state("a").freeMiB(0)).isEqualTo(81_152);
    assertThat(state("a").untouched()).isEqualTo(0b10);
  }

  @Test
  void proposalsForAGpuThatOthersBeginToUseAreDropped() {
    ledger.propose(pod("p"), on("a", share(0, HALF), share(1, HALF)), 1, 100);
    ledger.propose(pod("q"), on("a", share(1, HALF)), 1, 100);

    ledger.setForeign("a", 0b01);

    assertThat(uids()).containsExactly("q");
    assertThat(state("a").freeMiB(1)).isEqualTo(81_152 - HALF);
  }

  @Test
  void foreignUseOutlastsChangesOfTheNodeAndDisputes() {
    ledger.setForeign("a", 0b10);
    ledger.putNode(TWO_H100);
    assertThat(state("a").untouched()).isEqualTo(0b01);

    ledger.rebuild(
        List.of(bound("old", 1, on("a", whole(1))), bound("young", 2, on("a", whole(1)))));
    ledger.release("young");
    assertThat(state("a").isUsable(1)).isFalse();
    ledger.setForeign("a", 0);
    assertThat(state("a").isUsable(1)).isTrue();
  }

  @Test
  void aDisputeOutlastsForeignUse() {
    ledger.rebuild(
        List.of(bound("old", 1, on("a", whole(1))), bound("young", 2, on("a", whole(1)))));
    ledger.setForeign("a", 0b10);
    ledger.setForeign("a", 0);

    assertThat(state("a").isUsable(1)).isFalse();
  }

  @Test
  void foreignUseMayBeSaidBeforeTheNodeIsKnownAndIsForgottenWithIt() {
    ledger.setForeign("x", 0b1);
    NodeSpec x = node("x").with(1, h100(), GpuMode.PLAIN).spec();
    ledger.putNode(x);
    assertThat(state("x").isUsable(0)).isFalse();

    ledger.removeNode("x");
    ledger.putNode(x);
    assertThat(state("x").isUsable(0)).isTrue();
  }

  @Test
  void foreignUseOfGpusThatTheNodeDoesNotHaveIsRememberedForWhenItHasThem() {
    ledger.setForeign("b", -1L);
    assertThat(state("b").isUsable(0)).isFalse();

    ledger.putNode(node("b").with(2, model("T4"), GpuMode.PLAIN).spec());
    assertThat(state("b").untouched()).isZero();
  }

  // ---- helpers

  private static Holder pod(String uid) {
    return Holder.of(uid);
  }

  private Entry bound(String uid, long since, Placement placement) {
    return Grants.entry(ledger, pod(uid), placement, State.BOUND, since, Long.MAX_VALUE);
  }

  private static Claim claim(String uid, String node, int gpu) {
    return new Claim(pod(uid), on(node, whole(gpu)));
  }

  private Entry entry(String uid) {
    return Objects.requireNonNull(ledger.entry(uid), uid);
  }

  private NodeState state(String node) {
    return Objects.requireNonNull(ledger.fleet().node(node), node);
  }

  private List<String> uids() {
    return ledger.entries().stream().map(Entry::uid).toList();
  }

  private void assertUnused(String node) {
    NodeSpec spec = state(node).spec();
    Fleet fresh = new Fleet();
    assertThat(NodeStates.text(state(node))).isEqualTo(NodeStates.text(fresh.put(spec)));
    assertThat(ledger.entriesOn(node)).isEmpty();
  }

  // ---- CPU and memory that wait for a pod

  @Test
  void whatIsWithheldForAPodGoesToNoOtherNotEvenWhatComesFree() {
    Ledger ledger = new Ledger();
    NodeSpec spec = node("a").with(1, h100(), GpuMode.PLAIN).cpu(8_000).hostMemory(8_000).spec();
    ledger.putNode(spec);
    assertThat(ledger.take(Holder.of("victim"), host(6_000), 0)).isEqualTo(Taking.TAKEN);
    ledger.withhold("preemptor", host(7_000));
    assertThat(ledger.take(Holder.of("thief"), host(1), 0)).isEqualTo(Taking.NOT_FREE);
    ledger.release("victim");
    // 8 are there and 7 withheld
    assertThat(ledger.take(Holder.of("thief"), host(1_001), 0)).isEqualTo(Taking.NOT_FREE);
    assertThat(ledger.take(Holder.of("small"), host(1_000), 0)).isEqualTo(Taking.TAKEN);
    ledger.putNode(spec.withHost(9_000, 9_000));
    assertThat(ledger.take(Holder.of("thief"), host(1_001), 0)).isEqualTo(Taking.NOT_FREE);
    ledger.giveBack("preemptor");
    assertThat(ledger.take(Holder.of("preemptor"), host(7_000), 0)).isEqualTo(Taking.TAKEN);
  }

  @Test
  void aResizeDropsTheProposalsForWhichTooLittleIsLeft() {
    Ledger ledger = new Ledger();
    ledger.putNode(node("a").with(1, h100(), GpuMode.PLAIN).cpu(8_000).hostMemory(8_000).spec());
    assertThat(ledger.take(Holder.of("runs"), host(2_000), 0)).isEqualTo(Taking.TAKEN);
    assertThat(ledger.propose(Holder.of("hint"), host(4_000), 0, 100)).isTrue();
    assertThat(ledger.resize("runs", 4_000, 4_000)).isTrue();
    assertThat(ledger.entry("hint")).as("8 are enough for both").isNotNull();
    assertThat(ledger.resize("runs", 4_001, 4_000)).isTrue();
    assertThat(ledger.entry("hint")).isNull();
    assertThat(Objects.requireNonNull(ledger.fleet().node("a")).freeCpuMilli()).isEqualTo(3_999);
  }

  @Test
  void whatIsWithheldTwiceForOnePodIsWithheldOnceAndSurvivesTheNodesAbsence() {
    Ledger ledger = new Ledger();
    NodeSpec spec = node("a").with(1, h100(), GpuMode.PLAIN).cpu(8_000).hostMemory(8_000).spec();
    ledger.putNode(spec);
    ledger.withhold("preemptor", host(7_000));
    ledger.withhold("preemptor", host(5_000));
    assertThat(Objects.requireNonNull(ledger.fleet().node("a")).freeCpuMilli()).isEqualTo(3_000);
    ledger.removeNode("a");
    ledger.putNode(spec);
    assertThat(Objects.requireNonNull(ledger.fleet().node("a")).freeCpuMilli()).isEqualTo(3_000);
    ledger.removeNode("a");
    ledger.giveBack("preemptor");
    ledger.putNode(spec);
    assertThat(Objects.requireNonNull(ledger.fleet().node("a")).freeCpuMilli()).isEqualTo(8_000);
  }

  private static Placement host(int amount) {
    return new Placement("a", List.of(), amount, amount);
  }
}
