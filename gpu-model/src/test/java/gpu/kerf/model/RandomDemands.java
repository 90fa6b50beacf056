package gpu.kerf.model;

import static gpu.kerf.model.Nodes.a100;
import static gpu.kerf.model.Nodes.a30;
import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.model;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.Milli;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.WallChoice;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.hardware.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Random nodes and pods for seeded walks: small enough that everything about them can be
 * enumerated.
 */
public final class RandomDemands {

  private static final String[] PROFILES = {
    "1g.5gb",
    "1g.10gb",
    "2g.10gb",
    "1g.20gb",
    "2g.20gb",
    "3g.20gb",
    "3g.40gb",
    "4g.40gb",
    "7g.80gb",
    "1g.10gb+me"
  };
  private static final int[] SIZES = {
    500, 4864, 7630, 8192, 9984, 12_000, 16_384, 20_096, 33_000, 40_000, 60_000, 90_000
  };

  private RandomDemands() {}

  /** One to four GPUs of any kind and mode. */
  public static NodeSpec node(Random random, String name) {
    Nodes node = Nodes.node(name);
    GpuModel[] models = {h100(), a100(), a30(), model("T4")};
    int gpus = 1 + random.nextInt(4);
    boolean mixed = random.nextBoolean();
    GpuModel first = models[random.nextInt(models.length)];
    for (int i = 0; i < gpus; i++) {
      addGpu(node, mixed ? models[random.nextInt(models.length)] : first, random);
    }
    Topology.Builder links = Topology.of(gpus);
    for (int gpu = 1; gpu < gpus; gpu++) {
      if (random.nextBoolean()) {
        links.nvlink(gpu - 1, gpu, 1 + random.nextInt(4));
      }
    }
    return node.links(links.build()).cpu(4000 + random.nextInt(60_000)).hostMemory(1 << 20).spec();
  }

  private static void addGpu(Nodes node, GpuModel model, Random random) {
    int mode = model.migCapable() ? random.nextInt(3) : 0;
    if (mode == 1) {
      node.with(1, model, GpuMode.MIG_DYNAMIC);
    } else if (mode == 2 && model.name().equals("H100-80GB")) {
      node.withInstances(model, "1g.10gb@0", "1g.10gb@1", "2g.20gb@2", "3g.40gb@4");
    } else {
      node.with(1, model, GpuMode.PLAIN);
    }
  }

  /** One to three containers. */
  public static PodDemand pod(Random random) {
    List<PodDemand.Container> containers = new ArrayList<>();
    int number = random.nextInt(5) == 0 ? 2 + random.nextInt(2) : 1;
    for (int i = 0; i < number; i++) {
      containers.add(new PodDemand.Container("c" + i, demand(random)));
    }
    return new PodDemand(containers, random.nextInt(9000), random.nextInt(10_000));
  }

  public static Demand demand(Random random) {
    Demand demand =
        switch (random.nextInt(8)) {
          case 0 -> Demand.whole(1 + random.nextInt(3));
          case 1 -> Demand.profile(PROFILES[random.nextInt(PROFILES.length)]);
          case 2 -> Demand.fraction(new Milli(50 + random.nextInt(950)));
          case 3 ->
              Demand.memory(new MemoryMiB(2 * SIZES[random.nextInt(SIZES.length)])).splitOver(2);
          case 4 -> Demand.memory(size(random)).withSm(new Milli(100 + random.nextInt(600)));
          case 5 ->
              Demand.memory(size(random))
                  .withWall(random.nextBoolean() ? WallChoice.MIG : WallChoice.MPS);
          default -> Demand.memory(size(random));
        };
    return random.nextInt(6) == 0 ? demand.onModels(List.of("H100-80GB", "T4")) : demand;
  }

  private static MemoryMiB size(Random random) {
    return new MemoryMiB(SIZES[random.nextInt(SIZES.length)]);
  }
}
