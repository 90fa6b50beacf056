package gpu.kerf.model.fleet;

import static gpu.kerf.model.Nodes.a100;
import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.node;
import static gpu.kerf.model.fleet.Slots.mig;
import static gpu.kerf.model.fleet.Slots.on;
import static gpu.kerf.model.fleet.Slots.share;
import static gpu.kerf.model.fleet.Slots.whole;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.model.fleet.Ledger.Taking;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** A GPU is its UUID: what becomes of pods when the inventory of their node changes. */
class IdentityTest {

  private final Ledger ledger = new Ledger();

  // ---- GPUs with UUIDs

  @Test
  void aPodMovesWithItsGpuWhenAnotherOneIsLostInTheMiddle() {
    put(node("a").h100s("A", "B", "C"));
    hold("p", on("a", whole(2)));

    put(node("a").h100s("A", "C"));

    assertThat(slots("p")).containsExactly(whole(1));
    assertThat(free("a")).containsExactly("A");
    assertThat(ledger.conflicts()).isEmpty();
    assertThat(ledger.take(Holder.of("q"), on("a", whole(1)), 9)).isEqualTo(Taking.NOT_FREE);
  }

  @Test
  void aPodWhoseGpuIsLostIsAConflictThatClosesNoOtherGpu() {
    put(node("a").h100s("A", "B", "C"));
    hold("p", on("a", whole(1)));

    put(node("a").h100s("A", "C"));

    assertThat(conflict("p").kind()).isEqualTo(Conflict.Kind.GPU_GONE);
    assertThat(conflict("p").text()).isEqualTo("its node does not have its GPU any more (B)");
    assertThat(free("a")).containsExactly("A", "C");
    assertThat(slots("p")).isEmpty();
  }

  @Test
  void aGpuThatComesBackIsHeldAgainByItsPodAtAnyIndex() {
    put(node("a").h100s("A", "B", "C"));
    hold("p", on("a", whole(1)));
    put(node("a").h100s("A", "C"));
    hold("q", on("a", whole(1)));

    put(node("a").h100s("B", "A", "C"));

    assertThat(ledger.conflicts()).isEmpty();
    assertThat(slots("p")).containsExactly(whole(0));
    assertThat(slots("q")).containsExactly(whole(2));
    assertThat(free("a")).containsExactly("A");
  }

  @Test
  void gpusThatSwapTheirIndexesInARebootKeepTheirPods() {
    put(node("a").h100s("A", "B"));
    hold("p", on("a", share(0, 60_000)));

    put(node("a").h100s("B", "A"));

    assertThat(slots("p")).containsExactly(share(1, 60_000));
    assertThat(ledger.take(Holder.of("q"), on("a", share(1, 60_000)), 9))
        .isEqualTo(Taking.NOT_FREE);
    assertThat(ledger.take(Holder.of("q"), on("a", share(0, 60_000)), 9)).isEqualTo(Taking.TAKEN);
  }

  @Test
  void aPodThatIsBeingBoundMovesWithItsGpuAndIsConfirmedThere() {
    put(node("a").h100s("A", "B"));
    ledger.take(Holder.of("p"), on("a", whole(0)), 1);

    put(node("a").h100s("B", "A"));
    ledger.confirm("p", 2);

    assertThat(slots("p")).containsExactly(whole(1));
    ledger.release("p");
    assertThat(free("a")).containsExactly("B", "A");
  }

  @Test
  void aProposalMovesWithItsGpuAndIsDroppedWithIt() {
    put(node("a").h100s("A", "B"));
    ledger.propose(Holder.of("p"), on("a", whole(0)), 1, 100);

    put(node("a").h100s("B", "A"));
    assertThat(slots("p")).containsExactly(whole(1));

    put(node("a").h100s("B"));
    assertThat(ledger.entry("p")).isNull();
    assertThat(free("a")).containsExactly("B");
  }

  @Test
  void ofAPodOnTwoGpusOneOfWhichIsLostTheOtherStaysClosed() {
    put(node("a").h100s("A", "B", "C"));
    hold("p", on("a", whole(0), whole(1)));

    put(node("a").h100s("B", "C"));

    assertThat(conflict("p").kind()).isEqualTo(Conflict.Kind.GPU_GONE);
    assertThat(slots("p")).containsExactly(whole(0));
    assertThat(free("a")).containsExactly("C");
    ledger.release("p");
    assertThat(free("a")).containsExactly("B", "C");
  }

