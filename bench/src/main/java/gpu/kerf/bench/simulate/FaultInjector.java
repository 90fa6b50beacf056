package gpu.kerf.bench.simulate;

import gpu.kerf.extender.cluster.ClusterListener;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Injects faults that it draws from the seed, and ends all of them when it is told to. */
final class FaultInjector {
  private static final Set<String> FAIL =
      Set.of(
          "nodeChanged", "nodeUnusable", "nodeRemoved", "podChanged", "podEnded", "podQuarantined");

  private final VirtualTime timeline;
  private final Story story;
  private final SplittableRandom random;
  private final List<Fault> faults;
  private final Cluster cluster;
  private final long pace;
  private boolean calm;
  private int failing;

  /** What there is to break. */
  record Cluster(
      ApiStore store,
      ApiFrontend api,
      List<Replica> replicas,
      SchedulerPair schedulers,
      List<SimulatedNode> nodes,
      DisruptionBudgets budgets,
      EvictionFaults evictionFaults,
      @Nullable TeamWorld teams,
      @Nullable DraWorld dra) {}

  FaultInjector(
      VirtualTime timeline,
      Story story,
      SplittableRandom random,
      Set<Fault> faults,
      Cluster cluster) {
    this.timeline = timeline;
    this.story = story;
    this.random = random;
    this.faults = new ArrayList<>(faults);
    this.cluster = cluster;
    this.pace = 2 * VirtualTime.SECOND + random.nextLong(12 * VirtualTime.SECOND);
  }

  void start() {
    timeline.after(
        random.nextLong(2 * pace),
        null,
        () -> {
          if (!calm && !faults.isEmpty()) {
            inject(faults.get(random.nextInt(faults.size())));
          }
          start();
        });
  }

  /** All is well from now on, or may go wrong again. */
  void calm(boolean on) {
    calm = on;
    if (on) {
      failing = 0;
      evictionsRefused = false;
      for (Replica replica : cluster.replicas) {
        replica.link().heal();
        SimulatedProcess process = replica.process();
        if (process != null && process.isPaused()) {
          process.resume(timeline);
        }
      }
      cluster.schedulers.heal();
      cluster.budgets.calm();
      cluster.evictionFaults.heal();
      if (cluster.teams != null) {
        cluster.teams.heal();
      }
      if (cluster.dra != null) {
        cluster.dra.heal();
      }
      for (SimulatedNode node : cluster.nodes) {
        node.regainGpus();
        node.agent().partially(false);
      }
    }
  }

  private Replica someReplica() {
    return cluster.replicas.get(random.nextInt(cluster.replicas.size()));
  }

  private SimulatedNode someNode() {
    return cluster.nodes.get(random.nextInt(cluster.nodes.size()));
  }

  private long upTo(long seconds) {
    return random.nextLong(seconds * VirtualTime.SECOND);
  }

  private void later(long nanos, Runnable action) {
    timeline.after(nanos, null, action);
  }

