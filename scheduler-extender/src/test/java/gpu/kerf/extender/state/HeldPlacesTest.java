package gpu.kerf.extender.state;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HeldPlacesTest {
  private static final long LIFE = 30_000;

  private long millis = 1_000;
  private final Scheduling scheduling =
      new Scheduling(
          Dialects.all(),
          new Clocks(() -> Instant.ofEpochMilli(millis), () -> millis * 1_000_000),
          Runnable::run);
  private final Ledger ledger = scheduling.ledger();
  private final HeldPlaces held = scheduling.held();
  private final List<String> heard = new ArrayList<>();

  HeldPlacesTest() {
    node("a", 2);
    node("b", 2);
    held.listen(
        new HeldPlaces.Listener() {
          @Override
          public void landed(String workId) {
            heard.add(workId + " landed");
          }

          @Override
          public void timedOut(String workId) {
            heard.add(workId + " timed out");
          }

          @Override
          public void lost(String workId) {
            heard.add(workId + " lost");
          }

          @Override
          public void excluded(String workId, String uid, Set<String> offered) {
            heard.add(workId + " " + uid + " only " + offered);
          }
        });
  }

  private void node(String name, int gpus) {
    node(name, gpus, 64_000);
  }

  private void node(String name, int gpus, int cpuMilli) {
    var h100 = Objects.requireNonNull(GpuCatalog.builtIn().find("H100-80GB", 0));
    scheduling.nodeChanged(
        NodeSpec.of(name, Collections.nCopies(gpus, GpuSpec.of(h100, GpuMode.PLAIN)))
            .withHost(cpuMilli, 1 << 20));
  }

  private static Slot slot(int gpu) {
    return new Slot.Whole(gpu, 81_152);
  }

  /** A whole GPU. */
  private static Placement on(String node, int gpu) {
    var slots = new Placement.ContainerSlots("main", List.of(slot(gpu)));
    return new Placement(node, List.of(slots), 1_000, 1_000);
  }

  private static Ledger.Claim claim(String uid, String node, int gpu) {
    return new Ledger.Claim(Holder.of(uid), on(node, gpu));
  }

  private boolean isFree(String node, int gpu) {
    return Objects.requireNonNull(scheduling.fleet().node(node)).isUnheld(slot(gpu));
  }

  @Test
  void allPlacesOfAWorkAreHeld() {
    assertThat(held.hold("w", List.of(claim("1", "a", 0), claim("2", "b", 1)), LIFE)).isTrue();
    assertThat(held.of("1")).isEqualTo(on("a", 0));
    assertThat(held.of("2")).isEqualTo(on("b", 1));
    assertThat(isFree("a", 0)).isFalse();
    assertThat(held.uids("w")).containsExactlyInAnyOrder("1", "2");
  }

  @Test
  void ifOnePlaceIsNotFreeNoneIsHeld() {
    ledger.take(Holder.of("bound"), on("b", 1), millis);
    assertThat(held.hold("w", List.of(claim("1", "a", 0), claim("2", "b", 1)), LIFE)).isFalse();
    assertThat(held.of("1")).isNull();
    assertThat(isFree("a", 0)).isTrue();
    assertThat(held.has("w")).isFalse();
  }

  @Test
  void proposalsYieldToAHeldPlaceAndStayWhereTheHoldFails() {
    scheduling.proposals().propose(Holder.of("hint"), on("a", 0), millis, 10_000);
    ledger.take(Holder.of("bound"), on("b", 1), millis);
    held.hold("w", List.of(claim("1", "a", 0), claim("2", "b", 1)), LIFE);
    assertThat(ledger.entry("hint")).as("of a hold that failed").isNotNull();
    assertThat(held.hold("w", List.of(claim("1", "a", 0)), LIFE)).isTrue();
    assertThat(ledger.entry("hint")).isNull();
  }

  @Test
  void placesForWhichOtherPodsHadToGoAreNotTaken() {
    scheduling.proposals().reserve(Holder.of("firm"), on("a", 0), millis, 10_000);
    assertThat(held.hold("w", List.of(claim("1", "a", 0)), LIFE)).isFalse();
    assertThat(ledger.entry("firm")).isNotNull();
  }

  @Test
  void aHeldPlaceYieldsToNoPodWhateverItsPriority() {
    held.hold("w", List.of(claim("1", "a", 0)), LIFE);
    Holder urgent = Holder.of("urgent").withPriority(1_000_000);
    assertThat(scheduling.proposals().uids(urgent.priority())).isEmpty();
    assertThat(scheduling.proposals().isFirm("1", urgent.priority())).isTrue();
    assertThat(ledger.take(urgent, on("a", 0), millis)).isEqualTo(Ledger.Taking.NOT_FREE);
    scheduling.proposals().drop("1");
    assertThat(held.of("1")).isNotNull();
  }

  @Test
  void aPodOfAnotherWorkIsNotHeldTwice() {
    held.hold("w", List.of(claim("1", "a", 0)), LIFE);
    assertThat(held.hold("v", List.of(claim("1", "b", 0)), LIFE)).isFalse();
    assertThat(held.of("1")).isEqualTo(on("a", 0));
  }

  @Test
  void aPodTakesItsHeldPlaceAndTheWorkLandsWhenAllAreBound() {
    List<Ledger.Claim> claims = List.of(claim("1", "a", 0), claim("2", "a", 1));
    held.hold("w", claims, LIFE);
    assertThat(ledger.takeAll(claims, millis)).isEqualTo(Ledger.Taking.TAKEN);
    ledger.confirm("1", millis);
    held.look();
    assertThat(heard).isEmpty();
    ledger.confirm("2", millis);
    held.look();
    assertThat(heard).containsExactly("w landed");
    assertThat(Objects.requireNonNull(ledger.entry("1")).state()).isEqualTo(Entry.State.BOUND);
  }

  @Test
  void whenTheTimeIsOverWhatWasNotTakenIsGivenBack() {
    held.hold("w", List.of(claim("1", "a", 0), claim("2", "a", 1)), LIFE);
    ledger.take(Holder.of("1"), on("a", 0), millis);
    millis += LIFE - 1;
    held.look();
    assertThat(held.of("2")).isNotNull();
    millis += 1;
    held.look();
    assertThat(heard).containsExactly("w timed out");
    assertThat(isFree("a", 1)).isTrue();
    assertThat(isFree("a", 0)).as("of the pod that is being bound").isFalse();
  }

  @Test
  void ifANodeLosesOnePlaceAllAreGivenBack() {
    held.hold("w", List.of(claim("1", "a", 0), claim("2", "b", 1)), LIFE);
    node("b", 1);
    held.look();
    assertThat(heard).containsExactly("w lost");
    assertThat(isFree("a", 0)).isTrue();
    assertThat(ledger.entries()).isEmpty();
  }

  @Test
  void placesOnAnIllGpuAreLost() {
    held.hold("w", List.of(claim("1", "a", 0)), LIFE);
    scheduling.gpusUnusable("a", 1);
    held.look();
    assertThat(heard).containsExactly("w lost");
  }

  @Test
  void aPodThatEndsLosesThePlacesOfItsWork() {
    held.hold("w", List.of(claim("1", "a", 0), claim("2", "b", 0)), LIFE);
    scheduling.podEnded("1");
    held.look();
    assertThat(heard).containsExactly("w lost");
    assertThat(isFree("b", 0)).isTrue();
  }

  @Test
  void aHeldPlaceStandsWhenItsNodeChangesAndItStillFits() {
    held.hold("w", List.of(claim("1", "a", 0)), LIFE);
    node("a", 2, 1_000);
    held.look();
    assertThat(heard).isEmpty();
    assertThat(held.of("1")).isEqualTo(on("a", 0));
    node("a", 2, 999);
    held.look();
    assertThat(heard).containsExactly("w lost");
  }

  @Test
  void whatKubeSchedulerOffersInsteadIsToldOfHeldPodsAlone() {
    held.hold("w", List.of(claim("1", "a", 0)), LIFE);
    held.excluded("1", Set.of("b"));
    held.excluded("2", Set.of("b"));
    assertThat(heard).containsExactly("w 1 only [b]");
  }

  @Test
  void aWorkWithoutPlacesEndsWithItsTime() {
    assertThat(held.hold("w", List.of(), LIFE)).isTrue();
    held.look();
    assertThat(held.has("w")).isTrue();
    millis += LIFE;
    held.look();
    assertThat(heard).containsExactly("w timed out");
  }
}
