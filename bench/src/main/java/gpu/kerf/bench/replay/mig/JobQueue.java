package gpu.kerf.bench.replay.mig;

import gpu.kerf.bench.replay.Playing;
import gpu.kerf.model.placement.Placement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Runs jobs on GPUs: when a job arrives or ends, every waiting job is tried in order of arrival,
 * and a job that fits starts at once. So a job may overtake an earlier one that asks for more.
 *
 * <p>Creating and deleting instances takes no time. Jobs that end at a moment release their
 * instances before jobs that arrive at that moment are tried.
 */
final class JobQueue {

  /** Utilisation counts from here, when the first jobs have come. */
  static final long WARM_UP_MS = 30_000;

  private final List<Job> jobs;
  private final long[] waits;
  private final PriorityQueue<Running> running =
      new PriorityQueue<>(Comparator.comparingLong(Running::end).thenComparingInt(Running::index));
  private List<Integer> waiting = new ArrayList<>();
  private final long from;
  private final long to;
  private long usedCompute;
  private long usedMemory;
  private double computeTime;
  private double memoryTime;

  /** A job that has started. */
  private record Running(long end, int index) {}

  /** Finds room for a job, and gives it back. */
  private interface Room {
    boolean take(int index, long now);

    void give(int index, long now);
  }

  /** How it went. The waits are ascending. */
  static final class Outcome {
    final double gpcUtilPercent;
    final double memUtilPercent;
    private final long[] waits;

    private Outcome(double gpcUtilPercent, double memUtilPercent, long[] waits) {
      this.gpcUtilPercent = gpcUtilPercent;
      this.memUtilPercent = memUtilPercent;
      this.waits = waits;
    }

    double meanWaitMs() {
      return Arrays.stream(waits).average().orElse(0);
    }

    /** So many percent of the jobs waited no longer. */
    long waitMs(int percent) {
      return waits[(int) (((long) percent * waits.length + 99) / 100) - 1];
    }
  }

  /**
   * @param jobs at least one, by arrival
   */
  private JobQueue(List<Job> jobs) {
    this.jobs = jobs;
    this.waits = new long[jobs.size()];
    long last = jobs.get(jobs.size() - 1).arrivalMs();
    boolean longEnough = last > WARM_UP_MS;
    this.from = longEnough ? WARM_UP_MS : jobs.get(0).arrivalMs();
    this.to = longEnough ? last : Long.MAX_VALUE;
  }

  static Outcome run(List<Job> jobs, int gpus, Playing playing) {
    Placement[] placements = new Placement[jobs.size()];
    JobQueue queue = new JobQueue(jobs);
    return queue.run(
        gpus,
        new Room() {
          @Override
          public boolean take(int index, long now) {
            Job job = jobs.get(index);
            placements[index] = playing.place(Card.demand(job.profile()), now);
            return placements[index] != null;
          }

          @Override
          public void give(int index, long now) {
            Placement placement = placements[index];
            if (placement != null) {
              playing.leave(Card.demand(jobs.get(index).profile()), placement, now);
            }
          }
        },
        playing);
  }

  /** As if everything could be moved at any time for nothing. */
  static Outcome runWithFreeRepacking(List<Job> jobs, int gpus) {
    int[] held = new int[Card.PROFILES];
    return new JobQueue(jobs)
        .run(
            gpus,
            new Room() {
              @Override
              public boolean take(int index, long now) {
                int profile = jobs.get(index).profile();
                held[profile]++;
                boolean fits = Repack.fits(held, gpus);
                held[profile] -= fits ? 0 : 1;
                return fits;
              }

              @Override
              public void give(int index, long now) {
                held[jobs.get(index).profile()]--;
              }
            },
            null);
  }

  private Outcome run(int gpus, Room room, @Nullable Playing told) {
    int next = 0;
    long now = from;
    while (next < jobs.size() || !running.isEmpty()) {
      long before = now;
      now = Math.min(nextArrival(next), nextEnd());
      count(before, now);
      end(now, room);
      while (next < jobs.size() && jobs.get(next).arrivalMs() <= now) {
        if (told != null) {
          told.arrive(Card.demand(jobs.get(next).profile()), now);
        }
        waiting.add(next++);
      }
      start(now, room);
    }
    Arrays.sort(waits);
    double span = Math.max(1, Math.min(now, to) - from);
    return new Outcome(
        100 * computeTime / span / ((double) gpus * Card.COMPUTE_SLICES),
        100 * memoryTime / span / ((double) gpus * Card.SLICES),
        waits);
  }

  private long nextArrival(int next) {
    return next < jobs.size() ? jobs.get(next).arrivalMs() : Long.MAX_VALUE;
  }

  private long nextEnd() {
    Running first = running.peek();
    return first == null ? Long.MAX_VALUE : first.end();
  }

  private void count(long before, long now) {
    double counted = Math.max(0, Math.min(now, to) - Math.max(before, from));
    computeTime += counted * usedCompute;
    memoryTime += counted * usedMemory;
  }

  private void end(long now, Room room) {
    for (Running first = running.peek();
        first != null && first.end() <= now;
        first = running.peek()) {
      running.remove();
      use(first.index(), -1);
      room.give(first.index(), now);
    }
  }

  /** Where one job of a profile finds no room, the later ones need not be tried. */
  private void start(long now, Room room) {
    boolean[] full = new boolean[Card.PROFILES];
    List<Integer> left = new ArrayList<>();
    for (int index : waiting) {
      Job job = jobs.get(index);
      if (full[job.profile()] || !room.take(index, now)) {
        full[job.profile()] = true;
        left.add(index);
      } else {
        use(index, 1);
        waits[index] = now - job.arrivalMs();
        running.add(new Running(now + job.runMs(), index));
      }
    }
    waiting = left;
  }

  private void use(int index, int sign) {
    usedCompute += (long) sign * Card.computeSlices(jobs.get(index).profile());
    usedMemory += (long) sign * Card.size(jobs.get(index).profile());
  }
}
