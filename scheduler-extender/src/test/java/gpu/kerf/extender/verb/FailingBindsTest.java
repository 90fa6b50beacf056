package gpu.kerf.extender.verb;

import static gpu.kerf.extender.verb.World.asking;
import static gpu.kerf.extender.verb.World.askingWhole;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.BindReadiness;
import gpu.kerf.extender.cluster.BindResult;
import gpu.kerf.extender.delivery.Delivery;
import gpu.kerf.extender.delivery.DeliveryRequest;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.BindAnswer;
import gpu.kerf.extender.wire.BindCall;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.VerbError;
import gpu.kerf.model.fleet.Entry.State;
import gpu.kerf.model.hardware.GpuMode;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** A bind that fails gets an answer, and the pod goes to another node if there is one. */
class FailingBindsTest {
  private static final long LATER = 30_000;

  private final World world =
      new World().node("a", 2, "H100-80GB", GpuMode.PLAIN).node("b", 2, "H100-80GB", GpuMode.PLAIN);
  private final PodView pod = askingWhole("1", 1);

  /** Two pods are found on GPU 0 of a node; its other GPU is free. */
  private void conflictOn(String node) {
    for (String uid : new String[] {"older", "younger"}) {
      world.scheduling.podChanged(
          World.pod(uid)
              .container("main", Map.of("kerf.gpu/whole", "1"))
              .nodeName(node)
              .annotations(
                  Map.of(
                      Annotations.PLACEMENT,
                      "{\"v\":1,\"node\":\""
                          + node
                          + "\",\"containers\":[{\"name\":\"main\",\"wall\":\"none\",\"slots\":["
                          + "{\"gpu\":0,\"whole\":true,\"memoryMiB\":81559}]}]}"))
              .build());
    }
    assertThat(world.scheduling.ledger().conflicts()).as("a conflict on " + node).hasSize(1);
  }

  @Test
  void filterAndBindAgreeAboutTheLastSlotOfANodeWithAConflict() {
    conflictOn("a");
    assertThat(world.chosen(world.filter(pod, "a"))).containsExactly("a");
    assertThat(world.entry("1").state()).as("its own proposal").isEqualTo(State.PROPOSED);
    assertThat(world.bind(pod, "a")).isEqualTo(BindAnswer.BOUND);
  }

  @Test
  void aPodWhoseBindingFailedIsSteeredToAnotherNode() {
    world.cluster.answer = BindResult.Kind.REFUSED;
    world.cluster.carriesOut = false;
    String first = world.chosen(world.filter(pod)).get(0);
    assertThat(world.bind(pod, first).error()).isEqualTo(VerbError.BIND_REFUSED.answer());
    String other = first.equals("a") ? "b" : "a";
    assertThat(world.chosen(world.filter(pod))).containsExactly(other);
  }

  @Test
  void aPodThatFitsNowhereElseIsGivenTheSameNodeAgain() {
    world.cluster.answer = BindResult.Kind.REFUSED;
    world.cluster.carriesOut = false;
    world.place(pod, "a");
    assertThat(world.chosen(world.filter(pod, "a"))).containsExactly("a");
  }

  @Test
  void theFailureIsForgottenAfterAWhileAndWithAChangeOfTheNode() {
    world.cluster.answer = BindResult.Kind.REFUSED;
    world.cluster.carriesOut = false;
    world.place(pod, "a");
    assertThat(world.chosen(world.filter(pod))).doesNotContain("a");
    world.millis += LATER;
    assertThat(world.chosen(world.filter(askingWhole("1", 2)))).contains("a");
    world.place(pod, "a");
    world.node("a", 2, "H100-80GB", GpuMode.PLAIN);
    assertThat(world.chosen(world.filter(askingWhole("1", 2)))).contains("a");
  }

  /** Throws where a test wants it to. */
  private static final class Throwing implements Delivery {
    private boolean atOnce;

    @Override
    public CompletionStage<Prepared> prepare(DeliveryRequest deliveryRequest) {
      if (atOnce) {
        throw new IllegalStateException("as the test says");
      }
      return CompletableFuture.failedFuture(new IllegalStateException("as the test says"));
    }

