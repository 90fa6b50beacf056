package gpu.kerf.bench.replay.openb;

import static gpu.kerf.bench.replay.openb.Traces.MUCH;
import static gpu.kerf.bench.replay.openb.Traces.cpuOnly;
import static gpu.kerf.bench.replay.openb.Traces.on;
import static gpu.kerf.bench.replay.openb.Traces.share;
import static gpu.kerf.bench.replay.openb.Traces.whole;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import gpu.kerf.bench.replay.openb.TypicalPods.Typical;
import gpu.kerf.model.fleet.Fleet;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FragmentationTest {

  @Test
  void typicalPodsAreTheMostFrequentKindsOfNinetyFivePercent() {
    List<Ask> pods = new ArrayList<>();
    add(pods, 60, share(500));
    add(pods, 36, whole(1));
    add(pods, 4, share(100));

    // 60 + 36 = 96 >= 95; the weights are 60/96 and 36/96.
    assertThat(TypicalPods.of(pods))
        .containsExactly(
            new Typical(withoutMemory(share(500)), 60 / 96.0),
            new Typical(withoutMemory(whole(1)), 36 / 96.0));
  }

  @Test
  void ofEquallyFrequentKindsTheOneWithMoreCpuIsMoreTypical() {
    List<Ask> pods = new ArrayList<>();
    add(pods, 90, share(500));
    add(pods, 5, cpuOnly(1_000));
    add(pods, 5, cpuOnly(2_000));

    assertThat(TypicalPods.of(pods))
        .extracting(typical -> typical.ask().cpuMilli())
        .containsExactly(1_000, 2_000);
  }

  @Test
  void hostMemoryMakesNoOtherKind() {
    List<Ask> pods = List.of(new Ask(1, 10, 1, 500, List.of()), new Ask(1, 99, 1, 500, List.of()));

    assertThat(TypicalPods.of(pods))
        .containsExactly(new Typical(new Ask(1, 0, 1, 500, List.of()), 1.0));
  }

  @Test
  void expectsFragmentsPerKindOfPod() {
    Fragmentation fragmentation =
        new Fragmentation(
            List.of(
                new Typical(share(500), 0.4),
                new Typical(whole(2), 0.3),
                new Typical(cpuOnly(1), 0.2),
                new Typical(on("A10", share(100)), 0.1)));
    boolean[] served = {true, true, true, false};

    // 1000 + 300 + 200 free. Share 500: 500 on too small GPUs. Whole 2: one GPU is not enough, so
    // all. Without GPU, or of another model: all.
    assertThat(fragmentation.expected(served, MUCH, new int[] {1_000, 300, 200}))
        .isCloseTo(0.4 * 500 + 0.6 * 1_500, within(1e-9));
    // Too little CPU for any but the pod without GPUs, for which all is a fragment as well.
    assertThat(fragmentation.expected(served, 999, new int[] {1_000, 300, 200}))
        .isCloseTo(1_500, within(1e-9));
  }

  @Test
  void strandedIsWhatNoTypicalPodWithGpusCouldUse() {
    Fragmentation fragmentation =
        new Fragmentation(
            List.of(
                new Typical(share(500), 0.4),
                new Typical(whole(2), 0.3),
                new Typical(cpuOnly(1), 0.2),
                new Typical(on("A10", share(100)), 0.1)));

    boolean[] plain = {true, true, true, false};
    boolean[] a10 = {true, true, true, true};
    int[] free = {700, 300, 60};

    // 500 goes on the first GPU only.
    assertThat(fragmentation.stranded(plain, MUCH, free)).isEqualTo(360);
    // 100 goes on the first two.
    assertThat(fragmentation.stranded(a10, MUCH, free)).isEqualTo(60);
    // No CPU: nothing goes anywhere.
    assertThat(fragmentation.stranded(a10, 0, free)).isEqualTo(1_060);
    // Two whole GPUs would fit, and so does 500.
    assertThat(fragmentation.stranded(plain, MUCH, new int[] {1_000, 1_000, 60})).isEqualTo(60);
  }

  @Test
  void aNodeServesThePodsThatTakeItsCards() {
    Fleet fleet = new Fleet();
    Fragmentation fragmentation =
        new Fragmentation(
            List.of(new Typical(share(500), 0.5), new Typical(on("A10", share(100)), 0.5)));

    assertThat(fragmentation.servedBy(fleet.put(Traces.node("a", 1, "T4", MUCH))))
        .containsExactly(true, false);
    assertThat(fragmentation.servedBy(fleet.put(Traces.node("b", 1, "A10", MUCH))))
        .containsExactly(true, true);
    assertThat(fragmentation.servedBy(fleet.put(Traces.node("c", 0))))
        .containsExactly(false, false);
  }

  private static Ask withoutMemory(Ask ask) {
    return new Ask(ask.cpuMilli(), 0, ask.gpus(), ask.milli(), ask.models());
  }

  private static void add(List<Ask> pods, int times, Ask ask) {
    for (int i = 0; i < times; i++) {
      pods.add(ask);
    }
  }
}
