package gpu.kerf.bench.simulate;

import gpu.kerf.extender.wire.BindCall;
import gpu.kerf.extender.wire.PodView;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One process of kube-scheduler as Kerf sees it: a queue with back-off, one scheduling cycle at a
 * time ({@link SchedulingCycle}), preemption, pods that are assumed to be bound, bindings beside
 * it. It works only while it leads.
 */
final class KubeScheduler {
  private static final long LONGEST_BACKOFF = 10 * VirtualTime.SECOND;
  private static final long API_CALL = 2 * VirtualTime.MILLI;
  private static final long LEFTOVER = 300 * VirtualTime.SECOND;
  private static final long LEFTOVER_CHECK = 30 * VirtualTime.SECOND;

  private static final Comparator<Queued> ORDER =
      Comparator.<Queued>comparingInt(each -> -each.pod.priority())
          .thenComparingLong(each -> each.since)
          .thenComparing(each -> each.pod.uid());

  private final SimulatedProcess process;
  private final VirtualTime timeline;
  private final ApiStore store;
  private final Replica replica;
  private final SplittableRandom random;
  private final Environment environment;
  private final Story story;
  private final Map<String, String> nominations = new HashMap<>();
  private final Map<String, PodObject> bound = new LinkedHashMap<>();
  private final Map<String, Stored> nodes = new LinkedHashMap<>();
  private final Map<String, Assumed> assumed = new LinkedHashMap<>();
  private final Map<String, Queued> queued = new LinkedHashMap<>();
  private final TreeSet<Queued> active = new TreeSet<>(ORDER);
  private final Map<String, BindCall> openCalls = new LinkedHashMap<>();
  private final Feed feed;
  private boolean leads;
  private boolean inCycle;

  /** A pod that waits: active, backing off, or until something happens. */
  private static final class Queued {
    private PodObject pod;
    private final long since;
    private int attempts;
    private long unschedulableSince = -1;

    /** While the pods that go for it are being deleted. */
    private boolean gated;

    Queued(PodObject pod, long since) {
      this.pod = pod;
      this.since = since;
    }
  }

  /** A pod of which this process believes that it will be bound. */
  private record Assumed(PodObject pod, String node) {}

  /**
   * What a kube-scheduler stands in.
   *
   * @param patience how long it waits for an extender
   */
  record Environment(
      VirtualTime timeline,
      ApiStore store,
      Story story,
      PodControl control,
      DefaultPreemption preemption,
      PreemptionOracle oracle,
      long patience) {}

  KubeScheduler(
      SimulatedProcess process, Environment environment, Replica replica, SplittableRandom random) {
    this.process = process;
    this.environment = environment;
    this.timeline = environment.timeline;
    this.store = environment.store;
    this.replica = replica;
    this.random = random;
    this.story = environment.story;
    this.feed =
        new Feed(
            timeline,
            process,
            Set.of(ObjectKind.POD, ObjectKind.NODE),
            this::informerLatency,
            this::heard);
  }

  private long informerLatency() {
    return 500_000 + random.nextLong(random.nextInt(20) == 0 ? 400_000_000 : 4_000_000);
  }

  void start() {
    store.all(ObjectKind.NODE).forEach(node -> nodes.put(node.name(), node));
    store.all(ObjectKind.POD).forEach(pod -> seen(pod.pod()));
    store.listen(feed);
    timeline.after(LEFTOVER_CHECK, process, this::flush);
  }

  /** It is dead, and hears nothing more. */
  void stop() {
    store.unlisten(feed);
    List.copyOf(openCalls.keySet()).forEach(this::hangUp);
  }

  SimulatedProcess process() {
    return process;
  }

  void lead() {
    leads = true;
    cycle();
  }

  private void heard(ApiStore.Change change) {
    Stored after = change.after();
    if (change.kind() == ObjectKind.NODE) {
      if (after == null) {
        nodes.remove(change.any().name());
      } else {
        nodes.put(after.name(), after);
      }
    } else if (after == null) {
      gone(change.any().pod());
    } else {
      seen(after.pod());
    }
    wakeAll();
    cycle();
  }

  private void seen(PodObject pod) {
    String uid = pod.uid();
    if (pod.isOver()) {
      gone(pod);
    } else if (pod.isBound()) {
      bound.put(uid, pod);
      assumed.remove(uid);
      forget(uid);
    } else if (pod.isTerminating() || pod.isGated()) {
      forget(uid);
    } else if (pod.scheduler().equals(Replica.SCHEDULER)) {
      enqueue(pod);
      nominated(uid, pod.nominated());
    }
  }

  private void nominated(String uid, String node) {
    if (node.isEmpty()) {
      nominations.remove(uid);
    } else {
      nominations.put(uid, node);
    }
  }

