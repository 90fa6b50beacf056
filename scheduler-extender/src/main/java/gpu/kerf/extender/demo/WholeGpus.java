package gpu.kerf.extender.demo;

import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The same work with one pod per GPU, as the stock device plugin hands GPUs out: a pod that asks
 * for memory gets as many whole GPUs as the memory is split over.
 *
 * <p>The comparison favours it: every GPU counts as a plain one, the smallest card that serves is
 * chosen on the fullest node that has room, small work overtakes large work that has no room, more
 * important work goes first, and no pod is preempted.
 */
final class WholeGpus {

  private static final int MOST_NODES = 1 << 14;

  private static final Comparator<Work> ORDER =
      Comparator.<Work>comparingInt(work -> -work.kind().priority())
          .thenComparingLong(Work::arrival)
          .thenComparingInt(Work::number);

  /**
   * How the work fared.
   *
   * @param gpus how many there were
   * @param waits of all work, also of what still waited at the end
   */
  record Result(int gpus, int mostInUse, List<Long> waits, int neverFits) {}

  private final List<NodeSpec> fleet;
  private final List<Work> works;
  private final long until;
  private final int neverFits;

  /**
   * @param until when everything stops, in milliseconds since the start
   */
  WholeGpus(List<NodeSpec> fleet, List<Work> works, long until) {
    this.fleet = fleet;
    this.until = until;
    Pool empty = new Pool(fleet, fleet.size());
    this.works = works.stream().filter(work -> empty.best(work) != null).toList();
    this.neverFits = works.size() - this.works.size();
  }

  /** Plays the work on so many nodes, those of the fleet over and over. */
  Result play(int nodes) {
    return new Play(new Pool(fleet, nodes)).run();
  }

  /**
   * The fewest nodes on which no pod waits longer than so: neither the slow twentieth nor on
   * average.
   */
  Result withWaitsOf(List<Long> waits) {
    int high = fleet.size();
    while (isSlower(play(high), waits) && high < MOST_NODES) {
      high *= 2;
    }
    int low = 0;
    while (high - low > 1) {
      int middle = (low + high) / 2;
      if (isSlower(play(middle), waits)) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return play(high);
  }

  private boolean isSlower(Result result, List<Long> waits) {
    return result.waits().size() < works.size()
        || Figures.percentile(result.waits(), 95) > Figures.percentile(waits, 95)
        || Figures.mean(result.waits()) > Figures.mean(waits);
  }

  /** Equal GPUs of one node. */
  private static final class Group {
    private final String model;
    private final int memoryMiB;
    private int free;

    private Group(String model, int memoryMiB) {
      this.model = model;
      this.memoryMiB = memoryMiB;
    }

    private boolean serves(Work work) {
      return free >= work.gpus()
          && memoryMiB >= work.memoryPerGpu()
          && (work.models().isEmpty() || work.models().contains(model));
    }

    private boolean isBetterThan(Group other) {
      return memoryMiB != other.memoryMiB ? memoryMiB < other.memoryMiB : free < other.free;
    }
  }

  /** All GPUs. */
  private static final class Pool {
    private final List<Group> groups = new ArrayList<>();

    Pool(List<NodeSpec> fleet, int nodes) {
      for (int i = 0; i < nodes; i++) {
        add(fleet.get(i % fleet.size()));
      }
    }

    private void add(NodeSpec node) {
      List<Group> own = new ArrayList<>();
      for (GpuSpec gpu : node.gpus()) {
        String model = gpu.model().name();
        Group group =
            own.stream().filter(known -> known.model.equals(model)).findFirst().orElse(null);
        if (group == null) {
          group = new Group(model, gpu.memoryMiB());
          own.add(group);
        }
        group.free++;
      }
      groups.addAll(own);
    }

    int free() {
      return groups.stream().mapToInt(group -> group.free).sum();
    }

    @Nullable Group best(Work work) {
      Group best = null;
      for (Group group : groups) {
        if (group.serves(work) && (best == null || group.isBetterThan(best))) {
          best = group;
        }
      }
      return best;
    }
  }

  private record Ending(long time, Group group, int gpus) {}

  /** One replay. */
  private final class Play {
    private final Pool pool;
    private final int gpus;
    private final PriorityQueue<Ending> running =
        new PriorityQueue<>(Comparator.comparingLong(Ending::time));
    private final List<Work> queue = new ArrayList<>();
    private final List<Long> waits = new ArrayList<>();
    private int next;
    private int inUse;
    private int mostInUse;

    Play(Pool pool) {
      this.pool = pool;
      this.gpus = pool.free();
    }

    Result run() {
      for (long now = soonest(); now <= until && now < Long.MAX_VALUE; now = soonest()) {
        step(now);
      }
      if (until < Long.MAX_VALUE) {
        queue.forEach(work -> waits.add(until - work.arrival()));
      }
      return new Result(gpus, mostInUse, waits, neverFits);
    }

    private long soonest() {
      long arrival = next < works.size() ? works.get(next).arrival() : Long.MAX_VALUE;
      Ending ending = running.peek();
      return ending == null ? arrival : Math.min(arrival, ending.time());
    }

    private void step(long now) {
      for (Ending e = running.peek(); e != null && e.time() <= now; e = running.peek()) {
        running.remove();
        e.group().free += e.gpus();
        inUse -= e.gpus();
      }
      for (; next < works.size() && works.get(next).arrival() <= now; next++) {
        queue.add(works.get(next));
      }
      queue.sort(ORDER);
      queue.removeIf(work -> begin(work, now));
    }

    private boolean begin(Work work, long now) {
      Group best = pool.best(work);
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
  }
}
