package gpu.kerf.bench.jmh;

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
import gpu.kerf.model.team.DrainedPlace;
import gpu.kerf.model.team.DrainedPlaces;
import gpu.kerf.model.team.GpuAmount;
import gpu.kerf.model.team.GpuMeasure;
import gpu.kerf.model.team.LedgerPlaces;
import gpu.kerf.model.team.Reclaim;
import gpu.kerf.model.team.Team;
import gpu.kerf.model.team.TeamBook;
import gpu.kerf.model.team.TeamTerms;
import gpu.kerf.model.team.TurnPass;
import gpu.kerf.model.team.TurnSink;
import gpu.kerf.model.team.WaitReason;
import gpu.kerf.model.team.Weight;
import gpu.kerf.model.team.Work;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
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
 * One pass over work of 200 teams that waits on full nodes: shares, order, limits, and one search
 * for each of eight kinds of demands.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class TurnBenchmark implements TurnSink {

  private static final int TEAMS = 200;
  private static final int GPUS = 8;

  @Param({"10000"})
  public int waiting = 10_000;

  @Param({"100", "1000"})
  public int nodes = 100;

  private final Ledger ledger = new Ledger();
  private final TeamBook book = new TeamBook(ledger.fleet());
  private final LedgerPlaces places =
      new LedgerPlaces(ledger.fleet(), new Chooser(ledger.fleet()), new DrainedPlaces());
  private int waits;

  @Setup
  public void setUp() {
    GpuModel h100 = Objects.requireNonNull(GpuCatalog.builtIn().find("H100-80GB", 0));
    for (int i = 0; i < nodes; i++) {
      ledger.putNode(
          NodeSpec.of("node-" + i, Collections.nCopies(GPUS, GpuSpec.of(h100, GpuMode.PLAIN))));
    }
    book.setTotal(GpuMeasure.usable(ledger.fleet()));
    List<TeamTerms> teams = new ArrayList<>();
    for (int i = 0; i < TEAMS; i++) {
      String parent = i < 20 ? null : "team-" + i % 20;
      GpuAmount guarantee = new GpuAmount(i < 20 ? 10_000 : 1_000);
      teams.add(TeamTerms.of(new Team("team-" + i, parent, guarantee, null, Weight.ONE, i % 3)));
    }
    book.use(teams);
    for (int i = 0; i < nodes; i++) {
      ask("runs-" + i, i, Demand.whole(GPUS));
    }
    pass();
    for (int i = 0; i < waiting; i++) {
      ask("waits-" + i, i, Demand.whole(1 + i % GPUS));
    }
  }

  private void ask(String id, int number, Demand demand) {
    String team = "team-" + (20 + number % (TEAMS - 20));
    book.waits(Work.of(Holder.of(id), team, number, PodDemand.of(demand)));
  }

  /** Every piece of work is told why it waits; their number comes back. */
  @Benchmark
  public int pass() {
    waits = 0;
    book.shares();
    new TurnPass(book, places, this, 0).goOn(() -> true);
    return waits;
  }

  @Override
  public boolean starts(Work work, List<Ledger.Claim> found) {
    return ledger.takeAll(found, 0) == Ledger.Taking.TAKEN;
  }

  @Override
  public void waits(Work work, WaitReason reason) {
    waits++;
  }

  @Override
  public void reclaims(Reclaim reclaim) {}

  @Override
  public void drains(Work work, DrainedPlace place) {}

  @Override
  public void shrinks(Reclaim.Victim victim, WaitReason.Limit limit) {}

  @Override
  public void overspends(Reclaim.Victim victim, WaitReason.Budget budget) {}
}