    @Override
    public void undo(DeliveryRequest deliveryRequest) {}
  }

  @Test
  void aDeliveryThatThrowsEndsTheCallAndGivesTheSlotsBack() {
    Throwing delivery = new Throwing();
    BindVerb bind = new BindVerb(world.scheduling, world.cluster, delivery);
    for (boolean atOnce : new boolean[] {true, false}) {
      delivery.atOnce = atOnce;
      world.filter(pod, "a");
      var answer = bind.bind(new BindCall(pod.ref(), "a")).toCompletableFuture();
      world.turn();
      assertThat(answer).as("thrown at once: " + atOnce).isCompleted();
      assertThat(answer.join().isBound()).isFalse();
      assertThat(world.holdsNothing("1")).isTrue();
      assertThat(bind.inFlight()).isZero();
      assertThat(world.chosen(world.filter(pod))).containsExactly("b");
    }
  }

  @Test
  void aPodWhoseEndIsHeardOfBeforeALateReadHoldsNothing() {
    world.cluster.answer = BindResult.Kind.UNKNOWN;
    world.filter(pod, "a");
    world.cluster.gate = new CompletableFuture<>();
    var answer = world.bind.bind(new BindCall(pod.ref(), "a")).toCompletableFuture();
    world.scheduling.podEnded("1");
    world.cluster.gate.complete(null);
    world.turn();
    assertThat(answer.join().error()).isEqualTo(VerbError.POD_GONE.answer());
    assertThat(world.holdsNothing("1")).as("the read shows it bound, and is older").isTrue();
    assertThat(world.place(askingWhole("2", 2), "a")).isEqualTo(BindAnswer.BOUND);
  }

  @Test
  void aPodThatTheWatchTellsOfAgainIsBelieved() {
    world.scheduling.podEnded("1");
    PodView bound = World.pod("1").nodeName("a").build();
    assertThat(world.scheduling.podRead(bound)).isFalse();
    world.scheduling.podChanged(bound);
    assertThat(world.scheduling.podRead(bound)).isTrue();
  }

  @Test
  void noPodIsBoundBeforeTheReplicaHasCaughtUp() {
    CompletableFuture<BindReadiness> known = new CompletableFuture<>();
    world.cluster.behind = known;
    world.filter(pod, "a");
    BindCall call = new BindCall(pod.ref(), "a");
    var first = world.bind.bind(call).toCompletableFuture();
    var second = world.bind.bind(call).toCompletableFuture();
    var elsewhere = world.bind.bind(new BindCall(pod.ref(), "b")).toCompletableFuture();
    world.turn();
    assertThat(first).isNotCompleted();
    assertThat(elsewhere.join().error()).isEqualTo(VerbError.BEHIND.answer());
    assertThat(world.cluster.bindings).isEmpty();
    known.complete(BindReadiness.READY);
    world.turn();
    assertThat(first.join()).isEqualTo(BindAnswer.BOUND);
    assertThat(second.join()).isEqualTo(BindAnswer.BOUND);
    assertThat(world.cluster.bindings).hasSize(1);
  }

  @Test
  void aReplicaThatDoesNotCatchUpInTimeRefuses() {
    world.cluster.behind = CompletableFuture.completedFuture(BindReadiness.BEHIND);
    assertThat(world.place(asking("2", "8Gi"), "a").error()).isEqualTo(VerbError.BEHIND.answer());
    assertThat(world.cluster.bindings).isEmpty();
  }

  @Test
  void aReplicaRefusesWhileAnotherOneBindsAndWithoutItsLease() {
    world.cluster.behind = CompletableFuture.completedFuture(BindReadiness.ANOTHER_BINDS);
    assertThat(world.place(asking("2", "8Gi"), "a").error())
        .isEqualTo(VerbError.ANOTHER_BINDS.answer());
    world.cluster.behind = CompletableFuture.completedFuture(BindReadiness.NO_LEASE);
    assertThat(world.place(asking("3", "8Gi"), "a").error()).isEqualTo(VerbError.NO_LEASE.answer());
    assertThat(world.cluster.bindings).isEmpty();
  }
}
