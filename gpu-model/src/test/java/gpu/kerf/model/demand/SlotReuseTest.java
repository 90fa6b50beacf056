package gpu.kerf.model.demand;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.demand.PodDemand.Container;
import gpu.kerf.model.demand.PodDemand.Reuse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SlotReuseTest {
  private static final Demand EIGHT = memory(8);
  private static final Demand SIXTEEN = memory(16);
  private static final Demand WHOLE = Demand.whole(1);

  private static Demand memory(int gib) {
    return Demand.memory(new MemoryMiB(gib * 1024));
  }

  private static Container c(String name, Demand demand) {
    return new Container(name, demand);
  }

  private static SlotReuse divided(List<Container> inits, Container... mains) {
    return SlotReuse.of(inits, Set.of("side"), List.of(mains));
  }

  private static Reuse uses(String container, String of) {
    return new Reuse(container, of, false);
  }

  private static Reuse enlarges(String container, String of) {
    return new Reuse(container, of, true);
  }

  @Test
  void anInitContainerThatAsksTheSameUsesTheSlotsOfTheMainOne() {
    SlotReuse slots = divided(List.of(c("init", EIGHT)), c("main", EIGHT));
    assertThat(slots.owners()).containsExactly(c("main", EIGHT));
    assertThat(slots.reuses()).containsExactly(uses("init", "main"));
  }

  @Test
  void theContainerThatAsksTheSameComesBeforeOneThatAsksForMore() {
    SlotReuse slots =
        divided(List.of(c("init", EIGHT)), c("large", SIXTEEN), c("same", EIGHT), c("b", EIGHT));
    assertThat(slots.reuses()).containsExactly(uses("init", "same"));
    assertThat(divided(List.of(c("init", EIGHT)), c("large", SIXTEEN)).reuses())
        .containsExactly(uses("init", "large"));
  }

  @Test
  void anInitContainerWithoutMatesOfItsResourceHasSlotsOfItsOwn() {
    SlotReuse slots = divided(List.of(c("init", EIGHT)), c("main", WHOLE));
    assertThat(slots.owners()).containsExactly(c("init", EIGHT), c("main", WHOLE));
    assertThat(slots.reuses()).isEmpty();
    assertThat(divided(List.of(c("init", EIGHT))).owners()).containsExactly(c("init", EIGHT));
  }

  /** What was counted for the larger slots stands on the container that has them. */
  @Test
  void largerSlotsKeepTheBoundOfTheirContainer() {
    Demand counted = EIGHT.holdingAtMost(20 * 1024);
    SlotReuse slots = divided(List.of(c("init", SIXTEEN)), c("main", counted));
    assertThat(slots.owners()).containsExactly(c("main", SIXTEEN.holdingAtMost(20 * 1024)));
    // 3 GPUs of 81559 MiB are 244677, which is 122338 for each of 2.
    Demand two = Demand.whole(2).holdingAtMost(122_338);
    assertThat(divided(List.of(c("init", Demand.whole(3))), c("main", two)).owners())
        .containsExactly(c("main", Demand.whole(3).holdingAtMost(81_559)));
  }

  /** Kubernetes counts 16Gi: so much is held, and not 24Gi. */
  @Test
  void anInitContainerThatAsksForMoreEnlargesTheSlotsOfTheOnlyMainOne() {
    SlotReuse slots = divided(List.of(c("init", SIXTEEN)), c("main", EIGHT));
    assertThat(slots.owners()).containsExactly(c("main", SIXTEEN));
    assertThat(slots.reuses()).containsExactly(enlarges("init", "main"));
  }

  /** Kubernetes counts 16Gi, and with the larger slots of either 24Gi would be held. */
  @Test
  void twoMainContainersThatAreBothTooSmallRefuseIt() {
    SlotReuse slots = divided(List.of(c("init", SIXTEEN)), c("a", EIGHT), c("b", EIGHT));
    assertThat(slots.refused())
        .containsExactly(
            new SlotReuse.Refused(c("init", SIXTEEN), List.of(c("a", EIGHT), c("b", EIGHT))));
  }

  @Test
  void whatCannotBeComparedIsRefused() {
    Demand mig = EIGHT.withWall(WallChoice.MIG);
    Demand mps = SIXTEEN.withWall(WallChoice.MPS);
    assertThat(divided(List.of(c("init", mps)), c("main", mig)).refused()).hasSize(1);
  }

  @Test
  void initContainersUseTheSlotsOfEachOther() {
    SlotReuse slots =
        divided(List.of(c("a", EIGHT), c("b", SIXTEEN), c("d", EIGHT)), c("main", WHOLE));
    assertThat(slots.owners()).containsExactly(c("a", SIXTEEN), c("main", WHOLE));
    assertThat(slots.reuses()).containsExactly(enlarges("b", "a"), uses("d", "a"));
  }

  @Test
  void aSidecarGivesItsSlotsToTheInitContainersBeforeItAlone() {
    assertThat(divided(List.of(c("init", EIGHT), c("side", EIGHT))).reuses())
        .containsExactly(uses("init", "side"));
    SlotReuse beside = divided(List.of(c("side", EIGHT), c("init", EIGHT)));
    assertThat(beside.owners()).containsExactly(c("side", EIGHT), c("init", EIGHT));
    assertThat(beside.reuses()).isEmpty();
  }

  /**
   * With a sidecar of 16Gi in place of 8Gi, and 16Gi for the init container beside it, 32Gi would
   * be held and 24Gi counted.
   */
  @Test
  void theSlotsOfASidecarAreNotEnlarged() {
    SlotReuse slots = divided(List.of(c("first", SIXTEEN), c("side", EIGHT), c("second", SIXTEEN)));
    assertThat(slots.refused()).hasSize(1);
    assertThat(slots.owners()).containsExactly(c("side", EIGHT), c("second", SIXTEEN));
  }

  @Test
  void mainContainersNeverUseTheSlotsOfEachOther() {
    SlotReuse slots = divided(List.of(), c("a", EIGHT), c("b", EIGHT));
    assertThat(slots.owners()).containsExactly(c("a", EIGHT), c("b", EIGHT));
    assertThat(slots.reuses()).isEmpty();
  }

  @Test
  void moreGpusLargerSlotsAndNarrowerConditionsCover() {
    Demand any = EIGHT.onModels(List.of("A", "B"));
    assertThat(Demand.whole(8).covers(WHOLE)).isTrue();
    assertThat(WHOLE.covers(Demand.whole(8))).isFalse();
    assertThat(SIXTEEN.covers(EIGHT)).isTrue();
    assertThat(WHOLE.covers(EIGHT)).as("a GPU may have less").isFalse();
    assertThat(EIGHT.withWall(WallChoice.MIG).covers(EIGHT)).isTrue();
    assertThat(EIGHT.covers(EIGHT.withWall(WallChoice.MIG))).isFalse();
    assertThat(EIGHT.withSm(new Milli(200)).covers(EIGHT)).isTrue();
    assertThat(EIGHT.withSm(new Milli(200)).covers(EIGHT.withSm(new Milli(300)))).isFalse();
    assertThat(any.onModels(List.of("A")).covers(any)).isTrue();
    assertThat(any.covers(any.onModels(List.of("A")))).isFalse();
    assertThat(EIGHT.covers(any)).isFalse();
    assertThat(Demand.fraction(new Milli(500)).covers(Demand.fraction(new Milli(250)))).isTrue();
    assertThat(Demand.profile("2g.20gb").covers(Demand.profile("1g.10gb"))).isFalse();
    assertThat(Demand.profile("1g.10gb").covers(Demand.profile("1g.10gb"))).isTrue();
    Size nominal = new Size.Memory(new MemoryMiB(8192), true);
    assertThat(nominal.covers(EIGHT.size())).as("an instance has a little less").isFalse();
  }

  @Test
  void noPodHoldsMoreThanKubernetesCountsAndNoSlotServesTwoAtOnce() {
    for (long seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      for (int round = 0; round < 500; round++) {
        List<Container> inits = random(random, "i", random.nextInt(4));
        List<Container> mains = random(random, "m", random.nextInt(3));
        Set<String> sidecars = new HashSet<>();
        inits.stream()
            .filter(each -> random.nextBoolean())
            .forEach(each -> sidecars.add(each.name()));
        SlotReuse slots = SlotReuse.of(inits, sidecars, mains);
        String pod = "seed " + seed + ": " + inits + " with sidecars " + sidecars + ", " + mains;
        check(slots, inits, sidecars, mains, pod);
      }
    }
  }

  private static List<Container> random(Random random, String prefix, int count) {
    List<Container> containers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Demand demand =
          random.nextInt(4) == 0
              ? Demand.whole(1 + random.nextInt(3))
              : memory(1 + random.nextInt(4));
      boolean walled = demand.size() instanceof Size.Memory && random.nextInt(4) == 0;
      containers.add(c(prefix + i, walled ? demand.withWall(WallChoice.MIG) : demand));
    }
    return containers;
  }

  private static void check(
      SlotReuse slots,
      List<Container> inits,
      Set<String> sidecars,
      List<Container> mains,
      String pod) {
    List<Container> asking = new ArrayList<>(inits);
    asking.addAll(mains);
    List<String> names = asking.stream().map(Container::name).toList();
    assertThat(slots.owners().size() + slots.reuses().size() + slots.refused().size())
        .as(pod)
        .isEqualTo(asking.size());
    for (boolean whole : new boolean[] {true, false}) {
      assertThat(held(slots.owners(), whole))
          .as(pod)
          .isLessThanOrEqualTo(counted(inits, sidecars, mains, whole));
    }
    for (Reuse reuse : slots.reuses()) {
      int user = names.indexOf(reuse.container());
      int owner = names.indexOf(reuse.of());
      boolean lasts = owner >= inits.size() || sidecars.contains(reuse.of());
      assertThat(user < inits.size() && !sidecars.contains(reuse.container())).as(pod).isTrue();
      assertThat(lasts && owner < user).as(pod + " " + reuse).isFalse();
    }
    PodDemand demand = new PodDemand(slots.owners(), 0, 0);
    for (Container owner : demand.containers()) {
      Container asked = asking.get(names.indexOf(owner.name()));
      assertThat(owner.demand().covers(asked.demand())).as(pod).isTrue();
    }
  }

  /** Of one resource, in GiB or GPUs. */
  private static long held(List<Container> containers, boolean whole) {
    return containers.stream().mapToLong(each -> amount(each, whole)).sum();
  }

  private static long amount(Container container, boolean whole) {
    Demand demand = container.demand();
    if (demand.size() instanceof Size.Whole) {
      return whole ? demand.gpus() : 0;
    }
    return whole ? 0 : (long) demand.memoryMiB(1) * demand.gpus();
  }

  /** As kube-scheduler and quota add a pod's requests up. */
  private static long counted(
      List<Container> inits, Set<String> sidecars, List<Container> mains, boolean whole) {
    long beside = 0;
    long most = 0;
    for (Container init : inits) {
      long amount = amount(init, whole);
      beside += sidecars.contains(init.name()) ? amount : 0;
      most = Math.max(most, sidecars.contains(init.name()) ? beside : beside + amount);
    }
    return Math.max(most, beside + held(mains, whole));
  }
}