  private void gone(PodObject pod) {
    bound.remove(pod.uid());
    assumed.remove(pod.uid());
    forget(pod.uid());
  }

  private void forget(String uid) {
    Queued known = queued.remove(uid);
    nominations.remove(uid);
    if (known != null) {
      active.remove(known);
    }
  }

  private void enqueue(PodObject pod) {
    if (assumed.containsKey(pod.uid())) {
      return;
    }
    Queued known = queued.get(pod.uid());
    if (known == null) {
      Queued fresh = new Queued(pod, timeline.now());
      queued.put(pod.uid(), fresh);
      active.add(fresh);
    } else {
      boolean wasActive = active.remove(known);
      known.pod = pod;
      if (wasActive) {
        active.add(known);
      }
    }
  }

  /** Any event may have made room for those that an extender refused. */
  private void wakeAll() {
    for (Queued each : List.copyOf(queued.values())) {
      if (each.unschedulableSince >= 0 && !each.gated) {
        each.unschedulableSince = -1;
        backOff(each);
      }
    }
  }

  /** Those that wait for very long are tried again without any reason. */
  private void flush() {
    for (Queued each : List.copyOf(queued.values())) {
      if (each.unschedulableSince >= 0 && timeline.now() - each.unschedulableSince >= LEFTOVER) {
        each.unschedulableSince = -1;
        active.add(each);
      }
    }
    timeline.after(LEFTOVER_CHECK, process, this::flush);
    cycle();
  }

  private void backOff(Queued one) {
    long pause =
        Math.min(
            VirtualTime.SECOND << Math.min(10, Math.max(0, one.attempts - 1)), LONGEST_BACKOFF);
    timeline.after(
        pause,
        process,
        () -> {
          if (queued.get(one.pod.uid()) == one && one.unschedulableSince < 0) {
            active.add(one);
            cycle();
          }
        });
  }

  private void cycle() {
    if (!leads || inCycle || active.isEmpty()) {
      return;
    }
    Queued next = active.pollFirst();
    if (next == null || assumed.containsKey(next.pod.uid())) {
      return;
    }
    inCycle = true;
    next.attempts++;
    new SchedulingCycle(next.pod, new Host(next), replica, environment.preemption, random).run();
  }

  /** This process, for the cycle of one pod. */
  private final class Host implements SchedulingCycle.Host {
    private final Queued one;

    Host(Queued one) {
      this.one = one;
    }

    @Override
    public Collection<String> nodeNames() {
      return List.copyOf(nodes.keySet());
    }

    @Override
    public Collection<PodObject> pods(String node) {
      return KubeScheduler.this.pods(node);
    }

    @Override
    public boolean fitsBeside(PodObject pod, String node, Collection<PodObject> others) {
      return KubeScheduler.this.fitsBeside(pod, node, others);
    }

    @Override
    public boolean couldFit(PodObject pod, String node) {
      Stored known = nodes.get(node);
      return known != null && !pod.fitsNoNode() && pod.amounts().fitIn(Amounts.of(known));
    }

    @Override
    public String nominated(PodObject pod) {
      return nominations.getOrDefault(pod.uid(), "");
    }

    @Override
    public <T> void call(Consumer<Consumer<T>> send, Consumer<T> answered, Runnable late) {
      Once once = new Once(late);
      send.accept(said -> inProcess(once, () -> answered.accept(said)));
    }

    @Override
    public void assume(String node) {
      KubeScheduler.this.assume(one, node);
    }

    @Override
    public void refused() {
      KubeScheduler.this.refused(one);
    }

    @Override
    public void failed() {
      KubeScheduler.this.failed(one);
    }

    @Override
    public void preempt(DefaultPreemption.Candidate chosen) {
      KubeScheduler.this.preempt(one, chosen);
    }

    @Override
    public void clearNomination() {
      nominate(one.pod, "");
    }
  }

  /** The pods go beside the cycles, and until then the pod for which they go waits. */
  private void preempt(Queued one, DefaultPreemption.Candidate chosen) {
    story.tell(
        process + " preempts " + chosen.victims() + " on " + chosen.node() + " for " + one.pod);
    environment.oracle.preempts(one.pod, chosen.victims());
    one.gated = true;
    for (Queued each : List.copyOf(queued.values())) {
      boolean lower = each.pod.priority() < one.pod.priority();
      if (lower && chosen.node().equals(nominations.get(each.pod.uid()))) {
        nominate(each.pod, "");
      }
    }
    nominate(one.pod, chosen.node());
    long pause = 0;
    for (PodObject victim : chosen.victims()) {
      pause += API_CALL;
      timeline.after(pause, process, () -> delete(victim, one.pod));
    }
    timeline.after(
        pause + API_CALL,
        process,
        () -> {
          one.gated = false;
          wakeAll();
        });
    refused(one);
  }

