package gpu.kerf.extender.demo;

import gpu.kerf.extender.demo.Work.Kind;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.WallChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Generates work: the same seed and rate give the same work.
 *
 * <p>Nearly half of it is inference on a few GiB, a fifth notebooks, a fifth tenants who want the
 * wall of MIG, a tenth training on whole GPUs, and now and then something urgent. A second of the
 * demo stands for some minutes of a real cluster: work runs for half a minute or so.
 */
final class WorkMix {

  private static final int GIB = 1024;
  private static final int[] INFERENCE_GIB = {2, 3, 4, 4, 6, 6, 8, 8, 10, 12, 16, 24};
  private static final int[] NOTEBOOK_GIB = {4, 4, 6, 8, 8, 10, 12};
  private static final int[] TENANT_MIB = {4_608, 4_608, 9_216, 9_216, 18_432, 38_912};
  private static final int[] TRAINING_GPUS = {1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 4, 4, 4, 8};
  private static final List<String> PRODUCTS = List.of("chat", "search", "vision");
  private static final List<String> TENANTS = List.of("acme", "globex", "initech");

  private final SplittableRandom random;
  private final double perSecond;
  private int made;
  private double clock;

  WorkMix(long seed, double perSecond) {
    this.random = new SplittableRandom(seed);
    this.perSecond = perSecond;
  }

  /** The next arrival. Gaps are exponential, as of people who do not know of each other. */
  Work next() {
    clock += -Math.log(1 - random.nextDouble()) / perSecond * 1000;
    made++;
    int dice = random.nextInt(100);
    if (dice < 42) {
      return inference();
    }
    if (dice < 62) {
      return notebook();
    }
    if (dice < 83) {
      return tenant();
    }
    return dice < 95 ? training() : urgent();
  }

  private Work inference() {
    int memory = one(INFERENCE_GIB) * GIB;
    boolean large = random.nextInt(20) == 0;
    int sm = random.nextInt(4) == 0 ? 10 * (1 + random.nextInt(3)) : 0;
    Draft draft = new Draft(Kind.INFERENCE, PRODUCTS.get(random.nextInt(3)), 20, 80);
    // A large model needs the memory of two cards.
    return large ? draft.memory(60 * GIB, 2, 0) : draft.memory(memory, 1, sm);
  }

  private Work notebook() {
    return new Draft(Kind.NOTEBOOK, "research", 30, 120).memory(one(NOTEBOOK_GIB) * GIB, 1, 0);
  }

  private Work tenant() {
    Draft draft = new Draft(Kind.TENANT, TENANTS.get(random.nextInt(3)), 30, 100);
    draft.wall = WallChoice.MIG;
    return draft.memory(one(TENANT_MIB), 1, 0);
  }

  private Work training() {
    Draft draft = new Draft(Kind.TRAINING, "training", 15, 60);
    int gpus = one(TRAINING_GPUS);
    draft.models = gpus >= 4 ? List.of("H100-80GB") : List.of();
    return draft.whole(gpus);
  }

  private Work urgent() {
    Draft draft = new Draft(Kind.URGENT, "prod", 10, 30);
    return random.nextBoolean() ? draft.whole(1 + random.nextInt(2)) : draft.memory(30 * GIB, 1, 0);
  }

  /** The demands that make up most of it. */
  static List<PodDemand> usual() {
    List<PodDemand> usual = new ArrayList<>();
    for (int gib : INFERENCE_GIB) {
      usual.add(PodDemand.of(Demand.memory(new MemoryMiB(gib * GIB))));
    }
    for (int mib : TENANT_MIB) {
      usual.add(PodDemand.of(Demand.memory(new MemoryMiB(mib)).withWall(WallChoice.MIG)));
    }
    usual.add(PodDemand.of(Demand.whole(1)));
    return usual;
  }

  private int one(int[] choices) {
    return choices[random.nextInt(choices.length)];
  }

  /** What all kinds have in common. */
  private final class Draft {
    private final Kind kind;
    private final String namespace;
    private final long duration;
    private WallChoice wall = WallChoice.ANY;
    private List<String> models = List.of();

    Draft(Kind kind, String namespace, int fromSeconds, int toSeconds) {
      this.kind = kind;
      this.namespace = namespace;
      this.duration = 1000L * fromSeconds + random.nextInt(1000 * (toSeconds - fromSeconds));
    }

    Work memory(int mib, int gpus, int sm) {
      return work(mib, gpus, sm, 1_000, mib / 2);
    }

    Work whole(int gpus) {
      return work(0, gpus, 0, 8_000 * gpus, 64 * GIB * gpus);
    }

    private Work work(int mib, int gpus, int sm, int cpu, int host) {
      return new Work(
          made, kind, namespace, mib, gpus, wall, sm, models, cpu, host, (long) clock, duration);
    }
  }
}
