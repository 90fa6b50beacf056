package gpu.kerf.extender.verb;

import static gpu.kerf.extender.verb.World.asking;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.wire.BindAnswer;
import gpu.kerf.extender.wire.BindCall;
import gpu.kerf.extender.wire.ClaimFinding.Kind;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.VerbError;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.placement.Reason;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Pods that ask Kerf for GPUs, and have ResourceClaims of their own. */
class ClaimsOfPodsTest {
  private static final PodView.Claim CLAIM = new PodView.Claim("nic", "mine", "");

  private final World world =
      new World().node("a", 1, "H100-80GB", GpuMode.PLAIN).node("b", 1, "H100-80GB", GpuMode.PLAIN);

  private final PodView pod = claiming("8Gi");

  private static PodView claiming(String memory) {
    return PodView.of(new PodView.Ref("ml", "p", "1"))
        .schedulerName("kerf")
        .claim(CLAIM)
        .container("main", memory.isEmpty() ? Map.of() : Map.of("kerf.gpu/memory", memory))
        .build();
  }

  private CompletableFuture<BindAnswer> bind(String node) {
    CompletableFuture<BindAnswer> answer =
        world.bind.bind(new BindCall(pod.ref(), node)).toCompletableFuture();
    world.turn();
    return answer;
  }

  @Test
  void aPodWithAClaimOfOtherDevicesIsPlacedAsAllOthersAre() {
    assertThat(world.place(pod, "a")).isEqualTo(BindAnswer.BOUND);
    assertThat(world.cluster.askedAbout).contains(CLAIM);
  }

  @Test
  void aPodWithAClaimOfGpusFitsNowhereAndIsToldWhy() {
    world.cluster.named = Kind.GPUS;
    assertThat(world.filter(pod, "a", "b").refusedByReason())
        .isEqualTo(Map.of(Reason.CLAIM_OF_GPUS, 2));
    assertThat(Objects.requireNonNull(world.scheduling.pods().get("1")).reason())
        .contains(Reason.CLAIM_OF_GPUS.text());
    world.cluster.named = Kind.NO_GPUS;
    assertThat(world.filter(pod, "a", "b").refusedByReason()).isEmpty();
  }

  @Test
  void aPodThatAsksKerfForNoGpuMayClaimThem() {
    world.cluster.named = Kind.GPUS;
    PodView other = claiming("");
    assertThat(world.filter(other, "a").refusedByReason()).isEmpty();
    assertThat(world.bind(other, "a")).isEqualTo(BindAnswer.BOUND);
  }

  @Test
  void whatFilterCouldNotKnowIsKnownWhenThePodIsBound() {
    world.cluster.named = Kind.UNKNOWN;
    assertThat(world.filter(pod, "a").refusedByReason()).isEmpty();
    CompletableFuture<BindAnswer> first = bind("a");
    CompletableFuture<BindAnswer> repeated = bind("a");
    assertThat(bind("b").join().verbError()).isEqualTo(VerbError.BEHIND);
    assertThat(first).isNotCompleted();
    assertThat(world.cluster.bindings).isEmpty();
    world.cluster.settled.complete(Kind.NO_GPUS);
    world.turn();
    assertThat(first.join()).isEqualTo(BindAnswer.BOUND);
    assertThat(repeated.join()).isEqualTo(BindAnswer.BOUND);
    assertThat(world.cluster.bindings).hasSize(1);
  }

  @Test
  void aClaimThatGotGpusKeepsThePodFromBeingBound() {
    world.cluster.named = Kind.UNKNOWN;
    world.filter(pod, "a");
    CompletableFuture<BindAnswer> answer = bind("a");
    world.cluster.settled.complete(Kind.GPUS);
    world.turn();
    assertThat(answer.join().verbError()).isEqualTo(VerbError.CLAIM_OF_GPUS);
    assertThat(world.cluster.bindings).isEmpty();
    world.cluster.named = Kind.GPUS;
    assertThat(bind("a").join().verbError()).isEqualTo(VerbError.CLAIM_OF_GPUS);
  }

  @Test
  void aClaimOfWhichNothingBecomesKnownIsTriedAgain() {
    world.cluster.named = Kind.UNKNOWN;
    world.filter(pod, "a");
    CompletableFuture<BindAnswer> answer = bind("a");
    world.cluster.settled.complete(Kind.UNKNOWN);
    world.turn();
    assertThat(answer.join().verbError()).isEqualTo(VerbError.CLAIM_UNKNOWN);
    world.cluster.named = Kind.NO_GPUS;
    assertThat(bind("a").join()).isEqualTo(BindAnswer.BOUND);
  }

  @Test
  void aPodWithoutClaimsIsNotAskedAbout() {
    assertThat(world.place(asking("2", "8Gi"), "a")).isEqualTo(BindAnswer.BOUND);
    assertThat(world.cluster.askedAbout).isEmpty();
  }
}
