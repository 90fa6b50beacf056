package gpu.kerf.model.eviction;

import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.model;
import static gpu.kerf.model.Nodes.node;

import gpu.kerf.model.Nodes;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.Milli;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.WallChoice;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placer;
import gpu.kerf.model.placement.PreparedDemand;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/** A node with random GPUs, pods, holes, groups, budgets, and pods on their way out. */
final class RandomScene {

  private static final int MOST_PRIORITY = 4;

  private final Random random;
  private final Scene scene;

  private RandomScene(Random random, Nodes node) {
    this.random = random;
    this.scene = Scene.of(node.spec());
  }

  /** So many GPUs, with at most so many pods. */
  static Scene of(Random random, int gpus, int pods) {
    Nodes node = node("a").cpu(64_000);
    for (int gpu = 0; gpu < gpus; gpu++) {
      addGpu(random, node);
    }
    RandomScene made = new RandomScene(random, node);
    made.fill(pods + pods / 2);
    made.thinTo(pods);
    made.limit();
    return made.scene;
  }

  /** Plain GPUs with up to so many shares on each, all of pods on one GPU. */
  static Scene plain(Random random, int gpus, int most) {
    Scene scene = Scene.of(node("a").with(gpus, h100(), GpuMode.PLAIN).spec());
    for (int gpu = 0; gpu < gpus; gpu++) {
      int pods = 1 + random.nextInt(most);
      for (int i = 0; i < pods; i++) {
        Holder holder = Holder.of(gpu + "-" + i).withPriority(random.nextInt(3));
        boolean grouped = random.nextInt(4) == 0;
        long since = Scene.NOW - random.nextInt(10_000);
        scene.pod(
            grouped ? holder.inGroup("g" + random.nextInt(3)) : holder,
            since,
            Scene.share(gpu, 11_000));
      }
    }
    return scene;
  }

  private static void addGpu(Random random, Nodes node) {
    switch (random.nextInt(5)) {
      case 0 -> node.with(1, model("A30"), GpuMode.MIG_DYNAMIC);
      case 1 -> node.withInstances(h100(), "1g.10gb@0", "1g.10gb@1", "2g.20gb@2", "3g.40gb@4");
      case 2, 3 -> node.with(1, h100(), GpuMode.MIG_DYNAMIC);
      default -> node.with(1, h100(), GpuMode.PLAIN);
    }
  }

  private void fill(int pods) {
    Placer placer = scene.placer();
    NodeState node = scene.site().node();
    for (int i = 0; i < pods; i++) {
      PreparedDemand demand = scene.prepared(pod(random, 3));
      if (placer.tryOn(demand, node)) {
        long since = Scene.NOW - random.nextInt(5) * 1000L;
        scene.pod(holder(i), since, placer.placement(demand, node));
        node = scene.site().node();
      }
    }
  }

  private Holder holder(int i) {
    Holder holder = Holder.of("p" + i).withPriority(random.nextInt(MOST_PRIORITY + 1));
    return random.nextInt(3) == 0 ? holder.inGroup("g" + random.nextInt(2)) : holder;
  }

  /**
   * Lets pods go until so many are left: placing packs tightly, and holes are what matters here.
   */
  private void thinTo(int pods) {
    List<Candidate> left = new ArrayList<>(scene.site().candidates());
    while (left.size() > pods) {
      scene.ledger.release(left.remove(random.nextInt(left.size())).uid());
    }
    for (Candidate candidate : left) {
      switch (random.nextInt(8)) {
        case 0 -> scene.terminating(candidate.uid());
        case 1, 2 -> scene.covered(candidate.uid(), "web");
        case 3 -> scene.covered(candidate.uid(), "web", "db");
        default -> {}
      }
    }
  }

  private void limit() {
    Map<String, Integer> allowed = new HashMap<>();
    allowed.put("web", random.nextInt(3));
    allowed.put("db", random.nextInt(2));
    scene.within(random.nextBoolean() ? Budgets.prefer(allowed) : Budgets.respect(allowed));
  }

  /** One container on one GPU up to {@code gpus} GPUs, mostly one. */
  static PodDemand pod(Random random, int gpus) {
    int over = random.nextInt(4) == 0 ? 1 + random.nextInt(gpus) : 1;
    Demand demand =
        random.nextInt(8) == 0
            ? Demand.whole(over)
            : new Demand(slot(random).size(), over, slot(random).wall(), null, List.of());
    int cpu = random.nextInt(4) == 0 ? 1000 * random.nextInt(20) : 0;
    return PodDemand.of(demand).withCpuMilli(cpu);
  }

  /** One container on several GPUs. */
  static PodDemand wide(Random random) {
    int over = 2 + random.nextInt(3);
    MemoryMiB size = new MemoryMiB(5000 * (1 + random.nextInt(8)));
    return PodDemand.of(
        random.nextInt(3) == 0
            ? Demand.whole(over)
            : new Demand(Demand.memory(size).size(), over, WallChoice.ANY, null, List.of()));
  }

  /** A demand for a part of one GPU. */
  static Demand slot(Random random) {
    int mib = 1000 * (1 + random.nextInt(10) * random.nextInt(10));
    Demand memory = Demand.memory(new MemoryMiB(mib));
    return random.nextInt(5) == 0 ? memory.withSm(new Milli(50 + random.nextInt(500))) : memory;
  }

  static Demand oneSlot(Random random) {
    return random.nextInt(6) == 0 ? Demand.whole(1) : slot(random);
  }

  static PlanOutcome.Plan planOf(PlanOutcome outcome) {
    return (PlanOutcome.Plan) Objects.requireNonNull(outcome);
  }
}
