package gpu.kerf.model.fleet;

import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.profile;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.DriverNodes;
import gpu.kerf.model.RandomDemands;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Entry.State;
import gpu.kerf.model.fleet.Ledger.Taking;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.NodeStates;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placer;
import gpu.kerf.model.placement.PreparedDemand;
import gpu.kerf.model.placement.Slot;
import gpu.kerf.model.price.Prices;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What claims hold beside the pods of a ledger. */
class ForeignHoldsTest {

  private static final NodeSpec NODE =
      DriverNodes.offeringAll(
          NodeSpec.of(
              "a",
              List.of(
                  new GpuSpec("GPU-0", h100(), h100().memoryMiB(), GpuMode.MIG_DYNAMIC, List.of()),
                  new GpuSpec("GPU-1", h100(), h100().memoryMiB(), GpuMode.PLAIN, List.of()))));

  private final Ledger ledger = new Ledger();

  ForeignHoldsTest() {
    ledger.putNode(NODE);
  }

  private static Placement at(Slot... slots) {
    return new Placement("a", List.of(new Placement.ContainerSlots("main", List.of(slots))), 0, 0);
  }

  private static Slot mig(String profile, int start) {
    return new Slot.Mig(0, profile(h100(), profile), start);
  }

  private static ForeignHold hold(String uid, String pod, Slot... slots) {
    return new ForeignHold(uid, pod, "ml", "claim-" + uid, Grant.of(at(slots), NODE));
  }

  private static Holder pod(String uid) {
    return Holder.of(uid);
  }

  private NodeState node() {
    return Objects.requireNonNull(ledger.fleet().node("a"));
  }

  private Taking take(String uid, Slot slot) {
    return ledger.take(pod(uid), at(slot), 1);
  }

  @Test
  void aClaimHoldsExactlyWhatItsDevicesAre() {
    ledger.setHolds("a", List.of(hold("c", "", mig("3g.40gb", 0))));
    assertThat(node().occupied(0)).isEqualTo(0b1111);
    assertThat(node().isUsable(0)).isTrue();
    assertThat(take("1", mig("1g.10gb", 3))).isEqualTo(Taking.NOT_FREE);
    assertThat(take("1", new Slot.Whole(0, h100().memoryMiB()))).isEqualTo(Taking.NOT_FREE);
    assertThat(take("1", mig("1g.10gb", 4))).isEqualTo(Taking.TAKEN);
    ledger.setHolds("a", List.of());
    assertThat(take("2", mig("1g.10gb", 3))).isEqualTo(Taking.TAKEN);
  }

  @Test
  void sharesOfAClaimCountBesideThoseOfPods() {
    ledger.setHolds("a", List.of(hold("c", "", new Slot.Share(1, 60_000, 0))));
    assertThat(take("1", new Slot.Share(1, 30_000, 0))).isEqualTo(Taking.NOT_FREE);
    assertThat(take("1", new Slot.Share(1, 10_000, 0))).isEqualTo(Taking.TAKEN);
  }

  @Test
  void theClaimOfAPodOfTheLedgerCountsOnce() {
    take("1", mig("1g.10gb", 6));
    ledger.setHolds("a", List.of(hold("c", "1", mig("1g.10gb", 6))));
    assertThat(node().isUsable(0)).isTrue();
    assertThat(node().occupied(0)).isEqualTo(0b1000000);
    assertThat(ledger.holdsOn("a")).isEmpty();
  }

  @Test
  void aClaimThatSaysOtherThanItsPodWasGivenHoldsThatToo() {
    take("1", mig("1g.10gb", 6));
    ledger.setHolds("a", List.of(hold("c", "1", mig("1g.10gb", 5))));
    assertThat(node().occupied(0)).isEqualTo(0b1100000);
  }

