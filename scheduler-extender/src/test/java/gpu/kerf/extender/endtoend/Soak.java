package gpu.kerf.extender.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.audit.Finding;
import gpu.kerf.extender.audit.Rule;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.endtoend.SoakPlan.Planned;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/**
 * A cluster of real processes with two replicas of Kerf, pods that come and go, and the faults of a
 * plan. The auditor looks at every sample; at the end all must be as if nothing had been.
 */
final class Soak implements AutoCloseable {
  private static final Duration STEP = Duration.ofMillis(250);
  private static final Duration SAMPLE = Duration.ofSeconds(1);
  private static final Duration RESTART = Duration.ofSeconds(1);
  private static final Duration BEHIND = Duration.ofSeconds(2);

  /** How soon after the last fault every pod that fits is placed and every ledger is right. */
  private static final Duration SETTLE = Duration.ofMinutes(2);

  /** Fewer than fit, so that many of them always run, and some wait. */
  private static final int MOST_LIVE = 44;

  private final ControlPlane plane;
  private final Api api;
  private final List<SoakReplica> replicas = new ArrayList<>();
  private final Map<String, Inventory> nodes = new TreeMap<>();
  private final SoakInventories inventories;
  private final SoakPods pods;
  private final PriorityQueue<Ending> endings =
      new PriorityQueue<>(Comparator.comparingLong(Ending::atMillis));
  private final Map<String, Long> deadSince = new TreeMap<>();
  private final List<String> story = new ArrayList<>();
  private final long start;
  private int samples;
  private long mostBound;
  private boolean apiServerAway;

  /** The end of a fault. */
  private record Ending(long atMillis, Planned fault, Runnable undo) {}

  private Soak(long seed) {
    plane = ControlPlane.start();
    try {
      api = Api.of(plane.kubeconfig());
      plane.kwok();
      nodes.put("cut-0", Inventory.fourCutA100("cut-0"));
      nodes.put("cut-1", Inventory.fourCutA100("cut-1"));
      nodes.put("plain-0", Inventory.eightH100("plain-0"));
      inventories = new SoakInventories(api, nodes);
      pods = new SoakPods(seed);
      replicas.add(SoakReplica.start(plane, api, "kerf-0"));
      replicas.add(SoakReplica.start(plane, api, "kerf-1"));
      plane.create("/api/v1/nodes", nodes.values().stream().map(Inventory::manifest).toList());
    } catch (RuntimeException | AssertionError failed) {
      close();
      throw failed;
    }
    start = System.nanoTime();
  }

  static Soak start(long seed) {
    return new Soak(seed);
  }

  /** What has happened so far, a line each. */
  String story() {
    return String.join("\n", story);
  }

  int samples() {
    return samples;
  }

  int podsMade() {
    return pods.made();
  }

  long mostBound() {
    return mostBound;
  }

  private long now() {
    return Duration.ofNanos(System.nanoTime() - start).toMillis();
  }

  private void tell(String what) {
    story.add("%7.1f s  %s".formatted(now() / 1e3, what));
  }

  // ---- while it goes on

  /** Lives through a plan. */
  void live(List<Planned> plan) {
    Deque<Planned> left = new ArrayDeque<>(plan);
    long sampled = now();
    while (!left.isEmpty() || !endings.isEmpty()) {
      while (!endings.isEmpty() && endings.peek().atMillis <= now()) {
        end(endings.remove());
      }
      if (!left.isEmpty() && left.peek().atMillis() <= now()) {
        begin(left.remove());
      }
      replicas.forEach(this::supervise);
      if (!apiServerAway) {
        load();
        if (now() - sampled >= SAMPLE.toMillis()) {
          sampled = now();
          sample();
        }
      }
      LockSupport.parkNanos(STEP.toNanos());
    }
  }

  /** A kubelet does not start a container again at once. */
  private void supervise(SoakReplica replica) {
    if (replica.kerf().running() && replica.scheduler().running()) {
      deadSince.remove(replica.name());
      return;
    }
    long since = deadSince.computeIfAbsent(replica.name(), name -> now());
    if (!apiServerAway && now() - since >= RESTART.toMillis()) {
      deadSince.remove(replica.name());
      tell(replica.restart() + " of " + replica.name() + " is started again");
    }
  }