  @Test
  void aCardThatReplacesALostOneIsFreeAlthoughItHasTheSameIndex() {
    put(node("a").h100s("A"));
    hold("p", on("a", whole(0)));

    put(node("a").h100s("Z"));

    assertThat(conflict("p").kind()).isEqualTo(Conflict.Kind.GPU_GONE);
    assertThat(free("a")).containsExactly("Z");
  }

  @Test
  void cpuOfAPodWhoseGpuIsLostIsInUse() {
    put(node("a").h100s("A", "B").cpu(8_000));
    hold("p", on(6_000, "a", whole(0)));

    put(node("a").h100s("B").cpu(8_000));

    assertThat(state("a").freeCpuMilli()).isEqualTo(2_000);
  }

  @Test
  void gpusOfOthersAreFoundAgainByTheirUuids() {
    put(node("a").h100s("A", "B", "C"));
    ledger.setForeign("a", 0b100);
    ledger.propose(Holder.of("p"), on("a", whole(1)), 1, 100);

    put(node("a").h100s("C", "B", "A"));

    assertThat(state("a").isUsable(0)).isFalse();
    assertThat(state("a").isUsable(2)).isTrue();
    assertThat(slots("p")).containsExactly(whole(1));
    ledger.setForeign("a", 0);
    assertThat(free("a")).containsExactly("C", "A");
  }

  @Test
  void twoGpusWithOneUuidAreNoInventory() {
    assertThatThrownBy(() -> node("a").h100s("A", "A").spec())
        .hasMessageContaining("The UUID (A) stands twice in the inventory of node a");
  }

  // ---- MIG instances

  @Test
  void anInstanceKeepsItsPodWhereverItsGpuIs() {
    put(node("a").migH100("A", "3g.40gb@0=M0", "3g.40gb@4=M4").h100s("B"));
    hold("p", on("a", mig(0, h100(), "3g.40gb@4")));

    put(node("a").h100s("B").migH100("A", "3g.40gb@0=M0", "3g.40gb@4=M4"));

    assertThat(ledger.conflicts()).isEmpty();
    assertThat(slots("p")).containsExactly(mig(1, h100(), "3g.40gb@4"));
    assertThat(state("a").occupied(1)).isEqualTo(0b1111_0000);
  }

  @Test
  void anInstanceThatWasCutAnewInTheSamePlaceIsAnotherOneAndItsGpuAloneIsClosed() {
    put(node("a").migH100("A", "3g.40gb@0=M0", "3g.40gb@4=M4").migH100("B", "3g.40gb@0=N0"));
    hold("p", on("a", mig(0, h100(), "3g.40gb@4")));

    put(node("a").migH100("A", "3g.40gb@0=M0", "3g.40gb@4=M9").migH100("B", "3g.40gb@0=N0"));

    assertThat(conflict("p").kind()).isEqualTo(Conflict.Kind.INSTANCE_GONE);
    assertThat(conflict("p").text()).endsWith("(M4)");
    assertThat(state("a").isUsable(0)).isFalse();
    assertThat(state("a").isUsable(1)).isTrue();
    ledger.release("p");
    assertThat(state("a").isUsable(0)).isTrue();
  }

  @Test
  void anInstanceThatComesBackIsHeldAgain() {
    put(node("a").migH100("A", "3g.40gb@0=M0", "3g.40gb@4=M4"));
    hold("p", on("a", mig(0, h100(), "3g.40gb@4")));
    put(node("a").migH100("A", "7g.80gb@0=M7"));
    assertThat(conflict("p").kind()).isEqualTo(Conflict.Kind.INSTANCE_GONE);

    put(node("a").migH100("A", "3g.40gb@0=M0", "3g.40gb@4=M4"));

    assertThat(ledger.conflicts()).isEmpty();
    assertThat(state("a").isUsable(0)).isTrue();
    assertThat(state("a").occupied(0)).isEqualTo(0b1111_0000);
  }

