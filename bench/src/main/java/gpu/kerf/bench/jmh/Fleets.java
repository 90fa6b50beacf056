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
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/** The fleets and demands that the benchmarks run on: made by code, the same at every run. */
final class Fleets {

  /**
   * A group of equal nodes of a heterogeneous production cluster: GPU model, GPUs, CPUs, GiB,
   * nodes.
   */
  private record Group(String model, int gpus, int cpus, int gib, int nodes) {}

  /** The shape of the openb cluster: 1,213 nodes with 6,212 GPUs of seven models. */
  private static final List<Group> OPENB =
      List.of(
          new Group("G2", 8, 96, 384, 549),
          new Group("T4", 2, 104, 512, 387),
          new Group("P100", 2, 16, 120, 107),
          new Group("G3", 8, 128, 768, 39),
          new Group("V100M16", 4, 32, 128, 28),
          new Group("P100", 2, 64, 256, 22),
          new Group("V100M32", 8, 96, 768, 21),
          new Group("V100M16", 1, 8, 32, 19),
          new Group("T4", 4, 96, 384, 17),
          new Group("V100M32", 4, 48, 368, 9),
          new Group("V100M16", 8, 64, 256, 8),
          new Group("P100", 1, 8, 60, 5),
          new Group("A10", 1, 128, 1024, 2));

  private static final int[] SHARES = {810, 470, 320, 650, 230, 460, 590, 160, 550, 220};

  private Fleets() {}

  static GpuModel h100() {
    return Objects.requireNonNull(GpuCatalog.builtIn().find("H100-80GB", 0));
  }

  /** A node of eight equal GPUs whose CPU is not counted. */
  static NodeSpec eight(String name, GpuModel model, GpuMode mode) {
    return NodeSpec.of(name, Collections.nCopies(8, GpuSpec.of(model, mode)));
  }

  /**
   * So many nodes in the proportions of openb, in random order; each GPU has 1000 units of memory.
   */
  static Fleet openb(int nodes) {
    List<Group> drawn = new ArrayList<>();
    for (Group group : OPENB) {
      drawn.addAll(Collections.nCopies(group.nodes(), group));
    }
    Collections.shuffle(drawn, new Random(7));
    Fleet fleet = new Fleet();
    for (int i = 0; i < nodes; i++) {
      Group group = drawn.get(i % drawn.size());
      GpuModel model = GpuModel.plain(group.model(), 1000);
      List<GpuSpec> gpus = Collections.nCopies(group.gpus(), GpuSpec.of(model, GpuMode.PLAIN));
      NodeSpec spec = NodeSpec.of("node-%05d".formatted(i), gpus);
      fleet.put(spec.withHost(group.cpus() * 1000, group.gib() * 1024));
    }
    return fleet;
  }

  /** A demand as openb's pods make them: shares, whole GPUs, now and then several. */
  static PodDemand openbDemand(Random random) {
    int kind = random.nextInt(100);
    if (kind < 43) {
      int milli = SHARES[Math.min(SHARES.length - 1, (int) (Math.abs(random.nextGaussian()) * 4))];
      return host(PodDemand.of(Demand.memory(new MemoryMiB(milli))), random, milli);
    }
    int gpus = kind < 98 ? 1 : 1 << (1 + random.nextInt(3));
    return host(PodDemand.of(Demand.whole(gpus)), random, gpus * 1000);
  }

  private static PodDemand host(PodDemand demand, Random random, int milliGpu) {
    int cpu = (2 + random.nextInt(12)) * milliGpu;
    return demand.withCpuMilli(cpu).withHostMemoryMiB(cpu * 3);
  }

  /** Places demands until a part of the GPUs is held, and learns from them. */
  static void fill(Fleet fleet, Chooser chooser, double part, Random random) {
    long free = free(fleet);
    long target = (long) (free * (1 - part));
    for (int misses = 0; free > target && misses < 100; ) {
      PodDemand demand = openbDemand(random);
      chooser.arrived(demand);
      if (chooser.isDue()) {
        chooser.renew();
      }
      Chooser.Choice choice = chooser.best(chooser.prepare(demand));
      if (choice == null) {
        misses++;
        continue;
      }
      Objects.requireNonNull(fleet.at(choice.node())).take(choice.placement());
      free -= choice.placement().memoryMiB();
    }
  }

  private static long free(Fleet fleet) {
    long free = 0;
    for (int i = 0; i < fleet.limit(); i++) {
      var node = Objects.requireNonNull(fleet.at(i));
      for (int gpu = 0; gpu < node.gpus(); gpu++) {
        free += node.freeMiB(gpu);
      }
    }
    return free;
  }
}
