package gpu.kerf.extender.demo;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.demo.Work.Kind;
import gpu.kerf.model.demand.WallChoice;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class WholeGpusTest {

  private static final GpuSpec SMALL = GpuSpec.of(GpuModel.plain("S", 16_000), GpuMode.PLAIN);
  private static final GpuSpec LARGE = GpuSpec.of(GpuModel.plain("L", 80_000), GpuMode.PLAIN);
  private static final List<NodeSpec> FLEET =
      List.of(NodeSpec.of("a", List.of(SMALL, SMALL)), NodeSpec.of("b", List.of(LARGE, LARGE)));

  @Test
  void everyPodHasAGpuOfItsOwn() {
    // Four GPUs, five pods of 10 s: the last one waits for the first to end.
    List<Work> works =
        List.of(pod(1, 0, 1), pod(2, 0, 1), pod(3, 0, 1), pod(4, 0, 1), pod(5, 2_000, 1));

    WholeGpus.Result result = replay(works).play(2);

    assertThat(result.mostInUse()).isEqualTo(4);
    assertThat(result.waits()).containsExactly(0L, 0L, 0L, 0L, 8_000L);
  }

  @Test
  void memoryThatIsTooLargeForTheSmallCardWaitsForALargeOne() {
    List<Work> works = List.of(pod(1, 0, 20_000), pod(2, 0, 20_000), pod(3, 0, 20_000));

    assertThat(replay(works).play(2).waits()).containsExactly(0L, 0L, 10_000L);
  }

  @Test
  void theSmallestCardThatServesIsTaken() {
    List<Work> works = List.of(pod(1, 0, 1), pod(2, 0, 20_000), pod(3, 0, 20_000));

    assertThat(replay(works).play(2).waits()).containsOnly(0L);
  }

  @Test
  void workThatFitsNowhereIsReportedAndHoldsNoOtherUp() {
    WholeGpus.Result result = replay(List.of(pod(1, 0, 90_000), pod(2, 0, 1))).play(2);

    assertThat(result.neverFits()).isEqualTo(1);
    assertThat(result.waits()).containsExactly(0L);
  }

  @Test
  void theFewestNodesWithoutLongerWaitsAreFound() {
    // Nine pods at once, two GPUs a node: no pod waits on five nodes, a pod waits on four.
    List<Work> works = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      works.add(pod(i, 0, 1));
    }
    List<Long> nobodyWaited = Collections.nCopies(9, 0L);

    WholeGpus.Result result = replay(works).withWaitsOf(nobodyWaited);

    assertThat(result.gpus()).isEqualTo(10);
    assertThat(result.mostInUse()).isEqualTo(9);
  }

  @Test
  void whatStillWaitsWhenItIsBrokenOffHasWaitedSoFar() {
    // Five pods at once on four GPUs, broken off after 3 s.
    List<Work> works =
        List.of(pod(1, 0, 1), pod(2, 0, 1), pod(3, 0, 1), pod(4, 0, 1), pod(5, 0, 1));

    WholeGpus.Result result = new WholeGpus(FLEET, works, 3_000).play(2);

    assertThat(result.waits()).containsExactly(0L, 0L, 0L, 0L, 3_000L);
  }

  private static WholeGpus replay(List<Work> works) {
    return new WholeGpus(FLEET, works, Long.MAX_VALUE);
  }

  private static Work pod(int number, long arrival, int memoryMiB) {
    return new Work(
        number,
        Kind.INFERENCE,
        "ml",
        memoryMiB,
        1,
        WallChoice.ANY,
        0,
        List.of(),
        0,
        0,
        arrival,
        10_000);
  }
}