  @Test
  void anInstanceOfAGpuThatIsLostClosesNothing() {
    put(node("a").migH100("A", "3g.40gb@4=M4").migH100("B", "3g.40gb@4=N4"));
    hold("p", on("a", mig(0, h100(), "3g.40gb@4")));

    put(node("a").migH100("B", "3g.40gb@4=N4"));

    assertThat(conflict("p").kind()).isEqualTo(Conflict.Kind.GPU_GONE);
    assertThat(state("a").isUsable(0)).isTrue();
    assertThat(state("a").occupied(0)).isZero();
  }

  @Test
  void aGpuThatWasPutOutOfMigModeIsClosedForThePodOnItsInstance() {
    put(node("a").migH100("A", "3g.40gb@4=M4").h100s("B"));
    hold("p", on("a", mig(0, h100(), "3g.40gb@4")));

    put(node("a").h100s("A", "B"));

    assertThat(conflict("p").kind()).isEqualTo(Conflict.Kind.NO_SUCH_SLOT);
    assertThat(free("a")).containsExactly("B");
  }

  // ---- GPUs without UUIDs

  @Test
  void aNodeWithoutUuidsWhoseNumberOfGpusChangesGetsNothingUntilItIsEmpty() {
    put(node("a").with(4, h100(), GpuMode.PLAIN));
    hold("p", on("a", whole(3)));
    hold("q", on("a", whole(0)));

    put(node("a").with(3, h100(), GpuMode.PLAIN));

    assertThat(ledger.conflicts())
        .extracting(Conflict::kind)
        .containsExactly(Conflict.Kind.GPU_UNIDENTIFIED, Conflict.Kind.GPU_UNIDENTIFIED);
    assertThat(state("a").untouched()).isZero();
    ledger.release("p");
    assertThat(state("a").untouched()).isZero();
    ledger.release("q");
    assertThat(state("a").untouched()).isEqualTo(0b111);
  }

  @Test
  void aNodeWithoutUuidsThatHasItsGpusAgainHasItsPodsAgain() {
    put(node("a").with(4, h100(), GpuMode.PLAIN));
    hold("p", on("a", whole(3)));
    put(node("a").with(3, h100(), GpuMode.PLAIN));

    put(node("a").with(4, h100(), GpuMode.PLAIN));

    assertThat(ledger.conflicts()).isEmpty();
    assertThat(state("a").untouched()).isEqualTo(0b0111);
  }

  @Test
  void aNodeWithoutUuidsWhoseModelsChangeGetsNothingUntilItIsEmpty() {
    put(node("a").with(1, h100(), GpuMode.PLAIN).with(1, a100(), GpuMode.PLAIN));
    hold("p", on("a", share(0, 1_000)));

    put(node("a").with(1, a100(), GpuMode.PLAIN).with(1, h100(), GpuMode.PLAIN));

    assertThat(conflict("p").kind()).isEqualTo(Conflict.Kind.GPU_UNIDENTIFIED);
    assertThat(state("a").untouched()).isZero();
  }

  @Test
  void aProposalOnANodeWithoutUuidsWhoseGpusChangeIsDropped() {
    put(node("a").with(4, h100(), GpuMode.PLAIN));
    ledger.propose(Holder.of("p"), on("a", whole(0)), 1, 100);

    put(node("a").with(3, h100(), GpuMode.PLAIN));

    assertThat(ledger.entry("p")).isNull();
    assertThat(state("a").untouched()).isEqualTo(0b111);
  }

  @Test
  void aNodeThatBeginsToGiveUuidsKeepsItsPodsWhereItHasTheSameGpus() {
    put(node("a").with(2, h100(), GpuMode.PLAIN));
    hold("p", on("a", whole(1)));

    put(node("a").h100s("A", "B"));
    assertThat(ledger.conflicts()).isEmpty();
    assertThat(free("a")).containsExactly("A");

    put(node("a").h100s("A", "B", "C"));
    assertThat(conflict("p").kind()).isEqualTo(Conflict.Kind.GPU_UNIDENTIFIED);
    assertThat(state("a").untouched()).isZero();
  }