  private void load() {
    if (pods.live() < MOST_LIVE) {
      plane.create(TestCluster.PODS, List.of(pods.next().json()));
    } else {
      delete(pods.leaving(), "");
    }
  }

  private void delete(String name, String how) {
    if (!name.isEmpty()) {
      api.delete(TestCluster.PODS + "/" + name + how);
    }
  }

  private SoakPicture sample() {
    SoakPicture picture = SoakPicture.take(api);
    samples++;
    mostBound = Math.max(mostBound, picture.bound());
    List<String> overlaps = picture.report().overlaps().stream().map(Finding::text).toList();
    if (!overlaps.isEmpty()) {
      throw new AssertionError("Held twice: " + String.join("\n", overlaps));
    }
    return picture;
  }

  private void begin(Planned planned) {
    SoakReplica replica = replicas.get(planned.replica());
    String what = planned.toString();
    switch (planned.fault()) {
      case WATCHES_CUT -> what += ", " + replica.toApi().cutWatches() + " watches";
      case WATCHES_HELD -> {
        replica.toApi().holdWatches(true);
        endWith(planned, () -> replica.toApi().holdWatches(false));
      }
      case CONNECTION_CUT -> {
        replica.toApi().cutWatches();
        guard(planned, replica, new Cutting());
      }
      case ANSWERS_SLOW -> guard(planned, replica, new Slow());
      case BINDING_ANSWERS_LOST -> guard(planned, replica, new LosingBindings());
      case KERF_PAUSED -> {
        if (replica.kerf().running()) {
          replica.kerf().pause();
          endWith(planned, () -> resumeKerf(replica));
        }
      }
      case KERF_KILLED -> replica.kerf().kill();
      case SCHEDULER_PAUSED, SCHEDULER_OUTLIVES_LEASE -> {
        if (replica.scheduler().running()) {
          replica.scheduler().pause();
          endWith(planned, () -> resumeScheduler(replica));
        }
      }
      case SCHEDULER_KILLED -> replica.scheduler().kill();
      case REPLICA_STUCK, REPLICA_OUTLIVES_LEASE -> stick(planned, replica);
      case API_SERVER_AWAY -> {
        if (!apiServerAway) {
          apiServerAway = true;
          plane.stopApiServer();
          endWith(planned, this::returnApiServer);
        }
      }
      case PODS_FORCE_DELETED -> {
        for (int i = 0; i < 3 && !apiServerAway; i++) {
          delete(pods.leaving(planned.pick() + i), "?gracePeriodSeconds=0");
        }
      }
      case GPUS_SWAPPED -> {
        if (!apiServerAway) {
          what += ", " + inventories.swap(planned.pick());
        }
      }
      case GPU_LOST -> {
        if (!apiServerAway) {
          what += ", " + inventories.lose(planned.pick());
          endWith(planned, this::restoreInventories);
        }
      }
    }
    tell(what);
  }

  /** Another one leads when it wakes up, and it hears so last of all. */
  private void stick(Planned planned, SoakReplica replica) {
    if (replica.kerf().running() && replica.scheduler().running()) {
      replica.scheduler().pause();
      replica.kerf().pause();
      replica.toApi().holdWatches(true);
      endWith(
          planned,
          () -> {
            resumeKerf(replica);
            resumeScheduler(replica);
          });
      endAfter(planned, BEHIND, () -> replica.toApi().holdWatches(false));
    }
  }

  private static void resumeKerf(SoakReplica replica) {
    if (replica.kerf().running()) {
      replica.kerf().resume();
    }
  }

  private static void resumeScheduler(SoakReplica replica) {
    if (replica.scheduler().running()) {
      replica.scheduler().resume();
    }
  }

  private void returnApiServer() {
    plane.startApiServer();
    apiServerAway = false;
  }

  private void restoreInventories() {
    if (!apiServerAway) {
      inventories.restore();
    }
  }

  private void guard(Planned planned, SoakReplica replica, StepProxy.Guard guard) {
    replica.toApi().guard(guard);
    endWith(planned, replica.toApi()::open);
  }

  private void endWith(Planned planned, Runnable undo) {
    endAfter(planned, Duration.ZERO, undo);
  }