  /** The claim of a whole GPU that claims can share says how much memory it consumes: all. */
  @Test
  void aClaimOnAllMemoryOfAGpuThatItsPodHasWholeCountsOnce() {
    int all = h100().memoryMiB();
    take("1", new Slot.Whole(1, all));
    ledger.setHolds("a", List.of(hold("c", "1", new Slot.Share(1, all, 0))));
    assertThat(ledger.holdsOn("a")).isEmpty();
    assertThat(node().isWholeHeld(1)).isTrue();
    assertThat(node().isUsable(1)).as("an eviction of the pod frees the GPU").isTrue();
    ledger.release("1");
    assertThat(take("2", new Slot.Whole(1, all)))
        .as("until the claim is cleared")
        .isEqualTo(Taking.NOT_FREE);
  }

  @Test
  void aClaimOnAWholeGpuOfWhichItsPodHasAShareHoldsAllOfIt() {
    take("1", new Slot.Share(1, 10_000, 0));
    ledger.setHolds("a", List.of(hold("c", "1", new Slot.Whole(1, h100().memoryMiB()))));
    assertThat(ledger.holdsOn("a")).hasSize(1);
    assertThat(take("2", new Slot.Share(1, 10_000, 0))).isEqualTo(Taking.NOT_FREE);
  }

  @Test
  void whatAnOldAttemptLeftToItsPodsClaimThePodMayTakeAndNoOtherMay() {
    ledger.setHolds("a", List.of(hold("c", "1", mig("1g.10gb", 6))));
    assertThat(take("2", mig("1g.10gb", 6))).isEqualTo(Taking.NOT_FREE);
    assertThat(take("1", mig("1g.10gb", 6))).isEqualTo(Taking.TAKEN);
    ledger.release("1");
    assertThat(node().occupied(0)).as("until the claim is cleared").isEqualTo(0b1000000);
    assertThat(take("1", mig("7g.80gb", 0)))
        .as("its own claim is no obstacle")
        .isEqualTo(Taking.TAKEN);
    assertThat(node().isUsable(0)).as("the claim still says another device").isFalse();
    ledger.setHolds("a", List.of());
    assertThat(node().isUsable(0)).isTrue();
  }

  @Test
  void anAttemptThatDoesNotFitLeavesTheClaimInForce() {
    ledger.setHolds(
        "a", List.of(hold("c", "1", mig("1g.10gb", 6)), hold("d", "", mig("1g.10gb", 0))));
    assertThat(take("1", mig("7g.80gb", 0))).isEqualTo(Taking.NOT_FREE);
    assertThat(node().occupied(0)).isEqualTo(0b1000001);
  }

  @Test
  void aClaimThatOverlapsAPodClosesTheGpuAndThePodStands() {
    take("1", mig("1g.10gb", 6));
    ledger.setHolds("a", List.of(hold("c", "", mig("7g.80gb", 0))));
    assertThat(ledger.conflicts()).isEmpty();
    assertThat(node().isUsable(0)).isFalse();
    assertThat(node().isUsable(1)).isTrue();
    ledger.release("1");
    assertThat(take("2", mig("1g.10gb", 6))).isEqualTo(Taking.NOT_FREE);
  }

  @Test
  void aDeviceOfAGpuThatTheNodeDoesNotHaveClosesNothing() {
    Grant gone =
        Grant.of(
            at(mig("1g.10gb", 6)),
            DriverNodes.offeringAll(
                NodeSpec.of(
                    "a",
                    List.of(
                        new GpuSpec(
                            "GPU-9",
                            h100(),
                            h100().memoryMiB(),
                            GpuMode.MIG_DYNAMIC,
                            List.of())))));
    ledger.setHolds("a", List.of(new ForeignHold("c", "", "ml", "claim-c", gone)));
    assertThat(node().occupied(0)).isZero();
  }

  @Test
  void aNodeThatComesBackIsToldAnew() {
    ledger.setHolds("a", List.of(hold("c", "", mig("3g.40gb", 0))));
    ledger.removeNode("a");
    ledger.putNode(NODE);
    assertThat(node().occupied(0)).isZero();
  }

