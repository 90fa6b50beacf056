package gpu.kerf.bench.jmh;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Chooser;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.PreparedDemand;
import java.util.Collections;
import java.util.Objects;
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

/** What a decision costs: on one node of eight H100, and over a thousand of them, half full. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class DecisionBenchmark {

  private static final int NODES = 1_000;
  private static final int GPUS = 8;

  /** How the GPUs are shared: plain (whole and MPS shares) or mig-dynamic. */
  @Param({"plain", "mig-dynamic"})
  String mode = "";

  /** What is asked for: memory, or whole GPUs where the mode has them. */
  @Param({"8Gi", "30Gi"})
  String memory = "";

  private Fleet fleet = new Fleet();
  private Chooser chooser = new Chooser(fleet);
  private PreparedDemand demand = chooser.prepare(PodDemand.of(Demand.whole(1)));
  private int next;

  /** Fills half of the memory with pods of random sizes, which the prices learn from. */
  @Setup
  public void fill() {
    fleet = new Fleet();
    GpuModel model = Objects.requireNonNull(GpuCatalog.builtIn().find("H100-80GB", 0));
    GpuSpec card = GpuSpec.of(model, GpuMode.parse(mode));
    for (int i = 0; i < NODES; i++) {
      fleet.put(NodeSpec.of("node-%04d".formatted(i), Collections.nCopies(GPUS, card)));
    }
    chooser = new Chooser(fleet);
    Random random = new Random(1);
    long room = (long) NODES * GPUS * model.memoryMiB() / 2;
    while (room > 0) {
      int gib = 4 + random.nextInt(32);
      room -= gib * 1024L;
      PodDemand pod = PodDemand.of(Demand.memory(MemoryMiB.parse(gib + "Gi")));
      chooser.arrived(pod);
      PreparedDemand prepared = chooser.prepare(pod);
      NodeState node = Objects.requireNonNull(fleet.at(random.nextInt(NODES)));
      if (chooser.placer().tryOn(prepared, node)) {
        node.take(chooser.placer().placement(prepared, node));
      }
    }
    chooser.renew();
    demand = chooser.prepare(PodDemand.of(Demand.memory(MemoryMiB.parse(memory))));
  }

  /** Tries one demand on one node after the other. */
  @Benchmark
  public long tryOneNode() {
    next = next + 1 == NODES ? 0 : next + 1;
    return chooser.placer().tryOn(demand, Objects.requireNonNull(fleet.at(next)))
        ? chooser.placer().taken()
        : -1;
  }

  /** Chooses among all nodes. */
  @Benchmark
  public Object chooseAmongAll() {
    return Objects.requireNonNull(chooser.best(demand));
  }
}
