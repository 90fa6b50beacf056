package gpu.kerf.extender.verb;

import static gpu.kerf.extender.verb.World.asking;
import static gpu.kerf.extender.verb.World.askingWhole;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.BindResult;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.VerbError;
import gpu.kerf.model.fleet.Entry.State;
import gpu.kerf.model.hardware.GpuMode;
import org.junit.jupiter.api.Test;

/** The wall clock is set: no wait and no limit of the verbs follows it. */
class ClockStepsTest {
  private static final long HOUR = 3_600_000;

  private final World world =
      new World().node("a", 1, "H100-80GB", GpuMode.PLAIN).node("b", 1, "H100-80GB", GpuMode.PLAIN);
  private final PodView pod = askingWhole("1", 1);

  private void losesAnswers() {
    world.cluster.pods.put(pod.ref().toString(), pod);
    world.cluster.answer = BindResult.Kind.UNKNOWN;
    world.cluster.carriesOut = false;
  }

  @Test
  void aProposalOutlivesAStepForward() {
    world.filter(pod, "a");
    world.wallStep = HOUR;
    world.filter(asking("2", "8Gi"), "b");
    assertThat(world.entry("1").state()).isEqualTo(State.PROPOSED);
  }

  @Test
  void aProposalExpiresAfterAStepBack() {
    world.filter(pod, "a");
    world.wallStep = -HOUR;
    world.millis += world.scheduling.policy().proposalMillis();
    world.filter(asking("2", "8Gi"), "b");
    assertThat(world.holdsNothing("1")).isTrue();
  }

  @Test
  void aBindingWithoutAnAnswerIsNotGivenUpByAStepForward() {
    losesAnswers();
    assertThat(world.place(pod, "a").error()).isEqualTo(VerbError.BIND_UNSURE.answer());
    world.wallStep = HOUR;
    world.bind.tick();
    world.turn();
    assertThat(world.entry("1").state()).isEqualTo(State.BINDING);
  }

  @Test
  void aBindingWithoutAnAnswerIsSettledAfterAStepBack() {
    losesAnswers();
    world.place(pod, "a");
    world.wallStep = -HOUR;
    world.millis += 65_000;
    world.bind.tick();
    world.turn();
    assertThat(world.holdsNothing("1")).isTrue();
  }

  @Test
  void whatPeopleReadFollowsTheWallClock() {
    world.wallStep = HOUR;
    world.place(pod, "a");
    assertThat(world.entry("1").since()).isEqualTo(world.millis + HOUR);
  }
}
