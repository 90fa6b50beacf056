package gpu.kerf.extender.verb;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.BindReadiness;
import gpu.kerf.extender.cluster.BindResult;
import gpu.kerf.extender.cluster.EvictResult;
import gpu.kerf.extender.wire.BindAnswer;
import gpu.kerf.extender.wire.BindCall;
import gpu.kerf.extender.wire.FilterAnswer;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PreemptCall;
import gpu.kerf.extender.wire.VerbError;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Gangs from their first pod to their last Binding, over a simulated cluster. */
class GangStartsTest {
  private static final Map<String, String> ONE_GPU = Map.of("kerf.gpu/whole", "1");

  private final World world =
      new World().node("a", 2, "H100-80GB", GpuMode.PLAIN).node("b", 2, "H100-80GB", GpuMode.PLAIN);

  /** A pod of a gang that asks for a whole GPU. */
  private static PodView.Builder member(String uid, String gang, int size) {
    return World.pod(uid)
        .createdMillis(1_000)
        .annotation("kerf.gpu/gang", gang)
        .annotation("kerf.gpu/gang-size", "" + size)
        .container("main", ONE_GPU);
  }

  private static PodView[] gang(String name, int size) {
    return IntStream.range(0, size)
        .mapToObj(i -> member(name + i, name, size).build())
        .toArray(PodView[]::new);
  }

  private CompletableFuture<BindAnswer> calls(PodView pod, String node) {
    var answer = world.bind.bind(new BindCall(pod.ref(), node)).toCompletableFuture();
    world.turn();
    return answer;
  }

  /** The node that filter names alone. */
  private String held(PodView pod) {
    List<String> chosen = world.chosen(world.filter(pod));
    assertThat(chosen).hasSize(1);
    return chosen.get(0);
  }

  private List<CompletableFuture<BindAnswer>> callsOfAll(PodView... pods) {
    List<CompletableFuture<BindAnswer>> answers = new ArrayList<>();
    for (PodView pod : pods) {
      answers.add(calls(pod, held(pod)));
    }
    return answers;
  }

  private void assertWaits(PodView pod) {
    FilterAnswer answer = world.filter(pod);
    assertThat(answer.refusedByReason()).containsOnlyKeys(Reason.GANG_WAITS);
    assertThat(world.hopeless(answer)).hasSize(2);
  }

  private Entry.State state(String uid) {
    return world.entry(uid).state();
  }

  @Test
  void aGangWaitsUntilAllItsPodsExistAndHoldsNothing() {
    PodView[] pods = gang("g", 3);
    world.comes(pods[0], pods[1]);
    assertWaits(pods[0]);
    assertThat(world.scheduling.ledger().entries()).isEmpty();
    world.comes(pods[2]);
    assertThat(world.scheduling.ledger().entries()).hasSize(3).allMatch(Entry::isHeld);
    assertThat(world.cluster.nudged).containsExactly("g0");
  }

  @Test
  void aPodOfAGangOfWhichTheWatchHasNotToldWaits() {
    assertWaits(gang("g", 2)[0]);
    assertThat(world.gangs.all()).as("learned from a question").isEmpty();
  }

  @Test
  void filterNamesTheHeldNodeAloneAndNoOtherPodGetsThePlace() {
    PodView[] pods = gang("g", 4);
    world.comes(pods);
    for (PodView pod : pods) {
      Placement place = Objects.requireNonNull(world.scheduling.held().of(pod.uid()));
      assertThat(held(pod)).isEqualTo(place.node());
    }
    PodView urgent = World.pod("urgent").priority(1_000).container("main", ONE_GPU).build();
    assertThat(world.filter(urgent).chosen()).isZero();
    world.scheduling.podChanged(urgent);
    assertThat(calls(urgent, "a").join().verbError()).isEqualTo(VerbError.NO_SLOT);
  }

  @Test
  void bindCallsWaitForTheLastOneAndThenAllAreBound() {
    PodView[] pods = gang("g", 3);
    world.comes(pods);
    var first = calls(pods[0], held(pods[0]));
    var second = calls(pods[1], held(pods[1]));
    assertThat(first).isNotDone();
    assertThat(second).isNotDone();
    assertThat(world.cluster.bindings).isEmpty();
    var third = calls(pods[2], held(pods[2]));
    assertThat(List.of(first, second, third)).allMatch(each -> each.join().isBound());
    assertThat(world.cluster.bindings).hasSize(3);
    assertThat(world.cluster.bindings.get(0).annotations())
        .containsEntry("kerf.gpu/gang-begun", "1000");
    world.starts.look();
    assertThat(world.scheduling.held().has("gang KERF ml/g")).isFalse();
  }