  @Test
  void aNodeThatStopsGivingUuidsGetsNothingWhileAPodIsThereThatWasGivenOne() {
    put(node("a").h100s("A", "B"));
    hold("p", on("a", whole(0)));

    put(node("a").with(2, h100(), GpuMode.PLAIN));

    assertThat(conflict("p").kind()).isEqualTo(Conflict.Kind.GPU_UNIDENTIFIED);
    assertThat(state("a").untouched()).isZero();
    put(node("a").h100s("B", "A"));
    assertThat(slots("p")).containsExactly(whole(1));
  }

  @Test
  void whereSomeGpusHaveUuidsThoseWithoutAreClosedForALostOne() {
    put(node("a").h100s("A", "B"));
    hold("p", on("a", whole(0)));

    put(node("a").h100s("B").with(1, h100(), GpuMode.PLAIN));

    assertThat(state("a").untouched()).isEqualTo(0b01);
  }

  @Test
  void aRecordThatDoesNotSayWhatGpusTheNodeHadIsBelievedWhileItsIndexIsThere() {
    put(node("a").with(2, h100(), GpuMode.PLAIN));
    Grant grant = Grants.byIndex(on("a", whole(1)));

    assertThat(ledger.adopt(Holder.of("p"), grant, 1)).isNull();
    assertThat(state("a").untouched()).isEqualTo(0b01);

    put(node("a").with(1, h100(), GpuMode.PLAIN));
    assertThat(conflict("p").kind()).isEqualTo(Conflict.Kind.GPU_UNIDENTIFIED);
    assertThat(state("a").untouched()).isZero();
  }

  // ---- a restart

  @Test
  void aLedgerThatIsBuiltAnewAfterAChangeFindsTheSame() {
    put(node("a").h100s("A", "B", "C", "D"));
    hold("p", on("a", whole(0)));
    hold("q", on("a", whole(2)));
    hold("r", on("a", share(3, 1_000)));
    List<Entry> before = new ArrayList<>(ledger.entries());
    NodeSpec after = node("a").h100s("D", "A", "B").spec();
    ledger.putNode(after);

    Ledger fresh = new Ledger();
    fresh.putNode(after);
    Collections.reverse(before);
    fresh.rebuild(before);

    assertThat(fresh.entries()).containsExactlyInAnyOrderElementsOf(ledger.entries());
    assertThat(fresh.conflicts()).isEqualTo(ledger.conflicts());
    assertThat(fresh.conflicts()).extracting(one -> one.entry().uid()).containsExactly("q");
  }

  @Test
  void theSameGpusAreTheSameAtOtherIndexesAndOthersAreNotTheSame() {
    NodeSpec before = node("a").h100s("A", "B").spec();
    NodeSpec after = node("a").h100s("B", "A").spec();
    Grant grant = Grant.of(on("a", whole(0)), before);

    assertThat(grant.givesSame(Grant.of(on("a", whole(1)), after))).isTrue();
    assertThat(grant.givesSame(Grant.of(on("a", whole(0)), after))).isFalse();
    assertThat(grant.givesSame(Grant.of(on("a", share(1, 1_000)), after))).isFalse();
  }

  // ---- helpers

  private void put(gpu.kerf.model.Nodes node) {
    ledger.putNode(node.spec());
  }

  private void hold(String uid, Placement placement) {
    assertThat(ledger.take(Holder.of(uid), placement, 1)).isEqualTo(Taking.TAKEN);
    ledger.confirm(uid, 2);
  }

  private List<Slot> slots(String uid) {
    return Objects.requireNonNull(ledger.entry(uid), uid).placement().slots();
  }

  private Conflict conflict(String uid) {
    return Objects.requireNonNull(ledger.conflict(uid), uid);
  }

  private NodeState state(String node) {
    return Objects.requireNonNull(ledger.fleet().node(node), node);
  }

  /** The UUIDs of the usable GPUs of which no pod holds any part. */
  private List<String> free(String node) {
    List<String> free = new ArrayList<>();
    List<GpuSpec> gpus = state(node).spec().gpus();
    for (int gpu = 0; gpu < gpus.size(); gpu++) {
      if (state(node).isUntouched(gpu)) {
        free.add(String.valueOf(gpus.get(gpu).uuid()));
      }
    }
    return free;
  }
}
