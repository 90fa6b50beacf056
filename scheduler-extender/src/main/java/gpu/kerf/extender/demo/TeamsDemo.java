package gpu.kerf.extender.demo;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.embedded.SimApiServer;
import gpu.kerf.extender.cluster.embedded.SimPod;
import gpu.kerf.extender.cluster.embedded.VirtualTimers;
import gpu.kerf.extender.team.TurnGate;
import gpu.kerf.extender.turn.TeamsPicture;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;

/**
 * A demo of teams, from its first arrival to its last departure.
 *
 * <p>As in {@link Demo}, time is virtual and jumps from event to event; here it also passes minute
 * by minute, because windows open and close by the clock. Before time moves on, the service has
 * done all that it can do at that moment. So the same seed gives the same run.
 */
final class TeamsDemo {

  private static final long TICK_MILLIS = 60_000;
  private static final long RESTART_MILLIS = 1_000;
  private static final int MOST_WAITING = 500;

  /** An empty cluster on which nothing starts for so long has no room for what waits. */
  private static final long IDLE_MILLIS = 300_000;

  /** What a demo of teams needs to know of the service beside its verbs. */
  interface Service {
    /** Returns once the service has done all that it does at this moment; how teams stand then. */
    TeamsPicture goOn();

    /** What the webhook says of a pod that is about to be created. */
    Admission admit(ObjectNode pod);
  }

  /**
   * An answer of the webhook.
   *
   * @param milli what the pod counts as at least, in thousandths of GPUs
   */
  record Admission(boolean waits, long milli) {}

  /** Hears what happens, for those who watch. */
  interface View {
    void moment(TeamsDemo demo);

    void said(long now, String what);

    default void end(TeamsDemo demo) {}
  }

  private final Demo.Plan plan;
  private final List<NodeSpec> fleet;
  private final VirtualTimers timers;
  private final SimApiServer server;
  private final Service service;
  private final View view;
  private final long start;
  private final BankWork source;
  private final SlotAudit audit;
  private final DemoStatistics statistics = new DemoStatistics();
  private final TeamObserver observer = new TeamObserver();
  private final TeamNews news = new TeamNews();
  private final SchedulingQueue queue;
  private final SimulatedScheduler scheduler;

  /** What the API server has told; any thread adds. */
  private final Queue<Runnable> told = new ConcurrentLinkedQueue<>();

  private final Map<String, Life> byPod = new LinkedHashMap<>();
  private final Map<String, Run> gated = new LinkedHashMap<>();
  private final Set<Life> lives = new LinkedHashSet<>();
  private final Set<Life> torn = new LinkedHashSet<>();
  private final List<Life> evicted = new ArrayList<>();
  private final Set<Life> saidToWait = new LinkedHashSet<>();
  private int gangs;
  private int restarting;
  private boolean arriving = true;
  private long lastChange;

  TeamsDemo(
      Demo.Plan plan,
      SimApiServer server,
      VirtualTimers timers,
      Extender extender,
      GangCalls gangCalls,
      Service service,
      View view) {
    this.plan = plan;
    this.fleet = server.nodes();
    this.timers = timers;
    this.server = server;
    this.service = service;
    this.view = view;
    this.start = timers.now();
    this.source = new BankWork(plan.seed(), plan.rate(), start);
    this.audit = new SlotAudit(fleet);
    this.queue = new SchedulingQueue(timers, Integer.MAX_VALUE);
    this.scheduler =
        new SimulatedScheduler(
            server, extender, queue, new OutcomeRecorder(), statistics, gangCalls);
    server.watch(Runnable::run, new Watching());
  }

  /** Runs until all is done, or until it is told to stop. */
  void run(BooleanSupplier stop) {
    Pace pace = new Pace(plan.pace(), timers.now(), System::nanoTime);
    // Time must not move while the service still takes the teams in.
    service.goOn();
    arrive();
    tick();
    while (!stop.getAsBoolean() && !isOver()) {
      pace.await(timers.nextDue(), stop);
      if (stop.getAsBoolean()) {
        break;
      }
      step();
    }
    lives.stream()
        .filter(Life::waits)
        .forEach(life -> observer.of(life).waited(timers.now() - life.created));
    view.end(this);
  }

