package gpu.kerf.model.eviction;

import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.node;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.placement.Placement;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/**
 * Measures how long it takes to find victims on a fleet of so many nodes with 8 GPUs, each full of
 * 12 shares.
 */
public final class EvictionCost {

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final int GPUS = 8;
  private static final int SHARES = 12;
  private static final long SLICE_NANOS = 5_000_000;

  private EvictionCost() {}

  public static void main(String[] args) {
    int nodes = Integer.parseInt(args[0]);
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
    for (int containers : new int[] {1, 4}) {
      for (boolean alike : new boolean[] {true, false}) {
        measure(nodes, containers, alike, rounds);
      }
    }
  }

  private static void measure(int nodes, int containers, boolean alike, int rounds) {
    Scene scene = fleet(nodes);
    List<String> names = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      names.add(name(i));
    }
    Request request = scene.request(9, demand(containers, alike));
    EvictionPlanner planner = scene.planner();
    for (int round = 0; round < rounds; round++) {
      scene.placer().startDecision();
      FleetSearch search =
          planner.search(
              request, names, node -> NodeCandidates.of(scene.ledger, node, scene::marked));
      report(search, containers + (alike ? " alike: " : " different: "));
    }
  }

  /** Searches in slices, as the service does. */
  private static void report(FleetSearch search, String what) {
    long longest = 0;
    long sum = 0;
    int slices = 0;
    long first = 0;
    while (!search.isOver()) {
      long began = cpuNanos();
      search.goOn(() -> cpuNanos() - began < SLICE_NANOS);
      long took = cpuNanos() - began;
      longest = Math.max(longest, took);
      sum += took;
      slices++;
      first = first == 0 && search.result().best() != null ? sum : first;
    }
    PlanOutcome.Plan best = Objects.requireNonNull(search.result().best());
    System.out.printf(
        "%-14s %4.0f ms (first plan %4.0f ms) in %3d slices, the longest %.1f ms: %s %s%n",
        what, sum / 1e6, first / 1e6, slices, longest / 1e6, best.search(), best.harm());
  }

  /** Of this thread alone: others may run on the machine. */
  private static long cpuNanos() {
    return THREADS.getCurrentThreadCpuTime();
  }

  private static PodDemand demand(int containers, boolean alike) {
    List<PodDemand.Container> list = new ArrayList<>();
    for (int i = 0; i < containers; i++) {
      MemoryMiB memory = new MemoryMiB(alike ? 20_000 : 14_000 + 8_000 * i);
      list.add(new PodDemand.Container("c" + i, Demand.memory(memory)));
    }
    return new PodDemand(list, 16_000, 64_000);
  }

  private static Scene fleet(int nodes) {
    Random random = new Random(20261129);
    Scene scene = new Scene();
    for (int i = 0; i < nodes; i++) {
      scene.ledger.putNode(
          node(name(i))
              .with(GPUS, h100(), GpuMode.PLAIN)
              .cpu(192_000)
              .hostMemory(2_000_000)
              .spec());
      for (int pod = 0; pod < GPUS * SHARES; pod++) {
        Holder holder = Holder.of(i + "-" + pod).withPriority(random.nextInt(5));
        Placement placed = Scene.placement(name(i), 1_900, Scene.share(pod % GPUS, 6_500));
        scene.pod(holder, Scene.NOW - random.nextInt(100_000), placed);
      }
    }
    return scene;
  }

  private static String name(int i) {
    return "n%05d".formatted(i);
  }
}
