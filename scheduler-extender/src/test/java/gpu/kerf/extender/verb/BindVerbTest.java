package gpu.kerf.extender.verb;

import static gpu.kerf.extender.verb.World.asking;
import static gpu.kerf.extender.verb.World.askingWhole;
import static gpu.kerf.extender.verb.World.model;
import static gpu.kerf.extender.verb.World.pod;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.BindResult;
import gpu.kerf.extender.cluster.Binding;
import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.delivery.Delivery;
import gpu.kerf.extender.wire.BindAnswer;
import gpu.kerf.extender.wire.BindCall;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.VerbError;
import gpu.kerf.model.fleet.Entry.State;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class BindVerbTest {

  private final World world =
      new World()
          .node("a", 1, "H100-80GB", GpuMode.PLAIN)
          .node("b", 1, "H100-80GB", GpuMode.MIG_DYNAMIC);

  private final PodView pod = asking("1", "8Gi");

  @Test
  void aBoundPodHoldsItsSlotsAndTellsItsContainers() {
    assertThat(world.place(pod, "a")).isEqualTo(BindAnswer.BOUND);
    assertThat(world.entry("1").state()).isEqualTo(State.BOUND);
    assertThat(world.cluster.bindings)
        .containsExactly(
            new Binding(
                pod.ref(),
                "a",
                Map.of(
                    "kerf.gpu/placement",
                    "{\"v\":1,\"node\":\"a\",\"gpus\":\"1xH100-80GB\",\"containers\":[{\"name\":\"main\",\"wall\":\"mps\","
                        + "\"slots\":[{\"gpu\":0,\"mps\":{\"smMilli\":0},\"memoryMiB\":8192}]}]}",
                    "kerf.gpu/visible-devices.main",
                    "0",
                    "kerf.gpu/mps-pipe.main",
                    "/run/kerf/mps/pipe",
                    "kerf.gpu/mps-memory.main",
                    "0=8192M",
                    "kerf.gpu/held-since",
                    "" + world.scheduling.wallMillis())));
  }

  @Test
  void usersAreToldWhatTheirPodGot() {
    world.place(pod, "a");
    assertThat(world.cluster.events)
        .containsExactly(
            new PodEvent(pod.ref(), false, "Placed", "Node a: GPU 0 8192 MiB by MPS."));
  }

  @Test
  void aRepeatedCallGetsTheSameAnswerAndBindsOnce() {
    world.place(pod, "a");
    assertThat(world.bind(pod, "a")).isEqualTo(BindAnswer.BOUND);
    assertThat(world.cluster.bindings).hasSize(1);
  }

  @Test
  void aCallBesideARunningOneForTheSameNodeSharesItsAnswer() {
    world.cluster.gate = new CompletableFuture<>();
    world.filter(pod, "a");
    var first = world.bind.bind(new BindCall(pod.ref(), "a")).toCompletableFuture();
    var second = world.bind.bind(new BindCall(pod.ref(), "a")).toCompletableFuture();
    var elsewhere = world.bind.bind(new BindCall(pod.ref(), "b")).toCompletableFuture();
    assertThat(elsewhere.join().error()).isEqualTo(VerbError.HELD_ELSEWHERE.answer());
    assertThat(first).isNotCompleted();
    world.cluster.gate.complete(null);
    world.turn();
    assertThat(first.join()).isEqualTo(BindAnswer.BOUND);
    assertThat(second.join()).isEqualTo(BindAnswer.BOUND);
    assertThat(world.cluster.bindings).hasSize(1);
  }

  @Test
  void aCallForAnotherNodeThanThePodIsOnIsAnError() {
    world.place(pod, "a");
    assertThat(world.bind(pod, "b").error()).isEqualTo(VerbError.POD_ELSEWHERE.answer());
    assertThat(world.entry("1").placement().node()).isEqualTo("a");
  }

  @Test
  void aPodThatNeverPassedFilterIsNotBound() {
    assertThat(world.bind(pod, "a").error()).isEqualTo(VerbError.POD_UNKNOWN.answer());
    assertThat(world.cluster.bindings).isEmpty();
  }

  @Test
  void aPodThatOnlyTheClusterHasToldOfIsBoundBeforeAnythingWasFiltered() {
    // As after a restart between filter and bind: no decision has looked at prices yet.
    List<GpuSpec> two = Collections.nCopies(2, GpuSpec.of(model("H100-80GB"), GpuMode.PLAIN));
    world.node(NodeSpec.of("c", two).withHost(8_000, 65_536));
    world.scheduling.podChanged(pod);
    assertThat(world.bind(pod, "c")).isEqualTo(BindAnswer.BOUND);
  }

  @Test
  void aPodOfAnotherNameUnderAKnownUidIsNotBound() {
    world.filter(pod, "a");
    PodView other = PodView.of(new PodView.Ref("ml", "other", "1")).build();
    assertThat(world.bind(other, "a").error()).isEqualTo(VerbError.POD_GONE.answer());
    assertThat(world.holdsNothing("1")).isFalse();
  }

  @Test
  void aNodeThatIsNotManagedTakesNoPodWithGpus() {
    assertThat(world.place(pod, "x").error()).isEqualTo(VerbError.NODE_UNKNOWN.answer());
  }

  @Test
  void aPodWithoutGpusIsBoundToANodeThatIsNotManaged() {
    PodView plain = pod("2").container("main", Map.of("cpu", "1")).build();
    assertThat(world.place(plain, "x")).isEqualTo(BindAnswer.BOUND);
    assertThat(world.cluster.bindings.get(0).annotations()).isEmpty();
    assertThat(world.holdsNothing("2")).isTrue();
  }

  @Test
  void whatMakesNoSenseIsNotBound() {
    assertThat(world.place(asking("2", "-1"), "a").error())
        .isEqualTo(VerbError.POD_IS_NONSENSE.answer());
  }

  @Test
  void nothingIsBoundBeforeAllNodesAndPodsAreKnown() {
    world.filter(pod, "a");
    world.cluster.synced = false;
    assertThat(world.bind(pod, "a").error()).isEqualTo(VerbError.NOT_SYNCED.answer());
    assertThat(world.cluster.bindings).isEmpty();
  }

  @Test
  void aSlotThatAnotherPodTookMeanwhileIsAnError() {
    PodView first = askingWhole("1", 1);
    PodView second = askingWhole("2", 1);
    world.filter(first, "a");
    world.filter(second, "a");
    assertThat(world.bind(second, "a")).isEqualTo(BindAnswer.BOUND);
    assertThat(world.bind(first, "a").error()).isEqualTo(VerbError.NO_SLOT.answer());
    assertThat(world.holdsNothing("1")).isTrue();
  }

  @Test
  void aProposalOfAnotherPodYieldsToABind() {
    world.filter(askingWhole("1", 1), "a");
    assertThat(world.entry("1").state()).isEqualTo(State.PROPOSED);
    PodView second = askingWhole("2", 1);
    assertThat(world.place(second, "a")).isEqualTo(BindAnswer.BOUND);
    assertThat(world.holdsNothing("1")).isTrue();
  }

  @Test
  void aRefusedBindingGivesItsSlotsBack() {
    world.cluster.carriesOut = false;
    for (BindResult.Kind kind :
        new BindResult.Kind[] {BindResult.Kind.NOT_FOUND, BindResult.Kind.REFUSED}) {
      world.cluster.answer = kind;
      assertThat(world.place(pod, "a").isBound()).isFalse();
      assertThat(world.holdsNothing("1")).isTrue();
    }
  }

  @Test
  void aConflictOnAPodThatIsBoundAsAskedIsSuccess() {
    world.cluster.answer = BindResult.Kind.CONFLICT;
    assertThat(world.place(pod, "a")).isEqualTo(BindAnswer.BOUND);
    assertThat(world.entry("1").state()).isEqualTo(State.BOUND);
  }

  @Test
  void aConflictOnAPodThatIsBoundElsewhereIsAnErrorAndTheLedgerFollowsThePod() {
    world.filter(pod, "a");
    world.cluster.carriesOut = false;
    world.cluster.answer = BindResult.Kind.CONFLICT;
    world.cluster.carryOut(
        new Binding(
            pod.ref(),
            "b",
            Map.of(
                "kerf.gpu/placement",
                "{\"v\":1,\"node\":\"b\",\"containers\":[{\"name\":\"main\",\"wall\":\"mig\","
                    + "\"slots\":[{\"gpu\":0,\"mig\":{\"profile\":\"1g.10gb\",\"start\":2},"
                    + "\"memoryMiB\":9856}]}]}")));
    assertThat(world.bind(pod, "a").error()).isEqualTo(VerbError.POD_ELSEWHERE.answer());
    assertThat(world.entry("1").placement().node()).isEqualTo("b");
    assertThat(world.entry("1").state()).isEqualTo(State.BOUND);
  }

  @Test
  void aConflictOnAPodThatIsNotBoundGivesItsSlotsBack() {
    world.cluster.pods.put(pod.ref().toString(), pod);
    world.cluster.carriesOut = false;
    world.cluster.answer = BindResult.Kind.CONFLICT;
    assertThat(world.place(pod, "a").error()).isEqualTo(VerbError.BIND_CONFLICT.answer());
    assertThat(world.holdsNothing("1")).isTrue();
  }

  @Test
  void aPodThatWasMadeAnewUnderItsNameIsGone() {
    world.cluster.carriesOut = false;
    world.cluster.answer = BindResult.Kind.CONFLICT;
    PodView anew = PodView.of(new PodView.Ref("ml", "pod-1", "another")).nodeName("a").build();
    world.cluster.pods.put(pod.ref().toString(), anew);
    assertThat(world.place(pod, "a").error()).isEqualTo(VerbError.POD_GONE.answer());
    assertThat(world.holdsNothing("1")).isTrue();
  }

  @Test
  void aBindingWithoutAnAnswerIsBelievedIfThePodSaysSo() {
    world.cluster.answer = BindResult.Kind.UNKNOWN;
    assertThat(world.place(pod, "a")).isEqualTo(BindAnswer.BOUND);
  }

  @Test
  void aBindingWithoutAnAnswerHoldsItsSlotsWhileItMayStillArrive() {
    world.cluster.pods.put(pod.ref().toString(), pod);
    world.cluster.carriesOut = false;
    world.cluster.answer = BindResult.Kind.UNKNOWN;
    assertThat(world.place(pod, "a").error()).isEqualTo(VerbError.BIND_UNSURE.answer());
    assertThat(world.entry("1").state()).isEqualTo(State.BINDING);
    assertThat(world.chosen(world.filter(pod, "a", "b"))).containsExactly("a");
    assertThat(world.bind(pod, "b").error()).isEqualTo(VerbError.HELD_ELSEWHERE.answer());
    world.cluster.answer = BindResult.Kind.BOUND;
    assertThat(world.bind(pod, "a")).isEqualTo(BindAnswer.BOUND);
  }

  @Test
  void aBindingThatIsSentAgainSaysSinceWhenTheFirstOneHeldTheSlots() {
    long first = world.scheduling.wallMillis();
    world.cluster.pods.put(pod.ref().toString(), pod);
    world.cluster.carriesOut = false;
    world.cluster.answer = BindResult.Kind.UNKNOWN;
    world.place(pod, "a");
    world.millis += 5_000;
    world.cluster.answer = BindResult.Kind.BOUND;
    assertThat(world.bind(pod, "a")).isEqualTo(BindAnswer.BOUND);
    assertThat(world.cluster.bindings)
        .hasSize(2)
        .allSatisfy(
            sent ->
                assertThat(sent.annotations()).containsEntry("kerf.gpu/held-since", "" + first));
  }

  @Test
  void aBindingThatCanNoLongerArriveGivesItsSlotsBack() {
    world.cluster.pods.put(pod.ref().toString(), pod);
    world.cluster.carriesOut = false;
    world.cluster.answer = BindResult.Kind.UNKNOWN;
    world.place(pod, "a");
    world.millis += 64_999;
    world.bind.tick();
    world.turn();
    assertThat(world.holdsNothing("1")).isFalse();
    world.millis += 1;
    world.bind.tick();
    world.turn();
    assertThat(world.holdsNothing("1")).isTrue();
  }

  @Test
  void aBindingThatArrivedLateIsKept() {
    world.cluster.pods.put(pod.ref().toString(), pod);
    world.cluster.carriesOut = false;
    world.cluster.answer = BindResult.Kind.UNKNOWN;
    world.place(pod, "a");
    world.cluster.carryOut(world.cluster.bindings.get(0));
    world.millis += 65_000;
    world.bind.tick();
    world.turn();
    assertThat(world.entry("1").state()).isEqualTo(State.BOUND);
  }

  @Test
  void aPodThatGoesWhileItIsBoundLeavesNothingBehind() {
    world.cluster.gate = new CompletableFuture<>();
    world.filter(pod, "a");
    var answer = world.bind.bind(new BindCall(pod.ref(), "a")).toCompletableFuture();
    world.scheduling.podEnded("1");
    world.cluster.gate.complete(null);
    world.turn();
    assertThat(answer).isCompleted();
    assertThat(world.holdsNothing("1")).isTrue();
    assertThat(world.bind.inFlight()).isZero();
  }

  @Test
  void whatTheClusterSaysBeforeTheAnswerIsTheSameAsTheAnswer() {
    world.cluster.gate = new CompletableFuture<>();
    world.filter(pod, "a");
    world.bind.bind(new BindCall(pod.ref(), "a"));
    var before = world.entry("1").placement();
    world.scheduling.podChanged(
        Objects.requireNonNull(world.cluster.pods.get(pod.ref().toString())));
    assertThat(world.entry("1").state()).isEqualTo(State.BOUND);
    world.cluster.gate.complete(null);
    world.turn();
    assertThat(world.entry("1").placement()).isEqualTo(before);
  }

  @Test
  void aNodeWithAModelThatCameSinceTheFilterTakesAPod() {
    world.filter(pod, "a");
    world.node("new", 1, "A30-24GB", GpuMode.PLAIN);
    assertThat(world.bind(pod, "new")).isEqualTo(BindAnswer.BOUND);
  }

  @Test
  void anInstanceThatDoesNotExistYetIsNoDevice() {
    world.place(pod, "b");
    assertThat(world.cluster.bindings.get(0).annotations())
        .containsEntry("kerf.gpu/visible-devices.main", "void")
        .doesNotContainKey("kerf.gpu/mps-memory.main")
        .doesNotContainKey("kerf.gpu/mps-pipe.main");
  }

  private static NodeSpec named(String... uuids) {
    List<GpuSpec> gpus = new ArrayList<>();
    for (String uuid : uuids) {
      gpus.add(new GpuSpec(uuid, World.model("H100-80GB"), 81_559, GpuMode.PLAIN, List.of()));
    }
    return NodeSpec.of("n", gpus);
  }

  @Test
  void aNodeWhoseGpusChangeWhileABindingIsPreparedGetsNoBindingThatNamesTheOldOnes() {
    CompletableFuture<Delivery.Prepared> prepared = new CompletableFuture<>();
    BindVerb slow = new BindVerb(world.scheduling, world.cluster, request -> prepared);
    world.node(named("A", "B"));
    world.filter(pod, "n");
    var answer = slow.bind(new BindCall(pod.ref(), "n")).toCompletableFuture();

    world.node(named("B", "A"));
    prepared.complete(Delivery.Prepared.with(Map.of("kerf.gpu/visible-devices.main", "0")));
    world.turn();

    assertThat(answer.join().error()).isEqualTo(VerbError.NO_SLOT.answer());
    assertThat(world.cluster.bindings).isEmpty();
    assertThat(world.holdsNothing("1")).isTrue();
  }

  @Test
  void aBindingWithoutAnAnswerIsRepeatedForTheSameGpuAtItsNewIndex() {
    world.node(named("A", "B"));
    world.cluster.carriesOut = false;
    world.cluster.answer = BindResult.Kind.UNKNOWN;
    world.cluster.pods.put(pod.ref().toString(), pod);
    world.place(askingWhole("1", 1), "n");
    String first = placed(0);
    world.node(named("B", "A"));

    world.bind(pod, "n");

    String uuid = first.contains("\"uuid\":\"A\"") ? "A" : "B";
    assertThat(placed(1)).contains("\"uuid\":\"" + uuid + "\"");
    assertThat(placed(1)).isNotEqualTo(first);
  }

  @Test
  void aBindingWithoutAnAnswerWhoseGpuIsLostIsNotRepeatedAndStaysHeld() {
    world.node(named("A"));
    world.cluster.carriesOut = false;
    world.cluster.answer = BindResult.Kind.UNKNOWN;
    world.cluster.pods.put(pod.ref().toString(), pod);
    world.place(askingWhole("1", 1), "n");
    world.node(named("B"));

    assertThat(world.bind(pod, "n").error()).isEqualTo(VerbError.BIND_UNSURE.answer());

    assertThat(world.cluster.bindings).hasSize(1);
    assertThat(world.entry("1").state()).isEqualTo(State.BINDING);
  }

  private String placed(int binding) {
    return String.valueOf(
        world.cluster.bindings.get(binding).annotations().get("kerf.gpu/placement"));
  }
}