  private boolean isOver() {
    boolean empty = !arriving && restarting == 0 && statistics.running == 0;
    return empty && timers.now() - lastChange > IDLE_MILLIS;
  }

  private void tick() {
    timers.after(TICK_MILLIS, this::tick);
  }

  private void step() {
    long due = timers.nextDue();
    if (arriving) {
      observer.pass(due - timers.now());
    }
    statistics.until(due - start, arriving);
    timers.runNext();
    look(settle());
    view.moment(this);
  }

  private TeamsPicture settle() {
    TeamsPicture picture;
    do {
      picture = service.goOn();
      for (Runnable next = told.poll(); next != null; next = told.poll()) {
        next.run();
      }
    } while (scheduler.runNext(timers.now()));
    return picture;
  }

  private void look(TeamsPicture picture) {
    news.windows(picture).forEach(this::say);
    for (TeamNews.Taking taking : news.takings(picture)) {
      observer.of(taking.team()).reclaims++;
      say(taking.text());
    }
    observer.look(timers.now(), lives, picture);
    news.shrinkings(evicted, observer.teams()).forEach(this::say);
    evicted.clear();
    lives.forEach(this::look);
    statistics.now(audit);
    statistics.waiting = (int) lives.stream().filter(Life::waits).count();
    statistics.running = lives.size() - statistics.waiting;
  }

  private void look(Life life) {
    if (life.isTorn() && torn.add(life)) {
      say("gang " + life.work.name() + " of " + life.work.team() + " is torn");
    }
    if (life.work.isGang() && life.waits() && saidToWait.add(life)) {
      say(life.work.team() + ": " + gang(life) + " waits for room for all its pods");
    }
  }

  private void arrive() {
    if (plan.pods() > 0 && statistics.arrived == plan.pods()) {
      arriving = false;
      return;
    }
    TeamWork work = source.next();
    timers.after(
        start + work.each().arrival() - timers.now(),
        () -> {
          statistics.arrived++;
          statistics.lastArrival = work.each().arrival();
          observer.of(work.team()).works++;
          gangs += work.isGang() ? 1 : 0;
          begin(work, 0, work.each().duration());
          arrive();
        });
  }

  private void begin(TeamWork work, int number, long left) {
    lastChange = timers.now();
    if (statistics.waiting >= MOST_WAITING) {
      statistics.turnedAway++;
      return;
    }
    ObjectNode pod = Manifest.of(work.each(), number, plan.seed(), timers.now());
    if (!work.evictable()) {
      pod.withObject("/metadata/annotations").put("kerf.gpu/evictable", "false");
    }
    List<ObjectNode> pods = new ArrayList<>();
    for (int i = 0; i < work.pods(); i++) {
      pods.add(work.isGang() ? Manifest.inGang(pod, work.name(), i, work.pods()) : pod);
    }
    Admission answer = service.admit(pods.get(0));
    Life life = new Life(work, number, left, timers.now(), answer.milli());
    lives.add(life);
    pods.forEach(each -> create(life, each, answer.waits()));
  }

  private void create(Life life, ObjectNode pod, boolean waits) {
    if (waits) {
      ArrayNode gates = pod.withObject("/spec").putArray("schedulingGates");
      gates.addObject().put("name", TurnGate.NAME);
    }
    Run run = new Run(life.work.each(), life.number, life.left, pod);
    life.pods.add(run);
    byPod.put(run.uid(), life);
    if (waits) {
      gated.put(run.uid(), run);
    } else {
      queue.add(run);
    }
    server.create(pod);
  }

  private void say(String what) {
    view.said(timers.now(), what);
  }

  private static String gang(Life life) {
    return "gang " + life.work.name() + " of " + life.work.pods() + " pods";
  }

