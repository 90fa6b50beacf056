package gpu.kerf.model.fleet;

import static gpu.kerf.model.Nodes.a100;
import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.model;
import static gpu.kerf.model.Nodes.node;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.Milli;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.fleet.Chooser.Choice;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * How full fleets get with mixes of demands unlike any published trace's: constants that were
 * fitted to a trace would show here.
 *
 * <p>Pods arrive until a tenth more was asked for than there is, and none leaves; what finds no
 * place is turned away. A pod counts what it would hold on the smallest card that serves it,
 * wherever it lands, so that wasting a large card does not look like using it. The number is what
 * all placed pods count, in percent of the fleet. It is pinned: a change in packing must be seen,
 * and the better number written down.
 */
class MixTest {

  private static final int SEEDS = 3;

  /**
   * No policy that does not know the future is better every time. These are the first seeds, not
   * chosen ones; among more there are fleets where it is behind by more than this.
   */
  private static final double LUCK = 0.3;

  /** What the fleet is counted in: fractions of different GPUs do not compare in memory. */
  private enum Unit {
    GPUS,
    MEMORY;

    int of(GpuModel card) {
      return this == GPUS ? Milli.WHOLE : card.shareableMiB();
    }
  }

  /** A fleet, and what its pods ask. */
  private record Mix(List<NodeSpec> nodes, Unit unit, Function<Random, PodDemand> pods) {}

  @Test
  void sharesOfAllOddSizes() {
    List<NodeSpec> nodes = nodes(75, 4, h100(), GpuMode.PLAIN, 0);
    Mix mix = new Mix(nodes, Unit.GPUS, random -> share(30 + random.nextInt(920)));

    assertPacks(mix, 97.86, 98.17, 97.04);
  }

  @Test
  void halfOfTheGpusInSetsOfTwoFourAndEight() {
    List<NodeSpec> nodes = nodes(40, 8, h100(), GpuMode.PLAIN, 0);
    int[] sets = {2, 2, 2, 2, 4, 4, 8};
    // 24 / 7 = 3.4 GPUs of a set against 0.5 of a part: one set to seven parts
    Mix mix =
        new Mix(
            nodes,
            Unit.GPUS,
            random ->
                random.nextInt(8) == 0
                    ? whole(sets[random.nextInt(sets.length)])
                    : share(100 * (1 + random.nextInt(9))));

    assertPacks(mix, 98.78, 99.34, 99.25);
  }

  @Test
  void aThirdOfThePodsBoundToAModel() {
    List<NodeSpec> nodes = new ArrayList<>();
    String[] names = {"T4", "P100-16GB", "V100-16GB", "A2"};
    for (int i = 0; i < 100; i++) {
      GpuModel card = model(names[i % 8 == 0 ? 3 : i % 3]);
      nodes.add(node(name(i)).with(2 + i % 3, card, GpuMode.PLAIN).spec());
    }
    Mix mix =
        new Mix(
            nodes,
            Unit.GPUS,
            random -> {
              PodDemand pod =
                  random.nextInt(3) == 0 ? whole(1) : share(50 * (2 + random.nextInt(17)));
              String bound = names[random.nextInt(names.length)];
              return random.nextInt(3) == 0 ? on(pod, List.of(bound)) : pod;
            });

    // no lead over first fit here: behind it in two of these eight fleets, in one of them clearly
    assertPinned(run(mix, 8), 98.16, 96.84, 97.73, 97.93, 97.88, 94.28, 98.09, 97.41);
  }

  @Test
  void podsOfWhichSomeNeedMuchCpu() {
    List<NodeSpec> nodes = nodes(60, 4, model("A10"), GpuMode.PLAIN, 64_000);
    Mix mix =
        new Mix(
            nodes,
            Unit.GPUS,
            random -> {
              int milli = 100 * (1 + random.nextInt(10));
              int each = random.nextInt(3) == 0 ? 32_000 : 6000;
              PodDemand pod = milli == 1000 ? whole(1) : share(milli);
              return pod.withCpuMilli(Math.min(60_000, milli * each / 1000));
            });

    assertPacks(mix, 94.96, 94.79, 96.54);
  }