  @Test
  void ifOneCallDoesNotComeInTimeNothingIsWrittenAndThePlacesAreGivenBack() {
    PodView[] pods = gang("g", 3);
    world.comes(pods);
    var first = calls(pods[0], held(pods[0]));
    world.millis += 1_999;
    world.bind.tick();
    assertThat(first).isNotDone();
    world.millis += 1;
    world.bind.tick();
    assertThat(first.join().verbError()).isEqualTo(VerbError.GANG_WAITS);
    assertThat(world.cluster.bindings).isEmpty();
    assertThat(world.scheduling.ledger().entries()).isEmpty();
    assertWaits(pods[0]);
    world.starts.look();
    assertThat(world.scheduling.ledger().entries()).as("held during the pause").isEmpty();
    world.millis += 2_000;
    world.starts.look();
    assertThat(world.scheduling.ledger().entries()).hasSize(3);
  }

  @Test
  void theNextPauseIsLonger() {
    PodView[] pods = gang("g", 3);
    world.comes(pods);
    for (int pause : List.of(2_000, 4_000, 8_000)) {
      var call = calls(pods[0], held(pods[0]));
      world.millis += 2_000;
      world.bind.tick();
      assertThat(call.join().isBound()).isFalse();
      world.millis += pause - 1;
      world.starts.look();
      assertThat(world.scheduling.ledger().entries()).isEmpty();
      world.millis += 1;
      world.starts.look();
      assertThat(world.scheduling.ledger().entries()).hasSize(3);
    }
  }

  @Test
  void ofTwoGangsThatDoNotFitTogetherOneHoldsAllAndTheOtherNothing() {
    PodView[] one = gang("g", 3);
    PodView[] other = gang("h", 3);
    world.comes(one[0], other[0], one[1], other[1], one[2], other[2]);
    assertThat(world.scheduling.ledger().entries())
        .extracting(Entry::uid)
        .containsExactlyInAnyOrder("g0", "g1", "g2");
    assertWaits(other[0]);
    assertThat(callsOfAll(one)).allMatch(each -> each.join().isBound());
    for (PodView pod : one) {
      world.scheduling.podEnded(pod.uid());
      world.gangs.podEnded(pod.uid());
    }
    world.starts.roomChanged();
    world.turn();
    assertThat(world.cluster.nudged).containsExactly("h0");
    assertThat(callsOfAll(other)).allMatch(each -> each.join().isBound());
  }

  @Test
  void aCallerThatHangsUpIsForgottenAndMayCallAgain() {
    PodView[] pods = gang("g", 2);
    world.comes(pods);
    String node = held(pods[0]);
    var first = calls(pods[0], node);
    world.bind.hungUp(new BindCall(pods[0].ref(), node));
    assertThat(first.join().verbError()).isEqualTo(VerbError.GANG_WAITS);
    var second = calls(pods[1], held(pods[1]));
    assertThat(second).as("alone").isNotDone();
    assertThat(calls(pods[0], node).join().isBound()).isTrue();
    assertThat(second.join().isBound()).isTrue();
  }

  @Test
  void aRepeatedCallSharesTheAnswerAndStaysWhenTheFirstCallerHangsUp() {
    PodView[] pods = gang("g", 2);
    world.comes(pods);
    String node = held(pods[0]);
    var first = calls(pods[0], node);
    var again = calls(pods[0], node);
    world.bind.hungUp(new BindCall(pods[0].ref(), node));
    assertThat(again).isNotDone();
    assertThat(calls(pods[0], "x").join().verbError()).isEqualTo(VerbError.HELD_ELSEWHERE);
    assertThat(calls(pods[1], held(pods[1])).join().isBound()).isTrue();
    assertThat(first.join().isBound()).isTrue();
  }

  @Test
  void anElasticGangStartsWithItsMinimumAndTheOthersComeOneByOne() {
    PodView[] pods =
        IntStream.range(0, 4)
            .mapToObj(i -> member("g" + i, "g", 4).annotation("kerf.gpu/gang-minimum", "2").build())
            .toArray(PodView[]::new);
    world.comes(pods[0]);
    assertWaits(pods[0]);
    world.comes(pods[1]);
    assertThat(callsOfAll(pods[0], pods[1])).allMatch(each -> each.join().isBound());
    world.comes(pods[2]);
    assertThat(calls(pods[2], world.chosen(world.filter(pods[2])).get(0)).join().isBound())
        .isTrue();
  }

