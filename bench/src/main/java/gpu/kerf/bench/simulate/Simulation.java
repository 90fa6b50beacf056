package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A cluster with replicas of Kerf, faults and an oracle. It runs in rounds: first faults occur,
 * then they end, and within some minutes the state must be correct again.
 */
final class Simulation {
  /** By then kube-scheduler itself has tried every unschedulable pod again. */
  private static final long CALM_LIMIT = 420 * VirtualTime.SECOND;

  /**
   * A user gives up a pod that does not start after 300 s, and what a driver may still have is held
   * for two minutes and more after that.
   */
  private static final long CALM_LIMIT_WITH_DRA = 600 * VirtualTime.SECOND;

  private static final long CHECK = 2 * VirtualTime.SECOND;
  private static final long FIRST_CHECK = 30 * VirtualTime.SECOND;
  private static final long PROGRESS = 1L << 18;

  /** The {@code httpTimeout} of Kerf's manifests, and that of those with the component dra. */
  private static final long PATIENCE = 5 * VirtualTime.SECOND;

  private static final long PATIENCE_WITH_DRA = 30 * VirtualTime.SECOND;
  private static final long FOR_DRA = 0x0D2AL << 32;

  private final Scenario scenario;
  private final VirtualTime timeline = new VirtualTime();
  private final Story story = new Story(timeline);
  private final ApiStore store = new ApiStore(timeline);
  private final Oracle oracle = new Oracle(store);
  private final PreemptionOracle preemptions = new PreemptionOracle(timeline, store);
  private final PodControl control = new PodControl(store, story);
  private final List<Replica> replicas = new ArrayList<>();
  private final List<SimulatedNode> nodes = new ArrayList<>();
  private final SplittableRandom random;
  private final SplittableRandom pages;
  private final SplittableRandom forDra;
  private final Fibers fibers;
  private final ApiFrontend frontend;
  private final SchedulerPair schedulers;
  private final DisruptionBudgets budgets;
  private final EvictionFaults evictionFaults;
  private final FaultInjector injector;
  private final Workload workload;
  private final Calm calm;
  private final @Nullable TeamWorld teams;
  private final @Nullable TeamCalm teamCalm;
  private final @Nullable DraWorld dra;
  private final LongConsumer progress;
  private long calmSince;
  private int rounds;
  private boolean over;
  private boolean partialPages;

  private Simulation(Scenario scenario, LongConsumer progress) {
    this.scenario = scenario;
    this.progress = progress;
    this.random = new SplittableRandom(scenario.seed());
    this.forDra = new SplittableRandom(scenario.seed() ^ FOR_DRA);
    this.fibers = new Fibers(timeline, () -> over);
    SplittableRandom forNodes = random.split();
    SplittableRandom forReplicas = random.split();
    SplittableRandom forSchedulers = random.split();
    SplittableRandom forFaults = random.split();
    SplittableRandom forWork = random.split();
    this.pages = random.split();
    this.partialPages = pages.nextBoolean();
    this.budgets = new DisruptionBudgets(timeline, store, story, random.split());
    this.frontend = new ApiFrontend(store, control, this::mayEvict, this::pageSize);
    makeLease();
    makeNodes(forNodes);
    if (scenario.teams()) {
      frontend.serveTeams();
    }
    makeReplicas(forReplicas);
    this.dra = scenario.dra() ? makeDra() : null;
    this.schedulers =
        new SchedulerPair(
            new KubeScheduler.Environment(
                timeline,
                store,
                story,
                control,
                new DefaultPreemption(budgets),
                preemptions,
                scenario.dra() ? PATIENCE_WITH_DRA : PATIENCE),
            forSchedulers,
            replicas);
    this.evictionFaults =
        new EvictionFaults(timeline, story, random.split(), control, store, replicas, nodes);
    this.teams = scenario.teams() ? makeTeams() : null;
    this.injector =
        new FaultInjector(
            timeline,
            story,
            forFaults,
            scenario.faults(),
            new FaultInjector.Cluster(
                store, frontend, replicas, schedulers, nodes, budgets, evictionFaults, teams, dra));
    int drawn = 10 + forWork.nextInt(50);
    int most = scenario.pods() > 0 ? scenario.pods() : drawn;
    ReplicaSets owners = new ReplicaSets(timeline, store, random.split(), "owned-");
    this.workload =
        new Workload(timeline, store, control, owners, forWork, scenario.faults(), most);
    this.calm =
        new Calm(
            store,
            oracle,
            replicas,
            schedulers,
            budgets,
            node -> dra != null && dra.oracle().isDisputed(node));
    this.teamCalm =
        teams == null ? null : new TeamCalm(timeline, store, teams, calm, replicas, budgets);
  }

