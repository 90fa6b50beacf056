package gpu.kerf.extender.verb;

import static gpu.kerf.extender.verb.World.asking;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.extender.state.Policy;
import gpu.kerf.extender.wire.BindAnswer;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PreemptCall;
import gpu.kerf.extender.wire.VerbError;
import gpu.kerf.model.hardware.GpuMode;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** No verb decides on a picture of the cluster that is too old. */
class DecisionGateTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final World world = new World().node("a", 1, "H100-80GB", GpuMode.PLAIN);
  private final PodView pod = asking("1", "8Gi");

  DecisionGateTest() {
    world.scheduling.use(
        new Policy(Policy.Answer.WINNERS, 10_000, Policy.Preemption.NATIVE, LIMIT));
  }

  @Test
  void everyVerbRefusesWhileTheWatchesAreSilentForTooLong() {
    world.filter(pod, "a");
    world.cluster.staleness = LIMIT.plusMillis(1);
    assertThat(world.filter(pod, "a").error()).isEqualTo(VerbError.STALE.answer());
    assertThat(world.bind(pod, "a").error()).isEqualTo(VerbError.STALE.answer());
    assertThatThrownBy(() -> world.prioritize.prioritize(world.call(pod, "a")))
        .isInstanceOf(VerbException.class)
        .hasMessage(VerbError.STALE.answer());
    assertThatThrownBy(() -> world.preempt.preempt(new PreemptCall(pod, List.of())))
        .isInstanceOf(VerbException.class)
        .hasMessage(VerbError.STALE.answer());
    assertThat(world.cluster.bindings).as("no binding was written").isEmpty();
  }

  @Test
  void theyDecideAgainAsSoonAsTheClusterIsHeardOf() {
    world.cluster.staleness = LIMIT.plusMillis(1);
    world.filter(pod, "a");
    world.cluster.staleness = LIMIT;
    assertThat(world.place(pod, "a")).isEqualTo(BindAnswer.BOUND);
  }
}
