package gpu.kerf.bench.simulate;

import gpu.kerf.extender.cluster.ClusterListener;
import gpu.kerf.extender.cluster.kubernetes.KubernetesCluster;
import gpu.kerf.extender.cluster.kubernetes.objects.DraNodes;
import gpu.kerf.extender.cluster.kubernetes.objects.GpuDrivers;
import gpu.kerf.extender.delivery.Delivery;
import gpu.kerf.extender.delivery.DeliveryByNode;
import gpu.kerf.extender.delivery.DraDelivery;
import gpu.kerf.extender.delivery.EnvDelivery;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Policy;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.team.TeamSource;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.verb.VerbException;
import gpu.kerf.extender.verb.VerbService;
import gpu.kerf.extender.wire.BindCall;
import gpu.kerf.extender.wire.FilterAnswer;
import gpu.kerf.extender.wire.FilterCall;
import gpu.kerf.extender.wire.NodeList;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PreemptAnswer;
import gpu.kerf.extender.wire.PreemptCall;
import gpu.kerf.model.hardware.DeliveryWay;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One replica of Kerf: the real adapter, ledger and verbs. After each restart it is a new process
 * with its own loop, threads and clocks.
 */
final class Replica {
  static final String SCHEDULER = "kerf";
  static final String NAMESPACE = "kerf-system";
  private static final DraDelivery.Classes CLASSES =
      new DraDelivery.Classes("gpu.nvidia.com", "mig.nvidia.com", "share.nvidia.com");
  private static final int WORKERS = 8;
  private static final Duration MARGIN = Duration.ofSeconds(60);
  private static final Duration LONGEST_GRACE = Duration.ofMinutes(10);
  private static final Duration RECONCILE = Duration.ofSeconds(60);
  private static final long TICK = 500 * VirtualTime.MILLI;
  private static final long TURN = 200 * VirtualTime.MILLI;
  private static final long SYNCED = 50 * VirtualTime.MILLI;
  private static final long LOOP = 5_000;
  private static final long RESTART = 2 * VirtualTime.SECOND;

  private final String name;
  private final ReplicaConnection.Environment environment;
  private final Link link;
  private final Function<ClusterListener, ClusterListener> listening;
  private @Nullable Life life;
  private int lives;
  private long wallStep;

  /** One process of the replica. */
  static final class Life {
    private final SimulatedProcess process;
    private final Scheduling scheduling;
    private final KubernetesCluster cluster;
    private final VerbService verbs;

    Life(
        SimulatedProcess process,
        Scheduling scheduling,
        KubernetesCluster cluster,
        VerbService verbs) {
      this.process = process;
      this.scheduling = scheduling;
      this.cluster = cluster;
      this.verbs = verbs;
    }

    Scheduling scheduling() {
      return scheduling;
    }

    KubernetesCluster cluster() {
      return cluster;
    }

    /** How many plans of evictions it has. */
    int plans() {
      return verbs.preemptions().underWay();
    }
  }

  /**
   * @param listening what stands between the adapter and the verbs, for faults
   */
  Replica(
      String name,
      ReplicaConnection.Environment environment,
      Link link,
      Function<ClusterListener, ClusterListener> listening) {
    this.name = name;
    this.environment = environment;
    this.link = link;
    this.listening = listening;
  }

  String name() {
    return name;
  }

  Link link() {
    return link;
  }

  /** The process that runs; null between two lives. */
  @Nullable Life life() {
    return life;
  }

  @Nullable SimulatedProcess process() {
    return life == null ? null : life.process;
  }

  void start() {
    VirtualTime timeline = environment.timeline();
    SimulatedProcess process = new SimulatedProcess(name + "." + ++lives);
    SimulatedThreads threads =
        new SimulatedThreads(timeline, environment.fibers(), process, why -> end(process, why));
    Clocks clocks =
        new Clocks(
            () -> ApiStore.EPOCH.plusNanos(timeline.now() + wallStep),
            () -> timeline.now() + 1_000_000_000_000L);
    LoopLoad load = new LoopLoad(timeline, process);
    Executor loop =
        task -> {
          load.count();
          timeline.after(LOOP, process, task);
        };
    Scheduling scheduling = new Scheduling(Dialects.all(), clocks, loop);
    scheduling.use(new Policy(Policy.Answer.WINNERS, 10_000, Policy.Preemption.KERF));
    KubernetesCluster cluster =
        new KubernetesCluster(
            new ReplicaConnection(environment, process, link),
            new KubernetesCluster.Options(
                SCHEDULER,
                WORKERS,
                ReplicaConnection.RENEWAL,
                name,
                MARGIN,
                LONGEST_GRACE,
                false,
                NAMESPACE,
                process.name(),
                TeamSource.KERF,
                DraNodes.LABELLED,
                16,
                GpuDrivers.USUAL),
            clocks,
            threads,
            new Metrics());
    VerbService verbs =
        new VerbService(scheduling, cluster, delivery(scheduling, cluster), cluster.disruptions());
    cluster.start(loop, listening.apply(verbs.listener()));
    cluster.reconcile(loop, scheduling.ledger(), RECONCILE);
    life = new Life(process, scheduling, cluster, verbs);
    Life mine = life;
    every(TICK, process, cluster::tick);
    every(TICK, process, verbs::look);
    if (environment.api().servesTeams()) {
      every(TURN, process, verbs::takeTurns);
    }
    whenSynced(mine);
    environment.story().tell(process + " starts");
  }