  /** It draws from a stream of its own: the others are the same without DRA drivers. */
  private DraWorld makeDra() {
    DraWorld.Around around =
        new DraWorld.Around(timeline, store, story, control, nodes, replicas, frontend);
    return new DraWorld(around, forDra.split(), scenario.faults());
  }

  /** It draws from a stream of its own: the others are the same without teams. */
  private TeamWorld makeTeams() {
    TeamWorld.Around around =
        new TeamWorld.Around(timeline, store, story, control, nodes, replicas, schedulers);
    return new TeamWorld(around, new SplittableRandom(~scenario.seed()));
  }

  /** Runs a scenario to its end, or to what must not be. */
  static SimulationResult run(Scenario scenario) {
    return run(scenario, events -> {});
  }

  static SimulationResult run(Scenario scenario, LongConsumer progress) {
    return new Simulation(scenario, progress).run();
  }

  private boolean mayEvict(String client, PodObject pod) {
    evictionFaults.evicts(client, pod);
    if (!injector.mayEvict() || !budgets.take(pod)) {
      story.tell("a budget forbids to evict " + pod);
      return false;
    }
    if (teams == null) {
      preemptions.evicts(client, pod);
    } else {
      teams.evicts(pod);
    }
    return true;
  }

  private int pageSize() {
    return partialPages ? 1 + pages.nextInt(8) : 500;
  }

  /** The manifests have it. */
  private void makeLease() {
    ObjectNode lease = Stored.JSON.createObjectNode();
    lease.putObject("metadata").put("name", "kerf-binding").put("namespace", "kerf-system");
    store.create(ObjectKind.LEASE, lease);
  }

  private void makeNodes(SplittableRandom random) {
    SimulatedNode.World world = new SimulatedNode.World(timeline, store, control, oracle, story);
    int drawn = 1 + random.nextInt(4);
    int count = scenario.nodes() > 0 ? scenario.nodes() : drawn;
    List<InventoryAgent.Way> ways = InventoryAgent.Way.PLAIN;
    for (int i = 0; i < count; i++) {
      SplittableRandom own = random.split();
      InventoryAgent.Way way = ways.get(own.nextInt(ways.size()));
      if (scenario.dra() && (i == 0 || forDra.nextInt(4) > 0)) {
        way = InventoryAgent.Way.DRIVER;
      }
      SimulatedNode node = new SimulatedNode("node-" + i, world, own.split(), way);
      Gpu.Model model = model(own.nextInt(10));
      int gpus = 1 + own.nextInt(4);
      for (int gpu = 0; gpu < gpus; gpu++) {
        Gpu card = node.addGpu(model);
        boolean cut = way != InventoryAgent.Way.LABELS && !model.layouts.isEmpty();
        if (cut && own.nextBoolean()) {
          card.cut(own.nextInt(model.layouts.size()), gpu);
        }
        if (way == InventoryAgent.Way.DRIVER) {
          card.offer(offer(card));
        }
      }
      nodes.add(node);
      oracle.add(node);
    }
  }

  private Gpu.Offer offer(Gpu card) {
    if (card.isCut() || forDra.nextInt(4) == 0) {
      return Gpu.Offer.WHOLE;
    }
    return card.model().profiles.isEmpty() ? Gpu.Offer.SHARES : Gpu.Offer.MIG_ON_DEMAND;
  }

  /** Prices of the larger cards take longest to work out, so they are rare. */
  private static Gpu.Model model(int drawn) {
    if (drawn == 0) {
      return Gpu.Model.H100;
    }
    return drawn < 6 ? Gpu.Model.A30 : Gpu.Model.L40S;
  }

