package gpu.kerf.bench.jmh;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placer;
import gpu.kerf.model.placement.PreparedDemand;
import gpu.kerf.model.price.Prices;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Scores one demand on one node of eight H100: with the placer, with the naive algorithm (try every
 * slot on a copy and compute the value of the node before and after), and with the lower bound
 * (only reading the node's state). The node is another one at every call, out of 64 in random
 * states, so that the branch predictor cannot learn them.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class ScoreBenchmark {

  private static final int NODES = 64;

  @Param({"mig", "mps", "whole"})
  public String demand = "mig";

  private final NodeState[] nodes = new NodeState[NODES];
  private PreparedDemand prepared =
      new PreparedDemand(PodDemand.of(Demand.whole(1)), new GpuModels());
  private Placer placer = new Placer(Prices.neutral(new GpuModels()));
  private Demand asked = Demand.whole(1);
  private int next;

  @Setup
  public void setUp() {
    GpuModels models = new GpuModels();
    GpuModel h100 = Fleets.h100();
    GpuMode mode = demand.equals("mig") ? GpuMode.MIG_DYNAMIC : GpuMode.PLAIN;
    asked = demand.equals("whole") ? Demand.whole(1) : Demand.memory(MemoryMiB.parse("16Gi"));
    for (int i = 0; i < NODES; i++) {
      nodes[i] = new NodeState(Fleets.eight("n" + i, h100, mode), models);
    }
    placer = new Placer(Prices.neutral(models));
    prepared = new PreparedDemand(PodDemand.of(asked), models);
    Random random = new Random(1);
    for (NodeState node : nodes) {
      fill(node, models, random);
    }
  }

  private void fill(NodeState node, GpuModels models, Random random) {
    for (int i = random.nextInt(24); i > 0; i--) {
      Demand some = Demand.memory(new MemoryMiB((1 + random.nextInt(4)) * 9_000));
      PreparedDemand other = new PreparedDemand(PodDemand.of(some), models);
      if (placer.tryOn(other, node)) {
        node.take(placer.placement(other, node));
      }
    }
  }

  private NodeState node() {
    next = (next + 1) & (NODES - 1);
    return nodes[next];
  }

  @Benchmark
  public long placer() {
    return placer.tryOn(prepared, node()) ? placer.taken() : -1;
  }

  @Benchmark
  public long naive() {
    return NaiveScorer.least(asked, node(), placer.prices());
  }

  @Benchmark
  public long floor() {
    NodeState node = node();
    long sum = node.untouched();
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      sum += node.freeMiB(gpu) + node.occupied(gpu);
    }
    return sum;
  }
}
