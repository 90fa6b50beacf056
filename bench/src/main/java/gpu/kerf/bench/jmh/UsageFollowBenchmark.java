package gpu.kerf.bench.jmh;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.embedded.EmbeddedCluster;
import gpu.kerf.extender.cluster.embedded.SimApiServer;
import gpu.kerf.extender.cluster.embedded.VirtualTimers;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.team.AcceptedTeams;
import gpu.kerf.extender.team.TeamAcceptor;
import gpu.kerf.extender.team.TeamReading;
import gpu.kerf.extender.team.TeamSource;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.usage.Usage;
import gpu.kerf.extender.usage.UsageOptions;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A ledger of 20,000 pods of 200 teams with and without usage that follows it: what the end of a
 * pod and the begin of another one cost, and the memory that usage takes.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class UsageFollowBenchmark {

  private static final int TEAMS = 200;
  private static final int NODES = 1_250;
  private static final int PODS = 20_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  @Param({"false", "true"})
  public boolean follows;

  private long millis = 1_800_000_000_000L;
  private final List<Ledger.Claim> claims = new ArrayList<>(PODS);
  private @Nullable Scheduling scheduling;
  private int next;

  /** What was weighed. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Weight {
    public long totalKiB;
  }

  /** Usage that follows before a change is measured. */
  @State(Scope.Thread)
  public static class Following {
    @Setup(Level.Iteration)
    public void setUp(UsageFollowBenchmark benchmark) {
      benchmark.follow();
    }
  }

  /** Every iteration begins with the same pods, and nothing of the past. */
  @Setup(Level.Iteration)
  public void setUp() {
    Clocks clocks = new Clocks(() -> Instant.ofEpochMilli(millis), () -> millis * 1_000_000);
    Scheduling all = new Scheduling(Dialects.all(), clocks, Runnable::run);
    scheduling = all;
    for (int i = 0; i < NODES; i++) {
      all.nodeChanged(
          Fleets.eight("node-%05d.cluster.example".formatted(i), Fleets.h100(), GpuMode.PLAIN));
    }
    claims.clear();
    for (int i = 0; i < PODS; i++) {
      claims.add(claim(i));
      take(all.ledger(), i);
    }
    next = 0;
  }

  private static Ledger.Claim claim(int pod) {
    int onNode = pod % (PODS / NODES);
    Slot slot = new Slot.Share(onNode % 8, 30_000, 400);
    Placement placement =
        new Placement(
            "node-%05d.cluster.example".formatted(pod / (PODS / NODES)),
            List.of(new Placement.ContainerSlots("main", List.of(slot))),
            0,
            0);
    String uid = "0b5e8a7c-3f1d-4c57-9a20-%012d".formatted(pod);
    String team = "team-" + pod % TEAMS;
    return new Ledger.Claim(
        new Holder(uid, team, "pod-" + pod, "Job/train-" + pod, "", 0), placement);
  }

  private void take(Ledger ledger, int pod) {
    Ledger.Claim claim = claims.get(pod);
    if (ledger.take(claim.holder(), claim.placement(), millis) != Ledger.Taking.TAKEN) {
      throw new IllegalStateException("There is no room for " + claim + ".");
    }
  }

  /** Usage that follows the ledger; what is there already is told to it as if it had just come. */
  private void follow() {
    Scheduling all = Objects.requireNonNull(scheduling);
    if (!follows) {
      return;
    }
    EmbeddedCluster cluster =
        new EmbeddedCluster(
            new SimApiServer(new VirtualTimers(0)), EmbeddedCluster.UnknownPods.REFUSE);
    Usage following = new Usage(all, cluster, UsageOptions.defaults());
    following.listener(all).teamsChanged(teams());
    for (int i = 0; i < PODS; i++) {
      all.ledger().release(claims.get(i).holder().uid());
      take(all.ledger(), i);
    }
  }

  private static AcceptedTeams teams() {
    List<TeamReading> teams = new ArrayList<>();
    for (int i = 0; i < TEAMS; i++) {
      ObjectNode team = JSON.createObjectNode().put("apiVersion", "kerf.gpu/v1alpha1");
      team.put("kind", "Team").putObject("metadata").put("name", "team-" + i).put("uid", "u" + i);
      team.putObject("spec").putObject("namespaces").putArray("names").add("team-" + i);
      teams.add(TeamReading.of(team));
    }
    return TeamAcceptor.accept(TeamSource.KERF, teams, AcceptedTeams.NONE, Map.of());
  }

  /** A pod ends, and it begins anew. */
  @Benchmark
  public int change(Following following) {
    Scheduling all = Objects.requireNonNull(scheduling);
    millis += 60;
    int pod = next++ % PODS;
    all.ledger().release(claims.get(pod).holder().uid());
    take(all.ledger(), pod);
    return pod;
  }

  /** The memory of usage alone, as used heap after garbage collection. */
  @Benchmark
  @BenchmarkMode(Mode.SingleShotTime)
  @Warmup(iterations = 0)
  @Measurement(iterations = 1)
  public Object footprint(Weight weight) {
    long before = usedHeap();
    follow();
    weight.totalKiB = (usedHeap() - before) >> 10;
    return Objects.requireNonNull(scheduling);
  }

  private static long usedHeap() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
