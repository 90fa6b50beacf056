package gpu.kerf.model.eviction;

import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.node;
import static gpu.kerf.model.eviction.Scene.NOW;
import static gpu.kerf.model.eviction.Scene.placement;
import static gpu.kerf.model.eviction.Scene.share;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.placement.Reason;
import gpu.kerf.model.placement.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A search over many nodes that pauses, and a fleet that changes meanwhile. */
class FleetSearchTest {

  private static final long SEED = 20261129;
  private static final PodDemand HALF = PodDemand.of(Demand.memory(new MemoryMiB(40_000)));

  /** Stops after so many steps, again and again. */
  private static BooleanSupplier slices(int steps) {
    int[] left = {steps};
    return () -> {
      left[0] = left[0] <= 1 ? steps : left[0] - 1;
      return left[0] != steps;
    };
  }

  private static FleetPlan searched(FleetSearch search, BooleanSupplier mayGoOn) {
    boolean over = false;
    while (!over) {
      over = search.goOn(mayGoOn);
    }
    return search.result();
  }

  private static FleetSearch search(Scene scene, Request request, List<String> nodes) {
    return scene
        .planner()
        .search(request, nodes, name -> NodeCandidates.of(scene.ledger, name, scene::marked));
  }

  /** Plain nodes with random pods; every third also has groups and budgets. */
  private static Scene fleet(Random random, int nodes) {
    Scene scene = new Scene();
    for (int i = 0; i < nodes; i++) {
      String name = "n" + i;
      scene.ledger.putNode(node(name).with(4, h100(), GpuMode.PLAIN).cpu(64_000).spec());
      for (int pod = 0; pod < 4 * (5 + random.nextInt(2)); pod++) {
        Holder holder = Holder.of(name + "-" + pod).withPriority(random.nextInt(6));
        boolean grouped = i % 3 == 0 && random.nextInt(3) == 0;
        scene.pod(
            grouped ? holder.inGroup("g" + random.nextInt(2)) : holder,
            NOW - random.nextInt(10_000),
            placement(name, 3_000, share(pod % 4, 10_000 + random.nextInt(3_500))));
        if (i % 3 == 0 && random.nextInt(4) == 0) {
          scene.covered(holder.uid(), "web");
        }
      }
    }
    boolean respected = random.nextBoolean();
    Map<String, Integer> allowed = Map.of("web", random.nextInt(2));
    return scene.within(respected ? Budgets.respect(allowed) : Budgets.prefer(allowed));
  }

