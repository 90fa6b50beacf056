package gpu.kerf.bench.jmh;

import gpu.kerf.model.budget.BudgetBalance;
import gpu.kerf.model.budget.BudgetPeriod;
import gpu.kerf.model.budget.GpuBudget;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Chooser;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.team.GpuAmount;
import gpu.kerf.model.team.GpuMeasure;
import gpu.kerf.model.team.Team;
import gpu.kerf.model.team.TeamBook;
import gpu.kerf.model.team.TeamTerms;
import gpu.kerf.model.team.WaitReason;
import gpu.kerf.model.team.Weight;
import gpu.kerf.model.team.Work;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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
 * What budgets cost: the question of filter whether a pod of 200 teams on three levels may start,
 * and the look at all budgets that is taken once a second, while pods with deadlines run.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class BudgetBenchmark {

  private static final int TEAMS = 200;
  private static final int GPUS = 8;
  private static final long HOUR = 3_600_000;

  /** How many teams have one. */
  @Param({"0", "200"})
  public int budgets = TEAMS;

  @Param({"20000"})
  public int running = 20_000;

  private final Ledger ledger = new Ledger();
  private final TeamBook book = new TeamBook(ledger.fleet());
  private final Map<String, BudgetBalance> balances = new HashMap<>();
  private final Work asked = work("asked", 0);

  @Setup
  public void setUp() {
    GpuModel h100 = Objects.requireNonNull(GpuCatalog.builtIn().find("H100-80GB", 0));
    for (int i = 0; i < running / GPUS; i++) {
      ledger.putNode(
          NodeSpec.of("node-" + i, Collections.nCopies(GPUS, GpuSpec.of(h100, GpuMode.PLAIN))));
    }
    book.setTotal(GpuMeasure.usable(ledger.fleet()));
    List<TeamTerms> teams = new ArrayList<>();
    GpuBudget budget =
        new GpuBudget(
            1_000_000_000_000L, BudgetPeriod.MONTH, ZoneId.of("UTC"), GpuBudget.OnExhausted.HOLD);
    for (int i = 0; i < TEAMS; i++) {
      String name = "team-" + i;
      teams.add(TeamTerms.of(new Team(name, parent(i), GpuAmount.NONE, null, Weight.ONE, 0)));
      if (i < budgets) {
        balances.put(name, budget.at(Instant.EPOCH, since -> 0));
      }
    }
    book.use(teams);
    Chooser chooser = new Chooser(ledger.fleet());
    for (int i = 0; i < running; i++) {
      Work work = work("runs-" + i, i);
      Placement place =
          Objects.requireNonNull(chooser.best(chooser.prepare(work.members().get(0).demand())))
              .placement();
      Ledger.Claim claim = new Ledger.Claim(work.members().get(0).holder(), place);
      if (ledger.takeAll(List.of(claim), 0) == Ledger.Taking.TAKEN) {
        book.runs(work, List.of(claim), 0);
      }
    }
    book.spend(balances);
  }

  private static @Nullable String parent(int team) {
    return team < 4 ? null : "team-" + (team < 20 ? team % 4 : 4 + team % 16);
  }

  private static Work work(String id, int number) {
    String team = "team-" + (20 + number % (TEAMS - 20));
    return Work.of(Holder.of(id), team, number, PodDemand.of(Demand.whole(1)), 24 * HOUR);
  }

  /** What filter asks. */
  @Benchmark
  public @Nullable WaitReason limit() {
    return book.limit(asked);
  }

  /** What is done once a second. */
  @Benchmark
  public boolean spend() {
    return book.spend(balances);
  }
}