  private void endAfter(Planned planned, Duration longer, Runnable undo) {
    endings.add(new Ending(now() + planned.forMillis() + longer.toMillis(), planned, undo));
  }

  private void end(Ending ending) {
    ending.undo.run();
    tell("end of " + ending.fault);
  }

  /** No request arrives. */
  private static final class Cutting implements StepProxy.Guard {
    @Override
    public void asked(StepProxy.Request request) throws IOException {
      throw new IOException("the connection is cut");
    }
  }

  /** Every answer comes late, and some later than Kerf waits. */
  private static final class Slow implements StepProxy.Guard {
    private static final Duration MOST = Duration.ofSeconds(3);
    private int seen;

    @Override
    public void answered(StepProxy.Request request, int status) {
      if (!request.isWatch()) {
        LockSupport.parkNanos(MOST.dividedBy(1 + next()).toNanos());
      }
    }

    private synchronized int next() {
      return seen++ % 6;
    }
  }

  /** The API server binds, and Kerf does not hear of it. */
  private static final class LosingBindings implements StepProxy.Guard {
    @Override
    public void answered(StepProxy.Request request, int status) throws IOException {
      if (request.is("POST", "/binding")) {
        throw new IOException("the answer is lost");
      }
    }
  }

  // ---- at the end

  /** Ends all faults and waits until everything is as it must be; else says what is not. */
  void settle() {
    replicas.forEach(SoakReplica::heal);
    restoreInventories();
    for (int i = 0; i < MOST_LIVE / 3; i++) {
      delete(pods.leaving(), "");
    }
    // More than fit: those that find a place must get one.
    for (int i = 0; i < MOST_LIVE / 2; i++) {
      plane.create(TestCluster.PODS, List.of(pods.next().json()));
    }
    tell("all faults are over");
    long deadline = System.nanoTime() + SETTLE.toNanos();
    List<String> wrong = wrong();
    while (!wrong.isEmpty()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(
            "Not right " + SETTLE + " after the last fault:\n" + String.join("\n", wrong));
      }
      LockSupport.parkNanos(STEP.multipliedBy(2).toNanos());
      replicas.forEach(this::supervise);
      wrong = wrong();
    }
    tell("all is right again");
  }

  private List<String> wrong() {
    List<String> wrong = new ArrayList<>();
    for (SoakReplica replica : replicas) {
      if (!replica.kerf().running() || replica.kerf().status("/readyz") != 200) {
        wrong.add(replica.name() + " is not ready");
      }
    }
    if (!wrong.isEmpty()) {
      return wrong;
    }
    SoakPicture picture = sample();
    picture.report().of(Rule.Level.INVALID).forEach(finding -> wrong.add(finding.text()));
    picture.report().of(Rule.Level.UNKNOWN).forEach(finding -> wrong.add(finding.text()));
    for (JsonNode pod : picture.pending()) {
      String slot =
          SoakPods.freeSlot(pod, picture.report(), Set.of("cut-0", "cut-1"), Set.of("plain-0"));
      if (!slot.isEmpty()) {
        wrong.add(pod.at("/metadata/name").asText() + " waits, and would fit on " + slot);
      }
    }
    replicas.forEach(replica -> compare(replica, picture.held(), wrong));
    return wrong;
  }

  private static void compare(
      SoakReplica replica, SortedMap<String, List<String>> held, List<String> wrong) {
    SortedMap<String, List<String>> ledger = SoakPicture.ledger(replica.kerf());
    if (!ledger.equals(held)) {
      wrong.add("the ledger of " + replica.name() + " has " + without(ledger, held));
      wrong.add("and the API server has " + without(held, ledger));
    }
    for (String metric : List.of("kerf_ledger_conflicts", "kerf_audit_overlaps")) {
      double value = replica.kerf().metric(metric);
      if (value != 0) {
        wrong.add("%s of %s is %s".formatted(metric, replica.name(), value));
      }
    }
  }

  private static Map<String, List<String>> without(
      Map<String, List<String>> one, Map<String, List<String>> other) {
    Map<String, List<String>> left = new TreeMap<>(one);
    left.entrySet().removeAll(other.entrySet());
    return left;
  }

  @Override
  public void close() {
    replicas.forEach(SoakReplica::close);
    plane.close();
  }
}
