package gpu.kerf.extender.demo;

import gpu.kerf.extender.cluster.embedded.SimApiServer;
import gpu.kerf.extender.cluster.embedded.SimPod;
import gpu.kerf.extender.cluster.embedded.VirtualTimers;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * A demo from its first arrival to its last departure.
 *
 * <p>It runs in virtual time: events happen one after the other and decisions take no time. A pace
 * only makes it wait before the next event, so that a person can watch; it does not change the
 * events. So the same seed gives the same result at any pace and on any machine.
 */
final class Demo {

  private static final long SAMPLE_MILLIS = 5_000;
  private static final int MOST_WAITING = 500;

  /** Time between an eviction's end and the moment when the work is there again. */
  private static final long RESTART_MILLIS = 1_000;

  /**
   * How much of what.
   *
   * @param pods how many arrive; 0 for no end
   * @param rate arrivals per second
   * @param pace seconds of the demo per second; 0 for as fast as it goes
   */
  record Plan(long seed, int pods, double rate, double pace) {}

  /** Hears what happens, for those who watch. */
  interface View {
    /** Everything has settled at a moment; it may be long until the next. */
    void moment(Demo demo);

    void said(long now, String what);

    /** Nothing more happens. */
    default void end(Demo demo) {}
  }

  private final Plan plan;
  private final List<NodeSpec> fleet;
  private final VirtualTimers timers;
  private final SimApiServer server;
  private final Extender extender;
  private final Service service;
  private final View view;
  private final long start;
  private final WorkMix mix;
  private final SlotAudit audit;
  private final DemoStatistics statistics = new DemoStatistics();
  private final SchedulingQueue queue;
  private final SimulatedScheduler scheduler;
  private final Map<String, Live> live = new LinkedHashMap<>();
  private final Map<Work, Long> waited = new LinkedHashMap<>();
  private final Map<Work, Long> pending = new LinkedHashMap<>();
  private final Set<Work> turnedAway = new LinkedHashSet<>();
  private final List<Work> works = new ArrayList<>();
  private final long capacityMiB;
  private boolean arriving = true;
  private String lastRefusal = "";

  /** A pod that is bound, and since when. */
  private record Live(Run run, long since) {}

  /** What a demo needs to know of the service beside its verbs. */
  interface Service {
    /** Returns once the service has heard everything that the API server has told it. */
    void settle();

    long strandedMiB();
  }

  Demo(
      Plan plan,
      SimApiServer server,
      VirtualTimers timers,
      Extender extender,
      Service service,
      View view) {
    this.plan = plan;
    this.fleet = server.nodes();
    this.timers = timers;
    this.server = server;
    this.extender = extender;
    this.service = service;
    this.view = view;
    this.start = timers.now();
    this.mix = new WorkMix(plan.seed(), plan.rate());
    this.audit = new SlotAudit(fleet);
    this.capacityMiB = Summary.capacity(fleet);
    this.queue = new SchedulingQueue(timers, MOST_WAITING);
    this.scheduler =
        new SimulatedScheduler(
            server, extender, queue, new OutcomeRecorder(), statistics, GangCalls.NONE);
    server.watch(Runnable::run, new Watching());
  }

  /** Runs until all is done, or until it is told to stop. */
  Summary run(BooleanSupplier stop) {
    long begun = System.nanoTime();
    Pace pace = new Pace(plan.pace(), timers.now(), System::nanoTime);
    arrive();
    sample();
    while (timers.nextDue() < Long.MAX_VALUE && !stop.getAsBoolean() && !isOver()) {
      pace.await(timers.nextDue(), stop);
      if (stop.getAsBoolean()) {
        break;
      }
      step();
    }
    view.end(this);
    boolean ended = timers.nextDue() == Long.MAX_VALUE || isOver();
    works.stream().filter(work -> !turnedAway.contains(work)).forEach(this::countWait);
    long until = ended ? Long.MAX_VALUE : now();
    return new Summary(
        plan,
        new Summary.Played(fleet, works, statistics, audit, until),
        seconds(),
        extender,
        begun);
  }

  private void countWait(Work work) {
    Long since = pending.get(work);
    long now = since == null ? 0 : timers.now() - since;
    statistics.waited(waited.getOrDefault(work, 0L) + now);
  }