  DemoStatistics statistics() {
    return statistics;
  }

  Map<String, TeamStatistics> teams() {
    return observer.teams();
  }

  SlotAudit audit() {
    return audit;
  }

  List<NodeSpec> fleet() {
    return fleet;
  }

  Demo.Plan plan() {
    return plan;
  }

  /** How many gangs have come, and how many of their starts or ends were not whole. */
  int gangs() {
    return gangs;
  }

  int tornGangs() {
    return torn.size();
  }

  /** What time it is in the demo. */
  long time() {
    return timers.now();
  }

  long sinceStart() {
    return timers.now() - start;
  }

  /** Follows what becomes of the pods. */
  private final class OutcomeRecorder implements SimulatedScheduler.Outcomes {
    @Override
    public void bound(Run run, String node, long millis) {
      Life life = byPod.get(run.uid());
      statistics.bound++;
      lastChange = timers.now();
      audit.bound(run.uid(), node, scheduler.placement(run));
      if (life != null && life.bound(timers.now())) {
        started(life);
      }
    }

    @Override
    public void refused(Run run, String why) {}

    /** That it is not its turn is no reason to give up, and what is too large waits in its line. */
    @Override
    public boolean hopeless(Run run, String why) {
      return false;
    }

    @Override
    public void evicted(Run preemptor, SimPod victim) {
      statistics.preempted++;
      say(preemptor.key() + " preempts " + victim.key() + " on " + victim.node());
    }
  }

  private void started(Life life) {
    long waited = timers.now() - life.created;
    observer.of(life).starts++;
    observer.of(life).waited(waited);
    if (life.work.isGang() && waited > 0) {
      say(life.work.team() + ": " + gang(life) + " starts whole after " + minutes(waited));
    }
    timers.after(life.left, () -> finish(life));
  }

  private static String minutes(long millis) {
    return millis < 60_000 ? millis / 1000 + " s" : Math.round(millis / 60_000.0) + " min";
  }

  /** Its time is over; work that was evicted before goes on in another life. */
  private void finish(Life life) {
    if (!life.isEvicted()) {
      statistics.finished++;
      observer.of(life).finished++;
      life.pods.forEach(run -> server.gone(run.key(), run.uid()));
    }
  }

  /** Hears of pods, on the threads of others: what is to be done waits until the demo goes on. */
  private final class Watching implements SimApiServer.Watcher {
    @Override
    public void nodeChanged(NodeSpec node) {}

    @Override
    public void nodeRemoved(String name) {}

    @Override
    public void podChanged(SimPod pod) {
      if (pod.isTerminating()) {
        told.add(() -> leaves(pod));
      } else if (!pod.isBound() && !pod.hasGate(TurnGate.NAME)) {
        told.add(() -> opened(pod));
      }
    }

    @Override
    public void podEnded(SimPod pod) {
      told.add(() -> ended(pod));
    }

    @Override
    public void podNudged(SimPod pod) {
      told.add(queue::wake);
    }
  }

  private void opened(SimPod pod) {
    Run run = gated.remove(pod.uid());
    if (run != null) {
      queue.add(new Run(run.work(), run.life(), run.left(), pod.manifest()));
    }
  }

  private void leaves(SimPod pod) {
    Life life = byPod.get(pod.uid());
    if (life != null && life.evicted(timers.now())) {
      observer.of(life).evictions++;
      evicted.add(life);
    }
  }

  private void ended(SimPod pod) {
    lastChange = timers.now();
    Life life = byPod.remove(pod.uid());
    if (pod.node() != null) {
      audit.gone(pod.uid(), pod.node());
      queue.wake();
    }
    if (life != null && life.gone()) {
      lives.remove(life);
      if (life.isEvicted()) {
        restart(life);
      }
    }
  }

  private void restart(Life life) {
    restarting++;
    timers.after(
        RESTART_MILLIS,
        () -> {
          restarting--;
          begin(life.work, life.number + 1, life.rest());
        });
  }
}
