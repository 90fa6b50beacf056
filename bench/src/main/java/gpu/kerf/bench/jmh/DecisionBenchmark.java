package gpu.kerf.bench.jmh;

import gpu.kerf.model.fleet.Chooser;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.placement.PreparedDemand;
import java.util.Random;
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
 * Chooses a node, a GPU and a slot for one demand in a fleet of the openb cluster's shape, 70 % of
 * it held. The demand is another one at every call, out of 256.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class DecisionBenchmark {

  private static final int DEMANDS = 256;

  @Param({"100", "1213", "5000", "10000"})
  public int nodes = 1213;

  private final PreparedDemand[] demands = new PreparedDemand[DEMANDS];
  private Chooser chooser = new Chooser(new Fleet());
  private int next;

  @Setup
  public void setUp() {
    Fleet fleet = Fleets.openb(nodes);
    chooser = new Chooser(fleet);
    Random random = new Random(3);
    Fleets.fill(fleet, chooser, 0.7, random);
    for (int i = 0; i < DEMANDS; i++) {
      demands[i] = chooser.prepare(Fleets.openbDemand(random));
    }
  }

  @Benchmark
  public Chooser.@Nullable Choice choose() {
    next = (next + 1) & (DEMANDS - 1);
    return chooser.best(demands[next]);
  }

  @Benchmark
  public void renewPrices() {
    chooser.renew();
  }
}