  /** Nothing comes any more, nothing runs, and what waits waits for ever. */
  private boolean isOver() {
    return !arriving && statistics.running == 0 && queue.size() == 0;
  }

  private double seconds() {
    return (timers.now() - start) / 1000.0;
  }

  private void step() {
    statistics.until(timers.nextDue() - start, arriving);
    timers.runNext();
    service.settle();
    scheduler.run(timers.now());
    statistics.now(audit);
    statistics.waiting = queue.size();
    statistics.running = live.size();
    view.moment(this);
  }

  private void arrive() {
    if (plan.pods() > 0 && works.size() == plan.pods()) {
      arriving = false;
      return;
    }
    Work work = mix.next();
    timers.after(
        start + work.arrival() - timers.now(),
        () -> {
          works.add(work);
          statistics.arrived++;
          statistics.lastArrival = work.arrival();
          submit(work, 0, work.duration());
          arrive();
        });
  }

  private void submit(Work work, int life, long left) {
    Run run = new Run(work, life, left, Manifest.of(work, life, plan.seed(), timers.now()));
    if (queue.add(run)) {
      pending.put(work, timers.now());
      server.create(run.manifest());
    } else {
      turnedAway.add(work);
      statistics.turnedAway++;
    }
  }

  /** Asks the service from time to time how much it holds for stranded. */
  private void sample() {
    if (arriving) {
      statistics.stranded(service.strandedMiB());
      timers.after(SAMPLE_MILLIS, this::sample);
    }
  }

  DemoStatistics statistics() {
    return statistics;
  }

  SlotAudit audit() {
    return audit;
  }

  List<NodeSpec> fleet() {
    return fleet;
  }

  long now() {
    return timers.now() - start;
  }

  long capacityMiB() {
    return capacityMiB;
  }

  /** How many GPUs the pods that run now would hold if no pod shared one. */
  int wholeGpusNow() {
    return live.values().stream().mapToInt(each -> each.run().work().gpus()).sum();
  }

  /** The last pod that found no room, and why; empty if all found some. */
  String lastRefusal() {
    return lastRefusal;
  }

  /** Follows what becomes of the pods. */
  private final class OutcomeRecorder implements SimulatedScheduler.Outcomes {
    @Override
    public void bound(Run run, String node, long millis) {
      statistics.bound++;
      pending.remove(run.work());
      waited.merge(run.work(), millis, Long::sum);
      audit.bound(run.uid(), node, scheduler.placement(run));
      live.put(run.uid(), new Live(run, timers.now()));
      timers.after(run.left(), () -> finish(run));
    }

    @Override
    public void refused(Run run, String why) {
      lastRefusal = run.key() + ": " + why;
    }

    @Override
    public boolean hopeless(Run run, String why) {
      statistics.turnedAway++;
      turnedAway.add(run.work());
      pending.remove(run.work());
      view.said(now(), run.key() + " fits on no node, even on an empty one: " + why);
      server.gone(run.key(), run.uid());
      return true;
    }

    @Override
    public void evicted(Run preemptor, SimPod victim) {
      statistics.preempted++;
      view.said(now(), preemptor.key() + " preempts " + victim.key() + " on " + victim.node());
    }
  }

  /** Its time is over; who was evicted before finishes as another pod. */
  private void finish(Run run) {
    SimPod pod = server.pod(run.namespace(), run.name());
    if (live.containsKey(run.uid()) && pod != null && !pod.isTerminating()) {
      statistics.finished++;
      server.gone(run.key(), run.uid());
    }
  }

  /** Hears of pods that are gone, by themselves or evicted. */
  private final class Watching implements SimApiServer.Watcher {
    @Override
    public void nodeChanged(NodeSpec node) {}

    @Override
    public void nodeRemoved(String name) {}

    @Override
    public void podChanged(SimPod pod) {}

    @Override
    public void podEnded(SimPod pod) {
      Live ended = live.remove(pod.uid());
      if (ended == null || pod.node() == null) {
        return;
      }
      audit.gone(pod.uid(), pod.node());
      queue.wake();
      if (pod.isTerminating()) {
        Run run = ended.run();
        long left = Math.max(1, run.left() - (timers.now() - ended.since()));
        timers.after(RESTART_MILLIS, () -> submit(run.work(), run.life() + 1, left));
      }
    }
  }
}
