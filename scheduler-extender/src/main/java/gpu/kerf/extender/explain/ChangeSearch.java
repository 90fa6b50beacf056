package gpu.kerf.extender.explain;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placer;
import gpu.kerf.model.placement.PreparedDemand;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds changes of a demand that would fit, by trying them on the fleet as it is.
 *
 * <p>It tries to leave out a condition (wall, models, multiprocessors), to ask for the largest
 * amount that fits (memory, GPUs, a fraction, CPU), and to split the memory over more GPUs. If no
 * single change helps, it leaves out conditions together, and together with one of the other
 * changes. It finds amounts by bisection: a demand that fits with a large amount also fits with a
 * smaller one.
 */
final class ChangeSearch {

  private static final int MOST_PARTS = 8;

  /** Less than such a part of what was asked is no answer. */
  private static final int WORTH_WHILE = 10;

  private final Fleet fleet;
  private final Placer placer;
  private final Predicate<String> offered;

  /**
   * @param offered whether a node is one that the pod may go to
   */
  ChangeSearch(Fleet fleet, Placer placer, Predicate<String> offered) {
    this.offered = offered;
    this.fleet = fleet;
    this.placer = placer;
  }

  /** All that would help, the least loss first. */
  List<Change> of(PodDemand pod) {
    List<Change> changes = new ArrayList<>();
    List<Step> relaxations = Step.relaxations(pod);
    relaxations.forEach(step -> addIfFits(List.of(step), changes));
    amounts(pod).forEach(step -> addIfFits(List.of(step), changes));
    if (changes.isEmpty()) {
      together(pod, relaxations, changes);
    }
    changes.sort(Comparator.comparingInt(Change::loss));
    return changes;
  }

  /** Leaves out several conditions, and then tries amounts too. */
  private void together(PodDemand pod, List<Step> all, List<Change> changes) {
    for (int set = 1; set < 1 << all.size(); set++) {
      List<Step> steps = new ArrayList<>();
      PodDemand loose = pod;
      for (int i = 0; i < all.size(); i++) {
        if ((set >> i & 1) != 0) {
          Step wanted = all.get(i);
          Step again = find(Step.relaxations(loose), step -> sameKey(step, wanted));
          steps.add(again);
          loose = again.demand();
        }
      }
      if (!addIfFits(steps, changes)) {
        for (Step amount : amounts(loose)) {
          List<Step> more = new ArrayList<>(steps);
          more.add(amount);
          addIfFits(more, changes);
        }
      }
    }
  }

  private static boolean sameKey(Step one, Step other) {
    return one.annotations().keySet().equals(other.annotations().keySet());
  }

  private static Step find(List<Step> steps, Predicate<Step> wanted) {
    return steps.stream().filter(wanted).findFirst().orElseThrow();
  }