  private void delete(PodObject victim, PodObject preemptor) {
    PodObject now = environment.control.current(victim);
    if (now != null) {
      String why = process + ": preempting to accommodate " + preemptor;
      PodObject told = environment.control.disrupt(now, "PreemptionByScheduler", why);
      environment.control.delete(told, told.graceSeconds(), why);
    }
  }

  private void nominate(PodObject pod, String node) {
    if (!nominations.getOrDefault(pod.uid(), "").equals(node)) {
      nominated(pod.uid(), node);
      timeline.after(API_CALL, process, () -> environment.control.nominate(pod, node));
    }
  }

  /** One of an answer and the end of waiting for it. */
  private final class Once {
    private boolean done;

    Once(Runnable late) {
      timeline.after(
          environment.patience,
          process,
          () -> {
            if (!done) {
              done = true;
              late.run();
            }
          });
    }
  }

  private void inProcess(Once once, Runnable then) {
    timeline.after(
        0,
        process,
        () -> {
          if (!once.done) {
            once.done = true;
            then.run();
          }
        });
  }

  private void refused(Queued one) {
    if (queued.get(one.pod.uid()) == one) {
      one.unschedulableSince = timeline.now();
    }
    cycleOver();
  }

  private void failed(Queued one) {
    if (queued.get(one.pod.uid()) == one) {
      backOff(one);
    }
    cycleOver();
  }

  private void cycleOver() {
    inCycle = false;
    timeline.after(100_000, process, this::cycle);
  }

  private void assume(Queued one, String node) {
    PodObject pod = one.pod;
    if (queued.remove(pod.uid()) == null) {
      cycleOver();
      return;
    }
    assumed.put(pod.uid(), new Assumed(pod, node));
    Once once =
        new Once(
            () -> {
              hangUp(pod.uid());
              unbound(one, node, "no answer in time");
            });
    PodView.Ref ref = pod.view().ref();
    BindCall call = new BindCall(ref, node);
    if (!pod.gang().isEmpty()) {
      openCalls.put(pod.uid(), call);
    }
    replica.bind(
        call,
        said ->
            inProcess(
                once,
                () -> {
                  openCalls.remove(pod.uid());
                  if (!said.isBound()) {
                    unbound(one, node, said.error());
                  }
                }));
    cycleOver();
  }

  /** It waits for the answer no more, and closes the connection. */
  private void hangUp(String uid) {
    BindCall call = openCalls.remove(uid);
    if (call != null) {
      replica.hangUp(call);
    }
  }

  private void unbound(Queued one, String node, String why) {
    story.tell(process + " could not bind " + one.pod + " to " + node + ": " + why);
    String uid = one.pod.uid();
    if (assumed.remove(uid) == null) {
      return;
    }
    Stored now = store.get(ObjectKind.POD, one.pod.key());
    boolean is = now != null && now.uid().equals(uid) && !now.pod().isTerminating();
    if (is && !bound.containsKey(uid)) {
      nominate(one.pod, "");
      Queued again = new Queued(one.pod, one.since);
      again.attempts = one.attempts;
      queued.put(uid, again);
      backOff(again);
    }
    wakeAll();
  }

  private List<PodObject> pods(String node) {
    List<PodObject> pods = new ArrayList<>();
    for (PodObject each : bound.values()) {
      if (each.node().equals(node)) {
        pods.add(each);
      }
    }
    for (Assumed each : assumed.values()) {
      if (each.node.equals(node)) {
        pods.add(each.pod);
      }
    }
    return pods;
  }

  /** What in-tree plugins check: the sums of what Kerf advertises. */
  private boolean fitsBeside(PodObject pod, String node, Collection<PodObject> others) {
    Amounts asked = pod.amounts();
    Stored known = nodes.get(node);
    if (pod.fitsNoNode()) {
      return false;
    }
    if (known == null || asked.isNothing()) {
      return known != null;
    }
    Amounts offered = Amounts.of(known);
    for (PodObject each : others) {
      offered = offered.minus(each.amounts());
    }
    for (Map.Entry<String, String> each : nominations.entrySet()) {
      Queued other = queued.get(each.getKey());
      if (other != null
          && each.getValue().equals(node)
          && !other.pod.uid().equals(pod.uid())
          && other.pod.priority() >= pod.priority()) {
        offered = offered.minus(other.pod.amounts());
      }
    }
    return asked.fitIn(offered);
  }

  @Nullable String queueState(String uid) {
    Queued one = queued.get(uid);
    if (one == null) {
      return assumed.containsKey(uid) ? "assumed" : null;
    }
    return active.contains(one)
        ? "active"
        : one.unschedulableSince >= 0 ? "refused" : "backing off";
  }
}