  /**
   * Pods and claims come and go. What the ledger says is always what one says that is built anew
   * from the pods and the claims, and nothing is held twice on a GPU that is open.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void aLedgerThatFollowsClaimsIsTheOneThatIsBuiltAnew(long seed) {
    Random random = new Random(seed);
    Ledger followed = new Ledger();
    NodeSpec spec = DriverNodes.offeringSome(random, RandomDemands.node(random, "a"));
    followed.putNode(spec);
    Placer placer = new Placer(Prices.neutral(followed.fleet().models()));
    Map<String, ForeignHold> claims = new LinkedHashMap<>();
    for (int step = 0; step < 1500; step++) {
      String where = "seed " + seed + " step " + step;
      String uid = String.valueOf(random.nextInt(12));
      switch (random.nextInt(5)) {
        case 0, 1 -> takeAnything(random, followed, placer, uid);
        case 2 -> followed.release(uid);
        case 3 -> claims.remove(uid);
        default -> claim(random, spec, followed, placer, claims, uid);
      }
      followed.setHolds("a", List.copyOf(claims.values()));
      check(followed, spec, claims, where);
    }
  }

  private static void takeAnything(Random random, Ledger ledger, Placer placer, String uid) {
    NodeState node = Objects.requireNonNull(ledger.fleet().node("a"));
    Placement placement = anything(random, ledger, placer, node);
    if (placement != null) {
      ledger.take(pod(uid), placement, 1);
    }
  }

  private static @Nullable Placement anything(
      Random random, Ledger ledger, Placer placer, NodeState node) {
    PodDemand pod = RandomDemands.pod(random).withHostMemoryMiB(0);
    PreparedDemand demand = new PreparedDemand(DriverNodes.forBoth(pod), ledger.fleet().models());
    return placer.tryOn(demand, node) ? placer.placement(demand, node) : null;
  }

  /** Of a pod's own slots, of what is free, or of what may be held. */
  private static void claim(
      Random random,
      NodeSpec spec,
      Ledger ledger,
      Placer placer,
      Map<String, ForeignHold> claims,
      String uid) {
    Entry entry = ledger.entry(uid);
    if (entry != null && random.nextInt(3) > 0) {
      claims.put(uid, new ForeignHold(uid, uid, "ml", "claim-" + uid, entry.grant()));
      return;
    }
    NodeState now = Objects.requireNonNull(ledger.fleet().node("a"));
    NodeState node = random.nextInt(4) == 0 ? new NodeState(spec, ledger.fleet().models()) : now;
    Placement placement = anything(random, ledger, placer, node);
    if (placement != null) {
      String owner = random.nextBoolean() ? "" : uid;
      claims.put(uid, new ForeignHold(uid, owner, "ml", "claim-" + uid, Grant.of(placement, spec)));
    }
  }

  private static void check(
      Ledger followed, NodeSpec spec, Map<String, ForeignHold> claims, String where) {
    Ledger fresh = new Ledger();
    fresh.putNode(spec);
    fresh.setHolds("a", List.copyOf(claims.values()));
    fresh.rebuild(followed.entries());
    NodeState node = Objects.requireNonNull(followed.fleet().node("a"));
    assertThat(NodeStates.text(node))
        .as(
            "%s\n%s\n%s\n%s\n%s",
            where, followed.entries(), claims.values(), followed.conflicts(), fresh.conflicts())
        .isEqualTo(NodeStates.text(Objects.requireNonNull(fresh.fleet().node("a"))));
    assertThat(followed.entries()).allMatch(entry -> entry.state() != State.PROPOSED);
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      if (node.isUsable(gpu)) {
        assertThat(FleetCheck.problem(spec, heldOn(followed, spec, gpu))).as(where).isNull();
      }
    }
  }

  private static List<Slot> heldOn(Ledger ledger, NodeSpec spec, int gpu) {
    List<Slot> slots = new ArrayList<>();
    ledger.entries().forEach(entry -> slots.addAll(entry.placement().slots()));
    for (ForeignHold hold : ledger.holdsOn("a")) {
      Placement found = hold.grant().on(spec);
      slots.addAll(found == null ? List.of() : found.slots());
    }
    return slots.stream().filter(slot -> slot.gpu() == gpu).toList();
  }
}