  /** For every amount the most that would fit. */
  private List<Step> amounts(PodDemand pod) {
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < pod.containers().size(); i++) {
      addAmounts(pod, i, steps);
    }
    addSplit(pod, steps);
    if (pod.cpuMilli() > 0) {
      addMost(pod.cpuMilli(), 0, pod::withCpuMilli, milli -> Step.lessCpu(pod, milli), steps);
    }
    if (pod.hostMemoryMiB() > 0) {
      addMost(
          pod.hostMemoryMiB(),
          0,
          pod::withHostMemoryMiB,
          mib -> Step.lessHostMemory(pod, mib),
          steps);
    }
    return steps;
  }

  private void addAmounts(PodDemand pod, int container, List<Step> steps) {
    Demand demand = pod.containers().get(container).demand();
    if (demand.size() instanceof Size.Memory memory) {
      addMost(
          memory.amount().value(),
          1,
          mib -> Step.withMemory(pod, container, mib),
          mib -> Step.lessMemory(pod, container, mib),
          steps);
    } else if (demand.size() instanceof Size.Fraction fraction) {
      addMost(
          fraction.part().value(),
          1,
          milli -> Step.withFraction(pod, container, milli),
          milli -> Step.lessOfGpu(pod, container, milli),
          steps);
    } else if (demand.size() instanceof Size.Whole && demand.gpus() == 1) {
      addPart(pod, steps);
    }
    if (demand.gpus() > 1 && !(demand.size() instanceof Size.Memory)) {
      addMost(
          demand.gpus(),
          1,
          gpus -> Step.withGpus(pod, container, gpus),
          gpus -> Step.fewerGpus(pod, container, gpus),
          steps);
    }
  }

  /** For a pod of one container that asks for one whole GPU: a share of one. */
  private void addPart(PodDemand pod, List<Step> steps) {
    int whole = largestGpuMiB();
    if (pod.containers().size() == 1 && whole > 0) {
      addMost(
          whole + 1,
          1,
          mib -> Step.withMemory(pod, 0, mib),
          mib -> Step.partOfGpu(pod, mib, whole),
          steps);
    }
  }

  private void addSplit(PodDemand pod, List<Step> steps) {
    boolean memory =
        pod.containers().size() == 1
            && pod.containers().get(0).demand().size() instanceof Size.Memory;
    if (memory) {
      int now = pod.containers().get(0).demand().gpus();
      for (int parts = now + 1; parts <= MOST_PARTS; parts++) {
        if (fits(Step.splitOver(pod, parts)) != null) {
          steps.add(Step.split(pod, parts));
          return;
        }
      }
    }
  }

  /** Adds the step to the largest amount below {@code asked} that fits, if one does. */
  private void addMost(
      int asked,
      int least,
      IntFunction<PodDemand> changed,
      IntFunction<Step> step,
      List<Step> steps) {
    int low = Math.max(least, asked / WORTH_WHILE);
    int high = asked - 1;
    if (low > high || fits(changed.apply(low)) == null) {
      return;
    }
    while (low < high) {
      int middle = low + (high - low + 1) / 2;
      if (fits(changed.apply(middle)) != null) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    steps.add(step.apply(low));
  }

  private int largestGpuMiB() {
    int largest = 0;
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      for (int gpu = 0; node != null && gpu < node.gpus(); gpu++) {
        largest = Math.max(largest, node.spec().gpus().get(gpu).memoryMiB());
      }
    }
    return largest;
  }

  private boolean addIfFits(List<Step> steps, List<Change> changes) {
    PodDemand demand = steps.get(steps.size() - 1).demand();
    String node = fits(demand);
    if (node != null) {
      int loss = steps.stream().mapToInt(Step::loss).sum();
      List<String> texts = steps.stream().map(Step::text).toList();
      changes.add(new Change(texts, patch(steps, demand.reuses()), loss, demand, node));
    }
    return node != null;
  }

  /** An init container that uses the slots of another one has to ask for the same then. */
  private static Map<String, Object> patch(List<Step> steps, List<PodDemand.Reuse> reuses) {
    Map<String, @Nullable String> annotations = new LinkedHashMap<>();
    Map<String, Map<String, @Nullable String>> limits = new LinkedHashMap<>();
    for (Step step : steps) {
      annotations.putAll(step.annotations());
      if (!step.limits().isEmpty()) {
        limits
            .computeIfAbsent(step.container(), name -> new LinkedHashMap<>())
            .putAll(step.limits());
      }
    }
    Map<String, Object> patch = new LinkedHashMap<>();
    if (!annotations.isEmpty()) {
      patch.put("metadata", Map.of("annotations", annotations));
    }
    if (!limits.isEmpty()) {
      Map<String, Object> spec = new LinkedHashMap<>();
      List<Object> containers = new ArrayList<>();
      limits.forEach((name, values) -> containers.add(container(name, values)));
      spec.put("containers", containers);
      List<Object> inits = new ArrayList<>();
      for (PodDemand.Reuse reuse : reuses) {
        Map<String, @Nullable String> values = limits.get(reuse.of());
        if (values != null) {
          inits.add(container(reuse.container(), values));
        }
      }
      if (!inits.isEmpty()) {
        spec.put("initContainers", inits);
      }
      patch.put("spec", spec);
    }
    return patch;
  }

  private static Map<String, Object> container(String name, Map<String, @Nullable String> limits) {
    Map<String, Object> container = new LinkedHashMap<>();
    container.put("name", name);
    container.put("resources", Map.of("limits", limits));
    return container;
  }

  /** The first node that has room, or null. */
  @Nullable String fits(PodDemand pod) {
    PreparedDemand prepared = new PreparedDemand(pod, fleet.models());
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      if (node != null && offered.test(node.name()) && placer.tryOn(prepared, node)) {
        return node.name();
      }
    }
    return null;
  }
}