  @Test
  void ifOnlyTheMinimumFitsTheMinimumStarts() {
    PodView[] pods =
        IntStream.range(0, 6)
            .mapToObj(i -> member("g" + i, "g", 6).annotation("kerf.gpu/gang-minimum", "3").build())
            .toArray(PodView[]::new);
    world.comes(pods);
    assertThat(world.scheduling.ledger().entries()).hasSize(4).allMatch(Entry::isHeld);
  }

  @Test
  void aNodeThatKubeSchedulerDoesNotOfferIsLeftOutOfTheNextPlan() {
    PodView[] pods = gang("g", 2);
    world.comes(pods);
    String first = held(pods[0]);
    String other = first.equals("a") ? "b" : "a";
    FilterAnswer answer = world.filter(pods[0], other);
    assertThat(answer.refusedByReason()).containsOnlyKeys(Reason.GANG_WAITS);
    world.turn();
    assertThat(world.scheduling.ledger().entries())
        .hasSize(2)
        .allMatch(entry -> entry.placement().node().equals(other));
    assertThat(world.cluster.nudged).contains("g0");
  }

  @Test
  void whileOthersMayHaveBoundTheNodesAreReadBeforeAllAreTaken() {
    PodView[] pods = gang("g", 2);
    world.comes(pods);
    var first = calls(pods[0], held(pods[0]));
    world.cluster.behind = CompletableFuture.completedFuture(BindReadiness.ANOTHER_BINDS);
    var second = calls(pods[1], held(pods[1]));
    assertThat(second.join().verbError()).isEqualTo(VerbError.ANOTHER_BINDS);
    world.cluster.behind = new CompletableFuture<>();
    var third = calls(pods[1], held(pods[1]));
    world.cluster.caughtUp.clear();
    Objects.requireNonNull(world.cluster.behind).complete(BindReadiness.READY);
    world.turn();
    assertThat(world.cluster.caughtUp).as("before all are taken").hasSize(2);
    assertThat(first.join().isBound()).isTrue();
    assertThat(third.join().isBound()).isTrue();
  }

  @Test
  void aPodWithoutGpusWaitsForTheGangAndIsBoundWithIt() {
    PodView launcher =
        World.pod("g0")
            .annotation("kerf.gpu/gang", "g")
            .annotation("kerf.gpu/gang-size", "2")
            .container("main", Map.of("cpu", "1"))
            .build();
    PodView worker = gang("g", 2)[1];
    world.comes(launcher);
    assertWaits(launcher);
    world.comes(worker);
    assertThat(world.filter(launcher).chosen()).isPositive();
    var first = calls(launcher, "elsewhere");
    assertThat(first).isNotDone();
    assertThat(calls(worker, held(worker)).join().isBound()).isTrue();
    assertThat(first.join().isBound()).isTrue();
  }

  @Test
  void whatIsLeftOfAStartIsHeldAndBoundOneByOne() {
    PodView[] pods = gang("g", 3);
    PodView bound = begun(pods[0], "a");
    world.comes(bound, pods[1], pods[2]);
    assertThat(world.scheduling.held().of("g1")).isNotNull();
    assertThat(calls(pods[1], held(pods[1])).join().isBound()).isTrue();
  }

  @Test
  void aGangThatStaysTornIsEvicted() {
    PodView[] pods = gang("g", 6);
    world.comes(begun(pods[0], "a"));
    world.comes(pods[1], pods[2], pods[3], pods[4], pods[5]);
    world.starts.look();
    world.millis += 59_999;
    world.starts.look();
    assertThat(world.cluster.evictions).isEmpty();
    world.millis += 1;
    world.starts.look();
    world.turn();
    assertThat(world.cluster.evictions).containsExactly("g0");
    assertThat(world.cluster.events)
        .anyMatch(
            event ->
                event.reason().equals("GangTorn")
                    && event.message().contains("Only 1 of at least 6 pods of gang ml/g"));
    world.starts.look();
    world.turn();
    assertThat(world.cluster.evictions).as("not again at once").hasSize(1);
  }

  @Test
  void ifABudgetKeepsATornPodItIsTriedAgain() {
    world.cluster.evicts = EvictResult.Kind.BLOCKED;
    PodView[] pods = gang("g", 6);
    world.comes(begun(pods[0], "a"), pods[1]);
    world.starts.look();
    world.millis += 60_000;
    world.starts.look();
    world.turn();
    world.millis += 10_000;
    world.starts.look();
    world.turn();
    world.millis += 10_000;
    world.starts.look();
    world.turn();
    assertThat(world.cluster.evictions).hasSizeGreaterThan(1);
  }

