package gpu.kerf.bench.replay.mig;

import gpu.kerf.bench.replay.LinePolicy;
import gpu.kerf.bench.replay.Playing;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.IntConsumer;

/**
 * Runs jobs on GPUs: when a job arrives or ends, a {@link Line} says which waiting jobs start.
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
  private final long from;
  private final long to;
  private long usedCompute;
  private long usedMemory;
  private double computeTime;
  private double memoryTime;

  /** A job that has started. */
  private record Running(long end, int index) {}

  /** The jobs that wait, and the GPUs. Jobs are named by their index. */
  interface Line {
    void join(int job, long now);

    /** Starts what can start now, and tells of each job. */
    void start(long now, IntConsumer started);

    void end(int job, long now);
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
    Line line =
        playing.policy() instanceof LinePolicy policy
            ? new ChosenLine(jobs, playing, policy)
            : new BackfillLine(jobs, new BackfillLine.Placed(jobs, playing));
    return new JobQueue(jobs).run(gpus, line);
  }

  /** As if everything could be moved at any time for nothing. */
  static Outcome runWithFreeRepacking(List<Job> jobs, int gpus) {
    Line line = new BackfillLine(jobs, new BackfillLine.Repacked(jobs, gpus));
    return new JobQueue(jobs).run(gpus, line);
  }

  private Outcome run(int gpus, Line line) {
    int next = 0;
    long now = from;
    while (next < jobs.size() || !running.isEmpty()) {
      long before = now;
      now = Math.min(nextArrival(next), nextEnd());
      count(before, now);
      end(now, line);
      while (next < jobs.size() && jobs.get(next).arrivalMs() <= now) {
        line.join(next++, now);
      }
      long at = now;
      line.start(at, job -> begin(job, at));
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

  private void end(long now, Line line) {
    for (Running first = running.peek();
        first != null && first.end() <= now;
        first = running.peek()) {
      running.remove();
      use(first.index(), -1);
      line.end(first.index(), now);
    }
  }

  private void begin(int index, long now) {
    Job job = jobs.get(index);
    use(index, 1);
    waits[index] = now - job.arrivalMs();
    running.add(new Running(now + job.runMs(), index));
  }

  private void use(int index, int sign) {
    usedCompute += (long) sign * Card.computeSlices(jobs.get(index).profile());
    usedMemory += (long) sign * Card.size(jobs.get(index).profile());
  }
}