  @Test
  void migAndMpsSideBySide() {
    List<NodeSpec> nodes = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      boolean mig = i % 2 == 0;
      nodes.add(
          node(name(i))
              .with(4, mig ? h100() : a100(), mig ? GpuMode.MIG_DYNAMIC : GpuMode.PLAIN)
              .spec());
    }
    String[] profiles = {"1g.10gb", "2g.20gb", "3g.40gb", "1g.20gb"};
    Mix mix =
        new Mix(
            nodes,
            Unit.MEMORY,
            random ->
                switch (random.nextInt(6)) {
                  case 0, 1 ->
                      PodDemand.of(Demand.profile(profiles[random.nextInt(profiles.length)]));
                  case 2 -> whole(1);
                  default -> memory(2000 + 500 * random.nextInt(60));
                });

    assertPacks(mix, 90.2, 89.55, 89.63);
  }

  @Test
  void cardsOfFifteenFortyAndEightyGigabytesSharedByTheMebibyte() {
    List<NodeSpec> nodes = new ArrayList<>();
    GpuModel[] cards = {model("T4"), a100(), h100()};
    for (int i = 0; i < 75; i++) {
      nodes.add(node(name(i)).with(4, cards[i % 3], GpuMode.PLAIN).spec());
    }
    int[] sizes = {3000, 7630, 8192, 14_000, 16_384, 20_000, 24_576, 38_000, 60_000};
    Mix mix =
        new Mix(
            nodes,
            Unit.MEMORY,
            random ->
                random.nextInt(20) == 0
                    ? whole(1 + random.nextInt(2))
                    : memory(sizes[random.nextInt(sizes.length)]));

    assertPacks(mix, 95.52, 95.73, 95.77);
  }

  // ---- the comparison

  /** How full one fleet gets in three ways. */
  private record Run(double kerf, double firstFit, double bestFit) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT, "kerf %.2f, first fit %.2f, best fit %.2f", kerf, firstFit, bestFit);
    }
  }

  private static List<Run> run(Mix mix, int seeds) {
    List<Run> runs = new ArrayList<>();
    for (int seed = 0; seed < seeds; seed++) {
      List<PodDemand> pods = pods(mix, new Random(seed));
      runs.add(
          new Run(
              kerf(mix, pods),
              naive(NaivePacker.firstFit(), mix, pods),
              naive(NaivePacker.bestFit(), mix, pods)));
    }
    return runs;
  }

  private static void assertPacks(Mix mix, double... pinned) {
    List<Run> runs = run(mix, SEEDS);
    for (Run run : runs) {
      assertThat(run.kerf())
          .as("%s", run)
          .isGreaterThanOrEqualTo(Math.max(run.firstFit(), run.bestFit()) - LUCK);
    }
    double kerf = runs.stream().mapToDouble(Run::kerf).sum();
    assertThat(kerf).as("%s", runs).isGreaterThan(runs.stream().mapToDouble(Run::firstFit).sum());
    assertThat(kerf).as("%s", runs).isGreaterThan(runs.stream().mapToDouble(Run::bestFit).sum());
    assertPinned(runs, pinned);
  }

  private static void assertPinned(List<Run> runs, double... pinned) {
    assertThat(runs).as("%s", runs).extracting(Run::kerf).containsExactly(boxed(pinned));
  }

  private static Double[] boxed(double[] values) {
    Double[] boxed = new Double[values.length];
    for (int i = 0; i < values.length; i++) {
      boxed[i] = values[i];
    }
    return boxed;
  }

  private static List<PodDemand> pods(Mix mix, Random random) {
    Fleet fleet = fleetOf(mix.nodes()).fleet();
    long asked = 0;
    List<PodDemand> pods = new ArrayList<>();
    while (asked < 1.1 * capacity(fleet, mix.unit())) {
      pods.add(mix.pods().apply(random));
      asked += counts(fleet, mix.unit(), pods.get(pods.size() - 1));
    }
    return pods;
  }

  private static double kerf(Mix mix, List<PodDemand> pods) {
    Ledger ledger = fleetOf(mix.nodes());
    Chooser chooser = new Chooser(ledger.fleet());
    return percent(
        ledger,
        mix.unit(),
        pods,
        pod -> {
          chooser.arrived(pod);
          if (chooser.isDue()) {
            chooser.renew();
          }
          Choice choice = chooser.best(chooser.prepare(pod));
          return choice == null ? null : choice.placement();
        });
  }

  private static double naive(NaivePacker packer, Mix mix, List<PodDemand> pods) {
    Ledger ledger = fleetOf(mix.nodes());
    return percent(ledger, mix.unit(), pods, pod -> packer.place(ledger.fleet(), pod));
  }

  /** Chooses where a pod goes. */
  private interface Packer {
    @Nullable Placement place(PodDemand pod);
  }

  private static double percent(Ledger ledger, Unit unit, List<PodDemand> pods, Packer packer) {
    long held = 0;
    for (int i = 0; i < pods.size(); i++) {
      Placement placement = packer.place(pods.get(i));
      if (placement != null) {
        assertThat(ledger.take(Holder.of("p" + i), placement, i)).isEqualTo(Ledger.Taking.TAKEN);
        held += counts(ledger.fleet(), unit, pods.get(i));
      }
    }
    return Math.round(10_000.0 * held / capacity(ledger.fleet(), unit)) / 100.0;
  }

  private static Ledger fleetOf(List<NodeSpec> nodes) {
    Ledger ledger = new Ledger();
    nodes.forEach(ledger::putNode);
    return ledger;
  }

  private static long capacity(Fleet fleet, Unit unit) {
    long sum = 0;
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = Objects.requireNonNull(fleet.at(i));
      for (int gpu = 0; gpu < node.gpus(); gpu++) {
        sum += unit.of(node.gpuModel(gpu));
      }
    }
    return sum;
  }

  /** What a pod holds on the smallest card that serves it; of a MIG GPU by slices. */
  private static long counts(Fleet fleet, Unit unit, PodDemand pod) {
    Demand demand = pod.containers().get(0).demand();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < fleet.models().size(); i++) {
      GpuModel card = fleet.models().get(i);
      boolean wanted = demand.models().isEmpty() || demand.models().contains(card.name());
      long part = wanted ? counts(demand.size(), card, unit.of(card)) : 0;
      least = part > 0 ? Math.min(least, part) : least;
    }
    return demand.gpus() * least;
  }

  private static long counts(Size size, GpuModel card, int whole) {
    if (size instanceof Size.Memory memory) {
      return memory.amount().value() <= card.shareableMiB() ? memory.amount().value() : 0;
    }
    if (size instanceof Size.Profile named) {
      MigProfile profile = card.profile(named.name());
      return profile == null ? 0 : (long) whole * profile.size() / card.slices();
    }
    return size instanceof Size.Fraction fraction ? fraction.part().of(whole) : whole;
  }

  // ---- vocabulary

  private static List<NodeSpec> nodes(
      int number, int gpus, GpuModel card, GpuMode mode, int cpuMilli) {
    List<NodeSpec> nodes = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      NodeSpec spec = node(name(i)).with(gpus, card, mode).spec();
      nodes.add(cpuMilli == 0 ? spec : spec.withHost(cpuMilli, spec.hostMemoryMiB()));
    }
    return nodes;
  }

  private static String name(int index) {
    return String.format(Locale.ROOT, "n%03d", index);
  }

  private static PodDemand share(int milli) {
    return PodDemand.of(Demand.fraction(new Milli(milli)));
  }

  private static PodDemand memory(int mib) {
    return PodDemand.of(Demand.memory(new MemoryMiB(mib)));
  }

  private static PodDemand whole(int gpus) {
    return PodDemand.of(Demand.whole(gpus));
  }

  private static PodDemand on(PodDemand pod, List<String> models) {
    return PodDemand.of(pod.containers().get(0).demand().onModels(models));
  }
}