  @Test
  void aPodThatReplacesOneThatEndedStartsAlone() {
    PodView[] pods = gang("g", 2);
    world.comes(begun(pods[0], "a"));
    PodView later = member("later", "g", 2).createdMillis(5_000).build();
    world.comes(later);
    world.starts.look();
    world.millis += 120_000;
    world.starts.look();
    assertThat(world.cluster.evictions).isEmpty();
    assertThat(calls(later, world.chosen(world.filter(later)).get(0)).join().isBound()).isTrue();
  }

  @Test
  void ifOneBindingIsRefusedTheOthersStandAndTheRestIsTriedAlone() {
    PodView[] pods = gang("g", 2);
    world.comes(pods);
    var first = calls(pods[0], held(pods[0]));
    world.cluster.answer = BindResult.Kind.REFUSED;
    world.cluster.carriesOut = false;
    var second = calls(pods[1], held(pods[1]));
    assertThat(first.join().verbError()).isEqualTo(VerbError.BIND_REFUSED);
    assertThat(second.join().verbError()).isEqualTo(VerbError.BIND_REFUSED);
    assertThat(world.scheduling.ledger().entries()).as("of both").isEmpty();
    world.cluster.answer = BindResult.Kind.BOUND;
    world.starts.look();
    world.turn();
    assertThat(callsOfAll(pods)).allMatch(each -> each.join().isBound());
    assertThat(state("g0")).isEqualTo(Entry.State.BOUND);
  }

  @Test
  void aPodThatWaitsForItsGangHasNoOtherPodEvicted() throws VerbException {
    for (int i = 0; i < 4; i++) {
      PodView low = World.askingWhole("low" + i, 1);
      world.place(low, i < 2 ? "a" : "b");
      world.scheduling.podChanged(low);
    }
    PodView alone = World.pod("alone").priority(9).container("main", ONE_GPU).build();
    PodView waits = member("g0", "g", 2).priority(9).build();
    world.comes(alone, waits, member("g1", "g", 2).priority(9).build());
    List<PreemptCall.Candidate> nodes = List.of(new PreemptCall.Candidate("a", List.of(), 0));
    assertThat(world.preempt.preempt(new PreemptCall(alone, nodes)).nodes()).isNotEmpty();
    assertThat(world.preempt.preempt(new PreemptCall(waits, nodes)).nodes()).isEmpty();
  }

  @Test
  void podsOfAGangThatNameDifferentSizesAreRefusedWithBothSizes() {
    PodView four = member("1", "g", 4).build();
    world.comes(four, member("2", "g", 3).build());
    FilterAnswer answer = world.filter(four);
    assertThat(answer.problem()).contains("different numbers ([3, 4])");
    assertThat(world.scheduling.ledger().entries()).isEmpty();
  }

  @Test
  void morePodsThanTheSizeAreRefusedTheYoungestFirst() {
    PodView young = member("young", "g", 2).createdMillis(9_000).build();
    world.comes(young);
    world.comes(gang("g", 2));
    assertThat(world.filter(young).problem()).contains("has its 2 pods already");
    assertThat(callsOfAll(gang("g", 2))).allMatch(each -> each.join().isBound());
  }

  @Test
  void anInvalidSizeRefusesThePodAndNamesTheValue() {
    for (String size : List.of("0", "-1", "1000000000", "NaN", "513")) {
      PodView pod =
          World.pod("p" + size)
              .annotation("kerf.gpu/gang", "g")
              .annotation("kerf.gpu/gang-size", size)
              .container("main", ONE_GPU)
              .build();
      world.comes(pod);
      assertThat(world.filter(pod).problem()).contains("(" + size + ")", "between 1 and 512");
    }
  }

  /** The same pod, bound together with others. */
  private static PodView begun(PodView pod, String node) {
    PodView.Builder bound = PodView.of(pod.ref()).nodeName(node).createdMillis(1_000);
    pod.annotations().forEach(bound::annotation);
    return bound
        .annotation("kerf.gpu/gang-begun", "1000")
        .annotation("kerf.gpu/placement", "{\"v\":1,\"node\":\"a\",\"containers\":[]}")
        .container("main", ONE_GPU)
        .build();
  }
}
