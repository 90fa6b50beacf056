package gpu.kerf.bench.replay.openb;

import static gpu.kerf.bench.replay.openb.Traces.MUCH;
import static gpu.kerf.bench.replay.openb.Traces.cpuOnly;
import static gpu.kerf.bench.replay.openb.Traces.node;
import static gpu.kerf.bench.replay.openb.Traces.on;
import static gpu.kerf.bench.replay.openb.Traces.share;
import static gpu.kerf.bench.replay.openb.Traces.trace;
import static gpu.kerf.bench.replay.openb.Traces.whole;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.bench.replay.PolicyName;
import gpu.kerf.bench.replay.ReplayPolicy;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class OpenbReplayTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void aSmallReplayByHand() {
    OpenbTrace trace =
        trace(
            List.of(node("a", 1), node("b", 3)),
            List.of(share(600), share(600), whole(2), cpuOnly(1_000), share(300)),
            0,
            1,
            3,
            2,
            4,
            1);

    OpenbReplay.Result result = new OpenbReplay(trace, 100).play(PolicyName.FIRSTFIT, 0);

    // 4000 units in all. After   asked       allocated
    // 0: 600 on a                 600 = 15 %  15 %
    // 1: 600 on b                1200 = 30 %  30 %
    // 3: no GPU
    // 2: two GPUs of b           3200 = 80 %  80 %
    // 4: 300 beside 600 on a     3500 = 87.5 % (rounds to 88)  87.5 %
    // 1: would be 4100 = 102.5 % (rounds to 102): not played
    assertThat(result.allocated().at(15)).isEqualTo(15);
    assertThat(result.allocated().at(29)).isEqualTo(15);
    assertThat(result.allocated().at(30)).isEqualTo(30);
    assertThat(result.allocated().at(80)).isEqualTo(80);
    assertThat(result.allocated().at(88)).isEqualTo(87.5);
    assertThat(result.allocated().reached()).isEqualTo(88);
    assertThat(result.arrivals()).isEqualTo(5);
    assertThat(result.placed()).isEqualTo(5);

    // Free are 100 on a, which no pod could use, and 400 on b, which the pod of 300 could.
    assertThat(result.stranded().at(88)).isEqualTo(2.5);
    // FGD expects 100 on a and 400 * (2/5 for 600 + 1/5 for two GPUs + 1/5 for none) on b.
    assertThat(result.fragments().at(88)).isEqualTo(10.5);
  }

  @Test
  void aPodThatFitsNowhereIsDroppedAndCountsAsAsked() {
    OpenbTrace trace =
        trace(List.of(node("a", 1), node("b", 1)), List.of(share(600), share(500)), 0, 0, 1, 1);

    OpenbReplay.Result result = new OpenbReplay(trace, 110).play(PolicyName.FIRSTFIT, 0);

    // 600 on each of two GPUs; 500 fits on none, twice: 2200 of 2000 asked, 1200 held.
    assertThat(result.allocated().at(110)).isEqualTo(60);
    assertThat(result.arrivals()).isEqualTo(4);
    assertThat(result.placed()).isEqualTo(2);
    // The free 400 of each GPU are of no use to a pod of 500 or of 600.
    assertThat(result.stranded().at(110)).isEqualTo(40);
  }

  @Test
  void cpuAndCardModelsRefuse() {
    List<NodeSpec> nodes = List.of(node("a", 1, "T4", 500), node("b", 1, "A10", MUCH));
    OpenbTrace trace = trace(nodes, List.of(share(400), on("T4", share(300))), 0, 1);

    OpenbReplay.Result result = new OpenbReplay(trace, 100).play(PolicyName.FIRSTFIT, 0);

    // a has half the CPU that each asks for, b is no T4: only the 400 on b stand.
    assertThat(result.placed()).isEqualTo(1);
    assertThat(result.allocated().at(35)).isEqualTo(20);
  }

  @Test
  void bestFitTakesTheFullerNodeAndTheFullerGpu() {
    Fleet fleet = fleet(node("a", 2), node("b", 1));
    HighestScore bestFit = new HighestScore(fleet, new BestFitScore());

    // a would keep 1.5 of 2 GPUs, b half of one.
    assertThat(place(bestFit, fleet, withoutCpu(500))).isEqualTo("b/0");
    assertThat(place(bestFit, fleet, withoutCpu(600))).isEqualTo("a/0");
    assertThat(place(bestFit, fleet, withoutCpu(700))).isEqualTo("a/1");
    // b would keep 200, a 400 of 400 and 300. Half of 200 in 8000 is more than a percent: it shows.
    assertThat(place(bestFit, fleet, withoutCpu(300))).isEqualTo("b/0");
    // Only a is left; its second GPU has 300, which is the tighter one.
    assertThat(place(bestFit, fleet, withoutCpu(250))).isEqualTo("a/1");
    assertThat(place(bestFit, fleet, whole(1))).isEqualTo("nowhere");
  }

  @Test
  void bestFitTellsNodesApartThatAreLargerThanAnyOfItsSimulator() {
    Fleet fleet = fleet(node("a", 1, "T4", 400_000), node("b", 1, "T4", 300_000));

    assertThat(place(new HighestScore(fleet, new BestFitScore()), fleet, share(500)))
        .isEqualTo("b/0");
  }

  @Test
  void fgdKeepsTheRoomThatTypicalPodsNeed() {
    Fleet fleet = fleet(node("a", 2), node("b", 2));
    List<TypicalPods.Typical> typical =
        List.of(new TypicalPods.Typical(whole(1), 0.5), new TypicalPods.Typical(share(300), 0.5));
    HighestScore fgd = new HighestScore(fleet, new FgdScore(fleet, typical));

    // On an empty node 600 leave 400 that the whole GPU cannot use: + 0.5 * 400.
    assertThat(place(fgd, fleet, share(600))).isEqualTo("a/0");
    // Beside it, 300 leave 100 that no pod can use: 100 - 200 before, a gain;
    // on an untouched GPU they leave 700: + 0.5 * 700.
    assertThat(place(fgd, fleet, share(300))).isEqualTo("a/0");
    // A whole GPU costs nothing on either node; the first by name has it.
    assertThat(place(fgd, fleet, whole(1))).isEqualTo("a/1");
    assertThat(place(fgd, fleet, whole(2))).isEqualTo("b/0+1");
  }

  @ParameterizedTest
  @EnumSource(
      value = PolicyName.class,
      names = {"KERF", "FGD", "BESTFIT", "FIRSTFIT", "RANDOM"})
  void theSameSeedGivesTheSameCurves(PolicyName policy) throws IOException {
    OpenbTrace trace = synthetic(4, 30, 5);

    OpenbReplay.Result one = new OpenbReplay(trace, 120).play(policy, 1);
    OpenbReplay.Result again = new OpenbReplay(trace, 120).play(policy, 1);

    assertThat(one.allocated().values()).isEqualTo(again.allocated().values()).isNotEmpty();
    assertThat(one.stranded().values()).isEqualTo(again.stranded().values());
    assertThat(one.fragments().values()).isEqualTo(again.fragments().values());
  }

  @Test
  void anotherSeedIsAnotherRandom() throws IOException {
    OpenbTrace trace = synthetic(0, 30, 5);

    assertThat(new OpenbReplay(trace, 120).play(PolicyName.RANDOM, 1).allocated().values())
        .isNotEqualTo(new OpenbReplay(trace, 120).play(PolicyName.RANDOM, 2).allocated().values());
  }

  /** Ratings are kept until a node changes; a policy that keeps none must choose the same. */
  @Test
  void keptRatingsAreNeverStale() throws IOException {
    OpenbTrace trace = synthetic(4, 25, 11);
    List<TypicalPods.Typical> typical = TypicalPods.of(trace.pods());
    Fleet fleet = trace.fleet();
    HighestScore keeping = new HighestScore(fleet, new FgdScore(fleet, typical));
    Random random = new Random(3);
    List<PodDemand> held = new ArrayList<>();
    List<Placement> placements = new ArrayList<>();
    for (int step = 0; step < 3_000; step++) {
      PodDemand pod = trace.arrivals().get(step % trace.arrivals().size()).demand();
      Placement placement = keeping.place(pod, step);
      Placement fresh = new HighestScore(fleet, new FgdScore(fleet, typical)).place(pod, step);
      assertThat(placement).as("step %d", step).isEqualTo(fresh);
      if (placement != null) {
        assertThat(stateOf(fleet, placement).take(placement)).isTrue();
        keeping.placed(pod, placement, step);
        held.add(pod);
        placements.add(placement);
      }
      if (random.nextInt(3) == 0 && !held.isEmpty()) {
        int leaving = random.nextInt(held.size());
        Placement left = placements.remove(leaving);
        stateOf(fleet, left).release(left);
        keeping.left(held.remove(leaving), left, step);
      }
    }
    assertThat(held).hasSizeGreaterThan(100);
  }

  private OpenbTrace synthetic(int shape, int nodes, long seed) throws IOException {
    return Traces.synthetic(folder, Shape.ALL.get(shape), nodes, seed);
  }

  private static Ask withoutCpu(int milli) {
    return new Ask(0, 0, 1, milli, List.of());
  }

  private static Fleet fleet(NodeSpec... nodes) {
    Fleet fleet = new Fleet();
    List.of(nodes).forEach(fleet::put);
    return fleet;
  }

  /** Where a policy puts a pod, as node/gpu+gpu. */
  private static String place(ReplayPolicy policy, Fleet fleet, Ask ask) {
    @Nullable Placement placement = policy.place(ask.demand(), 0);
    if (placement == null) {
      return "nowhere";
    }
    assertThat(stateOf(fleet, placement).take(placement)).isTrue();
    policy.placed(ask.demand(), placement, 0);
    List<String> gpus = new ArrayList<>();
    for (Slot slot : placement.slots()) {
      gpus.add(Integer.toString(slot.gpu()));
    }
    return placement.node() + "/" + String.join("+", gpus);
  }

  private static NodeState stateOf(Fleet fleet, Placement placement) {
    return Objects.requireNonNull(fleet.node(placement.node()));
  }
}