  private void makeReplicas(SplittableRandom random) {
    ReplicaConnection.Environment environment =
        new ReplicaConnection.Environment(timeline, fibers, store, frontend, story);
    for (int i = 0; i < scenario.replicas(); i++) {
      replicas.add(
          new Replica(
              "kerf-" + (char) ('a' + i),
              environment,
              new Link(random.split()),
              next -> injector.between(next)));
    }
  }

  private SimulationResult run() {
    makeCheckpoint();
    nodes.forEach(SimulatedNode::start);
    replicas.forEach(Replica::start);
    schedulers.start();
    workload.start();
    if (teams != null) {
      teams.start();
    }
    if (dra != null) {
      dra.start();
    }
    injector.start();
    round();
    fibers.afterEvent(this::afterEvent);
    try (fibers) {
      fibers.run();
      return outcome(fibers.failure());
    }
  }

  /** Kerf's manifests have it. */
  private void makeCheckpoint() {
    ObjectNode map =
        Stored.JSON.createObjectNode().put("apiVersion", "v1").put("kind", "ConfigMap");
    map.putObject("metadata").put("namespace", Replica.NAMESPACE).put("name", "kerf-checkpoint");
    store.create(ObjectKind.CONFIG_MAP, map);
  }

  private void afterEvent() {
    oracle.check();
    if (timeline.executed() % PROGRESS == 0) {
      progress.accept(timeline.executed());
    }
  }

  private SimulationResult outcome(@Nullable Throwable failure) {
    boolean stuck = failure instanceof Violation violation && violation.isStuck();
    String problem =
        failure == null
            ? ""
            : failure instanceof Violation ? String.valueOf(failure.getMessage()) : text(failure);
    if (!problem.isEmpty()) {
      story.tell(problem);
    }
    return new SimulationResult(
        scenario,
        timeline.executed(),
        timeline.now() / VirtualTime.SECOND,
        rounds,
        problem,
        stuck,
        story.checksum(),
        story.lines());
  }

  private static String text(Throwable failure) {
    StringBuilder text = new StringBuilder(failure.toString());
    for (StackTraceElement each : failure.getStackTrace()) {
      if (!each.getClassName().startsWith("gpu.kerf.bench") && text.length() < 1_200) {
        text.append("\n        at ").append(each);
      }
    }
    return text.toString();
  }

  /** For some minutes things go wrong. */
  private void round() {
    injector.calm(false);
    workload.calm(false);
    preemptions.calm(false);
    if (teams != null) {
      teams.calm(false);
    }
    if (dra != null) {
      dra.calm(false);
    }
    timeline.after((60 + random.nextLong(240)) * VirtualTime.SECOND, null, this::becomeCalm);
  }

  private long calmLimit() {
    return scenario.dra() ? CALM_LIMIT_WITH_DRA : CALM_LIMIT;
  }

  private void becomeCalm() {
    story.tell("all is well from now on");
    injector.calm(true);
    workload.calm(true);
    if (teams != null) {
      teams.calm(true);
    }
    if (dra != null) {
      dra.calm(true);
    }
    calmSince = timeline.now();
    timeline.after(FIRST_CHECK, null, this::firstLook);
  }

  private void firstLook() {
    preemptions.calm(budgets.areNone());
    if (teams != null) {
      teams.settled();
    }
    look();
  }

  private @Nullable Violation problem() {
    boolean preempts = budgets.areNone();
    Violation problem = calm.problemOfReplicas();
    problem = problem == null && dra != null ? dra.problem() : problem;
    if (teams != null && teamCalm != null) {
      problem = problem == null ? teamCalm.problem(calmSince) : problem;
      preempts &= teams.teams().areNone();
      problem = problem == null && teams.teams().areNone() ? calm.problemOfPods() : problem;
    } else {
      problem = problem == null ? calm.problemOfPods() : problem;
    }
    return problem == null && preempts ? preemptions.problem() : problem;
  }

  private void look() {
    Violation problem = problem();
    if (problem != null && timeline.now() - calmSince < calmLimit()) {
      timeline.after(CHECK, null, this::look);
      return;
    }
    if (problem != null) {
      throw problem;
    }
    rounds++;
    story.tell("everything is right");
    over = timeline.executed() >= scenario.events();
    if (!over) {
      round();
    }
  }
}
