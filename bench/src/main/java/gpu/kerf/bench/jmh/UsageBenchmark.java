package gpu.kerf.bench.jmh;

import gpu.kerf.model.usage.UsageBook;
import gpu.kerf.model.usage.UsageCell;
import gpu.kerf.model.usage.UsageCheckpoint;
import gpu.kerf.model.usage.UsageHolding;
import gpu.kerf.model.usage.UsagePart;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Usage of 20,000 running pods of 200 teams, each two levels below the top: what a pod that comes
 * and one that goes costs, the checkpoints of all teams, a question of each team's budget, and the
 * cells of an hour. Each change is a minute after the one before.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class UsageBenchmark {

  private static final int TEAMS = 200;
  private static final int PODS = 20_000;
  private static final int GPUS = 10_000;
  private static final int KEPT_HOURS = 840;
  private static final long MINUTE = 60_000;
  private static final long HOUR = 60 * MINUTE;
  private static final long BEGIN = 500_000 * HOUR;

  /** The strings that the ledger has anyway. */
  private static final List<List<String>> PATHS =
      IntStream.range(0, TEAMS)
          .mapToObj(team -> List.of("team-" + team, "department-" + team % 20, "company"))
          .toList();

  private static final List<String> NAMES =
      IntStream.range(0, GPUS).mapToObj("GPU-0b5e8a7c-3f1d-4c57-9a20-%012d"::formatted).toList();

  private long now = BEGIN;
  private UsageBook book = new UsageBook(() -> now, KEPT_HOURS);
  private UsageHolding[] running = new UsageHolding[0];
  private int changed;
  private long sum;

  /** What was weighed. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Weight {
    public long totalKiB;
    public long bytesPerPod;
  }

  /** Every iteration begins with the same pods, and nothing of the past. */
  @Setup(Level.Iteration)
  public void setUp() {
    now = BEGIN;
    book = new UsageBook(() -> now, KEPT_HOURS);
    running = new UsageHolding[PODS];
    changed = 0;
    for (int i = 0; i < PODS; i++) {
      running[i] = begin(i);
    }
    now += HOUR;
    askAll();
  }

  private UsageHolding begin(int pod) {
    int team = pod % TEAMS;
    return book.begin(
        "namespace-" + team,
        "Job/train-" + pod,
        PATHS.get(team),
        List.of(new UsagePart(NAMES.get(pod % GPUS), "H100-80GB", "mps", 500, 40_000)),
        now);
  }

  private long askAll() {
    long asked = 0;
    for (int team = 0; team < TEAMS; team++) {
      asked += book.milliGpuMillis("team-" + team, BEGIN);
    }
    return asked;
  }

  /** One pod ends and another one begins. */
  @Benchmark
  public UsageHolding change() {
    int pod = changed++ % PODS;
    now += MINUTE / 1_000;
    book.end(running[pod], now);
    running[pod] = begin(pod);
    return running[pod];
  }

  @Benchmark
  public long checkpoints() {
    now += MINUTE;
    long used = 0;
    for (int team = 0; team < TEAMS; team++) {
      UsageCheckpoint checkpoint = Objects.requireNonNull(book.checkpoint("team-" + team));
      used += checkpoint.milliGpuMillis();
    }
    return used;
  }

  @Benchmark
  public long budgets() {
    now += MINUTE;
    return askAll();
  }

  @Benchmark
  public long cellsOfAnHour() {
    sum = 0;
    book.cells(BEGIN, BEGIN + HOUR, this::add);
    return sum;
  }

  private void add(UsageCell cell) {
    sum += cell.milliGpuMillis();
  }

  /**
   * The memory of a day in which every pod was replaced three times, as used heap after garbage
   * collection.
   */
  @Benchmark
  @BenchmarkMode(Mode.SingleShotTime)
  @Warmup(iterations = 0)
  @Measurement(iterations = 3)
  @Fork(1)
  public Object footprint(Weight weight) {
    book = new UsageBook(() -> now, KEPT_HOURS);
    running = new UsageHolding[0];
    long empty = usedHeap();
    setUp();
    long full = usedHeap();
    for (int i = 0; i < 3 * PODS; i++) {
      now += 23 * HOUR / (3 * PODS);
      book.end(running[i % PODS], now);
      running[i % PODS] = begin(i);
    }
    weight.bytesPerPod = (full - empty) / PODS;
    weight.totalKiB = (usedHeap() - empty) >> 10;
    return book;
  }

  private static long usedHeap() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