  private static List<String> names(int nodes) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      names.add("n" + i);
    }
    return names;
  }

  private static PodDemand demand(Random random) {
    List<PodDemand.Container> containers = new ArrayList<>();
    for (int i = 0; i <= random.nextInt(4); i++) {
      MemoryMiB memory = new MemoryMiB(10_000 * (1 + random.nextInt(5)));
      containers.add(new PodDemand.Container("c" + i, Demand.memory(memory)));
    }
    return new PodDemand(containers, 1000 * random.nextInt(20), 0);
  }

  @Test
  void whereTheSearchPausesMakesNoDifference() {
    int plans = 0;
    for (int i = 0; i < 60; i++) {
      Random random = new Random(SEED + i);
      Scene scene = fleet(random, 12);
      Request request = scene.request(1 + random.nextInt(6), demand(random));
      FleetPlan whole = searched(search(scene, request, names(12)), () -> true);
      for (int steps : new int[] {1, 2, 17, 400}) {
        FleetPlan sliced = searched(search(scene, request, names(12)), slices(steps));
        assertThat(sliced).as("seed %d, %d steps", SEED + i, steps).isEqualTo(whole);
      }
      plans += whole.best() == null ? 0 : 1;
    }
    assertThat(plans).isGreaterThan(20);
  }

  @Test
  void noNodeThatIsPassedOverHasALessHarmfulPlan() {
    int plans = 0;
    for (int i = 0; i < 100; i++) {
      Random random = new Random(SEED - i);
      Scene scene = fleet(random, 8);
      // One slot is searched to the end on every node.
      PodDemand one = PodDemand.of(Demand.memory(new MemoryMiB(10_000 * (2 + random.nextInt(5)))));
      Request request = scene.request(1 + random.nextInt(6), one);
      PlanOutcome.@Nullable Plan each = scene.planAll(request, names(8)).best();
      PlanOutcome.@Nullable Plan best =
          searched(search(scene, request, names(8)), () -> true).best();
      assertThat(best).as("seed %d", SEED - i).isEqualTo(each);
      plans += best == null || best.victims().isEmpty() ? 0 : 1;
    }
    assertThat(plans).isGreaterThan(30);
  }

  @Test
  void aPauseComesAfterEveryStep() {
    Scene scene = fleet(new Random(SEED), 12);
    FleetSearch search = search(scene, scene.request(9, HALF), names(12));
    int pauses = 0;
    while (!search.goOn(() -> false)) {
      pauses++;
    }
    assertThat(pauses).isGreaterThan(30);
  }

  @Test
  void theLastOfAThousandNodesIsFoundIfItAloneHelps() {
    Scene scene = new Scene();
    for (int i = 0; i < 1_000; i++) {
      fullNode(scene, "n" + i, i == 999 ? 1 : 9);
    }
    PlanOutcome.Plan best = best(search(scene, scene.request(5, HALF), names(1_000)));
    assertThat(best.node()).isEqualTo("n999");
  }

  @Test
  void aNodeThatTheLedgerDoesNotKnowIsReportedAndTheOthersAreSearched() {
    Scene scene = new Scene();
    fullNode(scene, "a", 1);
    FleetPlan plan =
        searched(search(scene, scene.request(5, HALF), List.of("gone", "a")), () -> true);
    assertThat(plan.outcomes().get(0))
        .isEqualTo(
            new PlanOutcome.NoHelp("gone", Verdict.of(Reason.NO_GPUS), PlanOutcome.Obstacle.NODE));
    assertThat(Objects.requireNonNull(plan.best()).node()).isEqualTo("a");
    assertThat(searched(search(scene, scene.request(5, HALF), List.of()), () -> true).best())
        .isNull();
  }

  /** One GPU with two pods of 40,000 MiB, of which the second has run longer. */
  private static void fullNode(Scene scene, String name, int priority) {
    scene.ledger.putNode(node(name).with(1, h100(), GpuMode.PLAIN).spec());
    for (int pod = 0; pod < 2; pod++) {
      scene.pod(
          Holder.of(name + "-" + pod).withPriority(priority),
          NOW - 1000L * (1 + pod),
          placement(name, 0, share(0, 40_000)));
    }
  }

  private static PlanOutcome.Plan best(FleetSearch search) {
    return Objects.requireNonNull(searched(search, () -> true).best());
  }

  // ---- the fleet changes while the search pauses

  private static Scene twoNodes() {
    Scene scene = new Scene();
    fullNode(scene, "a", 1);
    fullNode(scene, "b", 2);
    return scene;
  }

  private static final List<String> BOTH = List.of("a", "b");

  @Test
  void aPlanThatStandsIsConfirmed() {
    Scene scene = twoNodes();
    Request request = scene.request(5, HALF);
    FleetSearch search = search(scene, request, BOTH);
    assertThat(best(search).victimUids()).containsExactly("a-0");
    assertThat(search.confirmed(request)).isEqualTo(search.result().best());
    assertThat(search.isOver()).isTrue();
  }

  @Test
  void aVictimThatHasGoneByItselfSparesTheOthers() {
    Scene scene = twoNodes();
    Request request = scene.request(5, HALF);
    FleetSearch search = search(scene, request, BOTH);
    assertThat(best(search).victimUids()).containsExactly("a-0");
    scene.ledger.release("a-0");
    assertThat(search.confirmed(request)).isNull();
    assertThat(search.isOver()).isFalse();
    assertThat(best(search).victims()).isEmpty();
    assertThat(Objects.requireNonNull(search.confirmed(request)).node()).isEqualTo("a");
  }

  @Test
  void aVictimOfWhichNoneIsNeededAnyMoreIsSpared() {
    Scene scene = twoNodes();
    Request request = scene.request(5, HALF);
    FleetSearch search = search(scene, request, BOTH);
    assertThat(best(search).victimUids()).containsExactly("a-0");
    scene.ledger.release("a-1");
    assertThat(search.confirmed(request)).isNull();
    assertThat(best(search).victims()).isEmpty();
  }

  @Test
  void whereTheBestNodeIsGoneTheNextBestIsTaken() {
    Scene scene = twoNodes();
    Request request = scene.request(5, HALF);
    FleetSearch search = search(scene, request, BOTH);
    assertThat(best(search).node()).isEqualTo("a");
    scene.ledger.removeNode("a");
    assertThat(search.confirmed(request)).isNull();
    // b was passed over, because no plan there could be better; now it is searched.
    assertThat(best(search).node()).isEqualTo("b");
    assertThat(search.confirmed(request)).isNotNull();
  }

  @Test
  void aBudgetThatHasRunOutForbidsThePlan() {
    Scene scene = twoNodes().covered("a-0", "web").covered("a-1", "web");
    Request request = scene.request(5, HALF).within(Budgets.respect(Map.of("web", 1)));
    FleetSearch search = search(scene, request, BOTH);
    assertThat(best(search).victimUids()).containsExactly("a-0");
    Request later = request.within(Budgets.respect(Map.of("web", 0)));
    assertThat(search.confirmed(later)).isNull();
    assertThat(best(search).node()).isEqualTo("b");
  }

  @Test
  void aNodeThatNeverComesToRestIsGivenUp() {
    Scene scene = new Scene();
    fullNode(scene, "a", 1);
    Request request = scene.request(5, HALF);
    FleetSearch search = search(scene, request, List.of("a"));
    int rounds = 0;
    for (PlanOutcome.Plan plan = searched(search, () -> true).best();
        plan != null;
        plan = searched(search, () -> true).best()) {
      String victim = plan.victimUids().get(0);
      scene.ledger.release(victim);
      scene.pod(
          Holder.of("again-" + rounds++).withPriority(1),
          NOW - 1_000,
          placement("a", 0, share(0, 40_000)));
      assertThat(search.confirmed(request)).isNull();
    }
    assertThat(rounds).isBetween(2, 20);
    assertThat(search.isOver()).isTrue();
  }
}
