package gpu.kerf.extender.demo;

import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The same work under one-pod-per-GPU, as the stock device plugin gives GPUs out: who asks for
 * memory gets as many whole GPUs as the memory is split over.
 *
 * <p>To be fair to it, every GPU is taken for a plain one, the smallest card that serves is chosen
 * on the fullest node that has room, small work overtakes large work that has no room, more
 * important work goes first, and nobody is preempted.
 */
final class WholeGpus {

  private static final Comparator<Work> ORDER =
      Comparator.<Work>comparingInt(work -> -work.kind().priority())
          .thenComparingLong(Work::arrival)
          .thenComparingInt(Work::number);

  /** How the work fared. */
  record Result(int gpus, int mostInUse, List<Long> waits, int neverFits) {}

  private record Ending(long time, Group group, int gpus) {}

  /** Equal GPUs of one node. */
  private static final class Group {
    final String model;
    final int memoryMiB;
    int free;

    Group(String model, int memoryMiB) {
      this.model = model;
      this.memoryMiB = memoryMiB;
    }
  }

  private final List<Group> groups = new ArrayList<>();
  private final PriorityQueue<Ending> running =
      new PriorityQueue<>(Comparator.comparingLong(Ending::time));
  private final List<Long> waits = new ArrayList<>();
  private final int gpus;
  private int inUse;
  private int mostInUse;

  private WholeGpus(List<NodeSpec> fleet, int nodes) {
    for (int i = 0; i < nodes; i++) {
      add(fleet.get(i % fleet.size()));
    }
    this.gpus = groups.stream().mapToInt(group -> group.free).sum();
  }

  private void add(NodeSpec node) {
    List<Group> own = new ArrayList<>();
    for (GpuSpec gpu : node.gpus()) {
      Group group = null;
      for (Group known : own) {
        group = known.model.equals(gpu.model().name()) ? known : group;
      }
      if (group == null) {
        group = new Group(gpu.model().name(), gpu.memoryMiB());
        own.add(group);
      }
      group.free++;
    }
    groups.addAll(own);
  }

  /** Plays the work on so many nodes, those of the fleet over and over. */
  static Result play(List<NodeSpec> fleet, int nodes, List<Work> works) {
    return new WholeGpus(fleet, nodes).play(works);
  }

  private Result play(List<Work> works) {
    List<Work> queue = new ArrayList<>();
    int next = 0;
    while (next < works.size() || !running.isEmpty()) {
      long arrival = next < works.size() ? works.get(next).arrival() : Long.MAX_VALUE;
      Ending ending = running.peek();
      long now = ending == null ? arrival : Math.min(arrival, ending.time());
      for (; ending != null && ending.time() <= now; ending = running.peek()) {
        running.remove();
        ending.group().free += ending.gpus();
        inUse -= ending.gpus();
      }
      for (; next < works.size() && works.get(next).arrival() <= now; next++) {
        queue.add(works.get(next));
      }
      queue.sort(ORDER);
      queue.removeIf(work -> begin(work, now));
    }
    return new Result(gpus, mostInUse, waits, queue.size());
  }

  private boolean begin(Work work, long now) {
    Group best = best(work);
    if (best == null) {
      return false;
    }
    best.free -= work.gpus();
    inUse += work.gpus();
    mostInUse = Math.max(mostInUse, inUse);
    waits.add(now - work.arrival());
    running.add(new Ending(now + work.duration(), best, work.gpus()));
    return true;
  }

  private @Nullable Group best(Work work) {
    Group best = null;
    for (Group group : groups) {
      boolean serves =
          group.free >= work.gpus()
              && group.memoryMiB >= work.memoryPerGpu()
              && (work.models().isEmpty() || work.models().contains(group.model));
      boolean better =
          best == null
              || group.memoryMiB < best.memoryMiB
              || (group.memoryMiB == best.memoryMiB && group.free < best.free);
      best = serves && better ? group : best;
    }
    return best;
  }

  /**
   * The fewest nodes on which nobody waits longer than with Kerf: neither the slow twentieth nor on
   * average.
   */
  static Result withWaitsOf(List<Long> waits, List<NodeSpec> fleet, List<Work> works) {
    int high = fleet.size();
    while (isSlower(play(fleet, high, works), waits) && high < 4096) {
      high *= 2;
    }
    int low = 0;
    while (high - low > 1) {
      int middle = (low + high) / 2;
      if (isSlower(play(fleet, middle, works), waits)) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return play(fleet, high, works);
  }

  private static boolean isSlower(Result result, List<Long> waits) {
    return result.waits().size() < waits.size()
        || Figures.percentile(result.waits(), 95) > Figures.percentile(waits, 95)
        || Figures.mean(result.waits()) > Figures.mean(waits);
  }
}
