package gpu.kerf.bench.replay.openb;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Makes synthetic fleets and pods in the form of openb traces with very different sizes. A result
 * that holds on these too is no accident of one trace.
 *
 * <p>The pods together ask for about all GPUs of the fleet.
 */
final class TraceMaker {

  private static final int GIB = 1024;

  /** One kind of node or of size, and how often it comes against the others. */
  private record Weighted<T>(int weight, T value) {}

  private record NodeKind(String model, int gpus, int cpus, int memoryGib) {}

  private static final List<Weighted<NodeKind>> NODES =
      List.of(
          new Weighted<>(30, new NodeKind("H100", 8, 160, 1536)),
          new Weighted<>(15, new NodeKind("A100", 8, 96, 768)),
          new Weighted<>(20, new NodeKind("A30", 4, 64, 384)),
          new Weighted<>(20, new NodeKind("L4", 2, 48, 192)),
          new Weighted<>(10, new NodeKind("L4", 1, 16, 64)),
          new Weighted<>(5, new NodeKind("L40S", 4, 40, 256)));

  private static final List<Weighted<Integer>> SHARES =
      List.of(
          new Weighted<>(10, 90),
          new Weighted<>(22, 125),
          new Weighted<>(9, 180),
          new Weighted<>(24, 250),
          new Weighted<>(12, 350),
          new Weighted<>(9, 500),
          new Weighted<>(8, 550),
          new Weighted<>(6, 700));

  private static final List<Weighted<Integer>> SEVERAL =
      List.of(new Weighted<>(50, 2), new Weighted<>(30, 4), new Weighted<>(20, 8));

  private static final List<Weighted<List<String>>> LISTS =
      List.of(
          new Weighted<>(40, List.of("H100")),
          new Weighted<>(25, List.of("A100", "H100")),
          new Weighted<>(20, List.of("L4")),
          new Weighted<>(15, List.of("A30", "L40S")));

  private static final List<Weighted<Integer>> CPUS_PER_GPU =
      List.of(
          new Weighted<>(30, 6),
          new Weighted<>(40, 11),
          new Weighted<>(20, 15),
          new Weighted<>(10, 22));

  private static final List<Weighted<Integer>> CPUS_ALONE =
      List.of(new Weighted<>(40, 2), new Weighted<>(40, 6), new Weighted<>(20, 14));

  private final Random random;
  private final Shape shape;
  private final int nodes;
  private final List<String> nodeLines = new ArrayList<>();
  private final List<Ask> pods = new ArrayList<>();
  private long capacity;

  TraceMaker(Shape shape, int nodes, long seed) {
    this.shape = shape;
    this.nodes = nodes;
    this.random = new Random(seed);
    makeNodes();
    makePods();
  }

  MadeTrace make() {
    return MadeTrace.arriving(nodeLines, pods, capacity / Ask.WHOLE, random);
  }

  private void makeNodes() {
    nodeLines.add("sn,cpu_milli,memory_mib,gpu,model");
    for (int i = 0; i < nodes; i++) {
      NodeKind kind = pick(NODES);
      capacity += (long) kind.gpus() * Ask.WHOLE;
      nodeLines.add(
          "node-%06d,%d,%d,%d,%s"
              .formatted(i, kind.cpus() * 1000, kind.memoryGib() * GIB, kind.gpus(), kind.model()));
    }
  }

  private void makePods() {
    for (long asked = 0; asked < capacity; asked += pods.get(pods.size() - 1).total()) {
      pods.add(makePodThatFitsSomewhere());
    }
  }

  private Ask makePodThatFitsSomewhere() {
    Ask pod = makePod();
    while (!fitsSomewhere(pod)) {
      pod = makePod();
    }
    return pod;
  }

  private static boolean fitsSomewhere(Ask pod) {
    return NODES.stream()
        .map(Weighted::value)
        .anyMatch(
            node ->
                pod.gpus() <= node.gpus()
                    && pod.cpuMilli() <= node.cpus() * 1000
                    && pod.memoryMiB() <= node.memoryGib() * GIB
                    && (pod.gpus() == 0 || pod.accepts(node.model())));
  }

  private Ask makePod() {
    int kind = random.nextInt(100);
    if (kind < shape.cpuOnly()) {
      int cpus = pick(CPUS_ALONE) * shape.cpuFactor();
      return new Ask(cpus * 1000, cpus * 4 * GIB, 0, 0, List.of());
    }
    boolean share = kind < shape.cpuOnly() + shape.shares();
    boolean several = kind >= 100 - shape.several();
    int gpus = several ? pick(SEVERAL) : 1;
    int milli = share ? pick(SHARES) : Ask.WHOLE;
    int cpuMilli = Math.max(500, pick(CPUS_PER_GPU) * gpus * milli);
    List<String> models = random.nextInt(100) < shape.typed() ? pick(LISTS) : List.of();
    return new Ask(cpuMilli, cpuMilli * 4 / 1000 * GIB, gpus, milli, models);
  }

  private <T> T pick(List<Weighted<T>> choices) {
    int place = random.nextInt(choices.stream().mapToInt(Weighted::weight).sum());
    int i = 0;
    while (place >= choices.get(i).weight()) {
      place -= choices.get(i++).weight();
    }
    return choices.get(i).value();
  }
}