  private Delivery delivery(Scheduling scheduling, KubernetesCluster cluster) {
    EnvDelivery byVariables = new EnvDelivery();
    return environment.api().servesClaims()
        ? new DeliveryByNode(
            Map.of(
                DeliveryWay.ENV,
                byVariables,
                DeliveryWay.DRA,
                new DraDelivery(scheduling, cluster, CLASSES)),
            cluster)
        : byVariables;
  }

  private void every(long nanos, SimulatedProcess process, Runnable action) {
    environment
        .timeline()
        .after(
            nanos,
            process,
            () -> {
              action.run();
              every(nanos, process, action);
            });
  }

  private void whenSynced(Life mine) {
    if (mine.cluster.synced()) {
      environment.story().tell(mine.process + " is synced");
      mine.verbs.synced();
    } else {
      environment.timeline().after(SYNCED, mine.process, () -> whenSynced(mine));
    }
  }

  /** SIGKILL; it is started again soon. */
  void kill() {
    Life was = life;
    if (was == null) {
      return;
    }
    environment.story().tell(was.process + " is killed");
    was.process.die();
    environment.fibers().kill(was.process);
    life = null;
    environment.timeline().after(RESTART, null, this::start);
  }

  /** The process ends itself, and is started again. */
  private void end(SimulatedProcess process, String why) {
    environment.story().tell(process + " ends itself: " + why);
    if (process() == process) {
      kill();
    }
  }

  /** The clock on the wall of its machine is set. */
  void stepWall(long nanos) {
    wallStep += nanos;
  }

  /**
   * What filter says: names, or an error, or that no node fits.
   *
   * @param resolvable the nodes on which an eviction may help
   */
  record Filtered(List<String> nodes, Set<String> resolvable, String error) {}

  /** Why a pod waits, as this replica says; for people. */
  String why(String uid) {
    Life mine = life;
    KnownPod pod = mine == null ? null : mine.scheduling.pods().get(uid);
    String held =
        mine != null && mine.scheduling.held().of(uid) != null ? " (a place is held)" : "";
    return name + ": " + (pod == null ? "not known" : pod.reason()) + held;
  }

  /** Calls filter over HTTP; the answer comes never if the process is paused or dies. */
  void filter(PodView pod, List<String> nodes, Consumer<Filtered> answer) {
    call(
        mine -> {
          Scheduling scheduling = mine.scheduling;
          NodeList list = NodeList.of(scheduling.names(), nodes);
          FilterAnswer said = mine.verbs.filter().filter(new FilterCall(pod, list));
          Filtered filtered =
              said.error().isEmpty()
                  ? new Filtered(
                      said.chosenNames(scheduling.names()),
                      said.failed(scheduling.names(), false).keySet(),
                      "")
                  : new Filtered(List.of(), Set.of(), said.error());
          answered(() -> answer.accept(filtered));
        },
        () -> answer.accept(new Filtered(List.of(), Set.of(), "connection refused")));
  }

  /** Calls prioritize; no scores are an error. */
  void prioritize(PodView pod, List<String> nodes, Consumer<Map<String, Integer>> answer) {
    call(
        mine -> {
          Scheduling scheduling = mine.scheduling;
          NodeList list = NodeList.of(scheduling.names(), nodes);
          Map<String, Integer> scores = Map.of();
          try {
            scores =
                mine.verbs
                    .prioritize()
                    .prioritize(new FilterCall(pod, list))
                    .byName(scheduling.names());
          } catch (VerbException e) {
            environment.story().tell(mine.process + " cannot prioritize: " + e.getMessage());
          }
          Map<String, Integer> said = scores;
          answered(() -> answer.accept(said));
        },
        () -> answer.accept(Map.of()));
  }

  /** Calls preempt; no nodes may be an error as well. */
  void preempt(
      PodView pod, List<PreemptCall.Candidate> candidates, Consumer<PreemptAnswer> answer) {
    call(
        mine -> {
          PreemptAnswer said = PreemptAnswer.NONE;
          try {
            said = mine.verbs.preempt().preempt(new PreemptCall(pod, candidates));
          } catch (VerbException e) {
            environment.story().tell(mine.process + " cannot preempt: " + e.getMessage());
          }
          PreemptAnswer told = said;
          answered(() -> answer.accept(told));
        },
        () -> answer.accept(PreemptAnswer.NONE));
  }

  /** What bind says: an error, empty if the pod is bound. */
  record Bound(String error) {

    boolean isBound() {
      return error.isEmpty();
    }
  }

  void bind(BindCall call, Consumer<Bound> answer) {
    call(
        mine ->
            mine.verbs
                .bind()
                .bind(call)
                .whenComplete(
                    (said, failure) ->
                        answered(
                            () ->
                                answer.accept(
                                    new Bound(said == null ? failure.toString() : said.error())))),
        () -> answer.accept(new Bound("connection refused")));
  }

  /** kube-scheduler has closed the connection of a call. */
  void hangUp(BindCall call) {
    Life mine = life;
    if (mine != null) {
      environment
          .timeline()
          .after(link.latency() / 4, mine.process, () -> mine.verbs.bind().hungUp(call));
    }
  }

  private void call(Consumer<Life> verb, Runnable refused) {
    Life mine = life;
    VirtualTime timeline = environment.timeline();
    if (mine == null) {
      timeline.after(link.latency(), null, refused);
    } else {
      timeline.after(link.latency() / 4, mine.process, () -> verb.accept(mine));
    }
  }

  private void answered(Runnable answer) {
    environment.timeline().after(link.latency() / 4, null, answer);
  }
}
