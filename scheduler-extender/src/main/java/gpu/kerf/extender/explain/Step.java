package gpu.kerf.extender.explain;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.Milli;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.demand.WallChoice;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One change that a user could make in a manifest.
 *
 * @param text what to do
 * @param loss what the user loses by it, in thousandths of the demand
 * @param annotations to set on the pod; null removes one
 * @param container whose limits to set; empty if none are
 * @param limits to set there; null removes one
 * @param demand what the pod asks afterwards
 */
record Step(
    String text,
    int loss,
    Map<String, @Nullable String> annotations,
    String container,
    Map<String, @Nullable String> limits,
    PodDemand demand) {

  static final String MEMORY = "kerf.gpu/memory";
  static final String WHOLE = "kerf.gpu/whole";
  static final String WALL = "kerf.gpu/wall";
  static final String SM = "kerf.gpu/sm-percent";
  static final String SPLIT = "kerf.gpu/split";
  static final String MODELS = "kerf.gpu/models";

  /** Another model is slower or faster, but does the same. */
  private static final int LOSS_OF_MODELS = 100;

  private static final int LOSS_OF_SM = 150;
  private static final int LOSS_OF_WALL = 200;

  /** The program must know how to use several GPUs. */
  private static final int LOSS_BY_SPLIT = 250;

  private static final int LOSS_PER_PART = 25;
  private static final int LOSS_OF_BEING_ALONE = 300;

  /** What can be left out, so that more places serve. */
  static List<Step> relaxations(PodDemand pod) {
    List<Step> steps = new ArrayList<>();
    if (any(pod, demand -> demand.wall() != WallChoice.ANY && !isProfile(demand))) {
      steps.add(without("accept any wall", WALL, LOSS_OF_WALL, pod, demand -> withoutWall(demand)));
    }
    if (any(pod, demand -> demand.sm() != null)) {
      steps.add(without("set no multiprocessors aside", SM, LOSS_OF_SM, pod, Step::withoutSm));
    }
    if (any(pod, demand -> !demand.models().isEmpty())) {
      steps.add(
          without(
              "accept any GPU model",
              MODELS,
              LOSS_OF_MODELS,
              pod,
              demand -> demand.onModels(List.of())));
    }
    return steps;
  }

  private static boolean any(PodDemand pod, Predicate<Demand> condition) {
    return pod.containers().stream().anyMatch(each -> condition.test(each.demand()));
  }

  private static Step without(
      String text, String key, int loss, PodDemand pod, UnaryOperator<Demand> change) {
    Map<String, @Nullable String> annotations = new LinkedHashMap<>();
    annotations.put(key, null);
    return new Step(
        text + " (leave out " + key + ")", loss, annotations, "", Map.of(), each(pod, change));
  }

  static boolean isProfile(Demand demand) {
    return demand.size() instanceof Size.Profile;
  }

  private static Demand withoutWall(Demand demand) {
    return isProfile(demand) ? demand : demand.withWall(WallChoice.ANY);
  }

  private static Demand withoutSm(Demand demand) {
    return new Demand(demand.size(), demand.gpus(), demand.wall(), null, demand.models());
  }

  static PodDemand each(PodDemand pod, UnaryOperator<Demand> change) {
    List<PodDemand.Container> containers = new ArrayList<>();
    for (PodDemand.Container each : pod.containers()) {
      containers.add(new PodDemand.Container(each.name(), change.apply(each.demand())));
    }
    return pod.withContainers(containers);
  }

  /** The pod with another demand of one container. */
  static PodDemand with(PodDemand pod, int container, Demand demand) {
    List<PodDemand.Container> containers = new ArrayList<>(pod.containers());
    containers.set(container, new PodDemand.Container(containers.get(container).name(), demand));
    return pod.withContainers(containers);
  }

  static Demand sized(Demand demand, Size size, int gpus) {
    return new Demand(size, gpus, demand.wall(), demand.sm(), demand.models());
  }

  static PodDemand withMemory(PodDemand pod, int container, int mib) {
    Demand demand = pod.containers().get(container).demand();
    MemoryMiB amount = new MemoryMiB(mib);
    Size size =
        demand.size() instanceof Size.Memory old ? old.with(amount) : new Size.Memory(amount);
    return with(pod, container, sized(demand, size, demand.gpus()));
  }

  static PodDemand withFraction(PodDemand pod, int container, int milli) {
    Demand demand = pod.containers().get(container).demand();
    return with(pod, container, sized(demand, new Size.Fraction(new Milli(milli)), demand.gpus()));
  }

  static PodDemand withGpus(PodDemand pod, int container, int gpus) {
    Demand demand = pod.containers().get(container).demand();
    return with(pod, container, sized(demand, demand.size(), gpus));
  }

  static Step lessMemory(PodDemand pod, int container, int mib) {
    PodDemand.Container old = pod.containers().get(container);
    int asked = ((Size.Memory) old.demand().size()).amount().value();
    int gpus = old.demand().gpus();
    String written = DemandText.memory(mib * gpus);
    return new Step(
        "ask for " + written + " instead of " + DemandText.memory(asked * gpus) + of(pod, old),
        lost(asked, mib),
        Map.of(),
        old.name(),
        Map.of(MEMORY, written),
        withMemory(pod, container, mib));
  }

  static Step lessOfGpu(PodDemand pod, int container, int milli) {
    PodDemand.Container old = pod.containers().get(container);
    int asked = ((Size.Fraction) old.demand().size()).part().value();
    return new Step(
        "ask for "
            + DemandText.percent(milli)
            + " of a GPU instead of "
            + DemandText.percent(asked)
            + of(pod, old),
        lost(asked, milli),
        Map.of(),
        old.name(),
        Map.of(),
        withFraction(pod, container, milli));
  }

  static Step fewerGpus(PodDemand pod, int container, int gpus) {
    PodDemand.Container old = pod.containers().get(container);
    int asked = old.demand().gpus();
    Map<String, @Nullable String> limits =
        old.demand().size() instanceof Size.Whole ? Map.of(WHOLE, String.valueOf(gpus)) : Map.of();
    return new Step(
        "ask for " + gpus + (gpus == 1 ? " GPU" : " GPUs") + " instead of " + asked + of(pod, old),
        lost(asked, gpus),
        Map.of(),
        old.name(),
        limits,
        withGpus(pod, container, gpus));
  }

  /** A share of memory instead of the whole GPU. */
  static Step partOfGpu(PodDemand pod, int mib, int wholeMiB) {
    PodDemand.Container old = pod.containers().get(0);
    Map<String, @Nullable String> limits = new LinkedHashMap<>();
    limits.put(WHOLE, null);
    limits.put(MEMORY, DemandText.memory(mib));
    return new Step(
        "share a GPU: ask for " + MEMORY + " " + DemandText.memory(mib) + " instead of a whole GPU",
        LOSS_OF_BEING_ALONE + Math.max(0, lost(wholeMiB, mib)),
        Map.of(),
        old.name(),
        limits,
        withMemory(pod, 0, mib));
  }

  /** The same memory over more GPUs. */
  static Step split(PodDemand pod, int parts) {
    return new Step(
        "split it over " + parts + " GPUs (" + SPLIT + ": \"" + parts + "\")",
        LOSS_BY_SPLIT + LOSS_PER_PART * (parts - 2),
        Map.of(SPLIT, String.valueOf(parts)),
        "",
        Map.of(),
        splitOver(pod, parts));
  }

  static PodDemand splitOver(PodDemand pod, int parts) {
    return each(
        pod,
        demand -> {
          Size.Memory each = (Size.Memory) demand.size();
          int total = each.amount().value() * demand.gpus();
          MemoryMiB part = new MemoryMiB(total).dividedBy(parts);
          return sized(demand, each.with(part), parts);
        });
  }

  static Step lessCpu(PodDemand pod, int milli) {
    return new Step(
        "ask for CPU " + DemandText.cpu(milli) + " instead of " + DemandText.cpu(pod.cpuMilli()),
        lost(pod.cpuMilli(), milli),
        Map.of(),
        "",
        Map.of(),
        pod.withCpuMilli(milli));
  }

  static Step lessHostMemory(PodDemand pod, int mib) {
    return new Step(
        "ask for memory "
            + DemandText.memory(mib)
            + " of the node instead of "
            + DemandText.memory(pod.hostMemoryMiB()),
        lost(pod.hostMemoryMiB(), mib),
        Map.of(),
        "",
        Map.of(),
        pod.withHostMemoryMiB(mib));
  }

  private static int lost(int asked, int left) {
    return (int) ((1000L * (asked - left) + asked - 1) / asked);
  }

  private static String of(PodDemand pod, PodDemand.Container container) {
    List<String> names = new ArrayList<>(List.of(container.name()));
    pod.reuses().stream()
        .filter(each -> each.of().equals(container.name()))
        .forEach(each -> names.add(each.container()));
    if (names.size() > 1) {
      return " for each of the containers " + String.join(", ", names);
    }
    return pod.containers().size() == 1 ? "" : " for container " + container.name();
  }
}
