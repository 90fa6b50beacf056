package gpu.kerf.bench.jmh;

import gpu.kerf.extender.cost.ReportFormat;
import gpu.kerf.extender.cost.ReportQuery;
import gpu.kerf.extender.cost.ReportRun;
import gpu.kerf.extender.cost.ReportSpan;
import gpu.kerf.model.cost.BusyTime;
import gpu.kerf.model.cost.CostReport;
import gpu.kerf.model.cost.CostRows;
import gpu.kerf.model.cost.GpuHour;
import gpu.kerf.model.cost.Price;
import gpu.kerf.model.cost.PriceList;
import gpu.kerf.model.usage.UsageCell;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A report over 30 days of 20,000 pods of 200 teams on 2,500 GPUs; the first one after a start, and
 * those after it.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 0)
@Measurement(iterations = 4)
@Fork(2)
public class ReportBenchmark {
  private static final long HOUR = CostRows.HOUR_MILLIS;
  private static final int HOURS = 30 * 24;
  private static final int TEAMS = 200;
  private static final int PODS = 20_000;
  private static final int PODS_OF_A_GPU = 8;
  private static final int LONGEST_HOURS = 24;

  /** Whether the pods run one after the other for up to a day, or all of them all the time. */
  @Param({"day", "month"})
  public String lives = "day";

  private final List<List<Pod>> byHour = new ArrayList<>();

  private record Pod(UsageCell.Key key, String gpu, int from, int to) {}

  @Setup
  public void setUp() {
    Random random = new Random(1);
    for (int i = 0; i < HOURS; i++) {
      byHour.add(new ArrayList<>());
    }
    for (int i = 0; i < PODS; i++) {
      String team = "team-" + i % TEAMS;
      UsageCell.Key key = new UsageCell.Key(team, team, "Job/" + i, "H100-80GB", "mps");
      boolean day = lives.equals("day");
      int from = day ? random.nextInt(HOURS) : 0;
      int to = day ? Math.min(HOURS, from + 1 + random.nextInt(LONGEST_HOURS)) : HOURS;
      Pod pod = new Pod(key, "GPU-" + i / PODS_OF_A_GPU, from, to);
      for (int hour = from; hour < to; hour++) {
        byHour.get(hour).add(pod);
      }
    }
  }

  private CostRows.Hour records(int hour) {
    long start = hour * HOUR;
    List<UsageCell> cells = new ArrayList<>();
    for (Pod pod : byHour.get(hour)) {
      cells.add(
          new UsageCell(
              start, pod.key, pod.gpu, 125 * HOUR - start % 7_919 - pod.to, 10_144 * HOUR));
    }
    List<GpuHour> gpus = new ArrayList<>();
    for (int gpu = 0; gpu < PODS / PODS_OF_A_GPU; gpu++) {
      gpus.add(new GpuHour(start, "GPU-" + gpu, "H100-80GB", HOUR, List.of()));
    }
    return new CostRows.Hour(start, cells, gpus);
  }

  @Benchmark
  public String report() {
    ReportSpan span = new ReportSpan(0, HOURS * HOUR);
    ReportQuery query = new ReportQuery(CostReport.By.TEAM, ReportFormat.TABLE, span);
    PriceList prices = new PriceList("EUR", Map.of("H100-80GB", Price.parse("3.20")), Price.ZERO);
    ReportRun run = new ReportRun(query, prices, BusyTime.NOT_MEASURED, ReportRun.UNKNOWN);
    StringBuilder text = new StringBuilder();
    for (int hour = 0; hour < HOURS; hour++) {
      text.append(run.hour(records(hour)));
    }
    return text.append(run.end()).toString();
  }
}