  private void inject(Fault fault) {
    Replica replica = someReplica();
    Link link = replica.link();
    switch (fault) {
      case CUT_WATCHES -> {
        long how = random.nextInt(3) == 0 ? 0 : upTo(90);
        story.tell(fault.word() + ": " + replica.name() + " for " + seconds(how));
        link.cut = how > 0;
        link.breakStreams();
        later(how, () -> link.cut = false);
      }
      case HALF_OPEN_WATCHES -> {
        story.tell(fault.word() + ": " + replica.name());
        link.silenceStreams();
      }
      case SLOW_WATCHES -> {
        ObjectKind kind =
            List.of(ObjectKind.POD, ObjectKind.POD, ObjectKind.NODE, ObjectKind.SLICE)
                .get(random.nextInt(4));
        long how = upTo(30);
        story.tell(fault.word() + ": " + replica.name() + " " + kind + " by " + seconds(how));
        link.slow(kind, how);
        later(upTo(60), () -> link.slow(kind, 0));
      }
      case PAUSED_REPLICAS -> pause(replica, random.nextBoolean());
      case PAUSED_SCHEDULERS -> cluster.schedulers.pauseLeader(upTo(40));
      case KILLED_REPLICAS -> replica.kill();
      case LEADER_CHANGES -> cluster.schedulers.refuseRenewals(upTo(40));
      case CLOCK_STEPS -> {
        long step = (random.nextBoolean() ? 1 : -1) * upTo(7_200);
        story.tell(fault.word() + ": " + replica.name() + " by " + seconds(step));
        replica.stepWall(step);
      }
      case LOST_BINDINGS -> {
        story.tell(fault.word() + ": " + replica.name());
        link.lostBindings = 500;
        later(upTo(20), () -> link.lostBindings = 0);
      }
      case LATE_BINDINGS -> {
        story.tell(fault.word() + ": " + replica.name());
        link.lateBindings = 500;
        later(upTo(20), () -> link.lateBindings = 0);
      }
      case API_ERRORS -> {
        story.tell(fault.word() + ": " + replica.name());
        link.errors = 400;
        later(upTo(20), () -> link.errors = 0);
      }
      case COMPACTION -> {
        boolean starts = random.nextBoolean();
        story.tell(fault.word() + (starts ? ": the API server starts anew" : ""));
        if (starts) {
          cluster.replicas.forEach(each -> each.link().breakStreams());
        }
        cluster.store.forgetHistory();
        cluster.api.expireContinues();
      }
      case EVICTIONS_REFUSED -> {
        story.tell(fault.word());
        evictionsRefused = true;
        later(upTo(60), () -> evictionsRefused = false);
      }
      case LOST_EVICTIONS -> {
        story.tell(fault.word() + ": " + replica.name());
        link.lostEvictions = 500;
        later(upTo(30), () -> link.lostEvictions = 0);
      }
      case DISRUPTION_BUDGETS -> cluster.budgets.change();
      case KILLED_EVICTORS, ENDING_VICTIMS, DELETED_PREEMPTORS -> cluster.evictionFaults.arm(fault);
      case LOST_GPUS -> {
        SimulatedNode node = someNode();
        node.loseGpu();
        later(upTo(120), node::regainGpus);
      }
      case SWAPPED_GPUS -> someNode().swapGpu();
      case RECUT_GPUS -> someNode().recut();
      case REBOOTS -> someNode().reboot(random.nextBoolean());
      case PARTIAL_SLICES -> {
        SimulatedNode node = someNode();
        node.agent().partially(true);
        node.agent().publishSoon();
        later(upTo(60), () -> node.agent().partially(false));
      }
      case FORCED_DELETES, HOSTILE_PODS -> {
        // The users do it.
      }
      case FAILING_LISTENERS -> {
        story.tell(fault.word());
        failing = 1 + random.nextInt(3);
      }
      case LOST_GATES -> {
        story.tell(fault.word() + ": " + replica.name());
        link.lostGates = 500;
        later(upTo(30), () -> link.lostGates = 0);
      }
      case REFUSED_GATES -> {
        story.tell(fault.word() + ": " + replica.name());
        link.refusedGates = 700;
        later(upTo(60), () -> link.refusedGates = 0);
      }
      case CUT_TEAM_WATCHES -> {
        boolean silently = random.nextBoolean();
        story.tell(fault.word() + ": " + replica.name() + (silently ? ", silently" : ""));
        link.disturb(ObjectKind.TEAM, silently);
        link.disturb(ObjectKind.NAMESPACE, silently);
      }
      case KILLED_SCHEDULERS -> cluster.schedulers.killLeader();
      case LOST_CLAIMS -> {
        story.tell(fault.word() + ": " + replica.name());
        link.lostClaims = 400;
        later(upTo(20), () -> link.lostClaims = 0);
      }
      case LATE_CLAIMS -> {
        story.tell(fault.word() + ": " + replica.name());
        link.lateClaims = 400;
        later(upTo(20), () -> link.lateClaims = 0);
      }
      case REFUSED_CLAIMS -> {
        story.tell(fault.word() + ": " + replica.name());
        link.refusedClaims = 400;
        later(upTo(30), () -> link.refusedClaims = 0);
      }
      case CLAIM_WATCHES -> {
        int how = random.nextInt(3);
        story.tell(fault.word() + ": " + replica.name() + " (" + how + ")");
        if (how == 0) {
          link.slow(ObjectKind.CLAIM, upTo(30));
          later(upTo(60), () -> link.slow(ObjectKind.CLAIM, 0));
        } else {
          link.disturb(ObjectKind.CLAIM, how == 1);
        }
      }
      case DROPPED_FIELDS,
          RACING_CLAIMS,
          DELETED_CLAIMS,
          KILLED_IN_CLAIM,
          REPUBLISHED_SLICES,
          DEAD_DRIVERS -> {
        if (cluster.dra != null) {
          cluster.dra.inject(fault);
        }
      }
      case ABSENT_WEBHOOK, KILLED_IN_GANG -> {
        if (cluster.teams != null) {
          cluster.teams.inject(fault);
        }
      }
    }
  }

  private boolean evictionsRefused;

  boolean mayEvict() {
    return !evictionsRefused;
  }

  private void pause(Replica replica, boolean withScheduler) {
    SimulatedProcess process = replica.process();
    if (process == null || process.isPaused()) {
      return;
    }
    long how = upTo(40);
    story.tell("paused-replicas: " + process + " for " + seconds(how));
    process.pause();
    later(how, () -> resume(process));
    if (withScheduler) {
      cluster.schedulers.pause(replica, how);
    }
  }

  private void resume(SimulatedProcess process) {
    if (!process.isDead() && process.isPaused()) {
      story.tell(process + " goes on");
      process.resume(timeline);
    }
  }

  static String seconds(long nanos) {
    return BigDecimal.valueOf(nanos / VirtualTime.MILLI, 3) + " s";
  }

  /** Stands between the adapter and the verbs, and fails now and then. */
  ClusterListener between(ClusterListener next) {
    return (ClusterListener)
        Proxy.newProxyInstance(
            ClusterListener.class.getClassLoader(),
            new Class<?>[] {ClusterListener.class},
            (proxy, method, arguments) -> {
              if (FAIL.contains(method.getName())) {
                mayFail();
              }
              try {
                return method.invoke(next, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private void mayFail() {
    if (failing > 0 && random.nextInt(4) == 0) {
      failing--;
      story.tell("a listener fails");
      throw new IllegalStateException("simulated: the listener fails");
    }
  }
}
