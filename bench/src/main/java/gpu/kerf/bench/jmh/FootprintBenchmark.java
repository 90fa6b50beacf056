package gpu.kerf.bench.jmh;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Chooser;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.PreparedDemand;
import java.lang.management.ManagementFactory;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The memory of a ledger of 5,000 nodes and 20,000 placed pods, measured as used heap after garbage
 * collection: counters {@code bytesPerNode}, {@code bytesPerPod} and {@code totalMiB}. The measured
 * time is the time to build it.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 0)
@Measurement(iterations = 3)
@Fork(1)
public class FootprintBenchmark {

  private static final int NODES = 5_000;
  private static final int PODS = 20_000;

  /** What was weighed. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Weight {
    public long bytesPerNode;
    public long bytesPerPod;
    public long totalMiB;
  }

  @Benchmark
  public Object ledger(Weight weight) {
    long empty = usedHeap();
    Ledger ledger = new Ledger();
    for (int i = 0; i < NODES; i++) {
      GpuMode mode = i % 2 == 0 ? GpuMode.PLAIN : GpuMode.MIG_DYNAMIC;
      ledger.putNode(Fleets.eight("node-%05d.cluster.example".formatted(i), Fleets.h100(), mode));
    }
    long nodesOnly = usedHeap();
    place(ledger);
    long all = usedHeap();
    weight.bytesPerNode = (nodesOnly - empty) / NODES;
    weight.bytesPerPod = (all - nodesOnly) / PODS;
    weight.totalMiB = (all - empty) >> 20;
    return ledger;
  }

  private static void place(Ledger ledger) {
    Chooser chooser = new Chooser(ledger.fleet());
    PreparedDemand demand = chooser.prepare(PodDemand.of(Demand.memory(MemoryMiB.parse("8Gi"))));
    for (int i = 0; i < PODS; i++) {
      var node = Objects.requireNonNull(ledger.fleet().at(i % NODES));
      if (!chooser.placer().tryOn(demand, node)) {
        throw new IllegalStateException("No room for pod " + i + " on " + node.name());
      }
      Placement placement = chooser.placer().placement(demand, node);
      String uid = "0b5e8a7c-3f1d-4c57-9a20-%012d".formatted(i);
      ledger.take(
          new Holder(uid, "team-" + i % 40, "pod-" + i, "ReplicaSet/app-" + i % 500, "", 0),
          placement,
          i);
      ledger.confirm(uid, i);
    }
  }

  private static long usedHeap() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
